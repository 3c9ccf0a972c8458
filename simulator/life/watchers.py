"""Cameras, projectors and gates: the smaller things that publish about themselves."""

import numpy as np

from simulator.district.device import SimDevice
from simulator.district.dice import key_of
from simulator.district.site import SimSite
from simulator.life.boards import alive_of
from simulator.life.columns import ColumnName, Quantity
from simulator.life.fault import FaultName
from simulator.life.moment import MINUTE_MS, Moments
from simulator.life.noise import Floats, Longs, chance, keys_for, wander
from simulator.life.scene import Scene

CAMERA_BPS = 4_200_000.0
STREAM_OK = 2.0
PROJECTOR_ON = 2.0
_CAMERA = (
    Quantity.ALIVE,
    Quantity.STREAM,
    Quantity.RECORDING,
    Quantity.BITRATE,
    Quantity.CLOCK_OFFSET,
    Quantity.TEMPERATURE,
)
_PROJECTOR = (Quantity.ALIVE, Quantity.POWER, Quantity.INPUT, Quantity.LAMP_HOURS, Quantity.TEMPERATURE)
_GATE = (Quantity.ALIVE, Quantity.GATE, Quantity.PASSAGES)


class CameraPanel:
    """All cameras of a site."""

    def __init__(self, seed: int, site: SimSite, cameras: tuple[SimDevice, ...]) -> None:
        self._ids = [camera.id for camera in cameras]
        self._keys = keys_for([key_of(seed, site.id, camera.id) for camera in cameras])
        self._drift = (self._keys % np.uint64(100)).astype(np.float64) / 100 - 0.4
        self.names = [ColumnName(device, quantity) for quantity in _CAMERA for device in self._ids]

    def seen(self, scene: Scene) -> Floats:
        """1 where a camera has a picture."""
        seen = np.ones((len(scene.now), len(self._ids)))
        for index, device in enumerate(self._ids):
            seen[scene.faults.during(FaultName.CAMERA_BLACK, scene.now.at, device), index] = 0.0
        return seen

    def fill(self, scene: Scene) -> Floats:
        """See `Panel`. The bit rate rises with what moves before the lens."""
        now, seen = scene.now, self.seen(scene)
        busy = now.presence[:, np.newaxis]
        flicker = wander(self._keys ^ np.uint64(1), now.at, 5 * MINUTE_MS)
        bitrate = np.round(CAMERA_BPS * (0.72 + 0.25 * busy + 0.06 * flicker) / 1000) * 1000 * seen
        offset = self._drift + 0.1 * flicker
        temperature = 36 + 5 * np.sin((now.minute[:, np.newaxis] - 540) / 1440 * 2 * np.pi) + 1.5 * flicker
        return np.hstack((alive_of(scene, self._ids), STREAM_OK * seen, seen, bitrate, offset, temperature))


class RecorderPanel:
    """All recorders of a site: whether they live. What they say besides is their simulated HTTP's."""

    def __init__(self, recorders: tuple[SimDevice, ...]) -> None:
        self._ids = [recorder.id for recorder in recorders]
        self.names = [ColumnName(device, Quantity.ALIVE) for device in self._ids]

    def fill(self, scene: Scene) -> Floats:
        """See `Panel`."""
        return alive_of(scene, self._ids)


class ProjectorPanel:
    """All projectors of a site: on in a few lessons, in halls and libraries."""

    def __init__(self, seed: int, site: SimSite, projectors: tuple[SimDevice, ...]) -> None:
        self._ids = [projector.id for projector in projectors]
        self._keys = keys_for([key_of(seed, site.id, projector.id) for projector in projectors])
        self._lamp = 200 + (self._keys % np.uint64(2200)).astype(np.float64)
        self.names = [ColumnName(device, quantity) for quantity in _PROJECTOR for device in self._ids]

    def fill(self, scene: Scene) -> Floats:
        """See `Panel`."""
        now = scene.now
        wish = chance(self._keys, now.day * 32 + now.period) < 0.22
        on = (wish & (now.period >= 0)[:, np.newaxis]).astype(np.float64)
        lamp = np.floor(self._lamp + 1.3 * school_days(now.day)[:, np.newaxis])
        temperature = 27 + 24 * on + wander(self._keys ^ np.uint64(2), now.at, 10 * MINUTE_MS)
        return np.hstack((alive_of(scene, self._ids), PROJECTOR_ON * on, 2.0 * on, lamp, temperature))


class GatePanel:
    """All gates of a site: people come before the first bell and leave after the last. Counts only, never who."""

    def __init__(self, seed: int, site: SimSite, gates: tuple[SimDevice, ...]) -> None:
        self._ids = [gate.id for gate in gates]
        self._keys = keys_for([key_of(seed, site.id, gate.id) for gate in gates])
        self._pupils = site.pupils
        self.names = [ColumnName(device, quantity) for quantity in _GATE for device in self._ids]

    def fill(self, scene: Scene) -> Floats:
        """See `Panel`."""
        rush = self._rush(scene.now)[:, np.newaxis]
        roll = chance(self._keys, scene.now.at // MINUTE_MS)
        passages = np.floor(rush * self._pupils / 60 * (0.6 + 0.8 * roll) + (roll > 0.97))
        state = (passages > 0).astype(np.float64)
        return np.hstack((alive_of(scene, self._ids), state, passages))

    @staticmethod
    def _rush(now: Moments) -> Floats:
        morning = np.exp(-(((now.minute - 455) / 14) ** 2))
        evening = np.exp(-(((now.minute - 1000) / 18) ** 2))
        rush: Floats = np.where(now.is_school_day, morning + evening, 0.0)
        return rush


def school_days(day: Longs) -> Floats:
    """Mondays to Fridays since 2024-01-01, for what adds up by the day."""
    since = day - 19_723
    return (since // 7 * 5 + np.minimum(since % 7, 5)).astype(np.float64)
