"""The air of access points, radio by radio: how busy its channel is, with whose networks, and how noisy."""

from typing import Final

import numpy as np

from simulator.district.device import SimDevice
from simulator.district.dice import key_of
from simulator.district.site import SimSite
from simulator.life.columns import ColumnName, Quantity
from simulator.life.moment import DAY_MS, MINUTE_MS
from simulator.life.noise import Floats, keys_for, wander
from simulator.life.scene import Scene

RADIOS: Final = ("0", "1")
"""2.4 GHz and 5 GHz, by the numbers that access points give them."""
_OWN_PERCENT: Final = np.array([22.0, 30.0])
_OTHERS_PERCENT: Final = np.array([9.0, 1.5])
"""Neighbours' networks: 2.4 GHz is shared with the houses around."""
_QUIET_DBM: Final = np.array([-92.0, -96.0])


class AirPanel:
    """All radios of a site: per cent of the time, and dBm."""

    def __init__(self, seed: int, site: SimSite, points: tuple[SimDevice, ...]) -> None:
        places = [(point.id, radio) for point in points for radio in RADIOS]
        self._keys = keys_for([key_of(seed, site.id, *place, "air") for place in places])
        band = np.array([RADIOS.index(radio) for _, radio in places], dtype=np.int64)
        luck = (self._keys % np.uint64(100)).astype(np.float64) / 100
        self._own, self._quiet = _OWN_PERCENT[band] * (0.7 + 0.6 * luck), _QUIET_DBM[band] + 2 * luck
        self._others = _OTHERS_PERCENT[band] * (0.6 + 0.8 * luck)
        self.names = [
            ColumnName(point, quantity, radio)
            for quantity in (Quantity.CHANNEL_USE, Quantity.CHANNEL_OTHERS, Quantity.NOISE)
            for point, radio in places
        ]

    def fill(self, scene: Scene) -> Floats:
        """See `Panel`. A radio is busy with its own clients, who come and go with the school's people, and with others."""
        now = scene.now
        busy = now.presence[:, np.newaxis]
        restless = wander(self._keys, now.at, 2 * MINUTE_MS)
        slow = wander(self._keys ^ np.uint64(1), now.at, DAY_MS // 4)
        others = self._others * (1 + 0.3 * slow + 0.2 * restless)
        own = self._own * busy * (1 + 0.15 * slow + 0.15 * restless)
        return np.hstack((2 + own + others, others, self._quiet + 2 * slow + busy))
