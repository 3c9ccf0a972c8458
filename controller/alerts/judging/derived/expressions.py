"""Formulas over several metrics of one device: newest values of what they speak of as arrays, judged a rule at a time.

A formula is looked at again at every instant at which one of its metrics was measured. Another metric is taken of the same
part of the device, else of the device as a whole.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from controller.alerts.judging.derived.formula import MAX_METRICS, Formula
from controller.alerts.judging.derived.turns import Places, turns, without_twins
from controller.alerts.judging.layers import Numbers, grown, roomier
from controller.alerts.judging.names import NONE, Keys, is_in, part_keys
from controller.store.port import Ids, SeriesColumns, Times, Values

BAD: Final = 1.0
NEITHER: Final = 0.5
GOOD: Final = 0.0
"""What a pair of formulas makes; NaN where something is not known."""


class Formulas(NamedTuple):
    """What is bad and what is good, both over `metrics`; `good` None: whatever is not bad."""

    metrics: tuple[str, ...]
    bad: Formula
    good: Formula | None


class Truths(NamedTuple):
    """By expression, several instants of one ascending: what its formulas make."""

    number: Numbers
    at: Times
    truth: Values


class Expressions:
    """By number. Not thread-safe. `formulas` by the number of a rule, which its owner may add to."""

    def __init__(self, formulas: Mapping[int, Formulas]) -> None:
        self._formulas = formulas
        self._count = 0
        self._rule = np.zeros(0, dtype=np.int32)
        self._head = np.zeros(0, dtype=np.int32)
        self._inputs = np.zeros((0, MAX_METRICS), dtype=np.int32)
        """Slots of newest values; -1: there is no such series."""
        self._newest_at = np.zeros(0, dtype=np.int64)
        self._slots = 0
        self._slot = np.zeros(0, dtype=np.int32)
        """By series; -1: it is no input."""
        self._value = np.zeros(0, dtype=np.float64)
        self._told_at = np.zeros(0, dtype=np.int64)
        self._edge_slot = self._edge_to = np.zeros(0, dtype=np.int32)
        self._is_linked = True
        """Whether the edges from slots to expressions are those of the inputs."""
        self._parts: dict[str, tuple[Keys, Ids]] = {}

    def reach(self, size: int) -> None:
        """Be ready for series ids below `size`."""
        if size > len(self._slot):
            self._slot = grown(self._slot, roomier(size, len(self._slot)), NONE)

    def learn(self, names: SeriesColumns, first: int, size: int) -> Numbers:
        """Look for what formulas speak of among new series; the numbers whose devices got some: to be linked anew."""
        devices = [np.empty(0, dtype=np.int32)]
        for metric in {each for formulas in self._formulas.values() for each in formulas.metrics}:
            since = first if metric in self._parts else 0
            words = [number for number, word in enumerate(names.metrics) if word == metric]
            found = since + np.flatnonzero(np.isin(names.metric[since:size], words)).astype(np.int32)
            keys, series = self._parts.get(metric, (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32)))
            if len(found) or metric not in self._parts:
                keys = np.concatenate([keys, part_keys(names.device[found], names.instance[found])])
                series = np.concatenate([series, found])
                order = np.argsort(keys, kind="stable")
                self._parts[metric] = keys[order], series[order]
                devices.append(names.device[found])
        held = slice(self._count)
        concerned = np.isin(names.device[self._head[held]], np.concatenate(devices))
        return np.flatnonzero(concerned).astype(np.int32)

    @property
    def parts(self) -> Mapping[str, tuple[Keys, Ids]]:
        """What was learnt of series: by metric that a formula speaks of, which is which part's."""
        return self._parts

    def know_parts(self, parts: Mapping[str, tuple[Keys, Ids]]) -> None:
        """Take over what another has learnt of series."""
        self._parts = dict(parts)

    def add(self, rule: Numbers, head: Ids) -> Numbers:
        """Some more, each about the part of a series; `link` them then. Returns their numbers."""
        first, self._count = self._count, self._count + len(rule)
        if self._count > len(self._rule):
            room = roomier(self._count, len(self._rule))
            for name in ("_rule", "_head", "_newest_at"):
                setattr(self, name, grown(getattr(self, name), room))
            before = self._inputs
            self._inputs = np.full((room, MAX_METRICS), NONE, dtype=np.int32)
            self._inputs[: len(before)] = before
        numbers = np.arange(first, self._count, dtype=np.int32)
        self._rule[numbers], self._head[numbers] = rule, head
        return numbers

    def link(self, number: Numbers, names: SeriesColumns) -> Ids:
        """Find the series that some speak of; those of them that are inputs for the first time: their values are wanted."""
        fresh = [np.empty(0, dtype=np.int32)]
        for rule in np.unique(self._rule[number]).tolist():
            some = number[self._rule[number] == rule]
            for column, metric in enumerate(self._formulas[rule].metrics):
                series = self._of_part(metric, self._head[some], names)
                known = np.flatnonzero(series != NONE)
                new = np.unique(series[known][self._slot[series[known]] == NONE])
                self._open_slots(new)
                self._inputs[some, column] = NONE
                self._inputs[some[known], column] = self._slot[series[known]]
                fresh.append(new)
        self._is_linked = False
        return np.concatenate(fresh)

    def inputs(self, number: Numbers) -> Ids:
        """The series that some speak of."""
        wanted = np.zeros(self._slots, dtype=np.bool_)
        slots = self._inputs[number]
        wanted[slots[slots != NONE]] = True
        series = np.flatnonzero(self._slot != NONE).astype(np.int32)
        return series[wanted[self._slot[series]]]

    def make(self, series: Ids, device: Numbers, at: Times, value: Values) -> Truths:
        """Samples, those that are of no input too, each newer than those before of its series."""
        is_input = self._slot[series] != NONE
        slot, device, at, value = self._slot[series[is_input]], device[is_input], at[is_input], value[is_input]
        order = without_twins(slot, at)
        slot, device, at, value = slot[order], device[order], at[order], value[order]
        made = _joined([self._step(slot[now], at[now], value[now]) for now in turns(device, at)])
        order = np.lexsort((made.at, made.number))
        is_last = (np.diff(made.number[order], append=-1) != 0) | (np.diff(made.at[order], append=-1) != 0)
        return Truths(*(column[order[is_last]] for column in made))

    def seed(self, series: Ids, at: Times, value: Values) -> Truths:
        """Newest values of distinct series, inputs among them that may have been told since: what is made of them now."""
        slot = self._slot[series]
        is_newer = (slot != NONE) & (at > 0)
        is_newer[is_newer] = at[is_newer] > self._told_at[slot[is_newer]]
        return self._step(slot[is_newer], at[is_newer], value[is_newer])

    def _step(self, slot: Numbers, at: Times, value: Values) -> Truths:
        """Samples of distinct slots, those of one device at one instant."""
        self._value[slot], self._told_at[slot] = value, at
        edges, number = self._affected(slot)
        number, places = np.unique(number, return_inverse=True)
        moment = self._newest_at[number]
        np.maximum.at(moment, places, at[edges])
        self._newest_at[number] = moment
        return Truths(number, moment, self._truth(number))

    def _affected(self, slot: Numbers) -> tuple[Places, Numbers]:
        """Which expressions speak of some slots: for each a place in `slot`, and its number."""
        if not self._is_linked:
            number, column = np.nonzero(self._inputs[: self._count] != NONE)
            to = self._inputs[number, column]
            order = np.argsort(to, kind="stable")
            self._edge_slot, self._edge_to = to[order], number[order].astype(np.int32)
            self._is_linked = True
        begin = np.searchsorted(self._edge_slot, slot, side="left")
        many = np.searchsorted(self._edge_slot, slot, side="right") - begin
        place = np.repeat(np.arange(len(slot)), many)
        within = np.arange(len(place)) - np.repeat(np.cumsum(many) - many, many)
        return place, self._edge_to[begin[place] + within]

    def _truth(self, number: Numbers) -> Values:
        made = np.full(len(number), np.nan)
        for rule in np.unique(self._rule[number]).tolist():
            places = np.flatnonzero(self._rule[number] == rule)
            columns = self.values(number[places])
            formulas = self._formulas[rule]
            known = dict(zip(formulas.metrics, columns.T, strict=False))
            bad = formulas.bad.truth([known[metric] for metric in formulas.bad.metrics])
            good = 1.0 - bad
            if formulas.good is not None:
                good = formulas.good.truth([known[metric] for metric in formulas.good.metrics])
            truth = np.where(bad == 1.0, BAD, np.where(good == 1.0, GOOD, NEITHER))
            made[places] = np.where(np.isnan(bad + good), np.nan, truth)
        return made

    def values(self, number: Numbers) -> Values:
        """The newest values of what each speaks of, shape (numbers, MAX_METRICS); NaN where there is none."""
        slots = self._inputs[number]
        if not self._slots:
            return np.full(slots.shape, np.nan)
        return np.where(slots == NONE, np.nan, self._value[slots])

    def head_value(self, number: Numbers) -> Values:
        """The newest value of the series that each is about."""
        slot = self._slot[self._head[number]]
        return np.where(slot == NONE, np.nan, self._value[slot]) if self._slots else np.full(len(number), np.nan)

    def unlink(self, number: Numbers) -> None:
        """Look at some no more."""
        if len(number):
            self._inputs[number] = NONE
            self._is_linked = False

    def _of_part(self, metric: str, head: Ids, names: SeriesColumns) -> Ids:
        keys, series = self._parts.get(metric, (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32)))
        found = np.full(len(head), NONE, dtype=np.int32)
        whole = next((number for number, word in enumerate(names.instances) if not word), NONE)
        for instance in (np.full(len(head), whole, dtype=np.int32), names.instance[head]):
            sought = part_keys(names.device[head], instance)
            known = is_in(keys, sought)
            found[known] = series[np.searchsorted(keys, sought[known])]
        return found

    def _open_slots(self, series: Ids) -> None:
        first, self._slots = self._slots, self._slots + len(series)
        if self._slots > len(self._value):
            room = roomier(self._slots, len(self._value))
            self._value, self._told_at = grown(self._value, room, np.nan), grown(self._told_at, room)
        self._slot[series] = np.arange(first, self._slots, dtype=np.int32)


def _joined(pieces: list[Truths]) -> Truths:
    if not pieces:
        return Truths(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64), np.empty(0))
    return Truths(*(np.concatenate(column) for column in zip(*pieces, strict=True)))
