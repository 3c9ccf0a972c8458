"""The alert engine: ingest hands it every commit, a timer ticks it once a second, it writes alerts and their trails.

`judge` is called in the ingest thread and touches no database, but for the facts of a device with ports that was never
seen before; what it finds waits in a bounded queue. `tick` (another thread) writes it down. When the database is away
the queue keeps what was found; the tick after brings it again.
"""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import sqlalchemy as sa

from campus.delivery import LATE_AFTER_MS
from campus.errors import Transient
from campus.ids import DeviceId, Instance, MetricId, SiteId
from campus.samples import Event
from campus.topics import Address
from controller.alerts.events import EVENT_PREFIX, Newest, ended_kind, event_rule, event_rule_id, is_worth_an_alert
from controller.alerts.judgement import Rows
from controller.alerts.port import Registry
from controller.alerts.recorder import AlertKey, Cleared, Recorder
from controller.alerts.rulebook import Rulebook, shipped_rules
from controller.alerts.selection import Selection
from controller.alerts.stages import Case
from controller.alerts.transition import Change, Transition
from controller.alerts.watch import Key, Watch
from controller.ingest.port import Committed
from controller.store.port import DistrictSeries, FrameMark, SampleStore

MAX_WAITING: Final = 200_000
"""Changes that wait for the database; the oldest are dropped, and counted, when it is away for very long."""
WRITE_AT_ONCE: Final = 2_000
"""Changes of one transaction: short enough that acknowledging people do not wait."""
REFRESH_INTERVAL_MS: Final = 60_000


@dataclass(frozen=True)
class EngineFigures:
    """What `/metrics` says of alerting. Counters since start; `waiting` and `open` are now."""

    rules: int
    bindings: int
    series: int
    judged: int
    late: int
    superseded: int
    waiting: int
    dropped: int
    open: int
    written: dict[str, int]
    """Changes written, by outcome."""


