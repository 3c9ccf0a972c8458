"""Polling: one task per device, at the times its `Turns` give, a bounded number at once."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from agent.clock import Timer, UtcClock
from agent.collect.port import DeviceCollector, Harvest
from agent.schedule import Outcome, Turns
from campus.ids import DeviceId

Sink = Callable[[DeviceId, Harvest], None]
_REACHABLE = "reachable"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Polled:
    """A device and what reads it."""

    device: DeviceId
    collector: DeviceCollector
    turns: Turns


class Poller:
    """Polls every device for ever; a poll that hangs or breaks costs its own device one turn."""

    def __init__(
        self, devices: list[Polled], sink: Sink, *, concurrency: int, timeout_s: float, clock: UtcClock, timer: Timer
    ) -> None:
        self._devices = devices
        self._sink = sink
        self._gate = asyncio.Semaphore(concurrency)
        self._timeout_s = timeout_s
        self._clock = clock
        self._timer = timer
        self._unreachable: set[DeviceId] = set()
        self.counts: Counter[str] = Counter()

    @property
    def skipped(self) -> int:
        """Polls left out so far because the one before was late."""
        return sum(polled.turns.skipped for polled in self._devices)

    async def run(self) -> None:
        """Poll until cancelled; then the collectors are closed."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for polled in self._devices:
                    tasks.create_task(self._poll_for_ever(polled), name=f"poll-{polled.device}")
        finally:
            for polled in self._devices:
                await polled.collector.close()

    async def _poll_for_ever(self, polled: Polled) -> None:
        while True:
            turn = polled.turns.next
            await self._timer.sleep_until(turn.due_s)
            async with self._gate:
                outcome = await self._poll(polled)
            polled.turns.finish(outcome, self._timer.now_s())

    async def _poll(self, polled: Polled) -> Outcome:
        try:
            async with asyncio.timeout(self._timeout_s):
                harvest = await polled.collector.poll(polled.turns.next.cadences, self._clock())
        except Exception:  # noqa: BLE001 - the edge of a supervised task: the device's neighbours go on
            self.counts["polls_broken"] += 1
            _log.warning("poll_broken device=%s", polled.device, exc_info=self.counts["polls_broken"] < 10)
            return Outcome.UNREACHABLE
        self.counts["polls"] += 1
        outcome = _outcome(harvest)
        self._note(polled.device, outcome)
        self._sink(polled.device, harvest)
        return outcome

    def _note(self, device: DeviceId, outcome: Outcome) -> None:
        if outcome is Outcome.UNREACHABLE and device not in self._unreachable:
            self._unreachable.add(device)
            _log.warning("device_unreachable device=%s", device)
        elif outcome is Outcome.ANSWERED and device in self._unreachable:
            self._unreachable.discard(device)
            _log.info("device_back device=%s", device)


def _outcome(harvest: Harvest) -> Outcome:
    gone = any(sample.key.metric == _REACHABLE and sample.value == 0 for sample in harvest.samples)
    return Outcome.UNREACHABLE if gone else Outcome.ANSWERED
