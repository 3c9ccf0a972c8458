"""The core of alerting: thresholds with hold and clear, as arrays of state, all rules at once. Pure: arrays in, changes out.

A binding is one rule over one series. It is in one of four phases:

    GOOD --bad--> PENDING --bad for hold--> OPEN --good--> CLEARING --good for clear hold--> GOOD
            PENDING --not bad--> GOOD             CLEARING --not good--> OPEN

`bad` and `good` are both false between the level and the clear level. Each batch is judged in the order the samples were
measured. Most samples change nothing: they lie in the quiet range of their series (`quiet`). Of the other series all
samples are held against each binding, and only bindings with one that departs from their phase are stepped, one sample of each
at a time.

What a rule says stands once, by rule number; a binding holds only its own state, in columns of some 40 bytes together.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Final

import numpy as np

from campus.delivery import LATE_AFTER_MS
from controller.alerts.judging.columns import Evidence, Mask, Places, Rows
from controller.alerts.judging.layers import Bound, Layers, Numbers, grown, roomier
from controller.alerts.judging.limits import Limits
from controller.alerts.judging.quiet import QuietRanges, range_beside
from controller.alerts.judging.timing import TICK_SLACK_MS, is_late
from controller.alerts.judging.transition import Change, Counts, Judged, Transition
from controller.store.port import Ids, Times, Values


class Phase(IntEnum):
    """Where a binding stands."""

    GOOD = 0
    PENDING = 1
    OPEN = 2
    CLEARING = 3


LONGEST_HOLD_MS: Final = 3_600_000
"""Of a hold that was under way at a restart no more is looked for in the store than this."""
PIECE_ROWS: Final = 16_384
"""Samples are looked at in pieces of this size: what is worked out of them stays in a processor's cache."""
REJUDGED_STEP_MS: Final = 1_000
"""As the clock ticks."""


