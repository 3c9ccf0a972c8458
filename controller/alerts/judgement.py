"""The core of alerting: thresholds with hold and clear, as arrays of state, all rules at once. Pure: arrays in, changes out.

A binding is one rule over one series. It is in one of four phases:

    GOOD --bad--> PENDING --bad for hold--> OPEN --good--> CLEARING --good for clear hold--> GOOD
            PENDING --not bad--> GOOD             CLEARING --not good--> OPEN

`bad` and `good` are both false between the level and the clear level. Each batch is judged in the order the samples were
measured. Most samples change nothing: they are told apart by a few array operations, and only bindings with a sample
that departs from their phase are stepped, one sample of each at a time.
"""

from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from controller.alerts.layers import Layers, Numbers
from controller.alerts.timing import TICK_SLACK_MS, is_late
from controller.alerts.transition import Change, Counts, Judged, Transition
from controller.store.port import Ids, Times, Values

Mask = NDArray[np.bool_]


class Phase(IntEnum):
    """Where a binding stands."""

    GOOD = 0
    PENDING = 1
    OPEN = 2
    CLEARING = 3


class Limits(NamedTuple):
    """A condition in the form the core computes with.

    Values are multiplied by `sign` (1 above, -1 below), then bad when > `level`, good when <= `clear`. With `states` other
    than 0 the value is a bit number instead: bad when that bit is set. NaN levels are neither good nor bad.
    """

    sign: float
    level: float
    clear: float
    states: int
    hold_ms: int
    clear_hold_ms: int


class Rows(NamedTuple):
    """Samples of one batch: columns of equal length in arrival order."""

    series: Ids
    measured_at: Times
    value: Values


class _Evidence(NamedTuple):
    binding: Numbers
    at: Times
    value: Values
    is_bad: Mask
    is_good: Mask

    def at_places(self, places: NDArray[np.intp] | Mask) -> "_Evidence":
        binding, at, value, is_bad, is_good = self
        return _Evidence(binding[places], at[places], value[places], is_bad[places], is_good[places])


_BINDING: Final = np.dtype(
    [
        ("last_at", "<i8"),
        ("level", "<f8"),
        ("clear", "<f8"),
        ("sign", "<f8"),
        ("states", "<u8"),
        ("since", "<i8"),
        ("value", "<f8"),
        ("hold", "<i8"),
        ("clear_hold", "<i8"),
        ("series", "<i4"),
        ("rule", "<i4"),
        ("phase", "u1"),
    ],
    align=True,
)


