"""What is watched: binds rules to series as they appear, and leads samples to the cores. No database, no clock.

No object stands for a series or a binding: names are columns of word numbers, rules are chosen and bound in columns too, a
bounded piece at a time, so that nobody waits long for it. All samples of a batch are judged against the newest divisor in it.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from campus.ids import DeviceId
from controller.alerts.judging.absence import Silences
from controller.alerts.judging.columns import Mask, Rows
from controller.alerts.judging.derived.core import Derived
from controller.alerts.judging.derived.settings import Kind, kind_of
from controller.alerts.judging.hours import NOWHERE, Closed, Timed, resting
from controller.alerts.judging.judgement import Judgement
from controller.alerts.judging.layers import Bound, Numbers
from controller.alerts.judging.limits import absences_ms, all_limits
from controller.alerts.judging.names import Keys, is_in, name_of
from controller.alerts.judging.ratios import Ratios
from controller.alerts.judging.selection import Pairs, Selection
from controller.alerts.judging.timing import TICK_SLACK_MS, is_late
from controller.alerts.judging.transition import Change, Counts, Judged, Transition
from controller.alerts.model import Absence, AlertKey, Group, GroupOf, Rule
from controller.store.port import DistrictSeries, Ids, SeriesColumns, Times

BOUND_AT_ONCE: Final = 20_000
"""Series of one piece of learning or looking again: some tens of milliseconds."""
NO_PAIRS: Final = Pairs(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32))
_NO_NAMES: Final = SeriesColumns(0, *(np.empty(0, dtype=np.int32),) * 3, (), (), ())


class Core(Protocol):
    """What is bound to series: the three cores in common."""

    def __len__(self) -> int:
        """How many bindings there have been."""

    def reach(self, series: int) -> None:
        """Be ready for series ids below `series`."""

    def bound(self, series: Ids) -> Bound:
        """What watches some series."""

    def is_open(self, binding: Numbers) -> Mask:
        """Which are open."""

    def let_go(self, binding: Numbers) -> None:
        """Stop watching by those that are not open."""

    def drop(self, binding: Numbers) -> None:
        """Stop watching by some, open or not."""

    def rest(self, binding: Numbers, is_resting: Mask, now: int) -> list[Transition]:
        """Let bindings rest, or wake them."""

    def tick(self, now: int) -> list[Transition]:
        """What the passing of time changes."""


class Watch:
    """All series a controller knows and the rules bound to them. Not thread-safe."""

    def __init__(
        self, selection: Selection, judgement: type[Judgement] = Judgement, silences: type[Silences] = Silences
    ) -> None:
        """The two cores may be others: those that judge what is long past have no clock beside them."""
        self._selection = selection
        self._rules = selection.rules
        self._judgement = judgement(all_limits(self._rules))
        self._silences = silences(absences_ms(self._rules))
        self.derived = Derived(self._rules, judgement, self._judgement.counts)
        self._ratios = Ratios(selection, self._judgement)
        self._timed = Timed(self._rules), Timed(self._rules), Timed(self._rules)
        """Of the judgement, of the silences, of what is derived."""
        self._core_of = _cores_of(self._rules)
        """By rule: its place in `_cores`."""
        self._closed = NOWHERE
        self._names = _NO_NAMES
        self._size = 0

    @property
    def _cores(self) -> tuple[Core, Core, Core]:
        return self._judgement, self._silences, self.derived

    @property
    def size(self) -> int:
        """Series ids below this have been learnt."""
        return self._size

    @property
    def names(self) -> SeriesColumns:
        """Of all series that were learnt."""
        return self._names

    @property
    def counts(self) -> Counts:
        """What became of the samples."""
        return self._judgement.counts

    def __len__(self) -> int:
        return sum(len(core) for core in self._cores)

    def pairs(self, series: Ids) -> Pairs:
        """What is bound of some series."""
        bound = [core.bound(series) for core in self._cores]
        return Pairs(np.concatenate([each.series for each in bound]), np.concatenate([each.rule for each in bound]))

    def name(self, series: int) -> DistrictSeries:
        """The name of a series that was learnt."""
        return name_of(self._names, series)

    def rule(self, number: int) -> Rule:
        """The rule of a transition."""
        return self._rules[number]

    def key(self, series: int, rule: int) -> AlertKey:
        """What may be open only once: a group as a whole."""
        name, condition = self.name(series), self._rules[rule].condition
        if isinstance(condition, Group):
            device = name.device if condition.of is GroupOf.DEVICE else DeviceId("")
            return AlertKey(self._rules[rule].id, name.site, device, "")
        return AlertKey(self._rules[rule].id, name.site, name.device, name.instance)

    def learn(
        self,
        names: SeriesColumns,
        heard_at: int,
        is_open: Pairs = NO_PAIRS,
        open_groups: Collection[AlertKey] = (),
    ) -> bool:
        """Bind rules to the next piece of series not learnt yet; tells whether more are left. `names` begins at series 0.

        Their silence counts from `heard_at`; the alerts in `is_open` are open, and those of groups.
        """
        size = min(self._size + BOUND_AT_ONCE, len(names.metric))
        series = np.arange(self._size, size, dtype=np.int32)
        self._names, self._size = names, size
        for core in self._cores:
            core.reach(size)
        self._selection.meet(names, int(names.device[series].max(initial=-1)) + 1)
        self._ratios.learn(names, series)
        self._bind(series, heard_at, is_open, open_groups)
        self.derived.learn(names, size - len(series), size)
        return size < len(names.metric)

    def of_devices(self, devices: Collection[int]) -> Iterator[Ids]:
        """The series learnt of devices, by their numbers, in pieces for `rebind`."""
        is_wanted = np.zeros(len(self._names.devices), dtype=np.bool_)
        is_wanted[list(devices)] = True
        yield from _pieces(np.flatnonzero(is_wanted[self._names.device[: self._size]]).astype(np.int32))

    def of_metrics(self, metrics: Collection[str]) -> Iterator[Ids]:
        """The series learnt of some metrics, in pieces for `rebind`."""
        words = [number for number, word in enumerate(self._names.metrics) if word in metrics]
        yield from _pieces(np.flatnonzero(np.isin(self._names.metric[: self._size], words)).astype(np.int32))

    def take_rules(self) -> None:
        """The selection has taken other rules: be ready for them. What is bound stays so until it is bound anew."""
        self._judgement.take_limits(all_limits(self._rules))
        self._silences.take_limits(absences_ms(self._rules))
        self.derived.take_rules()
        self._ratios.take_rules(self._names, self._size)
        self._core_of = _cores_of(self._rules)
        for timed in self._timed:
            timed.take_rules(self._rules)
        self.derived.learn(self._names, self._size, self._size)

    def rebind(self, series: Ids, now: int) -> list[Transition]:
        """Bind series as the selection chooses now. What is open stays watched while its rule holds there at all."""
        return self._bind(series, now, NO_PAIRS)

    def seed(self, newest: Rows, since: Rows) -> None:
        """Take the older samples that what is derived wanted: nothing is judged."""
        self.derived.seed_newest(newest, self._names)
        self.derived.seed_since(since)

    def judge(self, rows: Rows, received_at: int) -> list[Transition]:
        """What a batch changes. Its series must have been learnt."""
        places = self._ratios.told(rows.series)
        if len(places):
            places = places[~is_late(rows.measured_at[places], received_at)]
            self._ratios.take(self._names, rows.series[places], rows.value[places])
        counting, is_restless = self._judgement.take(rows, received_at)
        found = self._judgement.step(counting, is_restless) + self._silences.judge(rows, received_at)
        asked = self.derived.asked(counting.series)
        return found + self.derived.judge(counting.at_places(asked), self._names) if len(asked) else found

    def in_doubt(self, newest: Rows, now: int) -> Bound:
        """Take the newest value of each series after a restart; the bindings whose hold may be under way, or ended untold."""
        places = self._ratios.told(newest.series)
        self._ratios.take(self._names, newest.series[places], newest.value[places])
        if now - int(newest.measured_at.max(initial=0)) > TICK_SLACK_MS:
            self._judgement.be_patient(now + TICK_SLACK_MS)
        return self._judgement.bound_as(self._judgement.in_doubt(newest, now))

    def looks_back_ms(self, doubts: Bound) -> int:
        """How long ago the holds of such bindings may have begun."""
        return int(self._judgement.looks_back_ms(doubts.binding).max(initial=0))

    def rejudge(self, doubts: Bound, rows: Rows, told_at: Times, until: int) -> list[Transition]:
        """Judge samples again that may have been judged before the restart; what follows from them was never told."""
        return self._judgement.rejudge(doubts.binding, rows, told_at, until)

    def heed(self, closed: Closed, now: int) -> list[Transition]:
        """Let what is bound to hours rest where they are over, and wake it where they begin."""
        if closed == self._closed:
            return []
        self._closed = closed
        return self._rest([timed.everything() for timed in self._timed], now)

    def tick(self, now: int) -> list[Transition]:
        """What the passing of time changes."""
        return [each for core in self._cores for each in core.tick(now)]

    def _bind(
        self, series: Ids, heard_at: int, is_open: Pairs, open_groups: Collection[AlertKey] = ()
    ) -> list[Transition]:
        """Bring what is bound of some series, ascending, to what should be: what is chosen, and what is open.

        What is open by a rule that holds there no more goes on by the one of the same id, or is over.
        """
        rules = len(self._rules)
        inside = is_in(series, is_open.series)
        open_keys = np.sort(Pairs(is_open.series[inside], is_open.rule[inside]).keys(rules))
        chosen = np.sort(self._selection.choose(self._names, series).keys(rules))
        wanted = np.sort(np.concatenate([chosen, open_keys[~is_in(chosen, open_keys)]]))
        held: list[Keys] = []
        moved: list[Keys] = []
        for core in self._cores:
            bound = core.bound(series)
            keys = Pairs(bound.series, bound.rule).keys(rules)
            unwanted = np.flatnonzero(~is_in(wanted, keys))
            is_over = ~self._holds(bound.series[unwanted], bound.rule[unwanted])
            core.let_go(bound.binding[unwanted[~is_over]])
            over = unwanted[is_over]
            moved.append(keys[over[core.is_open(bound.binding[over])]])
            core.drop(bound.binding[over])
            held.append(keys)
        missing = wanted[~is_in(np.sort(np.concatenate(held)), wanted)]
        goes_on, ended = self._successors(missing, np.concatenate(moved), heard_at)
        self._add(missing, is_in(open_keys, missing) | goes_on, heard_at, open_groups)
        self._ratios.settle(self._names, series)
        return ended

    def _holds(self, series: Ids, rule: Numbers) -> Mask:
        """Which rules hold at the schools of series."""
        holds = np.ones(len(series), dtype=np.bool_)
        for number in np.unique(rule).tolist():
            places = np.flatnonzero(rule == number)
            holds[places] = self._selection.holds(number, self._names.device[series[places]])
        return holds

    def _successors(self, missing: Keys, moved: Keys, now: int) -> tuple[Mask, list[Transition]]:
        """Which of some new pairs take over what was open by old ones, by their rules' ids; what is over for want of one."""
        goes_on = np.zeros(len(missing), dtype=np.bool_)
        if not len(moved):
            return goes_on, []
        places = {self._by_id(key): place for place, key in enumerate(missing.tolist())}
        ended: list[Transition] = []
        for key in moved.tolist():
            place = places.get(self._by_id(key))
            if place is None:
                series, rule = divmod(key, len(self._rules))
                ended.append(Transition(rule, series, Change.CLEARED, Judged.RULES, now, now, math.nan))
            else:
                goes_on[place] = True
        return goes_on, ended

    def _by_id(self, key: int) -> tuple[int, str]:
        series, rule = divmod(key, len(self._rules))
        return series, self._rules[rule].id

    def _add(self, keys: Keys, is_open: Mask, heard_at: int, open_groups: Collection[AlertKey]) -> None:
        """Bind pairs, ascending: the bindings of a series stand side by side in memory."""
        series, rule = (part.astype(np.int32) for part in np.divmod(keys, len(self._rules)))
        judged, silent, derived = (np.flatnonzero(self._core_of[rule] == core) for core in range(3))
        binding = self._judgement.bind(series[judged], rule[judged], is_open[judged])
        self._ratios.add(series[judged], rule[judged], binding)
        listening = self._silences.bind(series[silent], rule[silent], is_open[silent], heard_at)
        subjects = self.derived.bind(series[derived], rule[derived], is_open[derived], self._names, open_groups)
        bound = (series[judged], rule[judged], binding), (series[silent], rule[silent], listening), subjects
        self._rest([timed.add(*columns) for timed, columns in zip(self._timed, bound, strict=True)], heard_at)

    def _rest(self, some: Sequence[Bound], now: int) -> list[Transition]:
        """Let bindings of each core rest, or wake them, as the hours are."""
        found: list[Transition] = []
        for core, each in zip(self._cores, some, strict=True):
            found += core.rest(each.binding, resting(self._rules, each, self._names, self._closed), now)
        return found


def _pieces(series: Ids) -> Iterator[Ids]:
    for first in range(0, len(series), BOUND_AT_ONCE):
        yield series[first : first + BOUND_AT_ONCE]


def _cores_of(rules: Sequence[Rule]) -> NDArray[np.uint8]:
    """0 of what is judged as it is measured, 1 of absences, 2 of what is derived."""
    derived = [2 if kind_of(rule) is not Kind.NONE else 0 for rule in rules]
    absent = [isinstance(rule.condition, Absence) for rule in rules]
    return np.where(absent, 1, derived).astype(np.uint8)
