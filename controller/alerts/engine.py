"""The alert engine: ingest hands it every commit, a timer ticks it once a second, it writes alerts and their trails.

`judge` is called in a thread beside ingest and touches no database, but for the facts of a device with ports that was never
seen before; what it finds waits in a bounded queue, and `on_found` wakes whoever ticks. `tick` (another thread) writes
it down. When the database is away the queue keeps what was found; the tick after brings it again, and finds again
what was too much to keep.

Events are on disk before `note_events` returns, and marked as judged in the transaction that writes what follows from
them: `restore` takes up the others.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from campus.errors import Transient
from campus.ids import SiteId
from campus.samples import Event
from campus.topics import Address
from controller.alerts.cases import change_of_transition, change_of_verdict, changes_of_event
from controller.alerts.events import EVENT_PREFIX, Newest
from controller.alerts.hushing.passes import Pass
from controller.alerts.judging.columns import Rows
from controller.alerts.judging.derived.learning import usual_of_hour
from controller.alerts.judging.derived.making import Wanted
from controller.alerts.judging.derived.usual import HOUR_MS
from controller.alerts.judging.hours import NOWHERE, Closed
from controller.alerts.judging.resumption import look_up, open_pairs, resume
from controller.alerts.judging.selection import SITES_AT_ONCE, Selection
from controller.alerts.judging.transition import Transition
from controller.alerts.judging.watch import Watch
from controller.alerts.keeping.backlog import MAX_WAITING, Backlog, Finding
from controller.alerts.keeping.event_log import EventLog
from controller.alerts.keeping.recorder import Recorder
from controller.alerts.model import AlertKey, Elsewhere, EventKey, Report, Verdict
from controller.alerts.port import Calendar, Registry, Silences
from controller.alerts.rulebook import Rulebook, shipped_rules
from controller.calendar.model import Hours
from controller.identity.scope import SYSTEM
from controller.ingest.port import Committed
from controller.store.port import FrameMark, SampleStore

WRITE_AT_ONCE: Final = 1_000
"""Changes of one transaction: short enough that acknowledging people do not wait."""
REFRESH_INTERVAL_MS: Final = 60_000
LOOK_AHEAD_MS: Final = 600_000
"""So long before an hour begins it is looked up what is usual in it."""
MINUTE_MS: Final = 60_000
PAIRS_REMEMBERED: Final = 10_000
_log = logging.getLogger(__name__)


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
    flapping: int
    """Open alerts that come and go: each stands as one until it is steady."""
    written: dict[str, int]
    """Changes written, by outcome."""
    delays_ms: dict[str, int]
    """By quantile: from finding to writing, of the changes written last."""
    events_forgotten: int


class AlertEngine:
    """Inert until `restore`. `judge` is called by one thread, `note_events` by one, `tick` and `figures` by any."""

    def __init__(
        self,
        store: SampleStore,
        registry: Registry,
        engine: sa.Engine,
        clock: Callable[[], int],
        rulebook: Rulebook | None = None,
        calendar: Calendar | None = None,
        passes: Sequence[Pass] = (),
        silences: Silences | None = None,
        hold_ms: int = 0,
        most_waiting: int = MAX_WAITING,
    ) -> None:
        """Without a calendar rules that are bound to hours hold at all times, without silences everything is told.

        `passes` look at open alerts at each tick; where one of them looks for causes, what may follow from something else
        is held for `hold_ms` at most. `most_waiting` findings are kept while the database is away.
        """
        self._store = store
        self._registry = registry
        self._clock = clock
        self._calendar = calendar
        self._rulebook = rulebook or shipped_rules()
        self._hours = _hours_of(self._rulebook)
        self._closed, self._closed_minute = NOWHERE, -1
        self._recorder = Recorder(engine, self._rulebook, passes, silences, hold_ms)
        self._selection = Selection(self._rulebook, registry)
        self._watch = Watch(self._selection)
        self._lock = threading.Lock()
        """Guards the watch. Held while it judges, and while the registry is asked for a device: ingest must not wait for it."""
        self._pen = threading.Lock()
        """Guards the recorder, and how the queue is written."""
        self._events = EventLog(engine)
        self._backlog = Backlog(most_waiting)
        self._newest = Newest()
        """Of whoever notes events, and of `restore` before that."""
        self._doubtful: dict[FrameMark, list[list[Finding]]] = {}
        """What follows from the events of frames that perhaps were not kept: each comes again at once, and is told then."""
        self.on_found: Callable[[], None] = _nobody_listens
        """Called, in the thread that found it, when there is something to write: wakes whoever calls `tick`."""
        self._written: Counter[str] = Counter()
        self._written_alone = 0
        """So many changes are written each by itself, for one of them cannot be written."""
        self._wanted: Wanted | None = None
        """What new bindings are to be told of the past, and could not be read yet."""
        self._refresh_at = 0
        self._revision = 0
        """Of what the registry knows of devices: everything up to it was looked at."""

    def restore(self) -> None:
        """At start, after the store and the registry: watch every series there is, take up what was open.

        What was open stays open until it is heard good again; silences count from now, so that a pause of the controller
        is nobody's silence. Raises `Transient` when the database is away.
        """
        now = self._clock()
        with self._pen, self._lock:
            self._recorder.load(now)
            self._backlog.begin_anew()
            self._newest = Newest()
            self._revision, _ = self._registry.changes_after(0)
            self._selection = Selection(self._rulebook, self._registry)
            self._watch = Watch(self._selection)
            found = open_pairs(self._selection, self._store, self._recorder.judged_bad)
            names = self._store.series_columns()
            while self._watch.learn(names, now, found.pairs, found.groups):
                pass
            self._backlog.put_back(self._findings(self._watch.heed(self._closed_sites(now), now), now))
            for hour in (now // HOUR_MS - 1, now // HOUR_MS):
                lacking = self._watch.derived.lacks_usual(hour)
                for usual in usual_of_hour(self._store, self._calendar, names, lacking, hour):
                    self._watch.derived.put_usual(hour, usual)
            self._backlog.put_back(self._findings(resume(self._watch, self._store, self._recorder, now), now))
            self._refresh_at = now + REFRESH_INTERVAL_MS
            others = {
                key for key in self._recorder.open if key.rule.startswith(EVENT_PREFIX)
            } | self._judged_elsewhere()
            watched = found.keys | self._watch.derived.open_groups()
            self._recorder.abandon(self._recorder.judged_bad - watched - others, now)
            self._take_up_events(now)

    def take_rules(self, rulebook: Rulebook) -> None:
        """Judge by another rulebook from now on; `AlertService.take_rules` is to be told too. By one thread at a time.

        What is open stays open and is judged on by the rule of the same id; where no such rule holds any more it is closed.
        Where a rule is judged as before, holds and silences go on; a hold of any other begins anew. Samples are judged
        meanwhile, each piece by the old rules or the new ones. `Transient` when the database is away: to be told again.
        """
        now = self._clock()
        with self._pen:
            self._recorder.take_rules(rulebook)
            self._rulebook, self._hours, self._closed_minute = rulebook, _hours_of(rulebook), -1
        closed = self._closed_sites(now)
        with self._lock:
            self._backlog.put(self._findings(self._watch.heed(closed, now), now))
            metrics = self._selection.take_rules(rulebook)
            self._watch.take_rules()
        for series in self._watch.of_metrics(metrics):
            with self._lock:
                self._backlog.put(self._findings(self._watch.rebind(series, now), now))
        self._refresh_at = 0
        with self._pen:
            known = {key for key in self._recorder.judged_bad if self._is_elsewhere(key)}
            self._recorder.abandon(known - self._judged_elsewhere(), now)
        self.on_found()

    def judge(self, committed: Committed) -> None:
        """Judge what one commit made durable."""
        now = self._clock()
        self._learn(int(committed.series.max(initial=-1)), committed.received_at)
        with self._lock:
            rows = Rows(committed.series, committed.measured_at, committed.value)
            found = self._findings(self._watch.judge(rows, committed.received_at), now)
            self._backlog.put(found)
        if found:
            self.on_found()

    def note_events(self, address: Address, mark: FrameMark, events: Sequence[Event]) -> None:
        """Keep what an agent reported, durable on return; what is worth an alert becomes one. As ingest's port says."""
        now = self._clock()
        reports = [Report(EventKey(*mark, place), event, now) for place, event in enumerate(events)]
        before = self._doubtful.pop(mark, None)
        found = [self._findings_of(report) for report in reports] if before is None else before
        try:
            is_new = self._events.keep([(report, bool(each)) for report, each in zip(reports, found, strict=True)])
        except Transient:
            self._doubtful[mark] = found
            raise
        due = [finding for each in found for finding in each]
        if due and (is_new or before is not None):
            self._backlog.put(due)
            self.on_found()

    def note_verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """Take what other rooms judged; what is open already, or over already, changes nothing. From any thread.

        Kept in memory until it is written: who judges compares with `judged_elsewhere` now and then, and tells again.
        """
        now = self._clock()
        changes = [change_of_verdict(verdict, self._rulebook) for verdict in verdicts]
        found = [Finding(change, now) for change in changes if change is not None]
        if found:
            self._backlog.put(found)
            self.on_found()

    def judged_elsewhere(self) -> set[AlertKey]:
        """Open alerts that other rooms judge."""
        with self._pen:
            return self._judged_elsewhere()

    def tick(self, now: int) -> None:
        """About once a second: let time pass, write down what was found. `Transient` when it cannot be written yet."""
        if self._backlog.has_overflowed:
            _log.warning("more was found than could wait for the database: it is found again in what is stored")
            self.restore()
        closed = self._closed_sites(now)
        with self._lock:
            self._backlog.put(self._findings(self._watch.heed(closed, now) + self._watch.tick(now), now))
        with self._pen:
            while findings := self._next_findings():
                self._write(findings, now)
            self._recorder.tidy(now)
            self._events.tidy(now)
        if now >= self._refresh_at:
            self._refresh_at = now + REFRESH_INTERVAL_MS
            self._refresh(now)
        self._tell_of_the_past(now)

    def learn_usual(self, now: int) -> None:
        """About once a minute, in a thread of its own: what is usual in this hour, and in the next before it begins."""
        for hour in sorted({now // HOUR_MS, (now + LOOK_AHEAD_MS) // HOUR_MS}):
            with self._lock:
                derived, names = self._watch.derived, self._watch.names
                lacking = derived.lacks_usual(hour)
            for usual in usual_of_hour(self._store, self._calendar, names, lacking, hour):
                with self._lock:
                    derived.put_usual(hour, usual)

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
                waiting=len(self._backlog),
                dropped=self._backlog.dropped,
                open=len(self._recorder.open),
                flapping=self._recorder.flapping,
                written=dict(self._written),
                delays_ms=self._backlog.delays_ms(),
                events_forgotten=self._events.forgotten,
            )

    def _closed_sites(self, now: int) -> Closed:
        """Where the hours of some rules are over, asked once a minute; the last answer while the calendar is away."""
        minute = now // MINUTE_MS
        if self._calendar is not None and minute != self._closed_minute:
            try:
                self._closed = {each: self._calendar.closed_sites(SYSTEM, each, now) for each in sorted(self._hours)}
                self._closed_minute = minute
            except Transient as error:
                _log.warning("the calendar cannot be read", extra={"detail": str(error)})
        return self._closed

    def _learn(self, highest: int, heard_at: int) -> None:
        """Bind series seen for the first time, up to the highest of a batch, a piece at a time."""
        is_more = highest >= self._watch.size
        while is_more and highest >= self._watch.size:
            with self._lock:
                is_more = self._watch.learn(self._store.series_columns(), heard_at)

    def _refresh(self, now: int) -> None:
        """Look again at what the registry was told of since the last time. The lock is held only for pieces of it."""
        revision, devices = self._registry.changes_after(self._revision)
        with self._lock:
            sites = sorted(self._selection.unread | {site for site, _ in devices})
        for first in range(0, len(sites), SITES_AT_ONCE):
            some = set(sites[first : first + SITES_AT_ONCE])
            uses = self._selection.read(some)
            with self._lock:
                self._selection.unread -= some
                stale = self._selection.take(uses)
                stale |= self._selection.take_kinds([device for device in devices if device[0] in some])
            for series in self._watch.of_devices(stale) if stale else ():
                with self._lock:
                    self._backlog.put(self._findings(self._watch.rebind(series, now), now))
        self._revision = revision

    def _tell_of_the_past(self, now: int) -> None:
        """What is derived by new bindings takes up from samples that are stored."""
        with self._lock:
            self._wanted = self._wanted or self._watch.derived.wanted()
        if self._wanted is not None:
            rows = look_up(self._store, self._wanted, now)
            with self._lock:
                self._watch.seed(*rows)
            self._wanted = None

    def _take_up_events(self, now: int) -> None:
        """Events that were kept and not judged, after those whose pairs may have overtaken them."""
        for report in self._events.newest_judged(PAIRS_REMEMBERED):
            self._newest.is_overtaken(report.key.site, report.event)
        overtaken = []
        for report in self._events.unjudged():
            findings = self._findings_of(report)
            self._backlog.put_back(findings)
            if not findings:
                overtaken.append(report.key)
        self._events.settle(overtaken, now)

    def _findings_of(self, report: Report) -> list[Finding]:
        """What follows from an event; nothing when its counterpart was heard before."""
        site, event = report.key.site, report.event
        if self._newest.is_overtaken(site, event):
            return []
        changes = list(changes_of_event(site, event, report.received_at))
        return [
            Finding(change, report.received_at, report.key if place == len(changes) else None)
            for place, change in enumerate(changes, start=1)
        ]

    def _findings(self, transitions: list[Transition], now: int) -> list[Finding]:
        return [Finding(change_of_transition(each, self._watch), now) for each in transitions]

    def _is_elsewhere(self, key: AlertKey) -> bool:
        """Whether a rule that some other room judges has, or had, this id."""
        return any(rule.id == key.rule and isinstance(rule.condition, Elsewhere) for rule in self._selection.rules)

    def _judged_elsewhere(self) -> set[AlertKey]:
        ours = {rule.id for rule in self._rulebook.rules() if isinstance(rule.condition, Elsewhere)}
        bad = (key for key in self._recorder.judged_bad if key.rule in ours)
        return {key for key in bad if self._rulebook.rule(key.rule, SiteId(key.site)) is not None}

    def _next_findings(self) -> list[Finding]:
        most = 1 if self._written_alone else WRITE_AT_ONCE
        self._written_alone = max(0, self._written_alone - 1)
        return self._backlog.take(most)

    def _write(self, findings: list[Finding], now: int) -> None:
        judged = [each.event for each in findings if each.event is not None]
        try:
            outcomes = self._recorder.write([each.change for each in findings], now, judged)
        except Transient:
            self._backlog.give_back(findings)
            raise
        except Exception:  # noqa: BLE001 - the edge of one change: its neighbours are written
            self._sort_out(findings)
            return
        self._written.update("cleared" if outcome is None else outcome.value for outcome in outcomes)
        self._backlog.note_written(findings, self._clock())

    def _sort_out(self, findings: list[Finding]) -> None:
        """What cannot be written, by a mistake nobody foresaw: of several it is found out which, one is dropped."""
        _log.exception("changes of alerts cannot be written", extra={"changes": len(findings)})
        if len(findings) > 1:
            self._backlog.give_back(findings)
            self._written_alone = len(findings)
        else:
            self._backlog.drop(findings)


def _nobody_listens() -> None:
    return


def _hours_of(rulebook: Rulebook) -> set[Hours]:
    return {form.rule.only for form in rulebook.variants() if form.rule.only is not None}