class Judgement:
    """All threshold bindings of a controller. Not thread-safe; never reads a clock."""

    def __init__(self) -> None:
        self._rows = np.zeros(64, dtype=_BINDING)
        self._count = 0
        self._layers = Layers()
        self.counts = Counts()

    def __len__(self) -> int:
        return self._count

    def reach(self, series: int) -> None:
        """Be ready for series ids below `series`."""
        self._layers.reach(series)

    def bind(self, series: int, rule: int, limits: Limits, *, is_open: bool = False) -> int:
        """Watch a series by a rule; returns the binding's number. `is_open` restores an alert that is open."""
        if self._count == len(self._rows):
            self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
        number = self._count
        self._count += 1
        row = self._rows[number]
        row["series"], row["rule"], row["sign"] = series, rule, limits.sign
        row["states"], row["hold"], row["clear_hold"] = limits.states, limits.hold_ms, limits.clear_hold_ms
        row["phase"] = Phase.OPEN if is_open else Phase.GOOD
        self.set_levels(number, limits.level, limits.clear)
        self._layers.bind(series, number)
        return number

    def set_levels(self, binding: int, level: float, clear: float) -> None:
        """Move the levels (already multiplied by the sign), from the next sample on."""
        self._rows["level"][binding], self._rows["clear"][binding] = level, clear

    def let_go(self, binding: int) -> bool:
        """Stop watching, unless it is open; tells whether it was let go. The number is not used again."""
        row = self._rows[binding]
        if row["phase"] >= Phase.OPEN:
            return False
        self._layers.unbind(int(row["series"]), binding)
        row["phase"] = Phase.GOOD
        return True

    def judge(self, rows: Rows, received_at: int) -> list[Transition]:
        """What a batch changes, in the order it was measured for each binding."""
        found: list[Transition] = []
        for places, binding in self._layers.look_up(rows.series):
            found += self._judge_layer(binding, rows.measured_at[places], rows.value[places], received_at)
        return found

    def tick(self, now: int) -> list[Transition]:
        """What the passing of time changes: holds that ended without another reading."""
        rows = self._rows[: self._count]
        waited = now - TICK_SLACK_MS - rows["since"]
        opened = np.flatnonzero((rows["phase"] == Phase.PENDING) & (waited >= rows["hold"])).astype(np.int32)
        cleared = np.flatnonzero((rows["phase"] == Phase.CLEARING) & (waited >= rows["clear_hold"])).astype(np.int32)
        at = np.full(len(opened) + len(cleared), now, dtype=np.int64)
        return [
            *self._move(opened, at[: len(opened)], rows["value"][opened], Phase.OPEN, Judged.TICK),
            *self._move(cleared, at[: len(cleared)], rows["value"][cleared], Phase.GOOD, Judged.TICK),
        ]

    def _judge_layer(self, binding: Numbers, at: Times, value: Values, received_at: int) -> list[Transition]:
        state = self._rows
        late = is_late(at, received_at)
        old = at <= state["last_at"][binding]
        usable = ~(late | old)
        judged = int(usable.sum())
        if judged < len(at):
            self.counts.late += int(late.sum())
            self.counts.superseded += int((old & ~late).sum())
            binding, at, value = binding[usable], at[usable], value[usable]
        self.counts.judged += judged
        evidence = self._weigh(binding, at, value)
        np.maximum.at(state["last_at"], binding, at)
        phase = state["phase"][binding]
        departs = (phase == Phase.PENDING) | (phase == Phase.CLEARING)
        departs |= (phase == Phase.GOOD) & evidence.is_bad
        departs |= (phase == Phase.OPEN) & evidence.is_good
        if not departs.any():
            return []
        return self._step_through(evidence.at_places(self._of_same_bindings(binding, departs)))

    def _weigh(self, binding: Numbers, at: Times, value: Values) -> _Evidence:
        state = self._rows
        weighed = state["sign"][binding] * value
        states = state["states"][binding]
        named = np.flatnonzero(states)
        if len(named):
            bits = states[named] >> value[named].astype(np.uint64)
            weighed[named] = (bits & np.uint64(1)).astype(np.float64)
        is_bad = weighed > state["level"][binding]
        is_good = weighed <= state["clear"][binding]
        return _Evidence(binding, at, value, is_bad, is_good)

    def _of_same_bindings(self, binding: Numbers, chosen: Mask) -> Mask:
        """All rows of every binding that has a chosen row."""
        wanted = np.zeros(self._count, dtype=np.bool_)
        wanted[binding[chosen]] = True
        return wanted[binding]

    def _step_through(self, evidence: _Evidence) -> list[Transition]:
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

    def _step(self, evidence: _Evidence) -> list[Transition]:
        """One sample for each of distinct bindings."""
        state, binding, at = self._rows, evidence.binding, evidence.at
        phase, since = state["phase"][binding], state["since"][binding]
        starts = ((phase == Phase.GOOD) & evidence.is_bad) | ((phase == Phase.OPEN) & evidence.is_good)
        falls_back = ((phase == Phase.PENDING) & ~evidence.is_bad) | ((phase == Phase.CLEARING) & ~evidence.is_good)
        phase = phase + starts.astype(np.uint8) - falls_back.astype(np.uint8)
        since = np.where(starts, at, since)
        state["phase"][binding], state["since"][binding] = phase, since
        state["value"][binding] = evidence.value
        opened = (phase == Phase.PENDING) & (at - since >= state["hold"][binding])
        cleared = (phase == Phase.CLEARING) & (at - since >= state["clear_hold"][binding])
        return [
            *self._move(binding[opened], at[opened], evidence.value[opened], Phase.OPEN, Judged.SAMPLE),
            *self._move(binding[cleared], at[cleared], evidence.value[cleared], Phase.GOOD, Judged.SAMPLE),
        ]

    def _move(self, binding: Numbers, at: Times, value: Values, phase: Phase, by: Judged) -> list[Transition]:
        if not len(binding):
            return []
        state = self._rows
        state["phase"][binding] = phase
        change = Change.OPENED if phase is Phase.OPEN else Change.CLEARED
        columns = (state["rule"][binding], state["series"][binding], at, state["since"][binding], value)
        return [
            Transition(rule, series, change, by, moment, since, number)
            for rule, series, moment, since, number in zip(*(each.tolist() for each in columns), strict=True)
        ]