class Judgement:
    """All threshold bindings of a controller. Not thread-safe; never reads a clock."""

    def __init__(self, limits: Sequence[Limits]) -> None:
        """`limits` of each rule by its number."""
        self.take_limits(limits)
        self._count = 0
        self._layers = Layers()
        self._series = np.zeros(0, dtype=np.int32)
        self._rule = np.zeros(0, dtype=np.int32)
        self._scale = np.zeros(0, dtype=np.float64)
        self._phase = np.zeros(0, dtype=np.uint8)
        self._since = np.zeros(0, dtype=np.int64)
        self._value = np.zeros(0, dtype=np.float64)
        self._newest_at = np.zeros(0, dtype=np.int64)
        """Of each series, what was judged so far."""
        self._quiet = QuietRanges()
        self._is_resting = np.zeros(0, dtype=np.bool_)
        """By binding: it is outside of the hours of its rule."""
        self._is_restless = np.zeros(0, dtype=np.bool_)
        self._is_chosen = np.zeros(0, dtype=np.bool_)
        """Scratch, by series and by binding: all False between calls."""
        self._patient_until = 0
        self.counts = Counts()

    def __len__(self) -> int:
        return self._count

    def take_limits(self, limits: Sequence[Limits]) -> None:
        """`limits` of more rules than before; those of rules that something is bound to stay as they are."""
        self._limits = limits
        self._sign = np.array([each.sign for each in limits], dtype=np.float64)
        self._level = np.array([each.level for each in limits], dtype=np.float64)
        self._clear = np.array([each.clear for each in limits], dtype=np.float64)
        self._states = np.array([each.states for each in limits], dtype=np.uint64)
        self._has_states = self._states != 0
        self._hold = np.array([each.hold_ms for each in limits], dtype=np.int64)
        self._clear_hold = np.array([each.clear_hold_ms for each in limits], dtype=np.int64)

    def reach(self, series: int) -> None:
        """Be ready for series ids below `series`."""
        self._layers.reach(series)
        if series > len(self._newest_at):
            size = roomier(series, len(self._newest_at))
            self._newest_at, self._is_restless = grown(self._newest_at, size), grown(self._is_restless, size)
            self._quiet.reach(size)

    def bind(self, series: Ids, rule: Numbers, is_open: Mask) -> Numbers:
        """Watch series, each by the rule at its place; returns the bindings' numbers. `is_open` restores what is open."""
        numbers = np.arange(self._count, self._count + len(series), dtype=np.int32)
        self._count += len(series)
        if self._count > len(self._series):
            self._make_room(roomier(self._count, len(self._series)))
        self._series[numbers], self._rule[numbers] = series, rule
        self._scale[numbers] = 1.0
        self._phase[numbers] = np.where(is_open, Phase.OPEN, Phase.GOOD)
        self.reach(int(series.max(initial=-1)) + 1)
        self._layers.bind(series, numbers)
        self._quiet.forget(series)
        return numbers

    def set_scale(self, binding: Numbers, scale: Values) -> None:
        """Multiply the levels of bindings by a number of their own, from the next sample on; NaN where it is not known."""
        self._scale[binding] = scale
        self._quiet.forget(self._series[binding])

    def rest(self, binding: Numbers, is_resting: Mask, now: int) -> list[Transition]:
        """Let bindings rest, which find nothing bad then, or wake them; what is open as its rest begins is over."""
        changed = self._is_resting[binding] != is_resting
        binding, is_resting = binding[changed], is_resting[changed]
        self._is_resting[binding] = is_resting
        self._quiet.forget(self._series[binding])
        resting = binding[is_resting]
        was_open = resting[self._phase[resting] >= Phase.OPEN]
        self._phase[resting] = Phase.GOOD
        at, value = np.full(len(was_open), now, dtype=np.int64), self._value[was_open]
        return self._move(was_open, at, value, Phase.GOOD, Judged.HOURS)

    def bound(self, series: Ids) -> Bound:
        """What watches some series."""
        return self._layers.bound(series, self._rule)

    def is_open(self, binding: Numbers) -> Mask:
        """Which are open, clearing ones too."""
        is_open: Mask = self._phase[binding] >= Phase.OPEN
        return is_open

    def let_go(self, binding: Numbers) -> None:
        """Stop watching by those that are not open. Their numbers are not used again."""
        self.drop(binding[~self.is_open(binding)])

    def drop(self, binding: Numbers) -> None:
        """Stop watching by some, open or not. Their numbers are not used again."""
        self._layers.unbind(self._series[binding], binding)
        self._phase[binding] = Phase.GOOD

    def judge(self, rows: Rows, received_at: int) -> list[Transition]:
        """What a batch changes, in the order it was measured for each binding."""
        return self.step(*self.take(rows, received_at))

    def judge_made(self, rows: Rows) -> list[Transition]:
        """What values change that were worked out of samples: all of them count, none is counted."""
        place = rows.series.astype(np.intp)
        return self.step(rows, self._quiet.leaves(place, rows.value) | np.isnan(rows.value))

    def step(self, rows: Rows, is_restless: Mask) -> list[Transition]:
        """What rows change that count, of which some leave the quiet range of their series."""
        if not is_restless.any():
            return []
        rows = rows.at_places(_of_same(self._is_restless, rows.series, is_restless))
        found: list[Transition] = []
        for places, binding in self._layers.look_up(rows.series):
            found += self._judge_layer(binding, rows.measured_at[places], rows.value[places])
        self._find_quiet(rows.series, rows.value)
        return found

    def tick(self, now: int) -> list[Transition]:
        """What the passing of time changes: holds that ended without another reading."""
        if now < self._patient_until:
            return []
        return [
            *self._end_holds(Phase.PENDING, self._hold, Phase.OPEN, now),
            *self._end_holds(Phase.CLEARING, self._clear_hold, Phase.GOOD, now),
        ]

    def be_patient(self, until: int) -> None:
        """End no hold by the clock before `until`: what was measured meanwhile may still be on its way."""
        self._patient_until = until

    def in_doubt(self, newest: Rows, now: int) -> Numbers:
        """After a restart: take the newest value of each series; the bindings where it contradicts what they stand at.

        Bad where nothing is open, or good where something is, and new enough that a hold may be under way.
        """
        np.maximum.at(self._newest_at, newest.series, newest.measured_at)
        found = [np.empty(0, dtype=np.int32)]
        for places, binding in self._layers.look_up(newest.series):
            at, value = newest.measured_at[places], newest.value[places]
            is_open = self._phase[binding] == Phase.OPEN
            contradicts = np.where(is_open, self._is_good(binding, value), self._is_bad(binding, value))
            found.append(binding[contradicts & (at >= now - self.looks_back_ms(binding))])
        return np.concatenate(found)

    def looks_back_ms(self, binding: Numbers) -> Times:
        """How long ago a hold that is still under way may have begun; longer ones than `LONGEST_HOLD_MS` are cut."""
        rule = self._rule[binding]
        hold = np.where(self._phase[binding] == Phase.OPEN, self._clear_hold[rule], self._hold[rule])
        return np.minimum(hold, LONGEST_HOLD_MS) + LATE_AFTER_MS

    def bound_as(self, binding: Numbers) -> Bound:
        """Which series and rules bindings are of."""
        return Bound(self._series[binding], self._rule[binding], binding)

    def rejudge(self, binding: Numbers, rows: Rows, told_at: Times, until: int) -> list[Transition]:
        """Judge old samples again, with a tick each second as then, and leave the bindings where that leads.

        `told_at` is when the last change of each was written down: what was measured before then is passed over, so what is
        returned was never told. A sample of that very instant led to it, and leads to nothing more, or came after the tick
        that did. `rows` are ascending by time, `until` is the instant of the last tick.
        """
        if not len(rows.measured_at):
            return []
        again = _Again(self._limits, told_at)
        again.reach(int(self._series[binding].max(initial=-1)) + 1)
        twins = again.bind(self._series[binding], self._rule[binding], self._phase[binding] == Phase.OPEN)
        again.set_scale(twins, self._scale[binding])
        again.rest(twins, self._is_resting[binding], until)
        found: list[Transition] = []
        begin, end = int(rows.measured_at[0]), max(until, int(rows.measured_at[-1]))
        moments = np.arange(begin, end + REJUDGED_STEP_MS, REJUDGED_STEP_MS)
        edges = np.searchsorted(rows.measured_at, moments, side="right").tolist()
        first = 0
        for moment, edge in zip(moments.tolist(), edges, strict=True):
            if edge > first:
                found += again.judge(rows.between(first, edge), moment)
            if moment <= until:
                found += again.tick(moment)
            first = edge
        for name in ("_phase", "_since", "_value"):
            getattr(self, name)[binding] = getattr(again, name)[twins]
        self._quiet.forget(self._series[binding])
        return found

    def _end_holds(self, phase: Phase, hold: Times, to: Phase, now: int) -> list[Transition]:
        waiting = np.flatnonzero(self._phase[: self._count] == phase).astype(np.int32)
        waited = now - TICK_SLACK_MS - self._since[waiting]
        ended = waiting[waited >= hold[self._rule[waiting]]]
        return self._move(ended, np.full(len(ended), now, dtype=np.int64), self._value[ended], to, Judged.TICK)

    def take(self, rows: Rows, received_at: int) -> tuple[Rows, Mask]:
        """Take the rows that are live and newer than what was judged before; which of them leave their quiet range.

        The others are counted. Nothing is written to the state before all of the batch was looked at.
        """
        place = rows.series.astype(np.intp)  # else each look at an array makes it anew
        usable, leaves = np.empty(len(place), dtype=np.bool_), np.empty(len(place), dtype=np.bool_)
        for first in range(0, len(place), PIECE_ROWS):
            piece = slice(first, first + PIECE_ROWS)
            usable[piece] = self._is_usable(place[piece], rows.measured_at[piece], received_at)
            leaves[piece] = self._quiet.leaves(place[piece], rows.value[piece])
        if not usable.all():
            rows, place, leaves = rows.at_places(usable), place[usable], leaves[usable]
        np.maximum.at(self._newest_at, place, rows.measured_at)
        return rows, leaves

    def _is_usable(self, series: Places, at: Times, received_at: int) -> Mask:
        late = is_late(at, received_at)
        old = at <= self._newest_at[series]
        usable: Mask = ~(late | old)
        bindings = self._layers.depth(series)
        self.counts.judged += int(bindings.sum(where=usable))
        if not usable.all():
            self.counts.late += int(bindings.sum(where=late))
            self.counts.superseded += int(bindings.sum(where=old & ~late))
        return usable

    def _find_quiet(self, series: Ids, value: Values) -> None:
        """Work out the quiet ranges of series, each around one of the values that stand beside it."""
        lowest, highest = np.full(len(series), -np.inf), np.full(len(series), np.inf)
        for places, binding in self._layers.look_up(series):
            low, high = self._quiet_range(binding, value[places])
            lowest[places] = np.maximum(lowest[places], low)
            highest[places] = np.minimum(highest[places], high)
        self._quiet.note(series, lowest, highest)

    def _quiet_range(self, binding: Numbers, value: Values) -> tuple[Values, Values]:
        """Where `_departs` is false; of a rule about states no more than `value` itself is looked at."""
        rule, phase = self._rule[binding], self._phase[binding]
        is_open, is_upward = phase == Phase.OPEN, self._sign[rule] > 0
        # What is open stays so beyond the clear level, which itself is good.
        bound = self._sign[rule] * np.where(is_open, self._clear[rule], self._level[rule]) * self._scale[binding]
        bound = np.where(is_open, np.nextafter(bound, np.where(is_upward, np.inf, -np.inf)), bound)
        low, high = range_beside(bound, is_upward != is_open)
        by_value = self._has_states[rule]
        low, high = np.where(by_value, value, low), np.where(by_value, value, high)
        rests = self._is_resting[binding]
        low, high = np.where(rests, -np.inf, low), np.where(rests, np.inf, high)
        is_none = (phase == Phase.PENDING) | (phase == Phase.CLEARING) | by_value & self._departs(binding, value)
        return np.where(is_none, np.inf, low), np.where(is_none, -np.inf, high)

    def _judge_layer(self, binding: Numbers, at: Times, value: Values) -> list[Transition]:
        departs = self._departs(binding, value)
        if not departs.any():
            return []
        concerned = _of_same(self._is_chosen, binding, departs)
        binding, at, value = binding[concerned], at[concerned], value[concerned]
        is_bad, is_good = self._is_bad(binding, value), self._is_good(binding, value)
        return self._step_through(Evidence(binding, at, value, is_bad, is_good))

    def _departs(self, binding: Numbers, value: Values) -> Mask:
        """Which samples say something else than the phase of their binding, or may end a hold."""
        phase = self._phase[binding]
        departs: Mask = (phase == Phase.GOOD) & self._is_bad(binding, value)
        unsettled = np.flatnonzero(phase)
        if len(unsettled):
            departs[unsettled] = (phase[unsettled] != Phase.OPEN) | self._is_good(binding[unsettled], value[unsettled])
        return departs

    def _is_bad(self, binding: Numbers, value: Values) -> Mask:
        rule = self._rule[binding]
        bad: Mask = self._weighed(rule, value) > self._level[rule] * self._scale[binding]
        return bad & ~self._is_resting[binding]

    def _is_good(self, binding: Numbers, value: Values) -> Mask:
        rule = self._rule[binding]
        good: Mask = self._weighed(rule, value) <= self._clear[rule] * self._scale[binding]
        return good

    def _weighed(self, rule: Numbers, value: Values) -> Values:
        weighed = self._sign[rule] * value
        named = np.flatnonzero(self._has_states[rule])
        if len(named):
            bits = self._states[rule[named]] >> value[named].astype(np.uint64)
            weighed[named] = (bits & np.uint64(1)).astype(np.float64)
        return weighed

    def _step_through(self, evidence: Evidence) -> list[Transition]:
        """Step each binding through its samples in the order they were measured; of two of one instant the first counts."""
        ordered = evidence.at_places(np.lexsort((evidence.at, evidence.binding)))
        is_new = np.diff(ordered.binding, prepend=-1) != 0
        is_twin = ~is_new & (np.diff(ordered.at, prepend=0) == 0)
        if is_twin.any():
            ordered, is_new = ordered.at_places(~is_twin), is_new[~is_twin]
        starts = np.flatnonzero(is_new)
        lengths = np.diff(np.append(starts, len(is_new)))
        found: list[Transition] = []
        for turn in range(int(lengths.max())):
            found += self._step(ordered.at_places(starts[lengths > turn] + turn))
        return found

    def _step(self, evidence: Evidence) -> list[Transition]:
        """One sample for each of distinct bindings."""
        binding, at, rule = evidence.binding, evidence.at, self._rule[evidence.binding]
        phase, since = self._phase[binding], self._since[binding]
        starts = ((phase == Phase.GOOD) & evidence.is_bad) | ((phase == Phase.OPEN) & evidence.is_good)
        falls_back = ((phase == Phase.PENDING) & ~evidence.is_bad) | ((phase == Phase.CLEARING) & ~evidence.is_good)
        phase = phase + starts.astype(np.uint8) - falls_back.astype(np.uint8)
        since = np.where(starts, at, since)
        self._phase[binding], self._since[binding] = phase, since
        self._value[binding] = evidence.value
        opened = (phase == Phase.PENDING) & (at - since >= self._hold[rule])
        cleared = (phase == Phase.CLEARING) & (at - since >= self._clear_hold[rule])
        return [
            *self._move(binding[opened], at[opened], evidence.value[opened], Phase.OPEN, Judged.SAMPLE),
            *self._move(binding[cleared], at[cleared], evidence.value[cleared], Phase.GOOD, Judged.SAMPLE),
        ]

    def _move(self, binding: Numbers, at: Times, value: Values, phase: Phase, by: Judged) -> list[Transition]:
        if not len(binding):
            return []
        self._phase[binding] = phase
        change = Change.OPENED if phase is Phase.OPEN else Change.CLEARED
        columns = (self._rule[binding], self._series[binding], at, self._since[binding], value)
        return [
            Transition(rule, series, change, by, moment, since, number)
            for rule, series, moment, since, number in zip(*(each.tolist() for each in columns), strict=True)
        ]

    def _make_room(self, size: int) -> None:
        for name in ("_series", "_rule", "_scale", "_phase", "_since", "_value", "_is_resting", "_is_chosen"):
            setattr(self, name, grown(getattr(self, name), size))


class _Again(Judgement):
    """Judges old samples for bindings made at once, by the number of each passing over what was measured before `told_at`."""

    def __init__(self, limits: Sequence[Limits], told_at: Times) -> None:
        super().__init__(limits)
        self._told_at = told_at

    def _judge_layer(self, binding: Numbers, at: Times, value: Values) -> list[Transition]:
        is_new = at >= self._told_at[binding]
        return super()._judge_layer(binding[is_new], at[is_new], value[is_new])


def _of_same(scratch: Mask, number: Numbers, chosen: Mask) -> Mask:
    """All places of every number that stands at a chosen place; `scratch` by number is all False, and is so again."""
    scratch[number[chosen]] = True
    same: Mask = scratch[number]
    scratch[number[chosen]] = False
    return same
