"""The ingest thread: takes what the subscriber brings, commits groups, acknowledges, hands on to be judged beside it.

The thread's edge is supervised: an error nobody foresaw is logged with its stack, counted, and the work is tried again; a
group that fails again and again is committed frame by frame, and only what fails alone is set aside.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from campus.errors import Transient
from controller.figure import Figure
from controller.ingest.acknowledgement import acknowledgements
from controller.ingest.dead_letters import DeadLetters
from controller.ingest.group import Arrived
from controller.ingest.judging import Judging
from controller.ingest.limits import Limits
from controller.ingest.making import Making
from controller.ingest.model import Made
from controller.ingest.pipeline import Pipeline, Settled
from controller.ingest.port import Committed, DocumentSink, EventSink, Judge, Registrar
from controller.ingest.reception import Reception
from controller.ingest.subscriber import BrokerAddress, StateMessage, Subscriber
from controller.ingest.turn import give_way
from controller.store.port import SampleStore

GROUP_ROWS: Final = 250_000
GROUP_FRAMES: Final = 2_500
GROUP_WINDOW_S: Final = 0.35
FIRST_RETRY_S: Final = 0.25
LONGEST_RETRY_S: Final = 10.0
FAILURES_BEFORE_SINGLES: Final = 5
STOP_TIMEOUT_S: Final = 30.0
_LINGER_S: Final = 1.0
T = TypeVar("T")
_log = logging.getLogger(__name__)


class AgentState(msgspec.Struct):
    """What an agent, or its last will, says on its ``state`` topic."""

    online: bool
    version: str | None = None


class Ingest:
    """From the broker to the store. Constructed inert; `start` and `stop` belong to the process's main thread."""

    def __init__(
        self,
        broker: BrokerAddress,
        store: SampleStore,
        registrar: Registrar,
        judge: Judge,
        events: EventSink,
        clock: Callable[[], int],
        *,
        dead_letter_directory: Path,
        keep_days: int,
        first_retry_s: float = FIRST_RETRY_S,
        reception: Reception | None = None,
        documents: Mapping[str, DocumentSink] | None = None,
        believed: Callable[[int], int] = lambda now: now,
    ) -> None:
        """`documents`: who keeps those of each kind (`campus.samples.DocumentKind`). `believed`: as `Pipeline` says."""
        self._reception = reception or Reception(Limits(), dead_letter_directory, store)
        self.counters = self._reception.counters
        self._subscriber = Subscriber(broker, self.counters, clock, self._reception.admits)
        dead_letters = DeadLetters(dead_letter_directory, self.counters)
        self._pipeline = Pipeline(
            store,
            registrar,
            events,
            dead_letters,
            self.counters,
            clock,
            keep_days=keep_days,
            listener=self._reception,
            quota=self._reception.quota,
            documents=documents,
            believed=believed,
        )
        self._registrar = registrar
        self._judging = Judging(judge, self.counters)
        self._samples = store
        self._making = Making()
        self._events = events
        self._clock = clock
        self._first_retry_s = first_retry_s
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._turn = threading.Lock()
        """Held while a frame is taken and while a group is committed and settled; not while ingest waits for messages, for a
        store that is away, or for the judge."""
        self._failures = 0
        self._oldest_unsettled_at = 0
        self._last_lag_ms = 0

    def start(self) -> None:
        """Dial the broker and begin."""
        self._stopping.clear()
        self._reception.start()
        self._subscriber.start()
        self._judging.start()
        self._thread = threading.Thread(target=self._run, name="ingest", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Commit what is under way and leave; harmless when called twice."""
        self._stopping.set()
        give_up_s = time.monotonic() + STOP_TIMEOUT_S
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(STOP_TIMEOUT_S)
        self._judging.stop(max(0.0, give_up_s - time.monotonic()))
        self._subscriber.stop(_LINGER_S)

    @property
    def is_connected(self) -> bool:
        """Whether the broker has accepted the session."""
        return self._subscriber.is_connected

    @property
    def is_at_work(self) -> bool:
        """Whether frames can be taken: the session stands and the thread lives."""
        return self.is_connected and self._thread is not None and self._thread.is_alive()

    @property
    def lag_s(self) -> float:
        """How long the oldest frame that is not stored yet has waited; with none waiting, what the last group took."""
        oldest = self._oldest_unsettled_at
        return max(self._clock() - oldest, self._last_lag_ms) / 1000 if oldest else self._last_lag_ms / 1000

    @property
    def unjudged_groups(self) -> int:
        """How many groups are stored and not judged yet."""
        return self._judging.waiting

    @contextmanager
    def paused(self) -> Iterator[None]:
        """A moment in which nothing is learnt, committed or acknowledged: for a snapshot across stores. Keep it short."""
        with self._turn:
            yield

    def keep(self, made: Made) -> None:
        """Store what the controller itself made, between two groups of frames. Any thread; does not wait for it."""
        self._making.keep(made)

    def give_way(self) -> None:
        """For long work, between two of its pieces: wait a moment while a group is being committed. Any thread."""
        give_way(self._turn)

    def figures(self) -> list[Figure]:
        """Everything `/metrics` should say of ingest."""
        return [
            *self.counters.figures(),
            *self._reception.figures(self._clock()),
            *self._making.figures(),
            Figure("ingest_queue_frames", "Frames received and not taken yet", self._subscriber.waiting),
            Figure("ingest_unsettled_bytes", "Bytes received and not stored yet", self._subscriber.unsettled_bytes),
            Figure("ingest_unjudged_groups", "Groups stored and not judged yet", self.unjudged_groups),
            Figure("ingest_lag_seconds", "From receiving a frame to storing it", self.lag_s),
            Figure("ingest_broker_connected", "1 while the broker session stands", float(self.is_connected)),
        ]

    def tend(self, now: int) -> None:
        """About once a second, in a thread of its own: look how it goes and tell the agents how much is wanted of them."""
        subscriber = self._subscriber
        if not subscriber.is_connected:
            return  # nobody would hear it, and nothing comes
        for address, payload in self._reception.tend(subscriber.lag_s, subscriber.fill, now):
            subscriber.publish(address, payload)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._round()
                self._failures = 0
            except Transient:  # only when stopping in the middle of a retry: the frames stay on the broker
                continue
            except Exception:  # noqa: BLE001 - the edge of the thread
                _log.exception("ingest failed unexpectedly")
                self.counters.unexpected["round"] += 1
                self._failures += 1
                self._stopping.wait(min(LONGEST_RETRY_S, self._first_retry_s * 2**self._failures))

    def _round(self) -> None:
        if not self._pipeline.group.is_closed:  # else it could not be committed at once: it is tried again as it is
            self._gather()
        if self._pipeline.group.arrived:
            for committed in self._persist(self._store):
                self._judging.hand_over(committed)
        while (made := self._making.take()) is not None:
            self._persist(partial(self._making.store, made, self._samples))

    def _gather(self) -> None:
        group, deadline = self._pipeline.group, 0.0
        while not self._stopping.is_set() and group.rows < GROUP_ROWS and len(group.arrived) < GROUP_FRAMES:
            wait_s = deadline - time.monotonic() if deadline else GROUP_WINDOW_S
            item = self._subscriber.receive(wait_s)
            if item is None:
                return
            if isinstance(item, StateMessage):
                self._note_state(item.arrived)
                continue
            self._oldest_unsettled_at = self._oldest_unsettled_at or item.received_at
            self._persist(partial(self._pipeline.take, item))
            deadline = deadline or time.monotonic() + GROUP_WINDOW_S

    def _persist(self, step: Callable[[], T]) -> T:
        """Take the turn for it, and try until it works; `Transient` only when ingest is told to stop meanwhile."""
        wait_s = self._first_retry_s
        while True:
            try:
                with self._turn:
                    return step()
            except Transient as error:
                self.counters.append_retries += 1
                _log.warning("cannot store now", extra={"detail": str(error), "retry_in_s": wait_s})
                if self._stopping.wait(wait_s):
                    raise
                wait_s = min(LONGEST_RETRY_S, wait_s * 2)

    def _store(self) -> list[Committed]:
        """Commit what was gathered and settle it; what is to be judged of it."""
        is_singly = self._failures >= FAILURES_BEFORE_SINGLES
        stored = self._pipeline.commit_one_by_one() if is_singly else [self._pipeline.commit()]
        for settled in stored:
            self._settle(settled)
        return [settled.committed for settled in stored if settled.committed is not None]

    def _settle(self, settled: Settled) -> None:
        now = self._clock()
        self._last_lag_ms = max(0, now - min(arrived.received_at for arrived in settled.arrived))
        self._oldest_unsettled_at = 0
        self._beside("acknowledge", partial(self._acknowledge, settled, now))
        self._subscriber.acknowledge(settled.arrived)
        self._beside("clashes", partial(self._reception.tell_clashes, self._events))
        agents = {arrived.address for arrived in settled.arrived if arrived.address}
        self._beside("note_agent", partial(self._registrar.note_frames, agents, now))

    def _acknowledge(self, settled: Settled, now: int) -> None:
        flow = self._reception.flow
        if self._subscriber.publish_together(acknowledgements(settled.marks, settled.greeted, flow, now)):
            self.counters.frames_acknowledged += len(settled.marks)

    def _note_state(self, arrived: Arrived) -> None:
        self.counters.states_received += 1
        try:
            state = msgspec.json.decode(arrived.payload, type=AgentState)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self.counters.frames_dropped["bad_state"] += 1
        else:
            address = arrived.address
            if address is not None and self._registrar.is_enrolled(address):
                note = partial(self._registrar.note_agent, address, online=state.online, version=state.version)
                self._beside("note_agent", note)
        self._subscriber.acknowledge([arrived])

    def _beside(self, step: str, work: Callable[[], None]) -> None:
        """Run what comes after the commit; whatever it raises, the samples are safe and ingest goes on."""
        try:
            work()
        except Exception:  # noqa: BLE001 - the edge of a neighbour
            _log.exception("a step after the commit failed", extra={"step": step})
            self.counters.unexpected[step] += 1
