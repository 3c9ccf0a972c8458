# ruff: noqa: S608 - the names and numbers put into statements are our own
"""Upkeep: hot tables become sorted parts, days that ended become roll-ups, what is old goes.

Each step is one transaction over files that are durable before it, so it may be cut short anywhere. Steps of a day work on
at most `Sizes.chunk_rows` rows at a time, whatever the size of the day.
"""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from threading import Lock

import numpy as np

from controller.store.days import DayCutter
from controller.store.embedded.database import THREADS, Cursor, Database, insert
from controller.store.embedded.part import ROWS_OF_PART, Part, PartKind, as_columns, write_buckets, write_rows
from controller.store.embedded.reading import parquet_source
from controller.store.embedded.shelf import Hot, Layout, Shelf
from controller.store.embedded.sizes import Sizes
from controller.store.embedded.writing import Segments, Writer, insert_parts, insert_runs, keep_latest, keep_segments
from controller.store.latest import LatestValues
from controller.store.marks import CommittedFrames, Run, Stream
from controller.store.port import Level, OnClosed, Retention, note_nothing
from controller.store.rollup import NO_BUCKETS, Buckets, Rows, roll_up, sort_rows

_MANY_DAYS = 3
_ROLLED_LEVELS = {Level.HOUR: "rollup_1h", Level.DAY: "rollup_1d"}


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
        self._flushing = Lock()

    def run(self, now: int, on_closed: OnClosed = note_nothing) -> None:
        """As the port says of `maintain`."""
        self._flush(now)
        self._close_days(self._due(now), on_closed)
        for crowd in self._crowded():
            self._merge(crowd)
        self._expire(now)
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
            rows = self._segments.without_final(
                Rows(*(np.asarray(column) for column in found.values())), self._shelf.layout
            )
            parts = self._segments.write(cursor, rows)
        newest = LatestValues()
        newest.update(*rows)

        def keep(cursor: Cursor, layout: Layout) -> Layout:
            cursor.execute("DELETE FROM hot WHERE number = ?", [hot.number])
            kept = tuple(table for table in layout.hot if table.number != hot.number)
            return replace(keep_segments(cursor, layout, parts, newest), hot=kept)

        self._shelf.change(keep)

    def _due(self, now: int) -> list[int]:
        layout = self._shelf.layout
        return sorted(day for day in layout.parts if day not in layout.rolled and self._has_ended(day, now))

    def _has_ended(self, day: int, now: int) -> bool:
        return self._cutter.end_of(day) + self._sizes.grace_ms <= now

    def _crowded(self) -> list[list[Part]]:
        """Parts to be merged, each list of one day: many segments, or many layers of what was merged before."""
        crowds = []
        for parts in self._shelf.layout.parts.values():
            segments, merged = _of_kind(parts, PartKind.SEGMENT), _of_kind(parts, PartKind.RAW)
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
        """Sort the day's rows into parts of disjoint series and roll them up."""
        before = self._shelf.layout.parts[day]
        raw = _of_kind(before, PartKind.SEGMENT) + _of_kind(before, PartKind.RAW)
        added: list[Part] = []
        coarse: dict[Level, list[Buckets]] = {level: [] for level in _ROLLED_LEVELS}
        with self._database.cursor() as cursor:
            keep_files = self._is_sorted(raw)
            for rows in self._chunks(cursor, raw):
                if not keep_files:
                    added.append(self._write_rows(cursor, day, rows))
                fine = self._rolled(rows, Level.FIVE_MINUTES)
                added.append(write_buckets(cursor, self._directory, self._segments.next_number(), day, fine))
                for level, pieces in coarse.items():
                    pieces.append(self._rolled(rows, level))
        removed = frozenset(_of_kind(before, PartKind.ROLLUP) + ([] if keep_files else raw))
        end = self._cutter.end_of(day)

        def keep(cursor: Cursor, layout: Layout) -> Layout:
            after = _replaced(cursor, layout, added, removed)
            for level, table in _ROLLED_LEVELS.items():
                cursor.execute(f"DELETE FROM {table} WHERE bucket_at >= {day} AND bucket_at < {end}")
                columns = zip(NO_BUCKETS, *coarse[level], strict=True)
                insert(cursor, table, as_columns(Buckets(*(np.concatenate(column) for column in columns))))
            if set(layout.parts[day]) != set(before):  # more came meanwhile: the next round rolls up again
                return after
            cursor.execute("INSERT INTO rolled VALUES (?)", [day])
            return replace(after, rolled=layout.rolled | {day})

        self._shelf.change(keep)

    def _merge(self, crowd: list[Part]) -> None:
        """Sort some parts of a running day into parts of disjoint series, without rolling up."""
        with self._database.cursor() as cursor:
            added = []
            for rows in self._chunks(cursor, crowd):
                added.append(self._write_rows(cursor, crowd[0].day, rows))
                self._flush_full()
        self._shelf.change(lambda cursor, layout: _replaced(cursor, layout, added, frozenset(crowd)))

    def _write_rows(self, cursor: Cursor, day: int, rows: Rows) -> Part:
        return write_rows(cursor, self._directory, self._segments.next_number(), PartKind.RAW, day, rows)

    def _rolled(self, rows: Rows, level: Level) -> Buckets:
        return roll_up(rows.series, self._cutter.bucket_of(rows.measured_at, level), rows.value)

    def _chunks(self, cursor: Cursor, parts: list[Part]) -> Iterator[Rows]:
        """All rows of the parts, sorted, in pieces of disjoint series."""
        if self._is_sorted(parts):
            for part in parts:
                yield _fetch(cursor, parquet_source([part], self._directory), "true")
            return
        for lowest, highest in self._ranges(cursor, parts):
            some = [part for part in parts if part.lowest <= highest and part.highest >= lowest]
            where = f"series BETWEEN {lowest} AND {highest}"
            yield sort_rows(_fetch(cursor, parquet_source(some, self._directory), where))

    def _ranges(self, cursor: Cursor, parts: list[Part]) -> list[tuple[int, int]]:
        source = parquet_source(parts, self._directory)
        counts = cursor.execute(
            f"SELECT series, count(*) AS samples FROM {source} GROUP BY series ORDER BY series"
        ).fetchnumpy()
        series, ends = counts["series"], np.cumsum(counts["samples"])
        ranges, first, done = [], 0, 0
        while first < len(series):
            after = max(int(np.searchsorted(ends, done + self._sizes.chunk_rows, "right")), first + 1)
            ranges.append((int(series[first]), int(series[after - 1])))
            first, done = after, int(ends[after - 1])
        return ranges

    def _is_sorted(self, parts: list[Part]) -> bool:
        """Whether the parts, one after the other, are sorted as they are and of a good size: then they may stay."""
        parts.sort(key=lambda part: part.lowest)
        disjoint = all(part.highest < after.lowest for part, after in itertools.pairwise(parts))
        small, large = self._sizes.small_part_rows, 2 * self._sizes.chunk_rows
        fitting = all(part.samples <= large and (part.samples >= small or len(parts) == 1) for part in parts)
        return disjoint and fitting

    def _expire(self, now: int) -> None:
        days = {
            Level.RAW: self._retention.raw_days,
            Level.FIVE_MINUTES: self._retention.five_minutes_days,
            Level.HOUR: self._retention.hour_days,
            Level.DAY: self._retention.day_days,
        }
        floors = {level: self._cutter.days_back(now, kept) for level, kept in days.items()}
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
            for level, floor in rises.items():
                cursor.execute("DELETE FROM meta WHERE name = ?", [f"floor_{level}"])
                cursor.execute("INSERT INTO meta VALUES (?, ?)", [f"floor_{level}", str(floor)])
                if level in _ROLLED_LEVELS:
                    cursor.execute(f"DELETE FROM {_ROLLED_LEVELS[level]} WHERE bucket_at < {floor}")
            gone = floors[Level.DAY]
            cursor.execute(f"DELETE FROM rolled WHERE day < {gone}")
            after = _replaced(cursor, layout, [], old)
            rolled = frozenset(day for day in layout.rolled if day >= gone)
            return replace(after, rolled=rolled, floors=layout.floors | rises)

        self._shelf.change(keep)

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


def _replaced(cursor: Cursor, layout: Layout, added: list[Part], removed: frozenset[Part]) -> Layout:
    if removed:
        cursor.execute(f"DELETE FROM part WHERE id IN ({', '.join(str(part.id) for part in removed)})")
    insert_parts(cursor, added)
    return layout.with_parts(added, removed)


def _of_kind(parts: tuple[Part, ...], kind: PartKind) -> list[Part]:
    return [part for part in parts if part.kind is kind]


def _fetch(cursor: Cursor, source: str, where: str) -> Rows:
    found = cursor.execute(f"SELECT {ROWS_OF_PART} FROM {source} WHERE {where}").fetchnumpy()
    return Rows(*(np.asarray(column) for column in found.values()))


def _layers(parts: list[Part]) -> int:
    """How many of the parts one series may lie in, at most."""
    lowest, highest = np.sort([part.lowest for part in parts]), np.sort([part.highest for part in parts])
    return int((np.arange(1, len(parts) + 1) - np.searchsorted(highest, lowest)).max())
