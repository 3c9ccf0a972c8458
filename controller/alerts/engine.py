"""The alert engine: ingest hands it every commit, a timer ticks it once a second, it writes alerts and their trails.

`judge` is called in the ingest thread and touches no database, but for the facts of a device with ports that was never
seen before; what it finds waits in a bounded queue, and `on_found` wakes whoever ticks. `tick` (another thread) writes
it down. When the database is away the queue keeps what was found; the tick after brings it again.

Events are on disk before `note_events` returns, and marked as judged in the transaction that writes what follows from
them: `restore` takes up the others.
"""

import threading
from collections import Counter
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
from controller.alerts.backlog import Backlog, Finding
from controller.alerts.event_log import EventLog
from controller.alerts.events import EVENT_PREFIX, Newest, ended_kind, event_rule, event_rule_id, is_worth_an_alert
from controller.alerts.judgement import Rows
from controller.alerts.model import EventKey, Report
from controller.alerts.port import Registry
from controller.alerts.recorder import AlertKey, Cleared, Recorder
from controller.alerts.rulebook import Rulebook, shipped_rules
from controller.alerts.selection import Selection
from controller.alerts.stages import Case
from controller.alerts.transition import Change, Transition
from controller.alerts.watch import Key, Watch
from controller.ingest.port import Committed
from controller.store.port import DistrictSeries, FrameMark, SampleStore

WRITE_AT_ONCE: Final = 2_000
"""Changes of one transaction: short enough that acknowledging people do not wait."""
REFRESH_INTERVAL_MS: Final = 60_000
PAIRS_REMEMBERED: Final = 10_000


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
    delays_ms: dict[str, int]
    """By quantile: from finding to writing, of the changes written last."""
    events_forgotten: int


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
        self._events = EventLog(engine)
        self._backlog = Backlog()
        self._newest = Newest()
        self.on_found: Callable[[], None] = _nobody_listens
        """Called, in the thread that found it, when there is something to write: wakes whoever calls `tick`."""
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
            self._backlog = Backlog()
            if len(ids):
                self._backlog.put(self._findings(self._watch.resume(ids, self._store.latest(ids), now), now))
            self._take_up_events(now)
            self._refresh_at = now + REFRESH_INTERVAL_MS
            known = set(series.values())
            watched = {key for (_, name), key in open_keys.items() if name in known}
            events = {key for key in self._recorder.open if key[0].startswith(EVENT_PREFIX)}
            self._recorder.abandon(self._recorder.open.keys() - watched - events, now)

    def judge(self, committed: Committed) -> None:
        """Judge what one commit made durable."""
        now = self._clock()
        with self._lock:
            if int(committed.series.max(initial=-1)) >= self._watch.size:
                self._learn_new(committed.received_at)
            rows = Rows(committed.series, committed.measured_at, committed.value)
            found = self._findings(self._watch.judge(rows, committed.received_at), now)
            self._backlog.put(found)
        if found:
            self.on_found()

    def note_events(self, address: Address, mark: FrameMark, events: Sequence[Event]) -> None:
        """Keep what an agent reported, durable on return; what is worth an alert becomes one. As ingest's port says."""
        now = self._clock()
        reports = [Report(EventKey(*mark, place), event, now) for place, event in enumerate(events)]
        with self._lock:
            found = [self._findings_of(report) for report in reports]
        is_new = self._events.keep([(report, bool(each)) for report, each in zip(reports, found, strict=True)])
        due = [finding for each in found for finding in each]
        if is_new and due:
            with self._lock:
                self._backlog.put(due)
            self.on_found()

    def tick(self, now: int) -> None:
        """About once a second: let time pass, write down what was found. `Transient` when it cannot be written yet."""
        with self._lock:
            if now >= self._refresh_at:
                self._refresh_at = now + REFRESH_INTERVAL_MS
                self._watch.refresh(now)
            self._backlog.put(self._findings(self._watch.tick(now), now))
        with self._pen:
            while findings := self._next_findings():
                self._write(findings, now)
            self._recorder.tidy(now)
            self._events.tidy(now)

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
                written=dict(self._written),
                delays_ms=dict(self._backlog.delays_ms()),
                events_forgotten=self._events.forgotten,
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

    def _take_up_events(self, now: int) -> None:
        """Events that were kept and not judged, after those whose pairs may have overtaken them."""
        for report in self._events.newest_judged(PAIRS_REMEMBERED):
            self._newest.is_overtaken(report.key.site, report.event)
        overtaken = []
        for report in self._events.unjudged():
            findings = self._findings_of(report)
            self._backlog.put(findings)
            if not findings:
                overtaken.append(report.key)
        self._events.settle(overtaken, now)

    def _findings_of(self, report: Report) -> list[Finding]:
        """What follows from an event; nothing when its counterpart was heard before."""
        site, event = report.key.site, report.event
        if self._newest.is_overtaken(site, event):
            return []
        changes = list(_changes_of_event(site, event, report.received_at))
        return [
            Finding(change, report.received_at, report.key if place == len(changes) else None)
            for place, change in enumerate(changes, start=1)
        ]

    def _findings(self, transitions: list[Transition], now: int) -> list[Finding]:
        return [Finding(self._change(each), now) for each in transitions]

    def _change(self, each: Transition) -> Case | Cleared:
        name, rule = self._watch.name(each.series), self._watch.rule(each.rule)
        if each.change is Change.OPENED:
            return Case(rule, name.site, name.device, name.instance, each.at, each.since, each.value)
        return Cleared((rule.id, name.site, name.device, name.instance), rule, each.at, each.value)

    def _next_findings(self) -> list[Finding]:
        with self._lock:
            return self._backlog.take(WRITE_AT_ONCE)

    def _write(self, findings: list[Finding], now: int) -> None:
        judged = [each.event for each in findings if each.event is not None]
        try:
            outcomes = self._recorder.write([each.change for each in findings], now, judged)
        except Transient:
            with self._lock:
                self._backlog.give_back(findings)
            raise
        self._written.update("cleared" if outcome is None else outcome.value for outcome in outcomes)
        with self._lock:
            self._backlog.note_written(findings, self._clock())


def _nobody_listens() -> None:
    return


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
