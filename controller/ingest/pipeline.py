"""Steps 8 to 10 of a sample's path: bytes to columns, believe it or not, keep it. One thread.

`take` adds a frame to the group and never raises for what the frame is; `commit` makes the group durable. Only `Transient`
leaves either of them, and then the same call may be made again: nothing was kept, nothing was lost.
"""

import hashlib
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import msgspec
import numpy as np

from campus.delivery import MAX_AHEAD_MS, SetAside
from campus.errors import Poison, Transient
from campus.metrics import publishable
from campus.samples import Document
from campus.topics import Address
from campus.wire.codec import decode_frame
from campus.wire.columns import check_sizes
from campus.wire.dictionary import read_series
from campus.wire.frame import (
    HELLO_NUMBER,
    DocumentBody,
    EventsBody,
    FactsBody,
    Frame,
    HelloBody,
    ResultBody,
    SamplesBody,
)
from controller.ingest.accept import MetricLimits, SeriesTable
from controller.ingest.counters import IngestCounters
from controller.ingest.dead_letters import DeadLetters
from controller.ingest.deferral import CLOCK_PATIENCE_MS, Deferrals, Strangers
from controller.ingest.dictionaries import Dictionaries
from controller.ingest.group import Arrived, Group
from controller.ingest.limits import SeriesQuota
from controller.ingest.port import Committed, DocumentSink, EventSink, Listener, Registrar
from controller.store.port import Batch, FrameMark, SampleStore

DAY_MS: Final = 86_400_000
CONDEMNED_KEPT: Final = 1_000
_log = logging.getLogger(__name__)


class _EarlyError(Exception):
    """The frame is put off, and will be sent again."""


class Settled(NamedTuple):
    """What became durable: frames whose receipts are due, frames to acknowledge to their agents, rows to judge.

    `greeted` are the agents, with their epochs, that said hello meanwhile.
    """

    arrived: list[Arrived]
    marks: list[FrameMark]
    committed: Committed | None
    greeted: list[tuple[Address, int]]