class AlertEngine:
    """Inert until `restore`. `judge` and `note_events` are called by one thread, `tick` and `figures` by any."""

    def __init__(
        self,
        store: SampleStore,
        registry: Registry,
        engine: sa.Engine,
        clock: Callable[[], int],
        rulebook: Rulebook | None = None,
    ) -> None:
        self._store = store
        self._registry = registry
        self._clock = clock
        self._rulebook = rulebook or shipped_rules()
        self._recorder = Recorder(engine, self._rulebook)
        self._watch = Watch(Selection(self._rulebook, registry))
        self._lock = threading.Lock()
        """Guards the watch and the queue; never held while the database is written."""
        self._pen = threading.Lock()
        """Guards the recorder."""
        self._waiting: deque[Case | Cleared] = deque()
        self._newest = Newest()
        self._dropped = 0
        self._written: Counter[str] = Counter()
        self._refresh_at = 0

    def restore(self) -> None:
        """At start, after the store and the registry: watch every series there is, take up what was open.

        What was open stays open until it is heard good again; silences count from now, so that a pause of the controller
        is nobody's silence. Raises `Transient` when the database is away.
        """
        now = self._clock()
        with self._pen, self._lock:
            self._recorder.load(now)
            series = self._store.find_series()
            open_keys = self._open_keys()
            selection = Selection(self._rulebook, self._registry)
            selection.refresh()
            self._watch = Watch(selection)
            self._watch.learn(series, now, open_keys.keys())
            ids = np.array(sorted(series), dtype=np.int32)
            if len(ids):
                self._queue(self._watch.resume(ids, self._store.latest(ids), now))
            self._refresh_at = now + REFRESH_INTERVAL_MS
            known = set(series.values())
            watched = {key for (_, name), key in open_keys.items() if name in known}
            events = {key for key in self._recorder.open if key[0].startswith(EVENT_PREFIX)}
            self._recorder.abandon(self._recorder.open.keys() - watched - events, now)

    def judge(self, committed: Committed) -> None:
        """Judge what one commit made durable."""
        with self._lock:
            if int(committed.series.max(initial=-1)) >= self._watch.size:
                self._learn_new(committed.received_at)
            rows = Rows(committed.series, committed.measured_at, committed.value)
            self._queue(self._watch.judge(rows, committed.received_at))

    def note_events(self, address: Address, mark: FrameMark, events: Sequence[Event]) -> None:
        """Take what an agent reported; what is worth an alert becomes one."""
        now = self._clock()
        with self._lock:
            news = [event for event in events if not self._newest.is_overtaken(address.site, event)]
            changes = [each for event in news for each in _changes_of_event(address.site, event, now)]
            self._waiting.extend(changes)
            self._trim()

    def tick(self, now: int) -> None:
        """About once a second: let time pass, write down what was found. `Transient` when it cannot be written yet."""
        with self._lock:
            if now >= self._refresh_at:
                self._refresh_at = now + REFRESH_INTERVAL_MS
                self._watch.refresh(now)
            self._queue(self._watch.tick(now))
        with self._pen:
            while changes := self._next_changes():
                self._write(changes, now)
            self._recorder.tidy(now)

    def figures(self) -> EngineFigures:
        """Counts. From memory; cheap."""
        with self._lock:
            counts = self._watch.counts
            return EngineFigures(
                rules=len(self._rulebook.rules()),
                bindings=len(self._watch),
                series=self._watch.size,
                judged=counts.judged,
                late=counts.late,
                superseded=counts.superseded,
                waiting=len(self._waiting),
                dropped=self._dropped,
                open=len(self._recorder.open),
                written=dict(self._written),
            )

    def _open_keys(self) -> dict[Key, AlertKey]:
        """Open alerts of rules that still stand, by what the watch calls them."""
        found: dict[Key, AlertKey] = {}
        for key in self._recorder.open:
            rule_id, site, device, instance = key
            rule = self._rulebook.rule(rule_id)
            if rule is not None:
                name = DistrictSeries(SiteId(site), DeviceId(device), MetricId(rule.metric), Instance(instance))
                found[rule_id, name] = key
        return found

    def _learn_new(self, heard_at: int) -> None:
        size = self._watch.size
        new = {number: name for number, name in self._store.find_series().items() if number >= size}
        self._watch.learn(new, heard_at)

    def _queue(self, transitions: list[Transition]) -> None:
        for each in transitions:
            name, rule = self._watch.name(each.series), self._watch.rule(each.rule)
            if each.change is Change.OPENED:
                self._waiting.append(Case(rule, name.site, name.device, name.instance, each.at, each.since, each.value))
            else:
                key = (rule.id, name.site, name.device, name.instance)
                self._waiting.append(Cleared(key, rule, each.at, each.value))
        self._trim()

    def _trim(self) -> None:
        while len(self._waiting) > MAX_WAITING:
            self._waiting.popleft()
            self._dropped += 1

    def _next_changes(self) -> list[Case | Cleared]:
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), WRITE_AT_ONCE))]

    def _write(self, changes: list[Case | Cleared], now: int) -> None:
        try:
            outcomes = self._recorder.write(changes, now)
        except Transient:
            with self._lock:
                self._waiting.extendleft(reversed(changes))
                self._trim()
            raise
        self._written.update("cleared" if outcome is None else outcome.value for outcome in outcomes)


def _changes_of_event(site: SiteId, event: Event, now: int) -> Iterator[Case | Cleared]:
    if is_worth_an_alert(event):
        yield _case_of_event(site, event, now)
    ended = ended_kind(event.kind)
    if ended is not None:
        rule = event_rule(event_rule_id(ended))
        yield Cleared((rule.id, site, event.device, event.instance), rule, event.occurred_at, 0.0)


def _case_of_event(site: SiteId, event: Event, now: int) -> Case:
    age_ms = now - event.occurred_at
    return Case(
        rule=event_rule(event_rule_id(event.kind), event.severity),
        site=site,
        device=event.device,
        instance=event.instance,
        at=event.occurred_at,
        since=event.occurred_at,
        value=0.0,
        text=event.text or event.kind,
        arrived_late_ms=age_ms if age_ms > LATE_AFTER_MS else 0,
    )
