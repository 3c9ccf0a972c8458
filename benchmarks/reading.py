"""When the devices of a school give what they measure, and so which series an agent finds together when it seals a frame.

As it is with real agents: a polled device has a fixed place in the interval (`agent.schedule`) and is later by the time it
takes to answer; one that is heard over MQTT speaks by a clock of its own, which runs a little differently. What a device
gives at one time is stamped and sealed together, and frames are cut at fixed moments (`agent.intake`). So a set of series
mostly comes again poll after poll, and is new where a device near a cut comes before it, for once, or behind it.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.telemetry import School
from campus.samples import DeviceKind
from campus.wire.columns import pack_columns
from campus.wire.frame import SamplesBody
from campus.wire.pack import pack_dictionary

HEARD: Final = frozenset({DeviceKind.BOARD, DeviceKind.CAMERA, DeviceKind.KITCHEN_MONITOR})
"""Those whose shipped profiles are of MQTT; the others are polled."""
ANSWER_MS: Final = 30.0
"""A polled device answers so much after its turn, on average; exponentially distributed."""
DELIVERY_MS: Final = 50.0
"""So long takes a message from a device over Wi-Fi and the school's broker."""
DRIFT: Final = 30e-6
"""Standard deviation of how wrong the clocks of usual quartz are."""
_PLACES_SEED: Final = 11


class Readings:
    """What one school has in common with all that are alike: its devices' places in the interval, its dictionaries."""

    def __init__(self, school: School, interval_ms: float) -> None:
        devices, device = np.unique([one.key.device for one in school.series], return_inverse=True)
        is_heard = np.array([kind in HEARD for _, kind in sorted((fact.device, fact.kind) for fact in school.facts)])
        self.interval_ms = interval_ms
        self.series_of = [np.flatnonzero(device == number) for number in range(len(devices))]
        self.place_ms = np.random.default_rng(_PLACES_SEED).uniform(0, interval_ms, len(devices))
        self.lateness_ms = np.where(is_heard, DELIVERY_MS, ANSWER_MS)
        self.drift = np.where(is_heard, DRIFT, 0.0)
        self._keys = [one.key for one in school.series]
        self._usual = np.array([one.shape.level for one in school.series])
        self._swing = np.array([one.shape.swing if one.shape.level > 0 else 0 for one in school.series])
        self._packed: dict[bytes, bytes] = {}

    def values(self, series: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float64]:
        """What these series may well measure."""
        return np.round(self._usual[series] - self._swing[series] * rng.random(len(series)), 1)

    def body(self, series: NDArray[np.int64], at: NDArray[np.int64], value: NDArray[np.float64]) -> SamplesBody:
        """Samples in the order they were read."""
        named, place = np.unique(series, return_inverse=True)
        packed = self._packed.get(named.tobytes())
        if packed is None:
            packed = self._packed[named.tobytes()] = pack_dictionary([self._keys[number] for number in named.tolist()])
        return pack_columns(packed, place, at, value)


class Reader:
    """One agent's view: the devices that have told something since it looked last. Starts somewhere in the interval."""

    def __init__(self, readings: Readings, step_ms: float, rng: np.random.Generator) -> None:
        steps = round(readings.interval_ms / step_ms)
        self._readings = readings
        self._rng = rng
        self._now_ms = step_ms * float(rng.integers(steps))
        self._every_ms = readings.interval_ms * (1 + readings.drift * rng.standard_normal(len(readings.drift)))
        self._planned_ms = readings.place_ms + np.where(readings.place_ms < self._now_ms, readings.interval_ms, 0)
        self._next_ms = self._planned_ms + rng.exponential(readings.lateness_ms)

    def read(self, for_ms: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Let time pass: the series that came, device by device as they came, and how many milliseconds ago each did.

        The time that passes is that of the interval, which runs faster when everyone measures more.
        """
        self._now_ms += for_ms
        due = np.flatnonzero(self._next_ms < self._now_ms)
        if not len(due):
            return np.empty(0, np.int64), np.empty(0)
        due = due[np.argsort(self._next_ms[due])]
        found = [self._readings.series_of[device] for device in due.tolist()]
        ago_ms = np.repeat(self._now_ms - self._next_ms[due], [len(each) for each in found])
        self._planned_ms[due] += self._every_ms[due]
        self._next_ms[due] = self._planned_ms[due] + self._rng.exponential(self._readings.lateness_ms[due])
        return np.concatenate(found), ago_ms
