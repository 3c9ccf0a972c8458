"""What is watched: binds rules to series as they appear, and leads samples to the cores. No database, no clock.

A ratio's level is kept in the metric's own unit: when the divisor (a port's speed) changes, the level moves. All samples
of a batch are judged against the newest divisor in it.
"""

from collections.abc import Container, Mapping
from typing import Final

import numpy as np

from campus.ids import MetricId
from controller.alerts.absence import Silences
from controller.alerts.judgement import Judgement, Rows
from controller.alerts.limits import levels_of, limits_of
from controller.alerts.model import Absence, Ratio, Rule
from controller.alerts.selection import Selection, divisors
from controller.alerts.timing import is_late
from controller.alerts.transition import Counts, Transition
from controller.store.port import DistrictSeries, Ids, Latest, Values

Key = tuple[str, DistrictSeries]
"""Rule id and series: what may be open once."""
_NOT_OPEN: Final[frozenset[Key]] = frozenset()


class Watch:
    """All series a controller knows and the rules bound to them. Not thread-safe."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._rules = selection.rules
        self._judgement = Judgement()
        self._silences = Silences()
        self._names: dict[int, DistrictSeries] = {}
        """Series that some rule is about by its metric, bound or not."""
        self._size = 0
        self._bound: dict[int, dict[int, int]] = {}
        """By series, by rule number: the binding's number in the core that the rule's condition belongs to."""
        self._divisor_metrics = divisors(self._rules)
        self._divisor_id: dict[DistrictSeries, int] = {}
        self._divisor_name: dict[int, DistrictSeries] = {}
        self._is_divisor = np.zeros(0, dtype=np.bool_)
        self._divisor = np.zeros(0, dtype=np.float64)
        self._ratios: dict[DistrictSeries, list[int]] = {}
        """By divisor: series that are divided by it."""

    @property
    def size(self) -> int:
        """Series ids below this have been seen."""
        return self._size

    @property
    def counts(self) -> Counts:
        """What became of the samples."""
        return self._judgement.counts

    def __len__(self) -> int:
        return len(self._judgement) + len(self._silences)

    def name(self, series: int) -> DistrictSeries:
        """The name of a series that a rule is about."""
        return self._names[series]

    def rule(self, number: int) -> Rule:
        """The rule of a transition."""
        return self._rules[number]

    def learn(self, series: Mapping[int, DistrictSeries], heard_at: int, is_open: Container[Key] = _NOT_OPEN) -> None:
        """Bind rules to series seen for the first time. Their silence counts from `heard_at`; alerts in `is_open` are open."""
        self._reach(max(series, default=-1) + 1)
        for number, name in series.items():
            if name.metric in self._divisor_metrics:
                self._divisor_id[name], self._divisor_name[number] = number, name
                self._is_divisor[number] = True
            if self._selection.concerns(name.metric):
                self._names[number] = name
                self._bind(number, name, heard_at, is_open)

    def refresh(self, now: int) -> None:
        """Look again at what the registry says of the devices, and bind accordingly. What is open stays watched."""
        self._selection.refresh()
        for number, name in self._names.items():
            self._bind(number, name, now, _NOT_OPEN)
        for divided in self._ratios.values():
            for number in divided:
                self._set_ratio_levels(number)

    def judge(self, rows: Rows, received_at: int) -> list[Transition]:
        """What a batch changes. Its series must have been learnt."""
        self._take_divisors(rows, received_at)
        return self._judgement.judge(rows, received_at) + self._silences.judge(rows, received_at)

    def resume(self, ids: Ids, latest: Latest, now: int) -> list[Transition]:
        """Take the newest values of all series after a restart: what nobody judged yet is judged if it is still live."""
        rows = Rows(ids, latest.measured_at, latest.value)
        known = np.flatnonzero(self._is_divisor[ids] & (latest.measured_at > 0))
        self._set_divisors(ids[known], latest.value[known])
        return self._judgement.judge(rows, now)

    def tick(self, now: int) -> list[Transition]:
        """What the passing of time changes."""
        return self._judgement.tick(now) + self._silences.tick(now)

    def _reach(self, size: int) -> None:
        if size <= self._size:
            return
        self._size = size
        self._judgement.reach(size)
        self._silences.reach(size)
        if size > len(self._is_divisor):
            more = max(size, 2 * len(self._is_divisor)) - len(self._is_divisor)
            self._is_divisor = np.concatenate([self._is_divisor, np.zeros(more, dtype=np.bool_)])
            self._divisor = np.concatenate([self._divisor, np.full(more, np.nan)])

    def _bind(self, number: int, name: DistrictSeries, heard_at: int, is_open: Container[Key]) -> None:
        bound = self._bound.get(number, {})
        wanted = set(self._selection.choose(name))
        wanted |= {rule for rule in self._selection.of_metric(name.metric) if (self._rules[rule].id, name) in is_open}
        for rule in wanted - bound.keys():
            bound[rule] = self._bind_rule(number, name, rule, heard_at, is_open)
            self._bound[number] = bound
        for rule in bound.keys() - wanted:
            if self._let_go(rule, bound[rule]):
                del bound[rule]

    def _bind_rule(self, number: int, name: DistrictSeries, rule: int, heard_at: int, is_open: Container[Key]) -> int:
        is_open_now = (self._rules[rule].id, name) in is_open
        condition = self._rules[rule].condition
        if isinstance(condition, Absence):
            return self._silences.bind(number, rule, round(condition.after_s * 1000), heard_at, is_open=is_open_now)
        divisor = np.nan
        if isinstance(condition, Ratio):
            divided = self._ratios.setdefault(name._replace(metric=MetricId(condition.of)), [])
            if number not in divided:
                divided.append(number)
            divisor = self._divisor_of(name, condition)
        return self._judgement.bind(number, rule, limits_of(self._rules[rule], divisor), is_open=is_open_now)

    def _let_go(self, rule: int, binding: int) -> bool:
        if isinstance(self._rules[rule].condition, Absence):
            return self._silences.let_go(binding)
        return self._judgement.let_go(binding)

    def _take_divisors(self, rows: Rows, received_at: int) -> None:
        places = np.flatnonzero(self._is_divisor[rows.series])
        if len(places):
            places = places[~is_late(rows.measured_at[places], received_at)]
            self._set_divisors(rows.series[places], rows.value[places])

    def _set_divisors(self, ids: Ids, values: Values) -> None:
        changed = values != self._divisor[ids]
        if not changed.any():
            return
        self._divisor[ids] = values
        for number in set(ids[changed].tolist()):
            for divided in self._ratios.get(self._divisor_name[number], ()):
                self._set_ratio_levels(divided)

    def _set_ratio_levels(self, number: int) -> None:
        name = self._names[number]
        for rule, binding in self._bound.get(number, {}).items():
            condition = self._rules[rule].condition
            if isinstance(condition, Ratio):
                self._judgement.set_levels(binding, *levels_of(condition, self._divisor_of(name, condition)))

    def _divisor_of(self, name: DistrictSeries, condition: Ratio) -> float:
        capacity = self._selection.capacity_of(name)
        if capacity > 0:
            return capacity
        number = self._divisor_id.get(name._replace(metric=MetricId(condition.of)))
        return np.nan if number is None else float(self._divisor[number])
