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
from campus.samples import Event, Severity

Sink = Callable[[DeviceId, Harvest], None]
SETTLE_S = 0.5
"""From being asked to read a device to doing it: one that tells of a change often tells of more, and then updates its tables."""
SOON_AT_MOST_EVERY_S = 10.0
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
        self._refused: set[DeviceId] = set()
        self._wanted_s: dict[DeviceId, float] = {}
        self._hastened_s: dict[DeviceId, float] = {}
        self._wakes = {polled.device: asyncio.Event() for polled in devices}
        self.counts: Counter[str] = Counter()

    @property
    def skipped(self) -> int:
        """Polls left out so far because the one before was late."""
        return sum(polled.turns.skipped for polled in self._devices)

    def poll_soon(self, device: DeviceId) -> None:
        """Read a device before its turn, because it said that something changed.

        However many ask, at most every `SOON_AT_MOST_EVERY_S`; but whoever asks, a reading follows.
        """
        if device not in self._wakes or device in self._wanted_s:
            return
        earliest_s = self._hastened_s.get(device, float("-inf")) + SOON_AT_MOST_EVERY_S
        self._wanted_s[device] = max(self._timer.now_s() + SETTLE_S, earliest_s)
        self._wakes[device].set()

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
            await self._turn_of(polled)
            async with self._gate:
                outcome = await self._poll(polled)
            polled.turns.finish(outcome, self._timer.now_s())

    async def _turn_of(self, polled: Polled) -> None:
        """Return when the device is to be read: at its next turn, or sooner when somebody wants that."""
        wake = self._wakes[polled.device]
        while True:
            wake.clear()
            wanted_s = self._wanted_s.get(polled.device)
            if wanted_s is not None:
                polled.turns.hasten(wanted_s)
            await self._slept_or_woken(polled.turns.next.due_s, wake)
            now_s = self._timer.now_s()
            if polled.turns.next.due_s <= now_s:
                if wanted_s is not None and wanted_s <= now_s:
                    del self._wanted_s[polled.device]
                    self._hastened_s[polled.device] = now_s
                return

    async def _slept_or_woken(self, moment_s: float, wake: asyncio.Event) -> None:
        waits = [asyncio.ensure_future(self._timer.sleep_until(moment_s)), asyncio.ensure_future(wake.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

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
        self._note_login(polled.device, outcome, harvest)
        self._sink(polled.device, harvest)
        return outcome

    def _note(self, device: DeviceId, outcome: Outcome) -> None:
        if outcome is Outcome.UNREACHABLE and device not in self._unreachable:
            self._unreachable.add(device)
            _log.warning("device_unreachable device=%s", device)
        elif outcome is Outcome.ANSWERED and device in self._unreachable:
            self._unreachable.discard(device)
            _log.info("device_back device=%s", device)

    def _note_login(self, device: DeviceId, outcome: Outcome, harvest: Harvest) -> None:
        """Say once that a device refuses the login, for nobody else can mend that, and once that it no longer does."""
        if outcome is Outcome.REFUSED and device not in self._refused:
            self._refused.add(device)
            harvest.events.append(Event(device, self._clock(), "login_down", harvest.refused, Severity.MINOR))
            _log.warning("device_refuses_login device=%s why=%s", device, harvest.refused)
        elif outcome is Outcome.ANSWERED and device in self._refused:
            self._refused.discard(device)
            harvest.events.append(Event(device, self._clock(), "login_up"))
            _log.info("device_accepts_login device=%s", device)


def _outcome(harvest: Harvest) -> Outcome:
    if harvest.refused:
        return Outcome.REFUSED
    gone = any(sample.key.metric == _REACHABLE and sample.value == 0 for sample in harvest.samples)
    return Outcome.UNREACHABLE if gone else Outcome.ANSWERED