class Pipeline:
    """From payloads to the store. Constructed inert."""

    def __init__(
        self,
        store: SampleStore,
        registrar: Registrar,
        events: EventSink,
        dead_letters: DeadLetters,
        counters: IngestCounters,
        clock: Callable[[], int],
        *,
        keep_days: int,
        listener: Listener | None = None,
        quota: SeriesQuota | None = None,
        documents: Mapping[str, DocumentSink] | None = None,
        believed: Callable[[int], int] = lambda now: now,
    ) -> None:
        """`documents`: who keeps those of each kind. `believed`: what age counts from, given what the clock says."""
        self._limits = MetricLimits(publishable())
        self.group = Group(self._limits)
        self.counters = counters
        self._store = store
        self._registrar = registrar
        self._events = events
        self._documents = documents or {}
        self._dead_letters = dead_letters
        self._clock = clock
        self._keep_ms = keep_days * DAY_MS
        self._believed = believed
        self._listener = listener
        self._dictionaries = Dictionaries(store, registrar, self._limits, quota, counters=counters)
        self._strangers = Strangers(registrar)
        self._ahead = Deferrals(CLOCK_PATIENCE_MS)
        self._condemned: deque[bytes] = deque(maxlen=CONDEMNED_KEPT)
        """Digests of frames that failed alone. Not acknowledged they come again, until a version comes that can take them."""

    def take(self, arrived: Arrived) -> None:
        """Read one frame into the group. `Transient` when a neighbour is away; take the same frame again later."""
        try:
            if self._condemned and _digest(arrived) in self._condemned:
                self._drop("unexpected")
            else:
                self._take(arrived)
        except Poison as error:
            self._bury(arrived, error.reason, str(error))
        except Transient:
            raise
        except Exception as error:  # noqa: BLE001 - the edge of one frame: its neighbours go on
            _log.exception("frame failed unexpectedly", extra={"origin": _origin(arrived)})
            self.counters.unexpected["take"] += 1
            self._bury(arrived, "unexpected", repr(error))
        self.counters.frames_received += 1
        self.group.arrived.append(arrived)

    def commit(self) -> Settled:
        """Store the group and begin a new one; `Transient` when the store is away: the group is whole, commit again."""
        group, now = self.group, self._clock()
        batch = group.batch(self._believed(now) - self._keep_ms, now + MAX_AHEAD_MS)
        for arrived, error in group.unreadable:
            self._bury(arrived, error.reason, str(error))
        group.unreadable.clear()
        started = time.monotonic()
        if batch.marks:
            self._store.append(batch)
        self._count(group, batch, time.monotonic() - started)
        self.group = Group(self._limits)
        newest = max((arrived.received_at for arrived in group.arrived), default=now)
        committed = Committed(batch.series, batch.measured_at, batch.value, newest) if len(batch.series) else None
        return Settled(group.arrived, [*batch.marks, *group.repeated], committed, group.greeted)

    def commit_one_by_one(self) -> list[Settled]:
        """The last resort for a group that cannot be committed: each frame alone, and what fails alone is set aside.

        When the store goes away meanwhile the frames are let go: they come again.
        """
        frames, self.group = self.group.arrived, Group(self._limits)
        settled = []
        for arrived in frames:
            try:
                self._take(arrived)
                self.group.arrived.append(arrived)
                settled.append(self.commit())
            except Transient:
                self.counters.append_retries += 1
                self.group = Group(self._limits)
                settled.append(Settled([arrived], [], None, []))
            except Exception as error:  # noqa: BLE001 - the edge of one frame: its neighbours go on
                self.counters.unexpected["commit"] += 1
                self.group = Group(self._limits)
                self._condemned.append(_digest(arrived))
                self._bury(arrived, "unexpected", repr(error))
                settled.append(Settled([arrived], [], None, []))
        return settled

    def _take(self, arrived: Arrived) -> None:
        if arrived.address is not None and not self._registrar.is_enrolled(arrived.address):
            # Not acknowledged to the agent either: it keeps its frames until somebody enrols it.
            self._drop(SetAside.UNKNOWN_AGENT)
            return
        frame = decode_frame(arrived.payload)
        address = arrived.address or Address(frame.site, frame.agent)
        if arrived.address is None and not self._registrar.is_enrolled(address):
            self._drop(SetAside.UNKNOWN_AGENT)
            return
        if frame.site != address.site or frame.agent != address.agent:
            raise Poison(
                SetAside.WRONG_TOPIC, f"the frame says {frame.site}/{frame.agent}, its topic {arrived.address}"
            )
        if isinstance(frame.body, HelloBody) and frame.number == HELLO_NUMBER:
            # Spoken once for each connection and never spooled: there is nothing to acknowledge, and none repeats another.
            self._note_hello(address, frame.body)
            if self._listener is not None:
                self._listener.note_hello(address, frame.epoch, frame.sent_at, arrived.received_at)
            self.group.greeted.append((address, frame.epoch))
            return
        if self._listener is not None:
            self._listener.note_frame(address, frame.epoch, frame.sent_at, arrived.received_at)
        mark = FrameMark(frame.site, frame.agent, frame.epoch, frame.number)
        if mark in self.group.marks or self._store.is_committed([mark])[0]:
            self.counters.frames_repeated += 1
            self.group.repeated.append(mark)
            return
        try:
            self._take_body(address, frame, mark, arrived)
        except _EarlyError:
            self.counters.frames_deferred += 1
            return
        except Poison as error:
            # The header is sound, so the frame can be acknowledged: its agent must not send it for ever.
            self._bury(arrived, error.reason, str(error))
        self.group.marks[mark] = None

    def _take_body(self, address: Address, frame: Frame, mark: FrameMark, arrived: Arrived) -> None:
        match frame.body:
            case SamplesBody() as body:
                now = self._clock()
                is_resent_until_stored = arrived.address is not None  # a file is read once
                if is_resent_until_stored and _is_ahead(frame, body, now) and self._ahead.put_off(mark, now):
                    raise _EarlyError
                table = self._dictionaries.table(address, body.dictionary, now)
                if table.names_stranger and is_resent_until_stored:
                    table = self._table_unless_early(address, body.dictionary, now)
                self.group.add_samples(arrived, body, table)
            case FactsBody() as body:
                self._registrar.learn_facts(address, body.devices, self._clock())
                self._dictionaries.devices_learnt(frame.site)
                self._strangers.told(frame.site, [facts.device for facts in body.devices], self._clock())
            case EventsBody() as body:
                self._events.note_events(address, mark, body.events)
                self.counters.events_received += len(body.events)
            case DocumentBody() as body:
                self._take_document(address, body.document, arrived)
            case HelloBody() as body:
                self._note_hello(address, body)
            case ResultBody() as body:
                _log.info(
                    "command result",
                    extra={"origin": f"{address.site}/{address.agent}", "id": body.id, "detail": body.text},
                )
                if self._listener is not None:
                    self._listener.note_result(address, body)
            case _:
                raise Poison("wrong_kind", "acknowledgements and commands go down to agents, not up")

    def _take_document(self, address: Address, document: Document, arrived: Arrived) -> None:
        sink = self._documents.get(document.kind)
        if sink is None:
            raise Poison("unknown_document", f"nobody here keeps documents of the kind {document.kind!r}")
        if document.observed_at > arrived.received_at + MAX_AHEAD_MS:
            # of a clock that ran ahead: kept as it is, nothing would be newer until that day, and all that follows be history
            document = msgspec.structs.replace(document, observed_at=arrived.received_at)
            self.counters.documents_ahead += 1
        sink.keep_document(address, document, arrived.received_at)
        self.counters.documents_received[document.kind] += 1

    def _table_unless_early(self, address: Address, dictionary: bytes, now: int) -> SeriesTable:
        """The table of a dictionary that names strangers; `_EarlyError` while their facts may still come."""
        strangers = self._strangers.among(address.site, read_series(dictionary).devices)
        waited_ms = self._strangers.waited_ms(address.site, strangers, now)
        if waited_ms is not None:
            if self._listener is not None:
                self._listener.note_strangers(address, waited_ms)
            raise _EarlyError
        if not strangers:  # registered meanwhile, and not by facts that came this way
            self._dictionaries.devices_learnt(address.site)
        return self._dictionaries.table(address, dictionary, now)

    def _note_hello(self, address: Address, body: HelloBody) -> None:
        self._registrar.note_agent(address, version=body.version, spool_bytes=body.spool_bytes)

    def _count(self, group: Group, batch: Batch, duration_s: float) -> None:
        counters = self.counters
        counters.frames_committed += len(batch.marks)
        counters.samples_committed += len(batch.series)
        counters.samples_set_aside.update(group.set_aside)
        counters.commits += 1 if batch.marks else 0
        counters.commit_s += duration_s

    def _drop(self, reason: str) -> None:
        self.counters.frames_dropped[reason] += 1

    def _bury(self, arrived: Arrived, reason: str, message: str) -> None:
        self._drop(reason)
        self._dead_letters.keep(arrived.payload, _origin(arrived), reason, message)


def _is_ahead(frame: Frame, body: SamplesBody, now: int) -> bool:
    """Whether its sender's clock is so far ahead that samples would be set aside for it; `FrameError` as `check_sizes`."""
    if frame.sent_at <= now + MAX_AHEAD_MS:
        return False
    check_sizes(body)
    return bool(np.frombuffer(body.measured_at, "<i8").cumsum().max() > now + MAX_AHEAD_MS)


def _digest(arrived: Arrived) -> bytes:
    return hashlib.sha256(arrived.payload).digest()


def _origin(arrived: Arrived) -> str:
    return f"{arrived.address.site}/{arrived.address.agent}" if arrived.address else "file"
