"""A `SampleStore` that keeps everything in lists and works out every answer anew: slow, small, obviously right."""

from collections.abc import Sequence
from threading import RLock
from zoneinfo import ZoneInfo

import numpy as np

from controller.store.days import WIDTH_MS, DayCutter
from controller.store.latest import LatestValues
from controller.store.named_series import NamedSeries
from controller.store.port import (
    Batch,
    FrameMark,
    Ids,
    Latest,
    Level,
    OnClosed,
    Retention,
    StoreFigures,
    Window,
    note_nothing,
)
from controller.store.rollup import NO_ROWS, Rows, as_buckets, join_rows, roll_up, sort_rows

SHANGHAI = ZoneInfo("Asia/Shanghai")


class MemoryStore(NamedSeries):
    """For tests of everything that needs a store. Forgets nothing but what retention says, and all of it at the end."""

    def __init__(self, timezone: ZoneInfo = SHANGHAI, retention: Retention | None = None) -> None:
        super().__init__()
        self._cutter = DayCutter(timezone)
        self._retention = retention or Retention()
        self._rows: Rows = NO_ROWS
        self._marks: set[FrameMark] = set()
        self._latest = LatestValues()
        self._floors = dict.fromkeys(Level, 0)
        self._final: set[int] = set()
        self._too_late = 0
        self._settled: dict[int, int] = {}
        self._lock = RLock()

    def start(self) -> None:
        """Nothing to open."""

    def append(self, batch: Batch) -> None:
        """All or nothing."""
        with self._lock:
            if batch.marks and self._marks.issuperset(batch.marks):
                return
            rows = Rows(batch.series, batch.measured_at, batch.value)
            if self._final and len(rows.series):
                days = self._cutter.bucket_of(rows.measured_at, Level.DAY)
                kept = ~np.isin(days, list(self._final))
                self._too_late += int((~kept).sum())
                rows = rows.taken(kept)
            self._rows = join_rows([self._rows, rows])
            for day in self._days(rows):
                self._settled.pop(day, None)
            self._marks.update(batch.marks)
            self._latest.update(*rows)

    def is_committed(self, marks: Sequence[FrameMark]) -> list[bool]:
        """By mark."""
        return [mark in self._marks for mark in marks]

    def latest(self, ids: Ids) -> Latest:
        """Newest values."""
        return self._latest.of(ids)

    def window(self, ids: Ids, start: int, end: int, level: Level | None = None, max_points: int = 2_000) -> Window:
        """Everything from raw."""
        with self._lock:
            if level is None:
                level = self._level(ids, start, end, max_points)
            start = max(start, self._floors[level])
            if level is Level.RAW:
                return Window(level, *as_buckets(self._between(ids, start, end)))
            first, last = (self._cutter.next_bucket(edge, level) for edge in (start, end))
            rows = self._between(ids, first, last)
            return Window(level, *roll_up(rows.series, self._cutter.bucket_of(rows.measured_at, level), rows.value))

    def settled_days(self, start: int, end: int) -> dict[int, int]:
        """Days that had ended when upkeep last looked, and have not had rows since."""
        with self._lock:
            settled = {day: number for day, number in self._settled.items() if day < end}
        return {day: number for day, number in settled.items() if self._cutter.end_of(day) > start}

    def maintain(self, now: int, on_closed: OnClosed = note_nothing, *, drop_as_of: int | None = None) -> None:
        """Only retention: buckets that may still be asked for keep their samples, out of sight of raw."""
        as_of = now if drop_as_of is None else drop_as_of
        with self._lock:
            for level, count in self._retention.by_level.items():
                held = self._floors[level] if self._floors[level] <= now else 0
                self._floors[level] = max(held, self._cutter.days_back(as_of, count))
            present = self._days(self._rows)
            self._final |= {day for day in present if day < self._floors[Level.RAW]}
            due = sum(day not in self._settled and self._cutter.end_of(day) <= now for day in present)
            for day, rows in present.items():
                if self._cutter.end_of(day) <= now and day >= self._floors[Level.DAY]:
                    self._settled[day] = rows if day >= self._floors[Level.FIVE_MINUTES] else 0
                else:
                    self._settled.pop(day, None)
        for closed in (0, due) if due else ():
            on_closed(closed, due)

    def figures(self) -> StoreFigures:
        """Counts."""
        rows = len(self._rows.series)
        return StoreFigures(len(self._series), rows, 20 * rows, self._too_late)

    def close(self) -> None:
        """Nothing to release."""

    def _days(self, rows: Rows) -> dict[int, int]:
        """How many rows each day has; they only grow in number, so the number tells whether a day changed."""
        days, counts = np.unique(self._cutter.bucket_of(rows.measured_at, Level.DAY), return_counts=True)
        return dict(zip(days.tolist(), counts.tolist(), strict=True))

    def _level(self, ids: Ids, start: int, end: int, max_points: int) -> Level:
        counts = np.bincount(self._between(ids, start, end).series, minlength=1)
        short = end - start <= max_points * WIDTH_MS[Level.FIVE_MINUTES]
        if short and start >= self._floors[Level.RAW] and counts.max() <= max_points:
            return Level.RAW
        for level, width in WIDTH_MS.items():
            if end - start <= max_points * width and start >= self._floors[level]:
                return level
        return Level.DAY

    def _between(self, ids: Ids, start: int, end: int) -> Rows:
        at = self._rows.measured_at
        return sort_rows(self._rows.taken(np.isin(self._rows.series, ids) & (at >= start) & (at < end)))
