"""Light in the fibres of the metro network, at both ends: what a module sends, and what arrives of the other end's."""

from collections.abc import Callable
from typing import Final

import numpy as np

from simulator.district.dice import key_of
from simulator.life.columns import ColumnName, Quantity
from simulator.life.moment import DAY_MS
from simulator.life.noise import Floats, keys_for, wander
from simulator.life.scene import Scene

DARK_DBM: Final = -40.0
"""What a module says that receives nothing."""
_SENT_DBM: Final = -2.2
_NEAREST_DB, _FARTHEST_DB = 3.0, 9.0
"""What a fibre takes: its kilometres and its plugs."""

Lit = Callable[[Scene], Floats]
"""1 where light arrives, 0 where none does: shape (instants, fibres)."""


class LightPanel:
    """Fibres of a site by device and port; `lit` tells of them in that order. Two ends of one fibre share its name."""

    def __init__(self, seed: int, fibres: dict[tuple[str, str], str], lit: Lit) -> None:
        keys = keys_for([key_of(seed, fibre, "fibre") for fibre in fibres.values()])
        share = (keys % np.uint64(100)).astype(np.float64) / 100
        self._loss_db = _NEAREST_DB + share * (_FARTHEST_DB - _NEAREST_DB)
        self._keys = keys_for([key_of(seed, *place, fibre, "light") for place, fibre in fibres.items()])
        self._lit = lit
        self.names = [
            ColumnName(device, quantity, port)
            for quantity in (Quantity.LIGHT_IN, Quantity.LIGHT_OUT)
            for device, port in fibres
        ]

    def fill(self, scene: Scene) -> Floats:
        """See `Panel`. Light breathes by tenths of a decibel with the day's warmth."""
        breath = wander(self._keys, scene.now.at, DAY_MS // 4)
        sent = _SENT_DBM + 0.15 * breath
        arriving = _SENT_DBM - self._loss_db + 0.25 * breath
        return np.hstack((np.where(self._lit(scene) > 0, arriving, DARK_DBM), sent))
