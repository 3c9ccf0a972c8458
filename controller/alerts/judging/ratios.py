"""What ratio rules divide by: a contracted capacity, or the newest value of another series of the same part.

The level of such a binding is scaled by its divisor, so it is judged in the metric's own unit like any other.
"""

import numpy as np
from numpy.typing import NDArray

from controller.alerts.judging.judgement import Judgement
from controller.alerts.judging.layers import Numbers, grown, roomier
from controller.alerts.judging.names import NONE, of_same_part
from controller.alerts.judging.selection import Selection
from controller.alerts.model import Ratio
from controller.store.port import Ids, SeriesColumns, Values


class Ratios:
    """The bindings of ratio rules, the series each is divided by, and the newest values of those. Not thread-safe."""

    def __init__(self, selection: Selection, judgement: Judgement) -> None:
        self._selection = selection
        self._judgement = judgement
        self._of = _divisors(selection)
        self._metrics = frozenset(self._of.values())
        self._binding = np.empty(0, dtype=np.int32)
        self._series = np.empty(0, dtype=np.int32)
        self._rule = np.empty(0, dtype=np.int32)
        self._divisor = np.empty(0, dtype=np.int32)
        self._is_divisor = np.zeros(0, dtype=np.bool_)
        self._value = np.zeros(0, dtype=np.float64)

    def take_rules(self, names: SeriesColumns, size: int) -> None:
        """The selection has taken other rules: series below `size` may be divisors for the first time."""
        self._of = _divisors(self._selection)
        if frozenset(self._of.values()) - self._metrics:
            self._metrics |= frozenset(self._of.values())
            self.learn(names, np.arange(size, dtype=np.int32))

    def learn(self, names: SeriesColumns, series: Ids) -> None:
        """Note which of new series others may be divided by."""
        size = len(names.metric)
        if size > len(self._is_divisor):
            room = roomier(size, len(self._is_divisor))
            self._is_divisor, self._value = grown(self._is_divisor, room), grown(self._value, room, np.nan)
        numbers = [number for number, word in enumerate(names.metrics) if word in self._metrics]
        self._is_divisor[series] = np.isin(names.metric[series], numbers)

    def add(self, series: Ids, rule: Numbers, binding: Numbers) -> None:
        """Take the new bindings that are of ratio rules; `settle` them then."""
        places = np.flatnonzero(np.isin(rule, list(self._of)))
        if not len(places):
            return
        self._binding = np.concatenate([self._binding, binding[places]])
        self._series = np.concatenate([self._series, series[places]])
        self._rule = np.concatenate([self._rule, rule[places]])
        self._divisor = np.concatenate([self._divisor, np.full(len(places), NONE, dtype=np.int32)])

    def settle(self, names: SeriesColumns, series: Ids) -> None:
        """Find what the bindings of the devices of some series are divided by, and scale them anew."""
        if not len(self._binding):
            return
        is_concerned = np.zeros(len(names.devices), dtype=np.bool_)
        is_concerned[names.device[series]] = True
        places = np.flatnonzero(is_concerned[names.device[self._series]])
        lone = places[self._divisor[places] == NONE]
        for metric in self._metrics:
            of_metric = lone[np.isin(self._rule[lone], [rule for rule, of in self._of.items() if of == metric])]
            if len(of_metric):
                self._divisor[of_metric] = of_same_part(names, self._series[of_metric], metric)
        self._scale(names, places)

    def told(self, series: Ids) -> NDArray[np.intp]:
        """The places of series that others are divided by; for most batches few or none."""
        return np.flatnonzero(self._is_divisor[series])

    def take(self, names: SeriesColumns, series: Ids, value: Values) -> None:
        """New values of divisors, in the order they were measured."""
        changed = series[value != self._value[series]]
        if not len(changed):
            return
        self._value[series] = value
        is_changed = np.zeros(len(self._is_divisor), dtype=np.bool_)
        is_changed[changed] = True
        linked = np.flatnonzero(self._divisor != NONE)
        self._scale(names, linked[is_changed[self._divisor[linked]]])

    def _scale(self, names: SeriesColumns, places: NDArray[np.intp]) -> None:
        contracted = self._selection.capacity_bps(names, self._series[places])
        divisor = self._divisor[places]
        measured = np.where(divisor == NONE, np.nan, self._value[divisor])
        scale = np.where(contracted > 0, contracted, measured)
        self._judgement.set_scale(self._binding[places], np.where(scale > 0, scale, np.nan))


def _divisors(selection: Selection) -> dict[int, str]:
    """The metric that each rule about a ratio divides by."""
    conditions = [rule.condition for rule in selection.rules]
    return {number: each.of for number, each in enumerate(conditions) if isinstance(each, Ratio)}
