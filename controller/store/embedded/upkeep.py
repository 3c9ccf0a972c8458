# ruff: noqa: S608 - the names and numbers put into statements are our own
"""Upkeep: hot tables become sorted parts, days that ended become roll-ups, what is old goes.

Each step is one transaction over files that are durable before it, so it may be cut short anywhere. Steps of a day work on
at most `Sizes.chunk_rows` rows at a time, whatever the size of the day.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from threading import Lock

import numpy as np

from controller.store.days import DayCutter
from controller.store.embedded.closing import ROLLED_LEVELS, DayCloser, of_kind, replaced, with_floors
from controller.store.embedded.database import THREADS, Cursor, Database
from controller.store.embedded.part import ROWS_OF_PART, Part, PartKind
from controller.store.embedded.shelf import Hot, Layout, Shelf
from controller.store.embedded.sizes import Sizes
from controller.store.embedded.writing import Segments, Writer, insert_runs, keep_latest, keep_segments
from controller.store.latest import LatestValues
from controller.store.marks import CommittedFrames, Run, Stream
from controller.store.port import Level, OnClosed, Retention
from controller.store.rollup import Rows

_MANY_DAYS = 3


class Upkeep:
    """What `maintain` does. One thread at a time; appends and reads go on meanwhile."""

    def __init__(
        self,
        database: Database,
        shelf: Shelf,
        writer: Writer,
        segments: Segments,
        directory: Path,
        cutter: DayCutter,
        retention: Retention,
        sizes: Sizes,
    ) -> None:
        self._database = database
        self._shelf = shelf
        self._writer = writer
        self._segments = segments
        self._directory = directory
        self._cutter = cutter
        self._retention = retention
        self._sizes = sizes
        self._closer = DayCloser(database, shelf, segments, directory, cutter, sizes)
        self._flushing = Lock()

    def run(self, now: int, on_closed: OnClosed, drop_as_of: int) -> None:
        """As the port says of `maintain`."""
        self._lower_floors(drop_as_of, now)
        self._flush(now)
        self._close_days(self._due(now), on_closed)
        for crowd in self._crowded():
            self._merge(crowd)
        self._expire(drop_as_of)
        if self._writer.loose_runs > self._sizes.most_loose_runs:
            self._merge_runs()
        if self._shelf.layout.loose_values > self._sizes.most_values_each * self._writer.series_count:
            self._merge_latest()
        self._shelf.sweep()

    def _flush(self, now: int) -> None:
        hot = self._shelf.layout.hot[-1]
        hot.since = hot.since or (now if hot.rows else 0)
        if hot.rows and (now - hot.since >= self._sizes.hot_age_ms or self._holds_unrolled_past(hot, now)):
            self._writer.rotate()
        self._flush_full()

    def _flush_full(self) -> None:
        """Turn hot tables that are full into parts; also between the pieces of long work, so that they do not pile up."""
        with self._flushing:
            for full in self._shelf.layout.hot[:-1]:
                self._flush_one(full)

    def _holds_unrolled_past(self, hot: Hot, now: int) -> bool:
        return any(day not in self._shelf.layout.rolled and self._has_ended(day, now) for day in hot.days)

    def _flush_one(self, hot: Hot) -> None:
        with self._database.cursor() as cursor:
            found = cursor.execute(f"SELECT {ROWS_OF_PART} FROM {hot.table}").fetchnumpy()
            held = Rows(*(np.asarray(column) for column in found.values()))
            rows = self._segments.without_final(held, self._shelf.layout)
            parts = self._segments.write(cursor, rows)
        newest = LatestValues()
        newest.update(*rows)

        def keep(cursor: Cursor, layout: Layout) -> Layout:
            cursor.execute("DELETE FROM hot WHERE number = ?", [hot.number])
            kept = tuple(table for table in layout.hot if table.number != hot.number)
            return replace(keep_segments(cursor, layout, parts, newest), hot=kept)

        self._shelf.change(keep)
        self._segments.note_too_late(len(held.series) - len(rows.series))

    def _due(self, now: int) -> list[int]:
        layout = self._shelf.layout
        return sorted(day for day in layout.parts if day not in layout.rolled and self._has_ended(day, now))

    def _has_ended(self, day: int, now: int) -> bool:
        return self._cutter.end_of(day) + self._sizes.grace_ms <= now

    def _crowded(self) -> list[list[Part]]:
        """Parts to be merged, each list of one day: many segments, or many layers of what was merged before."""
        crowds = []
        for parts in self._shelf.layout.parts.values():
            segments, merged = of_kind(parts, PartKind.SEGMENT), of_kind(parts, PartKind.RAW)
            if len(segments) > self._sizes.most_segments:
                crowds.append(segments)
            if len(merged) > self._sizes.most_layers and _layers(merged) > self._sizes.most_layers:
                crowds.append(merged)
        return crowds

    def _close_days(self, days: list[int], on_closed: OnClosed) -> None:
        """One after the other in daily life; two at a time after an import, when there is nothing else to do."""
        if days:
            on_closed(0, len(days))
        with ExitStack() as stack:
            each: Callable[..., Iterator[None]] = map
            if len(days) > _MANY_DAYS:
                each = stack.enter_context(ThreadPoolExecutor(THREADS, "close-day")).map
            for closed, _ in enumerate(each(self._close_day, days), start=1):
                on_closed(closed, len(days))

    def _close_day(self, day: int) -> None:
        self._closer.close(day, self._flush_full)

    def _merge(self, crowd: list[Part]) -> None:
        """Sort some parts of a running day into parts of disjoint series, without rolling up."""
        added = []
        with self._database.cursor() as cursor:
            for part in self._closer.merged(cursor, crowd):
                added.append(part)
                self._flush_full()
        self._shelf.change(lambda cursor, layout: replaced(cursor, layout, added, frozenset(crowd)))

    def _expire(self, now: int) -> None:
        floors = self._floors(now)
        layout = self._shelf.layout
        raw_done = {day for day in layout.parts if day < floors[Level.RAW] and day in layout.rolled}
        old = frozenset(
            part
            for part in layout.all_parts()
            if (part.day < floors[Level.FIVE_MINUTES] if part.kind is PartKind.ROLLUP else part.day in raw_done)
        )
        rises = {level: floor for level, floor in floors.items() if floor > layout.floors.get(level, 0)}
        if not old and not rises:
            return

        def keep(cursor: Cursor, layout: Layout) -> Layout:
            layout = with_floors(cursor, layout, rises)
            for level, floor in rises.items():
                if level in ROLLED_LEVELS:
                    cursor.execute(f"DELETE FROM {ROLLED_LEVELS[level]} WHERE bucket_at < {floor}")
            gone = floors[Level.DAY]
            cursor.execute(f"DELETE FROM rolled WHERE day < {gone}")
            after = replaced(cursor, layout, [], old)
            rolled = frozenset(day for day in layout.rolled if day >= gone)
            return replace(after, rolled=rolled)

        self._shelf.change(keep)

    def _floors(self, now: int) -> dict[Level, int]:
        return {level: self._cutter.days_back(now, days) for level, days in self._retention.by_level.items()}

    def _lower_floors(self, drop_as_of: int, now: int) -> None:
        """Those that are still to come were raised by a clock that was wrong."""
        wanted = self._floors(drop_as_of)
        sinks = {level: wanted[level] for level, floor in self._shelf.layout.floors.items() if floor > now}
        if sinks:
            self._shelf.change(lambda cursor, layout: with_floors(cursor, layout, sinks))

    def _merge_latest(self) -> None:
        def merge(cursor: Cursor, layout: Layout) -> Layout:
            # What memory has beyond the table stands in hot tables, and so is found again all the same.
            cursor.execute("DELETE FROM latest")
            return replace(layout, loose_values=keep_latest(cursor, self._writer.latest))

        self._shelf.change(merge)

    def _merge_runs(self) -> None:
        def merge(cursor: Cursor, layout: Layout) -> Layout:
            frames = CommittedFrames()
            for *stream, first, last in cursor.execute("SELECT * FROM frame_runs").fetchall():
                frames.add(Stream(*stream), Run(first, last))
            cursor.execute("DELETE FROM frame_runs")
            insert_runs(cursor, frames.runs())
            self._writer.loose_runs = 0
            return layout

        self._shelf.change(merge)


def _layers(parts: list[Part]) -> int:
    """How many of the parts one series may lie in, at most."""
    lowest, highest = np.sort([part.lowest for part in parts]), np.sort([part.highest for part in parts])
    return int((np.arange(1, len(parts) + 1) - np.searchsorted(highest, lowest)).max())
