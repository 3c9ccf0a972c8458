"""The core of absence: series that have spoken and fall silent, as arrays. Pure: arrays in, changes out.

What counts is when a series was heard: a live sample is heard when it arrives, whatever its clock says; one out of a
spool tells only that the series spoke when it was measured. So a school whose backlog trickles in is still silent.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from controller.alerts.judging.columns import Mask, Rows
from controller.alerts.judging.layers import Bound, Layers, Numbers, grown, roomier
from controller.alerts.judging.timing import is_late
from controller.alerts.judging.transition import Change, Judged, Transition
from controller.store.port import Ids

_NEVER_SILENT: Final = np.iinfo(np.int64).max // 2


class Silences:
    """All absence bindings of a controller. Not thread-safe; never reads a clock."""

    def __init__(self, after_ms: Sequence[int]) -> None:
        """`after_ms` of each rule by its number: how long a silence is allowed."""
        self.take_limits(after_ms)
        self._count = 0
        self._layers = Layers()
        self._series = np.zeros(0, dtype=np.int32)
        self._rule = np.zeros(0, dtype=np.int32)
        self._heard_at = np.zeros(0, dtype=np.int64)
        self._is_open = np.zeros(0, dtype=np.bool_)
        self._is_resting = np.zeros(0, dtype=np.bool_)
        """By binding: it is outside of the hours of its rule."""

    def __len__(self) -> int:
        return self._count

    def take_limits(self, after_ms: Sequence[int]) -> None:
        """Those of more rules than before."""
        self._after = np.array(after_ms, dtype=np.int64)

    def reach(self, series: int) -> None:
        """Be ready for series ids below `series`."""
        self._layers.reach(series)

    def bind(self, series: Ids, rule: Numbers, is_open: Mask, heard_at: int) -> Numbers:
        """Watch series, each by the rule at its place; returns their numbers. `heard_at`: from when their silence counts."""
        numbers = np.arange(self._count, self._count + len(series), dtype=np.int32)
        self._count += len(series)
        if self._count > len(self._series):
            room = roomier(self._count, len(self._series))
            for name in ("_series", "_rule", "_heard_at", "_is_open", "_is_resting"):
                setattr(self, name, grown(getattr(self, name), room))
        self._series[numbers], self._rule[numbers] = series, rule
        self._heard_at[numbers], self._is_open[numbers] = heard_at, is_open
        self._layers.bind(series, numbers)
        return numbers

    def bound(self, series: Ids) -> Bound:
        """What watches some series."""
        return self._layers.bound(series, self._rule)

    def is_open(self, binding: Numbers) -> Mask:
        """Which are open."""
        is_open: Mask = self._is_open[binding]
        return is_open

    def let_go(self, binding: Numbers) -> None:
        """Stop watching by those that are not open. Their numbers are not used again."""
        self.drop(binding[~self.is_open(binding)])

    def drop(self, binding: Numbers) -> None:
        """Stop watching by some, open or not. Their numbers are not used again."""
        self._layers.unbind(self._series[binding], binding)
        self._is_open[binding], self._heard_at[binding] = False, _NEVER_SILENT

    def rest(self, binding: Numbers, is_resting: Mask, now: int) -> list[Transition]:
        """Let bindings rest, or wake them: silence counts from then. What is open as its rest begins is over."""
        changed = self._is_resting[binding] != is_resting
        binding, is_resting = binding[changed], is_resting[changed]
        self._is_resting[binding] = is_resting
        waking, resting = binding[~is_resting], binding[is_resting]
        self._heard_at[waking] = np.maximum(self._heard_at[waking], now)
        was_open = resting[self._is_open[resting]]
        self._is_open[was_open] = False
        return self._told(was_open, Change.CLEARED, Judged.HOURS, now)

    def judge(self, rows: Rows, received_at: int) -> list[Transition]:
        """Which silences a batch ends."""
        found: list[Transition] = []
        for places, binding in self._layers.look_up(rows.series):
            at = rows.measured_at[places]
            late = is_late(at, received_at)
            if late.any():
                np.maximum.at(self._heard_at, binding[late], at[late])
                binding = binding[~late]
            # All of them to the same instant: it does not matter that one may stand here twice.
            self._heard_at[binding] = np.maximum(self._heard_at[binding], received_at)
            spoke = np.unique(binding[self._is_open[binding]])
            if len(spoke):
                self._is_open[spoke] = False
                found += self._told(spoke, Change.CLEARED, Judged.SAMPLE, received_at)
        return found

    def tick(self, now: int) -> list[Transition]:
        """Which series have been silent for too long by `now`."""
        held = slice(self._count)
        allowed = now - self._after[self._rule[held]]
        is_awake = ~self._is_open[held] & ~self._is_resting[held]
        silent = np.flatnonzero(is_awake & (self._heard_at[held] < allowed)).astype(np.int32)
        self._is_open[silent] = True
        return self._told(silent, Change.OPENED, Judged.TICK, now)

    def _told(self, binding: Numbers, change: Change, by: Judged, at: int) -> list[Transition]:
        columns = (each[binding].tolist() for each in (self._rule, self._series, self._heard_at))
        return [
            Transition(rule, series, change, by, at, heard_at, math.nan)
            for rule, series, heard_at in zip(*columns, strict=True)
        ]
