"""What rules would have found in samples that are stored: the same judgement as the live one, run over the past.

A part of the store is read a bounded piece at a time, in the order of time, by the series that the rules are about. Samples
that came out of an agent's spool, which nobody was alarmed by then, count as if they had come in time: the store does not tell.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple, TypeVar

import numpy as np

from campus.ids import DeviceId, SiteId
from controller.alerts.judging.columns import Mask, Rows
from controller.alerts.judging.derived.learning import usual_of_hour
from controller.alerts.judging.derived.settings import formulas_of
from controller.alerts.judging.derived.usual import HOUR_MS
from controller.alerts.judging.past import PastJudgement, PastSilences
from controller.alerts.judging.selection import Selection
from controller.alerts.judging.transition import Change, Transition
from controller.alerts.judging.watch import Watch
from controller.alerts.model import Baseline, Expression, Group, Ratio, Rule
from controller.alerts.port import Calendar, Registry
from controller.alerts.rulebook import Rulebook
from controller.calendar.model import Hours
from controller.store.port import Ids, Level, SampleStore, SeriesColumns

T = TypeVar("T")
ROWS_AT_ONCE: Final = 100_000
"""About so many samples are read together: some tens of milliseconds."""
CADENCE_MS: Final = 60_000
"""What is usual; how much is read at once is reckoned by it."""
SHORTEST_PIECE_MS: Final = 3_600_000
GROUPS_MS: Final = 60_000
"""How often it is looked who fell silent in a group; the live engine looks every second."""

Spans = Mapping[tuple[SiteId, Hours], Sequence[tuple[int, int]]]
"""When such hours are, [start, end) in UTC ms ascending, of the schools where they are told."""


class Would(NamedTuple):
    """An alert that would have been open from `opened_at` until `cleared_at` (UTC ms; 0: to the end of what was looked at)."""

    rule_id: str
    site: SiteId
    device: DeviceId
    instance: str
    opened_at: int
    cleared_at: int
    value: float


class Replay:
    """The rules of a book over the samples of some schools, from `start` on. One thread; call `advance` until it is done."""

    def __init__(
        self,
        store: SampleStore,
        registry: Registry,
        book: Rulebook,
        sites: Collection[SiteId],
        spans: Spans,
        start: int,
        calendar: Calendar | None = None,
    ) -> None:
        """Nothing is open at `start`: begin some time before what matters. `calendar` tells which days are alike."""
        self._store = store
        self._calendar = calendar
        conditions = {type(form.rule.condition) for form in book.variants()}
        self._has_groups, self._has_baselines = Group in conditions, Baseline in conditions
        self._spans = spans
        self._watch = Watch(Selection(book, registry), PastJudgement, PastSilences)
        self._at = start
        self._begun: dict[tuple[int, int], Transition] = {}
        self._over: list[Would] = []
        self.samples = 0
        """Read so far."""
        columns = store.series_columns()
        metrics = {name for form in book.variants() for name in metrics_of(form.rule)}
        self._ids = _chosen(columns, set(sites), metrics)
        self._names = _alone(columns, self._ids)
        while self._watch.learn(self._names, start):
            pass
        is_bound = np.zeros(len(self._ids), dtype=np.bool_)
        is_bound[self._watch.pairs(np.arange(len(self._ids), dtype=np.int32)).series] = True
        is_beside = _beside(self._names, is_bound)
        self._is_divisor = is_beside & _of_metrics(self._names, _divisors(book))
        self._divided_by = np.full(len(self._ids), np.nan)
        self._is_needed = is_bound | is_beside
        self._watch.heed(self._closed(start), start)

    @property
    def at(self) -> int:
        """Everything before this instant was looked at."""
        return self._at

    @property
    def series(self) -> int:
        """How many series are judged."""
        return int(self._is_needed.sum())

    @property
    def count(self) -> int:
        """How many alerts were found so far."""
        return len(self._over) + len(self._begun)

    def advance(self, end: int) -> None:
        """Look at the next piece, at most to `end`; `Transient` when the store is busy, and then call it again."""
        step = ROWS_AT_ONCE * CADENCE_MS // max(self.series, 1)
        until = min(end, self._at + max(step, SHORTEST_PIECE_MS))
        rows = self._read(until)
        self.samples += len(rows.series)
        first, begin = 0, self._at
        for edge in [*self._edges(rows, until), until]:
            self._look_up_usual(begin // HOUR_MS)
            last = int(np.searchsorted(rows.measured_at, edge, side="right"))
            if last > first:
                self._note(self._watch.judge(rows.between(first, last), self._at))
            self._note(self._watch.tick(edge - 1))
            if edge < until:
                self._note(self._watch.heed(self._closed(edge), edge))
            first, begin = last, edge + 1
        self._at = until

    def found(self) -> list[Would]:
        """What would have been alerts so far, by when they open."""
        standing = (self._would(each, 0) for each in self._begun.values())
        return sorted([*self._over, *standing], key=lambda each: (each.opened_at, each[:4]))

    def _read(self, until: int) -> Rows:
        """Samples before `until`, in the order they were measured; series by their place among those of this replay."""
        needed = np.flatnonzero(self._is_needed).astype(np.int32)
        if not len(needed):
            return Rows(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.float64))
        window = self._store.window(self._ids[needed], self._at, until, Level.RAW)
        order = np.argsort(window.at, kind="stable")
        place = needed[np.searchsorted(self._ids[needed], window.series[order])]
        return Rows(place, window.at[order], window.mean[order])

    def _edges(self, rows: Rows, until: int) -> list[int]:
        """Where a piece is cut: when some school's hours begin or end, and just before a divisor changes.

        All samples of a batch are judged by the newest divisor in it. What is usual is known of one hour at a time, and who
        fell silent in a group is looked at between batches.
        """
        edges = {edge for spans in self._spans.values() for span in spans for edge in span} | self._turns(rows)
        if self._has_baselines:
            edges |= {at - 1 for at in _every(HOUR_MS, self._at, until)}
        if self._has_groups:
            edges |= {at + 1 for at in _every(GROUPS_MS, self._at, until)}
        return sorted(edge for edge in edges if self._at <= edge < until)

    def _look_up_usual(self, hour: int) -> None:
        if not self._has_baselines:
            return
        derived = self._watch.derived
        lacking = derived.lacks_usual(hour)
        stored = lacking._replace(series=self._ids[lacking.series])
        for found in usual_of_hour(self._store, self._calendar, self._store.series_columns(), stored, hour):
            derived.put_usual(hour, found)

    def _turns(self, rows: Rows) -> set[int]:
        divisors = np.flatnonzero(self._is_divisor[rows.series])
        if not len(divisors):
            return set()
        some = divisors[np.lexsort((rows.measured_at[divisors], rows.series[divisors]))]
        series, at, value = rows.series[some], rows.measured_at[some], rows.value[some]
        is_first = np.diff(series, prepend=-1) != 0
        before = np.where(is_first, self._divided_by[series], np.append(np.nan, value[:-1]))
        is_last = np.append(is_first[1:], [True])
        self._divided_by[series[is_last]] = value[is_last]
        return set((at[value != before] - 1).tolist())

    def _closed(self, at: int) -> dict[Hours, frozenset[SiteId]]:
        closed: dict[Hours, set[SiteId]] = {hours: set() for _, hours in self._spans}
        for (site, hours), spans in self._spans.items():
            if not any(begin <= at < end for begin, end in spans):
                closed[hours].add(site)
        return {hours: frozenset(sites) for hours, sites in closed.items()}

    def _note(self, transitions: list[Transition]) -> None:
        for each in transitions:
            key = each.series, each.rule
            if each.change is Change.OPENED:
                self._begun[key] = each
            elif key in self._begun:
                self._over.append(self._would(self._begun.pop(key), each.at))

    def _would(self, opened: Transition, cleared_at: int) -> Would:
        key = self._watch.key(opened.series, opened.rule)
        site, device = SiteId(key.site), DeviceId(key.device)
        return Would(key.rule, site, device, key.instance, opened.at, cleared_at, opened.value)


def _every(step: int, start: int, end: int) -> range:
    """Whole steps, start < at < end."""
    return range(start // step * step + step, end, step)


def metrics_of(rule: Rule) -> set[str]:
    """The metrics a rule looks at."""
    condition = rule.condition
    if isinstance(condition, Expression):
        return {rule.metric, *formulas_of(condition).metrics}
    return {rule.metric, *([condition.of] if isinstance(condition, Ratio) else [])}


def _divisors(book: Rulebook) -> set[str]:
    conditions = [form.rule.condition for form in book.variants()]
    return {each.of for each in conditions if isinstance(each, Ratio)}


def _chosen(columns: SeriesColumns, sites: set[SiteId], metrics: set[str]) -> Ids:
    """The series of some metrics at some schools, ascending."""
    is_there = np.array([site in sites for site, _ in columns.devices], dtype=np.bool_)
    is_wanted = np.array([metric in metrics for metric in columns.metrics], dtype=np.bool_)
    if not is_there.any() or not is_wanted.any():
        return np.empty(0, dtype=np.int32)
    return np.flatnonzero(is_there[columns.device] & is_wanted[columns.metric]).astype(np.int32)


def _alone(columns: SeriesColumns, ids: Ids) -> SeriesColumns:
    """The names of some series as if there were no others: numbered by their place."""
    device, devices = _renumbered(columns.device[ids], columns.devices)
    metric, metrics = _renumbered(columns.metric[ids], columns.metrics)
    instance, instances = _renumbered(columns.instance[ids], columns.instances)
    return SeriesColumns(0, device, metric, instance, devices, metrics, instances)


def _renumbered(column: Ids, words: Sequence[T]) -> tuple[Ids, list[T]]:
    chosen, place = np.unique(column, return_inverse=True)
    return place.astype(np.int32), [words[number] for number in chosen.tolist()]


def _of_metrics(names: SeriesColumns, metrics: set[str]) -> Mask:
    numbers = [number for number, word in enumerate(names.metrics) if word in metrics]
    of_them: Mask = np.isin(names.metric, numbers)
    return of_them


def _beside(names: SeriesColumns, is_bound: Mask) -> Mask:
    """The series of other metrics of the devices that have bound ones."""
    has_bound = np.zeros(len(names.devices), dtype=np.bool_)
    has_bound[names.device[is_bound]] = True
    beside: Mask = has_bound[names.device] & ~np.isin(names.metric, names.metric[is_bound])
    return beside
