"""Which bindings rest: those of rules bound to hours, at schools where these hours are told and are not now.

Only bindings of such rules are kept here. The cores are told when that changes, so that no sample costs more.
"""

from collections.abc import Mapping, Sequence, Set

import numpy as np

from campus.ids import SiteId
from controller.alerts.judging.columns import Mask
from controller.alerts.judging.layers import Bound, Numbers
from controller.alerts.model import Rule
from controller.calendar.model import Hours
from controller.store.port import Ids, SeriesColumns

Closed = Mapping[Hours, Set[SiteId]]
"""Schools that are outside of such hours now."""
NOWHERE: Closed = {}


class Timed:
    """The bindings of one core whose rules are bound to hours. Not thread-safe."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.take_rules(rules)
        self._pieces: list[Bound] = []

    def take_rules(self, rules: Sequence[Rule]) -> None:
        """Know more rules than before."""
        self._is_timed = np.array([rule.only is not None for rule in rules], dtype=np.bool_)

    def add(self, series: Ids, rule: Numbers, binding: Numbers) -> Bound:
        """Keep those of some new bindings that are bound to hours; returns them."""
        timed = self._is_timed[rule]
        found = Bound(series[timed], rule[timed], binding[timed])
        if len(found.series):
            self._pieces.append(found)
        return found

    def everything(self) -> Bound:
        """All of them."""
        if len(self._pieces) > 1:
            self._pieces = [Bound(*(np.concatenate(column) for column in zip(*self._pieces, strict=True)))]
        return self._pieces[0] if self._pieces else Bound(*(np.empty(0, dtype=np.int32),) * 3)


def resting(rules: Sequence[Rule], some: Bound, names: SeriesColumns, closed: Closed) -> Mask:
    """Which of some bindings are outside of the hours of their rules."""
    rests = np.zeros(len(some.series), dtype=np.bool_)
    if not len(some.series):
        return rests
    device = names.device[some.series]
    for hours, sites in closed.items():
        is_shut = np.zeros(len(names.devices), dtype=np.bool_)
        for number in np.unique(device).tolist():
            is_shut[number] = names.devices[number][0] in sites
        of_hours = np.array([rule.only is hours for rule in rules], dtype=np.bool_)
        rests |= of_hours[some.rule] & is_shut[device]
    return rests
