"""The core of absence: series that have spoken and fall silent, as arrays. Pure: arrays in, changes out.

What counts is when a series was heard: a live sample is heard when it arrives, whatever its clock says; one out of a
spool tells only that the series spoke when it was measured. So a school whose backlog trickles in is still silent.
"""

import math
from typing import Final

import numpy as np

from controller.alerts.judgement import Rows
from controller.alerts.layers import Layers, Numbers
from controller.alerts.timing import is_late
from controller.alerts.transition import Change, Judged, Transition

_BINDING: Final = np.dtype(
    [("heard_at", "<i8"), ("after", "<i8"), ("series", "<i4"), ("rule", "<i4"), ("is_open", "?")], align=True
)
_NEVER_SILENT: Final = np.iinfo(np.int64).max // 2


class Silences:
    """All absence bindings of a controller. Not thread-safe; never reads a clock."""

    def __init__(self) -> None:
        self._rows = np.zeros(64, dtype=_BINDING)
        self._count = 0
        self._layers = Layers()

    def __len__(self) -> int:
        return self._count

    def reach(self, series: int) -> None:
        """Be ready for series ids below `series`."""
        self._layers.reach(series)

    def bind(self, series: int, rule: int, after_ms: int, heard_at: int, *, is_open: bool = False) -> int:
        """Watch a series; `heard_at` is from when its silence counts. Returns the binding's number."""
        if self._count == len(self._rows):
            self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
        number = self._count
        self._count += 1
        self._rows[number] = (heard_at, after_ms, series, rule, is_open)
        self._layers.bind(series, number)
        return number

    def let_go(self, binding: int) -> bool:
        """Stop watching, unless it is open; tells whether it was let go. The number is not used again."""
        row = self._rows[binding]
        if row["is_open"]:
            return False
        self._layers.unbind(int(row["series"]), binding)
        row["heard_at"] = _NEVER_SILENT
        return True

    def judge(self, rows: Rows, received_at: int) -> list[Transition]:
        """Which silences a batch ends."""
        found: list[Transition] = []
        for places, binding in self._layers.look_up(rows.series):
            at = rows.measured_at[places]
            late = is_late(at, received_at)
            np.maximum.at(self._rows["heard_at"], binding, np.where(late, at, received_at))
            spoke = np.unique(binding[~late & self._rows["is_open"][binding]])
            if len(spoke):
                self._rows["is_open"][spoke] = False
                found += self._told(spoke, Change.CLEARED, Judged.SAMPLE, received_at)
        return found

    def tick(self, now: int) -> list[Transition]:
        """Which series have been silent for too long by `now`."""
        rows = self._rows[: self._count]
        silent = np.flatnonzero(~rows["is_open"] & (now - rows["heard_at"] > rows["after"])).astype(np.int32)
        rows["is_open"][silent] = True
        return self._told(silent, Change.OPENED, Judged.TICK, now)

    def _told(self, binding: Numbers, change: Change, by: Judged, at: int) -> list[Transition]:
        columns = (self._rows[name][binding].tolist() for name in ("rule", "series", "heard_at"))
        return [
            Transition(rule, series, change, by, at, heard_at, math.nan)
            for rule, series, heard_at in zip(*columns, strict=True)
        ]
