# ruff: noqa: S608 - numbers and names put into statements are our own
"""Reading: samples and buckets of some series over a window, from hot tables, parts and roll-up tables together."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from controller.store.days import WIDTH_MS, DayCutter
from controller.store.embedded.database import Cursor
from controller.store.embedded.part import BUCKETS_OF_PART, ROWS_OF_PART, Order, Part, PartKind, quoted
from controller.store.embedded.shelf import Layout, Shelf
from controller.store.port import Ids, Level, Window
from controller.store.rollup import Buckets, Rows, as_buckets, join_buckets, join_rows, roll_up, sort_rows
from controller.store.series_index import SeriesIndex

_LISTED_IDS = 64
"""Longer lists are joined with: DuckDB compares each row with every id of a list (measured: 800 ids, three times slower)."""
_JOINED = " SEMI JOIN chosen ON series = chosen_id"
_FETCHED_TO_COUNT = 4
_TABLE_OF = {Level.HOUR: "rollup_1h", Level.DAY: "rollup_1d"}
Span = tuple[int, int]
"""Milliseconds, [start, end)."""


class Reader:
    """Answers `window`. Any number of threads."""

    def __init__(self, shelf: Shelf, directory: Path, cutter: DayCutter, series: SeriesIndex) -> None:
        self._shelf = shelf
        self._directory = directory
        self._cutter = cutter
        self._series = series

    def window(self, ids: Ids, start: int, end: int, level: Level | None, max_points: int) -> Window:
        """As the port says."""
        with self._shelf.reading() as (cursor, layout):
            metric_of = self._series.columns(0).metric
            ids = np.unique(ids[(ids >= 0) & (ids < len(metric_of))])
            query = _Query(cursor, layout, self._directory, self._cutter, ids, metric_of)
            if not len(ids) or start >= end:
                return Window(level or Level.RAW, *as_buckets(join_rows([])))
            if level is None:
                level = self._level(query, layout, (start, end), max_points)
            start, end = max(start, layout.floors.get(level, 0), layout.first_day), min(end, self._end_of(layout))
            if start >= end:
                return Window(level, *as_buckets(join_rows([])))
            buckets = as_buckets(query.rows((start, end))) if level is Level.RAW else query.buckets(level, (start, end))
            return Window(level, *buckets)

    def _end_of(self, layout: Layout) -> int:
        return self._cutter.end_of(layout.last_day) if layout.last_day else 0

    def _level(self, query: "_Query", layout: Layout, span: Span, max_points: int) -> Level:
        floors, (start, end) = layout.floors, span
        short = end - start <= max_points * WIDTH_MS[Level.FIVE_MINUTES]
        if (
            short
            and start >= floors.get(Level.RAW, 0)
            and query.most_samples((max(start, layout.first_day), min(end, self._end_of(layout)))) <= max_points
        ):
            return Level.RAW
        for level, width in WIDTH_MS.items():
            if -(-(end - start) // width) <= max_points and start >= floors.get(level, 0):
                return level
        return Level.DAY


class _Source(NamedTuple):
    """Something to select from, and which of its rows are wanted."""

    text: str
    where: str


class _Query:
    """One question: a cursor, the layout it is asked of, the ids (ascending, distinct) and every series' metric number."""

    def __init__(
        self, cursor: Cursor, layout: Layout, directory: Path, cutter: DayCutter, ids: Ids, metric_of: Ids
    ) -> None:
        self.layout = layout
        self._cursor = cursor
        self._directory = directory
        self._cutter = cutter
        self._ids = ids
        self._metric_of = metric_of
        self._read: tuple[Span, Rows] | None = None
        """What was read last: counting and answering are often one reading."""

    def rows(self, span: Span) -> Rows:
        """Samples of the span, sorted by series, then time."""
        if self._read is None or self._read[0] != span:
            pieces = [Rows(*self._fetched(ROWS_OF_PART, source)) for source in self._sources(span)]
            self._read = (span, sort_rows(join_rows(pieces)))
        return self._read[1]

    def most_samples(self, span: Span) -> int:
        """How many samples the series with the most of them has in the span."""
        if len(self._ids) <= _FETCHED_TO_COUNT:
            return int(np.bincount(self.rows(span).series, minlength=1).max())
        total: dict[int, int] = {}
        for source in self._sources(span):
            counted = self._fetched("series, count(*)", source, " GROUP BY series")
            for series, count in zip(*(column.tolist() for column in counted), strict=True):
                total[series] = total.get(series, 0) + count
        return max(total.values(), default=0)

    def buckets(self, level: Level, span: Span) -> Buckets:
        """Buckets that begin in the span: stored ones where they are true, computed from raw elsewhere."""
        first = self._cutter.next_bucket(span[0], level)
        last = self._cutter.next_bucket(span[1], level)
        if first >= last:
            return as_buckets(join_rows([]))
        stored: list[Span] = []
        pieces: list[Buckets] = []
        for is_rolled, piece in self._pieces((first, last)):
            if is_rolled:
                stored.append(piece)
            else:
                rows = self.rows(piece)
                pieces.append(roll_up(rows.series, self._cutter.bucket_of(rows.measured_at, level), rows.value))
        if stored:
            pieces.append(self._stored(level, stored))
        return join_buckets(pieces)

    def _pieces(self, span: Span) -> Iterator[tuple[bool, Span]]:
        """The span cut where days that are rolled meet days that are not; days without data are left out."""
        edges = self._cutter.edges(span[0], span[1] - 1).tolist()
        days = [
            (self.layout.is_rolled(day) if self.layout.has_rows(day) else None, max(day, span[0]), min(end, span[1]))
            for day, end in pairwise(edges)
        ]
        for is_rolled, run in groupby(days, key=lambda day: day[0]):
            if is_rolled is not None:
                together = list(run)
                yield is_rolled, (together[0][1], together[-1][2])

    def _stored(self, level: Level, spans: list[Span]) -> Buckets:
        if level in _TABLE_OF:
            columns = "series, bucket_at, samples, minimum, mean, maximum, p95"
            sources = [self._of_table(_TABLE_OF[level], _within("bucket_at", spans))]
        else:
            columns = BUCKETS_OF_PART
            parts = [part for span in spans for part in self._parts(span, {PartKind.ROLLUP})]
            sources = self._of_parts(parts, "bucket_at", spans)
        return join_buckets([Buckets(*self._fetched(columns, source)) for source in sources])

    def _sources(self, span: Span) -> list[_Source]:
        edges = set(self._cutter.edges(span[0], span[1] - 1).tolist()[:-1])
        hot = [hot.table for hot in self.layout.hot if not hot.days.isdisjoint(edges)]
        parts = self._parts(span, {PartKind.SEGMENT, PartKind.RAW})
        tables = [self._of_table(table, _within("measured_at", [span])) for table in hot]
        return tables + self._of_parts(parts, "measured_at", [span])

    def _of_table(self, table: str, within: str) -> _Source:
        joined, chosen = self._by_series
        return _Source(table + joined, f"{chosen} AND {within}")

    def _of_parts(self, parts: Sequence[Part], column: str, spans: Sequence[Span]) -> list[_Source]:
        """Those of each order; days that the spans cover are not searched for their times."""
        sources = []
        for order in Order:
            some = [part for part in parts if part.order is order]
            if some:
                joined, chosen = self._by_metric if order is Order.METRIC else self._by_series
                is_covered = all(self._is_covered(day, spans) for day in {part.day for part in some})
                within = "true" if is_covered else _within(column, spans)
                sources.append(_Source(parquet_source(some, self._directory) + joined, f"{chosen} AND {within}"))
        return sources

    @cached_property
    def _by_series(self) -> tuple[str, str]:
        """What is joined with, if anything, and the condition that together choose the rows of the ids."""
        return "" if _is_told(self._ids) else _JOINED, _bounds("series", self._ids)

    @cached_property
    def _by_metric(self) -> tuple[str, str]:
        """The same where the metric is a column: row groups of other metrics are passed over.

        Of many ids the metric is often enough: all series are asked for that have it, perhaps within bounds.
        """
        joined, of_ids = self._by_series
        if len(self._ids) == 1:  # Bloom filters find it as well, and a column less is read
            return joined, of_ids
        metrics = np.unique(self._metric_of[self._ids])
        of_metrics = _bounds("metric", metrics)
        if joined and _is_told(metrics):
            has_metric = np.isin(self._metric_of, metrics)
            if np.count_nonzero(has_metric) == len(self._ids):
                return "", of_metrics
            if np.count_nonzero(has_metric[self._ids[0] : self._ids[-1] + 1]) == len(self._ids):
                joined = ""
        return joined, f"{of_metrics} AND {of_ids}"

    def _is_covered(self, day: int, spans: Sequence[Span]) -> bool:
        return any(start <= day and self._cutter.end_of(day) <= end for start, end in spans)

    def _parts(self, span: Span, kinds: set[PartKind]) -> list[Part]:
        edges = self._cutter.edges(span[0], span[1] - 1).tolist()[:-1]
        days = edges if len(edges) < len(self.layout.parts) else [day for day in edges if day in self.layout.parts]
        return [
            part
            for day in days
            for part in self.layout.parts.get(day, ())
            if part.kind in kinds and self._may_hold(part)
        ]

    def _may_hold(self, part: Part) -> bool:
        place = bisect_left(self._listed, part.lowest)
        return place < len(self._listed) and self._listed[place] <= part.highest

    @cached_property
    def _listed(self) -> list[int]:
        listed: list[int] = self._ids.tolist()
        return listed

    def _fetched(self, selected: str, source: _Source, ending: str = "") -> list[NDArray[Any]]:
        """Columns of those rows of a source that are wanted."""
        chosen = {"chosen_id": self._ids}  # DuckDB finds it by its name
        found = self._cursor.execute(f"SELECT {selected} FROM {source.text} WHERE {source.where}{ending}").fetchnumpy()
        del chosen
        return [np.asarray(column) for column in found.values()]


def parquet_source(parts: Sequence[Part], directory: Path) -> str:
    """Some parts, one or more, as a table of an SQL text."""
    files = ", ".join(f"'{quoted(part.path(directory))}'" for part in parts)
    return f"read_parquet([{files}])"


def _is_range(ids: Ids) -> bool:
    return int(ids[-1]) - int(ids[0]) + 1 == len(ids)


def _is_told(ids: Ids) -> bool:
    """Whether `_bounds` tells ids from those between them."""
    return len(ids) <= _LISTED_IDS or _is_range(ids)


def _bounds(column: str, ids: Ids) -> str:
    """A condition on a column for ascending ids: all of it where they are few or a range, else the range they lie in."""
    if len(ids) == 1:
        return f"{column} = {ids[0]}"
    bounds = f"{column} BETWEEN {ids[0]} AND {ids[-1]}"
    if len(ids) > _LISTED_IDS or _is_range(ids):
        return bounds
    return f"{bounds} AND {column} IN ({', '.join(map(str, ids.tolist()))})"


def _within(column: str, spans: Sequence[Span]) -> str:
    return f"({' OR '.join(f'{column} >= {start} AND {column} < {end}' for start, end in spans)})"
