"""Measures the line's throughput when the controller grants a turn, for ever."""

import logging
from typing import Protocol

from agent.clock import Timer, UtcClock
from agent.collect.port import Harvest
from agent.path.throughput import Refusal, Throughput
from agent.poll import Sink
from agent.schedule import stable_share
from agent.services.model import CheckFailed
from campus.ids import DeviceId, Instance, MetricId
from campus.samples import Sample, SeriesKey

AGAIN_S = 900.0
"""When nobody answered, or something broke: asked again after that, or sooner where the first turn was wanted sooner."""
SOONEST_S = 30.0
_INSTANCE = Instance("controller")
_log = logging.getLogger(__name__)


class Probe(Protocol):
    """How one measurement is made."""

    async def measure(self) -> Throughput | Refusal:
        """One turn, both ways. `CheckFailed` or `TimeoutError` when the controller is away or breaks off."""


class ThroughputWatch:
    """One transfer every `every_s`, or when the controller says that there may be one."""

    def __init__(
        self,
        device: DeviceId,
        probe: Probe,
        every_s: float,
        sink: Sink,
        *,
        clock: UtcClock,
        timer: Timer,
        first_within_s: float = 3600.0,
    ) -> None:
        self._device = device
        self._probe = probe
        self._every_s = every_s
        self._first_within_s = min(first_within_s, every_s)
        self._sink = sink
        self._clock = clock
        self._timer = timer

    async def run(self) -> None:
        """Measure until cancelled."""
        due_s = self._timer.now_s() + stable_share(f"{self._device} throughput", self._first_within_s)
        while True:
            await self._timer.sleep_until(due_s)
            due_s = self._timer.now_s() + await self._turn()

    async def _turn(self) -> float:
        """Ask once; how long to wait now."""
        measured_at = self._clock()
        try:
            told = await self._probe.measure()
        except (CheckFailed, TimeoutError) as failure:
            _log.info("throughput_not_measured %s", failure or "no answer in time")
            return min(AGAIN_S, max(self._first_within_s, SOONEST_S))
        except Exception:  # noqa: BLE001 - the edge of a supervised task: the agent goes on
            _log.warning("throughput_broken", exc_info=True)
            return self._every_s
        if isinstance(told, Refusal):
            _log.debug("throughput_refused reason=%s", told.reason)
            return min(max(told.retry_after_s, SOONEST_S), self._every_s)
        self._sink(self._device, Harvest(samples=self._samples(told, measured_at)))
        return self._every_s

    def _samples(self, told: Throughput, measured_at: int) -> list[Sample]:
        return [
            Sample(SeriesKey(self._device, MetricId(metric), _INSTANCE), measured_at, round(value))
            for metric, value in (("path_down_bps", told.down_bps), ("path_up_bps", told.up_bps))
        ]
