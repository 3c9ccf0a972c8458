# ruff: noqa: S608 - the names and numbers put into statements are our own
"""Closing a day: its rows sorted into parts of disjoint series, and rolled up.

Works on at most `Sizes.chunk_rows` rows at a time, whatever the size of the day. A day that was closed before and has had
late rows is closed anew only for the series around those: one school that comes back must not cost the whole district.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np

from controller.store.days import DayCutter
from controller.store.embedded.database import Cursor, Database, insert
from controller.store.embedded.part import ROWS_OF_PART, Order, Part, PartKind, as_columns, write_buckets, write_rows
from controller.store.embedded.reading import parquet_source
from controller.store.embedded.shelf import Layout, Shelf
from controller.store.embedded.sizes import Sizes
from controller.store.embedded.writing import Segments, insert_parts
from controller.store.port import Level
from controller.store.rollup import Buckets, Rows, join_buckets, roll_up, sort_by_metric

ROLLED_LEVELS = {Level.HOUR: "rollup_1h", Level.DAY: "rollup_1d"}
_LAST_SERIES = (1 << 31) - 1


class Zone(NamedTuple):
    """Series lowest..highest of a day, and the raw parts that may hold rows of them."""

    lowest: int
    highest: int
    parts: list[Part]


class DayCloser:
    """Sorts and rolls up. Any number of threads, each with a day of its own."""

    def __init__(
        self, database: Database, shelf: Shelf, segments: Segments, directory: Path, cutter: DayCutter, sizes: Sizes
    ) -> None:
        self._database = database
        self._shelf = shelf
        self._segments = segments
        self._directory = directory
        self._cutter = cutter
        self._sizes = sizes
        self._rolling_up = Lock()

    def close(self, day: int, between: Callable[[], None]) -> None:
        """Sort and roll up what is new of a day; the day is closed unless more came meanwhile.

        `between` is called again and again, with nothing held: a large day takes minutes.
        """
        before = self._shelf.layout.parts[day]
        raw = of_kind(before, PartKind.SEGMENT) + of_kind(before, PartKind.RAW)
        done = _done(raw, of_kind(before, PartKind.ROLLUP))
        added: list[Part] = []
        with self._database.cursor() as cursor:
            zones = self._zones(cursor, raw, list(done))
            touched = {part for zone in zones for part in zone.parts}
            keep_files = not done and self._may_stay(raw)
            coarse = _Coarse(self._database, self._rolling_up, (day, self._cutter.end_of(day)), self._sizes.chunk_rows)
            for rows in self._sorted(cursor, raw) if keep_files else self._rows_of(cursor, zones):
                if not keep_files:
                    added.append(self._write_rows(cursor, day, rows))
                fine = self._rolled(rows, Level.FIVE_MINUTES)
                added.append(self._write_buckets(cursor, day, fine))
                coarse.add({level: self._rolled(rows, level) for level in ROLLED_LEVELS})
                between()
            coarse.write()
        still_true = {rollup for part, rollup in done.items() if part not in touched}
        removed = set(of_kind(before, PartKind.ROLLUP)) - still_true | (set() if keep_files else touched)

        def keep(cursor: Cursor, layout: Layout) -> Layout:
            after = replaced(cursor, layout, added, frozenset(removed))
            if set(layout.parts[day]) != set(before):  # more came meanwhile: the next round rolls up again
                return after
            cursor.execute("INSERT INTO rolled VALUES (?)", [day])
            return replace(after, rolled=layout.rolled | {day})

        self._shelf.change(keep)

    def merged(self, cursor: Cursor, parts: list[Part]) -> Iterator[Part]:
        """The rows of some parts of one day in new parts of disjoint series, one by one; the caller puts them in place."""
        for rows in self._rows_of(cursor, [Zone(0, _LAST_SERIES, parts)]):
            yield self._write_rows(cursor, parts[0].day, rows)

    def _zones(self, cursor: Cursor, raw: list[Part], done: list[Part]) -> list[Zone]:
        """What is to be sorted: all, or of a day that was closed before each part whose series have late rows."""
        late = [part for part in raw if part not in set(done)]
        if not done:
            return [Zone(0, _LAST_SERIES, raw)]
        if not late:
            return []
        source = parquet_source(late, self._directory)
        series = cursor.execute(f"SELECT DISTINCT series FROM {source}").fetchnumpy()["series"]
        edges = [0, *(part.lowest for part in done[1:]), _LAST_SERIES + 1]
        places = np.unique(np.searchsorted(edges, series, "right") - 1).tolist()
        return [Zone(edges[place], edges[place + 1] - 1, [done[place], *late]) for place in places]

    def _rows_of(self, cursor: Cursor, zones: list[Zone]) -> Iterator[Rows]:
        """All rows of the zones, sorted by metric, in pieces of disjoint series."""
        for zone in zones:
            for lowest, highest in self._ranges(cursor, zone):
                some = [part for part in zone.parts if part.lowest <= highest and part.highest >= lowest]
                where = f"series BETWEEN {lowest} AND {highest}"
                yield sort_by_metric(
                    _fetch(cursor, parquet_source(some, self._directory), where), self._segments.metric_of
                )

    def _sorted(self, cursor: Cursor, parts: list[Part]) -> Iterator[Rows]:
        for part in parts:
            yield _fetch(cursor, parquet_source([part], self._directory), "true")

    def _ranges(self, cursor: Cursor, zone: Zone) -> list[tuple[int, int]]:
        source = parquet_source(zone.parts, self._directory)
        counts = cursor.execute(
            f"SELECT series, count(*) AS samples FROM {source} "
            f"WHERE series BETWEEN {zone.lowest} AND {zone.highest} GROUP BY series ORDER BY series"
        ).fetchnumpy()
        series, ends = counts["series"], np.cumsum(counts["samples"])
        ranges, first, done = [], 0, 0
        while first < len(series):
            after = max(int(np.searchsorted(ends, done + self._sizes.chunk_rows, "right")), first + 1)
            ranges.append((int(series[first]), int(series[after - 1])))
            first, done = after, int(ends[after - 1])
        return ranges

    def _may_stay(self, parts: list[Part]) -> bool:
        """Whether the parts are of disjoint series as they are, and of a good size: then they may stay."""
        parts.sort(key=lambda part: part.lowest)
        small, large = self._sizes.small_part_rows, 2 * self._sizes.chunk_rows
        fitting = all(part.samples <= large and (part.samples >= small or len(parts) == 1) for part in parts)
        return _are_disjoint(parts) and fitting and all(part.order is Order.METRIC for part in parts)

    def _write_rows(self, cursor: Cursor, day: int, rows: Rows) -> Part:
        number, metric_of = self._segments.next_number(), self._segments.metric_of
        return write_rows(cursor, self._directory, number, PartKind.RAW, day, rows, metric_of)

    def _write_buckets(self, cursor: Cursor, day: int, buckets: Buckets) -> Part:
        number, metric_of = self._segments.next_number(), self._segments.metric_of
        return write_buckets(cursor, self._directory, number, day, buckets, metric_of)

    def _rolled(self, rows: Rows, level: Level) -> Buckets:
        return roll_up(rows.series, self._cutter.bucket_of(rows.measured_at, level), rows.value)


class _Coarse:
    """Hours and days of one local day on their way into their tables, where nobody reads them before the day is closed."""

    def __init__(self, database: Database, lock: Lock, day: tuple[int, int], most_rows: int) -> None:
        self._database = database
        self._lock = lock
        self._within = f"bucket_at >= {day[0]} AND bucket_at < {day[1]}"
        with database.cursor() as cursor:
            some = cursor.execute(f"SELECT 1 FROM rollup_1d WHERE {self._within} LIMIT 1").fetchall()
        self._has_old = bool(some)
        self._most_rows = most_rows
        self._pieces: list[dict[Level, Buckets]] = []
        self._rows = 0

    def add(self, piece: dict[Level, Buckets]) -> None:
        """Take all buckets of some series; no series comes twice."""
        self._pieces.append(piece)
        self._rows += sum(len(buckets.series) for buckets in piece.values())
        if self._rows > self._most_rows:
            self.write()

    def write(self) -> None:
        """Put what was taken in the place of what the tables have of the same series."""
        if not self._pieces:
            return
        series = [piece[Level.DAY].series for piece in self._pieces]
        spans = [(some.min(), some.max()) for some in series]
        chosen = " OR ".join(f"series BETWEEN {lowest} AND {highest}" for lowest, highest in spans)
        with self._lock, self._database.transaction() as cursor:
            for level, table in ROLLED_LEVELS.items():
                if self._has_old:
                    cursor.execute(f"DELETE FROM {table} WHERE {self._within} AND ({chosen})")
                insert(cursor, table, as_columns(join_buckets([piece[level] for piece in self._pieces])))
        self._pieces, self._rows = [], 0


def replaced(cursor: Cursor, layout: Layout, added: list[Part], removed: frozenset[Part]) -> Layout:
    """Put parts in the place of others."""
    if removed:
        cursor.execute(f"DELETE FROM part WHERE id IN ({', '.join(str(part.id) for part in removed)})")
    insert_parts(cursor, added)
    return layout.with_parts(added, removed)


def with_raised_floors(cursor: Cursor, layout: Layout, floors: Mapping[Level, int]) -> Layout:
    """Nothing before these instants is told any more; one that stands higher already stays."""
    rises = {level: floor for level, floor in floors.items() if floor > layout.floors.get(level, 0)}
    return with_floors(cursor, layout, rises)


def with_floors(cursor: Cursor, layout: Layout, floors: Mapping[Level, int]) -> Layout:
    """Nothing before these instants is told, wherever the floors stood."""
    for level, floor in floors.items():
        cursor.execute("DELETE FROM meta WHERE name = ?", [f"floor_{level}"])
        cursor.execute("INSERT INTO meta VALUES (?, ?)", [f"floor_{level}", str(floor)])
    return replace(layout, floors=layout.floors | dict(floors))


def of_kind(parts: tuple[Part, ...], kind: PartKind) -> list[Part]:
    """Those of one kind."""
    return [part for part in parts if part.kind is kind]


def _done(raw: list[Part], rollups: list[Part]) -> dict[Part, Part]:
    """Raw parts that an earlier closing made or kept, by ascending series, each with the roll-up of exactly its rows.

    Empty when those raw parts are not disjoint: then the day is closed as if for the first time.
    """
    rollup_of = {(part.lowest, part.highest, part.samples): part for part in rollups}
    spans = {part: (part.lowest, part.highest, part.samples) for part in sorted(raw, key=lambda part: part.lowest)}
    done = {part: rollup_of[span] for part, span in spans.items() if span in rollup_of}
    return done if _are_disjoint(list(done)) else {}


def _are_disjoint(parts: list[Part]) -> bool:
    return all(part.highest < after.lowest for part, after in itertools.pairwise(parts))


def _fetch(cursor: Cursor, source: str, where: str) -> Rows:
    found = cursor.execute(f"SELECT {ROWS_OF_PART} FROM {source} WHERE {where}").fetchnumpy()
    return Rows(*(np.asarray(column) for column in found.values()))
