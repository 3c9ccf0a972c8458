"""Reading: samples and buckets of some series over a window, from InfluxDB and, where nothing is rolled up yet, from raw."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from campus.ids import DeviceId, Instance, MetricId, SiteId
from campus.influx import Field, Policy, Tag
from campus.influxql import identifier
from controller.store.days import WIDTH_MS, DayCutter
from controller.store.influx.answers import Table, numbers_of
from controller.store.influx.asking import selections
from controller.store.influx.client import InfluxClient
from controller.store.influx.ledger import Ledger
from controller.store.influx.lines import DeviceTags
from controller.store.influx.quoting import tag_from_stored
from controller.store.port import DistrictSeries, Ids, Level, Window
from controller.store.rollup import NO_ROWS, Buckets, Rows, as_buckets, join_buckets, join_rows, roll_up, sort_rows
from controller.store.series_index import SeriesIndex

POLICY_OF: Final = {Level(policy.level): policy for policy in Policy}
_FETCHED_TO_COUNT: Final = 4
_BYTES_AT_ONCE: Final = 8 << 20
"""Of JSON, before it becomes arrays."""
_VALUE: Final = identifier(Field.VALUE)
_COUNT: Final = identifier(Field.COUNT)
_AGGREGATES: Final = ", ".join(
    identifier(field) for field in (Field.COUNT, Field.MINIMUM, Field.MEAN, Field.MAXIMUM, Field.P95)
)
Span = tuple[int, int]
"""Milliseconds, [start, end)."""


class Reader:
    """Answers `window`. Any number of threads."""

    def __init__(self, client: InfluxClient, ledger: Ledger, index: SeriesIndex, cutter: DayCutter) -> None:
        self._client = client
        self._ledger = ledger
        self._index = index
        self._cutter = cutter

    def window(self, ids: Ids, start: int, end: int, level: Level | None, max_points: int) -> Window:
        """As the port says."""
        ids = np.unique(ids[(ids >= 0) & (ids < len(self._index))])
        first, last = self._ledger.span()
        held = (max(start, first), min(end, last))
        rows: Rows | None = None
        if level is None:
            level, rows = self._level(ids, (start, end), held, max_points)
        span = (max(held[0], self._ledger.floor(level)), held[1])
        if not len(ids) or span[0] >= span[1]:
            return Window(level, *as_buckets(NO_ROWS))
        if level is not Level.RAW:
            return Window(level, *self._buckets(ids, level, span))
        return Window(level, *as_buckets(rows if rows is not None else self.rows(ids, *span)))

    def rows(self, ids: Ids, start: int, end: int) -> Rows:
        """Samples of start <= at < end, sorted by series, then time; one for each instant of a series.

        `ids` are ascending, distinct and known.
        """
        return _without_twins(self._rows_with_twins(ids, (start, end)))

    def stored(self, ids: Ids, level: Level, start: int, end: int) -> Buckets:
        """Roll-ups that stand in InfluxDB and begin in [start, end), believed or not, sorted by series, then time."""
        selected = [s.statement(_AGGREGATES, start, end) for s in selections(self._index.columns(0), ids)]
        pieces = []
        for series, numbers in self._answered(selected, POLICY_OF[level], 6, ids):
            at, count = numbers[0].astype(np.int64), numbers[1].astype(np.int64)
            pieces.append(Buckets(series, at, count, *numbers[2:]))
        return _newest_of_each(join_buckets([as_buckets(NO_ROWS), *pieces]))

    def places(self, ids: Ids, level: Level, start: int, end: int) -> dict[tuple[int, int], DeviceTags]:
        """Under which kind and room the roll-ups stand that begin in [start, end), by series and beginning."""
        selected = [s.statement(_COUNT, start, end, grouped="*") for s in selections(self._index.columns(0), ids)]
        found: dict[tuple[int, int], DeviceTags] = {}
        for table in self._client.query("; ".join(selected), POLICY_OF[level]):
            series = int(self._ids_of([table])[0])
            tags = DeviceTags(table.tags.get(Tag.KIND, ""), table.tags.get(Tag.ROOM, ""))
            found |= {(series, int(at)): tags for at, _ in table.rows()}
        return found

    def _level(self, ids: Ids, asked: Span, held: Span, max_points: int) -> tuple[Level, Rows | None]:
        """The level to answer with, and the samples where they have been read to find out."""
        start, end = asked
        is_short = end - start <= max_points * WIDTH_MS[Level.FIVE_MINUTES]
        if is_short and start >= self._ledger.floor(Level.RAW):
            few = ids[:_FETCHED_TO_COUNT]  # mostly one of them tells for all
            rows = self._rows_with_twins(few, held, max_points + 1) if len(ids) and held[0] < held[1] else NO_ROWS
            if np.bincount(rows.series, minlength=1).max() <= max_points:  # twins count: else some would be cut off
                rows = _without_twins(rows)
                if len(few) == len(ids):
                    return Level.RAW, rows
                if held[0] >= held[1] or self._most_samples(ids, held) <= max_points:
                    return Level.RAW, None
        for level, width in WIDTH_MS.items():
            if -(-(end - start) // width) <= max_points and start >= self._ledger.floor(level):
                return level, None
        return Level.DAY, None

    def _most_samples(self, ids: Ids, span: Span) -> int:
        """How many samples the series with the most of them has."""
        statements = [s.statement(f"count({_VALUE})", *span) for s in selections(self._index.columns(0), ids)]
        counts = [numbers[1] for _, numbers in self._answered(statements, Policy.RAW, 2, ids)]
        return int(max((count.max() for count in counts if len(count)), default=0))

    def _buckets(self, ids: Ids, level: Level, span: Span) -> Buckets:
        """Buckets that begin in the span: stored ones, and computed ones where those are stale."""
        first, last = (self._cutter.next_bucket(edge, level) for edge in span)
        if first >= last:
            return as_buckets(NO_ROWS)
        # Before reading: what is rolled up meanwhile is read from raw all the same.
        stale = self._ledger.stale_starts(level, first, last)
        pieces = [as_buckets(NO_ROWS)]
        runs = list(self._runs(stale, level))
        for run in runs:
            rows = self.rows(ids, *run)
            pieces.append(roll_up(rows.series, self._cutter.bucket_of(rows.measured_at, level), rows.value))
        if runs != [(first, last)]:
            held = self.stored(ids, level, first, last)
            is_true = ~np.isin(held.at, stale)
            pieces.append(held.taken(is_true))
        return join_buckets(pieces)

    def _runs(self, starts: list[int], level: Level) -> Iterator[Span]:
        """Spans that cover some buckets and no others."""
        if not starts:
            return
        begun = starts[0]
        for bucket, following in pairwise([*starts, -1]):
            end = self._cutter.bucket_end(bucket, level)
            if end != following:
                yield begun, end
                begun = following

    def _rows_with_twins(self, ids: Ids, span: Span, most: int = 0) -> Rows:
        """Sorted by series, then time; of each series the first `most` (0: all)."""
        return sort_rows(join_rows([NO_ROWS, *self._pieces(ids, span, most)]))

    def _pieces(self, ids: Ids, span: Span, most: int) -> Iterator[Rows]:
        statements = [s.statement(_VALUE, *span, most) for s in selections(self._index.columns(0), ids)]
        for series, (at, value) in self._answered(statements, Policy.RAW, 2, ids):
            yield Rows(series, at.astype(np.int64), value)

    def _answered(
        self, statements: list[str], policy: Policy, width: int, ids: Ids
    ) -> Iterator[tuple[Ids, NDArray[np.float64]]]:
        """Series and, column by column, the numbers of `width` columns; only of `ids`. A piece at a time."""
        if not statements:
            return
        is_wanted = np.zeros(len(self._index), np.bool_)
        is_wanted[ids] = True
        for tables in _portions(self._client.query("; ".join(statements), policy)):
            counts, numbers = numbers_of(tables, width)
            series = np.repeat(self._ids_of(tables), counts)
            is_asked = (series >= 0) & is_wanted[series] & np.isfinite(numbers).all(axis=0)
            yield series[is_asked], numbers[:, is_asked]

    def _ids_of(self, tables: list[Table]) -> Ids:
        return self._index.look_up([series_of(table) for table in tables])


def series_of(table: Table) -> DistrictSeries:
    """Whose rows a table of an answer has."""
    word = table.tags.get
    return DistrictSeries(
        SiteId(word(Tag.SITE, "")),
        DeviceId(word(Tag.DEVICE, "")),
        MetricId(table.name),
        Instance(tag_from_stored(word(Tag.INSTANCE, ""))),
    )


def _portions(tables: Iterable[Table]) -> Iterator[list[Table]]:
    """Tables, so many at a time that their content is bounded."""
    portion: list[Table] = []
    size = 0
    for table in tables:
        portion.append(table)
        size += len(table.content)
        if size > _BYTES_AT_ONCE:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _without_twins(rows: Rows) -> Rows:
    """One sample for each instant of a series; sent again after its device had moved, one stands under both rooms."""
    is_twin = (rows.series[1:] == rows.series[:-1]) & (rows.measured_at[1:] == rows.measured_at[:-1])
    return rows.taken(np.append(~is_twin, np.True_)) if is_twin.any() else rows


def _newest_of_each(buckets: Buckets) -> Buckets:
    """One of those that stand for one bucket of one series.

    There are two where its device moved to another room between two roll-ups; samples only come on top, so the newer one
    has more of them.
    """
    is_twin = (buckets.series[1:] == buckets.series[:-1]) & (buckets.at[1:] == buckets.at[:-1])
    if not is_twin.any():
        return buckets
    order = np.lexsort((buckets.samples, buckets.at, buckets.series))
    is_last = np.append(~is_twin, np.True_)  # equal ones lie together in both orders
    return buckets.taken(order).taken(is_last)
