"""The agent as a device of its own site: what it does, waits for and drops, as samples like any other's."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from agent.clock import SteadyClock, Timer
from agent.collect.port import Harvest
from agent.intake import Intake
from agent.poll import Poller, Sink
from agent.process import resident_bytes
from agent.spool.spool import Spool
from agent.traps.port import Drop, TrapCounts
from campus.ids import DeviceId, Instance, MetricId
from campus.samples import DeviceFacts, DeviceKind, Sample, SeriesKey
from campus.topics import Address
from campus.version import VERSION

HEARTBEAT_S: Final = 15.0
"""The longest pause between two of its own figures, however seldom devices are read: a controller that hears none for 45 s
calls the school cut off."""


class Counted(Protocol):
    """Something that counts what it does, by name."""

    counts: Counter[str]


class Vitals:
    """Measures the agent itself, every `interval_s`."""

    def __init__(
        self,
        address: Address,
        spool: Spool,
        poller: Poller,
        intake: Intake,
        sink: Sink,
        *,
        interval_s: float,
        clock: SteadyClock,
        timer: Timer,
        hold_s: Callable[[], float],
        traps: TrapCounts | None = None,
        listeners: Sequence[Counted] = (),
    ) -> None:
        """`hold_s`: for how long the controller has asked to keep frames back. `traps` is None where none are listened for.

        `listeners` are those on the school's brokers.
        """
        self._device = DeviceId(address.agent)
        self._spool = spool
        self._poller = poller
        self._intake = intake
        self._sink = sink
        self._interval_s = interval_s
        self._clock = clock
        self._timer = timer
        self._hold_s = hold_s
        self._traps = traps
        self._listeners = listeners
        self._began_s = timer.now_s()
        self._measured_s = self._began_s
        self._before: dict[str, tuple[float, int]] = {}

    async def run(self) -> None:
        """Measure at once and then at every interval, for ever."""
        self._sink(self._device, Harvest(facts=self._facts()))
        due_s = self._timer.now_s()
        while True:
            await self._timer.sleep_until(due_s)
            self._sink(self._device, Harvest(samples=await self._measure()))
            due_s = max(due_s + self._interval_s, self._timer.now_s())

    def _facts(self) -> DeviceFacts:
        return DeviceFacts(
            self._device,
            DeviceKind.AGENT,
            self._clock.reading(),
            name=self._device,
            vendor="Campanile",
            model="agent",
            firmware=VERSION,
        )

    async def _measure(self) -> list[Sample]:
        now, measured_at, now_s = self._clock(), self._clock.reading(), self._timer.now_s()
        state = await self._spool.state()
        no_room = state.dropped_points + self._spool.counts["disk_full_points"]
        refused = state.refused_events + self._spool.counts["disk_full_facts_and_events"]
        values = {
            "reachable": 1.0,
            "uptime_s": round(now_s - self._began_s),
            "agent_spool_bytes": state.size_bytes,
            "agent_spool_age_s": max(0, now - state.oldest_at) // 1000 if state.oldest_at else 0,
            "agent_spool_frames": state.frames,
            "agent_spool_acknowledged_bytes": state.acknowledged_bytes,
            "agent_spool_thinned_per_min": self._per_min("thinned", now_s, state.thinned_points),
            "agent_spool_dropped_per_min": self._per_min("no_room", now_s, no_room),
            "agent_spool_refused_events_per_min": self._per_min("refused", now_s, refused),
            "agent_spool_damaged": state.damaged_files,
            "agent_clock_correction_s": round(self._clock.correction_ms / 1000),
            "agent_hold_s": round(self._hold_s()),
            "agent_memory_bytes": resident_bytes(),
            "agent_polls_skipped_per_min": self._per_min("skipped", now_s, self._poller.skipped),
            "agent_points_dropped_per_min": self._per_min("lost", now_s, no_room + self._intake.dropped_points),
        }
        measured = [(metric, "", value) for metric, value in values.items()]
        measured += self._measured_traps(now_s) + self._measured_messages(now_s)
        self._measured_s = now_s
        return [
            Sample(SeriesKey(self._device, MetricId(metric), Instance(instance)), measured_at, float(value))
            for metric, instance, value in measured
        ]

    def _measured_traps(self, now_s: float) -> list[tuple[str, str, float]]:
        """(metric, instance, value) of the datagrams heard and of those that became no event, by reason."""
        if self._traps is None:
            return []
        dropped = [
            (
                "agent_traps_dropped_per_min",
                drop.value,
                self._per_min(f"traps {drop}", now_s, self._traps.dropped[drop]),
            )
            for drop in Drop
        ]
        return [("agent_traps_per_min", "", self._per_min("traps", now_s, self._traps.received)), *dropped]

    def _measured_messages(self, now_s: float) -> list[tuple[str, str, float]]:
        """(metric, instance, value) of the messages heard and of those, or parts of them, that gave nothing, by reason."""
        if not self._listeners:
            return []
        counts = sum((listener.counts for listener in self._listeners), start=Counter[str]())
        unread = {reason.removeprefix("unread_"): n for reason, n in counts.items() if reason.startswith("unread_")}
        for reason in unread:
            self._before.setdefault(f"unread {reason}", (self._measured_s, 0))
        return [
            ("agent_messages_per_min", "", self._per_min("messages", now_s, counts["messages"])),
            *(
                ("agent_messages_unread_per_min", reason, self._per_min(f"unread {reason}", now_s, number))
                for reason, number in sorted({**unread, "overflowed": counts["overflowed"]}.items())
            ),
        ]

    def _per_min(self, name: str, now_s: float, total: int) -> float:
        before_s, before = self._before.get(name, (now_s, total))
        self._before[name] = (now_s, total)
        return round((total - before) * 60 / (now_s - before_s), 1) if now_s > before_s else 0.0
