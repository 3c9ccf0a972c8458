"""All that ingest knows of its agents one by one: who may come in, what each is asked, who clashes, who has answered.

One object beside the path of samples: the subscriber asks it whether a message may come in, the pipeline tells it what
agents say, acknowledgements ask it what to add, and pages read from it.
"""

import math
import time
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from campus.ids import DeviceId
from campus.samples import Event, Severity
from campus.topics import Address, Leg
from campus.wire.frame import ResultBody
from controller.figure import Figure, labelled
from controller.ingest.acknowledgement import standing_ack
from controller.ingest.clashes import Clashes
from controller.ingest.counters import IngestCounters
from controller.ingest.door import Door
from controller.ingest.flow import Flow
from controller.ingest.inquiry import ASK_AFTER_MS, Inquiry
from controller.ingest.limits import Limits, SeriesQuota
from controller.ingest.model import AgentDelivery, DeliveryState
from controller.ingest.past import Past
from controller.ingest.port import EventSink
from controller.ingest.pressure import Load
from controller.ingest.recall import Recall
from controller.store.port import FrameMark, SampleStore

CLASH_KIND: Final = "identity_clash"
MOST_UNTOLD: Final = 1_000
SET_ASIDE_MINUTES: Final = 10
"""Pages tell of what was set aside in about the last ten minutes."""


class Reception:
    """Constructed inert; `start` reads what a restore left. `state` and `figures` may be asked by any thread."""

    def __init__(
        self, limits: Limits, directory: Path, store: SampleStore, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self.counters = IngestCounters()
        self.door = Door(limits, clock_s)
        self.flow = Flow(clock_s)
        self._past = Past(store)
        self.quota = SeriesQuota(limits.series_per_agent, self._past.series_held, clock_s)
        self._clashes = Clashes()
        self._untold: deque[tuple[Address, int, int]] = deque(maxlen=MOST_UNTOLD)
        self._recall = Recall(directory, self._past.whole_before)
        self._inquiry = Inquiry()
        self._clock_s = clock_s
        self._is_stuck = False
        self._set_aside: deque[Counter[str]] = deque([Counter()], SET_ASIDE_MINUTES + 1)
        self._set_aside_at_s = clock_s()
        self._commits = 0
        self._retries = 0

    def start(self) -> None:
        """Before the first message comes in; the store is open."""
        if self._recall.start():
            self._past.read_spool_ages()

    def admits(self, address: Address, leg: Leg, size_bytes: int) -> bool:
        """Whether a message that has just come is taken; whoever sends too much is asked to be silent for a while."""
        if self.door.refusal(address, leg, size_bytes) is None:
            return True
        self.flow.restrain(address)
        return False

    def note_hello(self, address: Address, epoch: int, said_at: int, now: int) -> None:
        """An agent says hello: `said_at` by its own clock."""
        if self._clashes.greet(address, epoch, said_at, now):
            self._untold.append((address, epoch, now))

    def note_frame(self, address: Address, epoch: int, sealed_at: int, now: int) -> None:
        """A frame came that an agent sealed, by its own clock, at `sealed_at`."""
        if self._clashes.hear(address, epoch, sealed_at, now):
            self._untold.append((address, epoch, now))

    def tell_clashes(self, events: EventSink) -> None:
        """Hand clashes that have begun on, as events of their agents; what is not taken is kept for the next time."""
        while self._untold:
            address, epoch, now = self._untold[0]
            event = Event(DeviceId(address.agent), now, CLASH_KIND, "", Severity.MAJOR)
            # No frame has this number: the event is the controller's own.
            events.note_events(address, FrameMark(address.site, address.agent, epoch, now), [event])
            self._untold.popleft()

    def note_strangers(self, address: Address, waited_ms: int) -> None:
        """Frames of an agent wait for facts: it is asked for them when they do not come by themselves."""
        if waited_ms >= ASK_AFTER_MS:
            self._inquiry.want(address)

    def note_result(self, address: Address, result: ResultBody) -> None:
        """An agent tells how a command ended."""
        self._recall.note_result(address, result)

    def tend(self, lag_s: float, fill: float, now: int) -> list[tuple[Address, bytes]]:
        """About once a second: let time pass; what to publish to agents beside the acknowledgements they wait for."""
        self._look_at_set_aside()
        told = self.flow.tend(Load(lag_s, fill, self._look_at_commits()))
        acks = [(address, standing_ack(address, epoch, self.flow, now)) for address, epoch in told]
        return acks + self._recall.due(self.flow.present(), now) + self._inquiry.due(now)

    def state(self, now: int) -> DeliveryState:
        """What pages show; from memory."""
        restored = self._recall.standing(now)
        return DeliveryState(
            level=self.flow.level,
            is_stuck=self._is_stuck,
            whole_until=restored.whole_until if restored else 0,
            answered=self._recall.answered,
            agents=self._agents(now),
            set_aside=dict(_both(self.counters) - self._set_aside[0]),
        )

    def figures(self, now: int) -> list[Figure]:
        """What `/metrics` says of it; names no agent."""
        restored = self._recall.standing(now)
        told = [
            Figure("ingest_pressure_level", "0 free, 1 agents keep their backlog, 2 they take turns", self.flow.level),
            Figure("ingest_agents_held", "Agents that keep something back as asked", len(self.flow.holds())),
            Figure("ingest_agents_limited", "Agents that sent more than their share lately", len(self.door.limited())),
            Figure(
                "ingest_agents_clashing",
                "Agents whose name another process uses too",
                len(self._clashes.standing(now)),
            ),
            Figure(
                "ingest_agents_out_of_series",
                "Agents that name more series than their share",
                len(self.quota.exhausted()),
            ),
            Figure(
                "ingest_facts_asked_total",
                "Questions to agents for facts of devices that are not known",
                self._inquiry.asked,
            ),
            *labelled("ingest_messages_refused_total", "Messages not taken", "reason", self.door.refused),
        ]
        if restored:
            told.append(
                Figure(
                    "ingest_recall_answered", "Agents that sent again what a restore lost", len(self._recall.answered)
                )
            )
        return told

    def _agents(self, now: int) -> dict[Address, AgentDelivery]:
        now_s = self._clock_s()
        holds, limited, clashes = self.flow.holds(), self.door.limited(), self._clashes.standing(now)
        refused = self.quota.exhausted()
        found = {}
        for address in holds.keys() | limited.keys() | clashes.keys() | refused.keys():
            over = limited.get(address)
            clash = clashes.get(address)
            found[address] = AgentDelivery(
                held_s=math.ceil(holds.get(address, 0)),
                limited_since=now - round((now_s - over.since_s) * 1000) if over else 0,
                limited_frames=over.frames if over else 0,
                series_refused=refused.get(address, 0),
                clash_since=clash.since if clash else 0,
            )
        return found

    def _look_at_set_aside(self) -> None:
        now_s = self._clock_s()
        if now_s - self._set_aside_at_s >= 60:
            self._set_aside.append(_both(self.counters))
            self._set_aside_at_s = now_s

    def _look_at_commits(self) -> bool:
        """Whether something had to be tried again since the last commit: the store is away, or its disk is full."""
        counters = self.counters
        if counters.commits != self._commits:
            self._commits, self._retries = counters.commits, counters.append_retries
        self._is_stuck = counters.append_retries > self._retries
        return self._is_stuck


def _both(counters: IngestCounters) -> Counter[str]:
    """Samples and whole frames set aside, by reason."""
    return counters.samples_set_aside + counters.frames_dropped
