"""Kitchen monitors: a freezer that breathes with its compressor, a cold store whose door is opened, a warm counter at noon."""

import numpy as np

from simulator.district.device import SimDevice
from simulator.district.dice import key_of
from simulator.district.site import SimSite
from simulator.life.boards import alive_of
from simulator.life.columns import ColumnName, Quantity
from simulator.life.fault import FaultName
from simulator.life.moment import MINUTE_MS
from simulator.life.noise import Floats, Longs, chance, keys_for, wander
from simulator.life.scene import Scene

FREEZER, COLD_STORE, HOT_HOLDING = "freezer", "cold-store", "hot-holding"
SENSORS = (FREEZER, COLD_STORE, HOT_HOLDING)
FREEZER_WARMEST, FREEZER_COLDEST = -16.8, -20.2
WARM_ROOM_CEL = 8.0
WARMING_S = 90.0
"""Time constant of a freezer that no longer cools. Real ones take hours; a demonstration cannot wait."""
_COOLING_SHARE = 0.35


class KitchenPanel:
    """All kitchen monitors of a site (one, in practice)."""

    def __init__(self, seed: int, site: SimSite, monitors: tuple[SimDevice, ...]) -> None:
        self._ids = [monitor.id for monitor in monitors]
        self._keys = keys_for([key_of(seed, site.id, monitor.id) for monitor in monitors])
        self._cycle_ms = 1000.0 * (1200 + (self._keys % np.uint64(600)).astype(np.float64))
        names = [(Quantity.ALIVE, "")]
        names += [(Quantity.TEMPERATURE, sensor) for sensor in SENSORS]
        names += [(Quantity.DOOR, sensor) for sensor in SENSORS]
        names += [(Quantity.GAS, ""), (Quantity.SMOKE, ""), (Quantity.HUMIDITY, "")]
        self.names = [ColumnName(device, quantity, part) for quantity, part in names for device in self._ids]

    def fill(self, scene: Scene) -> Floats:
        """See `Panel`."""
        now = scene.now
        cooking = (now.between(390, 480) | now.between(570, 780)) & now.is_school_day
        busy = cooking.astype(np.float64)[:, np.newaxis]
        slow = wander(self._keys ^ np.uint64(1), now.at, 15 * MINUTE_MS)
        freezer = self._with_fault(scene, self._freezer(now.at) + 0.35 * busy + 0.25 * slow)
        cold = 3.6 + 0.5 * wander(self._keys ^ np.uint64(2), now.at, 20 * MINUTE_MS) + 0.7 * busy * (1 + slow) / 2
        serving = (now.between(640, 770) & now.is_school_day)[:, np.newaxis]
        hot = np.where(serving, 67.0 + 2.5 * slow, 64.5 + 0.6 * slow)
        minute = now.at // MINUTE_MS
        doors = [
            (chance(self._keys ^ np.uint64(salt), minute) < likely * busy).astype(np.float64)
            for salt, likely in ((3, 0.03), (4, 0.09), (5, 0.12))
        ]
        gas = 0.3 + 0.2 * chance(self._keys ^ np.uint64(6), minute) + 0.9 * busy
        humidity = 58 + 9 * busy + 5 * slow
        return np.hstack((alive_of(scene, self._ids), freezer, cold, hot, *doors, gas, np.zeros_like(gas), humidity))

    def _freezer(self, at: Longs) -> Floats:
        phase = (at[:, np.newaxis] / self._cycle_ms) % 1.0
        cooling = phase / _COOLING_SHARE
        warming = (phase - _COOLING_SHARE) / (1 - _COOLING_SHARE)
        share = np.where(phase < _COOLING_SHARE, cooling, 1 - warming)
        breath: Floats = FREEZER_WARMEST + (FREEZER_COLDEST - FREEZER_WARMEST) * share
        return breath

    def _with_fault(self, scene: Scene, freezer: Floats) -> Floats:
        for index, device in enumerate(self._ids):
            lasted = scene.faults.since(FaultName.WARM_FREEZER, scene.now.at, device)
            warmed = 1 - np.exp(-np.maximum(lasted, 0) / WARMING_S)
            freezer[:, index] += (WARM_ROOM_CEL - freezer[:, index]) * warmed
        return freezer
