"""Samples to buckets: count, minimum, mean, maximum, 95th percentile. Pure, whole columns at a time."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from controller.store.port import Ids, Times, Values

_FEWEST_WITH_P95_BELOW_MAXIMUM = 20
"""Of fewer samples the one at rank ceil(0.95 n) is the largest."""
_SORT_CELLS = 1_000_000
_LONG_RUN = 32
"""Copying runs of this many rows takes a third of the time that sorting the rows does."""


class Rows(NamedTuple):
    """Samples as columns of equal length."""

    series: Ids
    measured_at: Times
    value: Values

    def taken(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> "Rows":
        """Those rows that an index or a mask chooses, in its order."""
        return Rows(self.series[chosen], self.measured_at[chosen], self.value[chosen])


class Buckets(NamedTuple):
    """Roll-ups as columns of equal length; usually sorted by series, then time."""

    series: Ids
    at: Times
    samples: NDArray[np.int64]
    minimum: Values
    mean: Values
    maximum: Values
    p95: Values

    def sorted(self) -> "Buckets":
        """By series, then time."""
        if _in_order(self.series, self.at):
            return self
        if runs := _ordered_runs(self.series, self.at):
            return Buckets(*(np.concatenate([column[run] for run in runs]) for column in self))
        order = np.argsort(self.series, kind="stable")
        if not _in_order(self.series[order], self.at[order]):
            order = np.lexsort((self.at, self.series))
        return self.taken(order)

    def taken(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> "Buckets":
        """Those buckets that an index or a mask chooses, in its order."""
        return Buckets(
            self.series[chosen],
            self.at[chosen],
            self.samples[chosen],
            self.minimum[chosen],
            self.mean[chosen],
            self.maximum[chosen],
            self.p95[chosen],
        )


NO_ROWS = Rows(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.float64))
NO_BUCKETS = Buckets(*NO_ROWS[:2], np.empty(0, np.int64), *(np.empty(0, np.float64) for _ in range(4)))


def as_buckets(rows: Rows) -> Buckets:
    """Each sample as a bucket of its own, in the rows' order."""
    value = rows.value
    return Buckets(rows.series, rows.measured_at, np.ones(len(value), np.int64), value, value, value, value)


def roll_up(series: Ids, bucket_at: Times, value: Values) -> Buckets:
    """One bucket for each run of equal (series, bucket_at); rows of a series lie together, sorted by time.

    >>> roll_up(np.zeros(3, np.int32), np.array([0, 0, 300_000]), np.array([1.0, 4.0, 2.0])).maximum.tolist()
    [4.0, 2.0]
    """
    if not len(series):
        return NO_BUCKETS
    is_first = np.empty(len(series), np.bool_)
    is_first[0] = True
    np.not_equal(series[1:], series[:-1], out=is_first[1:])
    is_first[1:] |= bucket_at[1:] != bucket_at[:-1]
    first = np.flatnonzero(is_first)
    if len(first) == len(series):
        return as_buckets(Rows(series, bucket_at, value))
    count = np.diff(first, append=len(series))
    minimum = np.minimum.reduceat(value, first)
    maximum = np.maximum.reduceat(value, first)
    # Rounding may carry a mean past its samples by one unit in the last place.
    mean = np.clip(np.add.reduceat(value, first) / count, minimum, maximum)
    p95 = _percentile_95(value, first, count, maximum)
    return Buckets(series[first], bucket_at[first], count, minimum, mean, maximum, p95)


def sort_rows(rows: Rows) -> Rows:
    """The rows by series, then time; equal ones keep their order.

    Where series, time and row number fit into 63 bits together, one sort of integers does it, some ten times faster than
    sorting indices (numpy sorts plain integers with SIMD). Rows that come as long runs, as they do from parts, are copied.
    """
    n = len(rows.series)
    if n < 2 or _in_order(rows.series, rows.measured_at):
        return rows
    if runs := _ordered_runs(rows.series, rows.measured_at):
        return Rows(*(np.concatenate([column[run] for run in runs]) for column in rows))
    lowest, earliest = int(rows.series.min()), int(rows.measured_at.min())
    unit = 1 if (rows.measured_at % 1000).any() else 1000
    earliest -= earliest % unit
    index_bits = (n - 1).bit_length()
    time_bits = ((int(rows.measured_at.max()) - earliest) // unit).bit_length()
    if (int(rows.series.max()) - lowest).bit_length() + time_bits + index_bits > 63:
        return rows.taken(np.lexsort((rows.measured_at, rows.series)))
    key = rows.series.astype(np.int64)
    key -= lowest
    key <<= time_bits
    key += (rows.measured_at - earliest) // unit
    key <<= index_bits
    key += np.arange(n)
    key.sort()
    value = rows.value[key & ((1 << index_bits) - 1)]
    key >>= index_bits
    measured_at = (key & ((1 << time_bits) - 1)) * unit + earliest
    key >>= time_bits
    return Rows((key + lowest).astype(np.int32), measured_at, value)


def sort_by_metric(rows: Rows, metric_of: Ids) -> Rows:
    """The rows by metric, series, time; equal ones keep their order. `metric_of` has the metric's number for each series.

    >>> sort_by_metric(Rows(np.array([0, 1, 2]), np.arange(3), np.zeros(3)), np.array([7, 2, 7])).series.tolist()
    [1, 0, 2]
    """
    if not len(rows.series):
        return rows
    lowest = int(rows.series.min())
    present = np.flatnonzero(np.bincount(rows.series - lowest)) + lowest
    ordered = present[np.argsort(metric_of[present], kind="stable")].astype(np.int32)
    place = np.zeros(int(present[-1]) - lowest + 1, np.int32)
    place[ordered - lowest] = np.arange(len(ordered), dtype=np.int32)
    by_place = sort_rows(rows._replace(series=place[rows.series - lowest]))
    return by_place._replace(series=ordered[by_place.series])


def join_rows(pieces: list[Rows]) -> Rows:
    """The rows of all pieces, one after the other."""
    if len(pieces) == 1:
        return pieces[0]
    return Rows(*(np.concatenate(columns) for columns in zip(NO_ROWS, *pieces, strict=True)))


def join_buckets(pieces: list[Buckets]) -> Buckets:
    """The buckets of all pieces, sorted by series, then time."""
    if len(pieces) == 1:
        return pieces[0].sorted()
    return Buckets(*(np.concatenate(columns) for columns in zip(NO_BUCKETS, *pieces, strict=True))).sorted()


def _ordered_runs(series: Ids, at: Times) -> list[slice]:
    """Pieces in which rows are sorted by series and time, in the order that sorts them all.

    Empty where they are short or pieces of one series overlap in time: then the rows themselves must be sorted.
    """
    starts = np.flatnonzero((series[1:] != series[:-1]) | (at[1:] < at[:-1])) + 1
    if (len(starts) + 1) * _LONG_RUN > len(series):
        return []
    first, end = np.append(0, starts), np.append(starts, len(series))
    order = np.lexsort((at[first], series[first]))
    first, end = first[order], end[order]
    if not ((series[first[1:]] > series[first[:-1]]) | (at[first[1:]] > at[end[:-1] - 1])).all():
        return []
    return [slice(*run) for run in zip(first.tolist(), end.tolist(), strict=True)]


def _in_order(series: Ids, at: Times) -> bool:
    """Whether columns are sorted by series, then time."""
    follows = (series[1:] > series[:-1]) | ((series[1:] == series[:-1]) & (at[1:] >= at[:-1]))
    return bool(follows.all())


def _percentile_95(value: Values, first: NDArray[np.int64], count: NDArray[np.int64], maximum: Values) -> Values:
    """Nearest rank, bucket sizes at a time: buckets of one size are the rows of a matrix."""
    p95 = maximum.copy()
    for size in np.unique(count[count >= _FEWEST_WITH_P95_BELOW_MAXIMUM]).tolist():
        rank = (95 * size + 99) // 100
        chosen = np.flatnonzero(count == size)
        for part in np.array_split(chosen, -(-len(chosen) * size // _SORT_CELLS)):
            cells = value[first[part][:, None] + np.arange(size)]
            p95[part] = np.partition(cells, rank - 1, axis=1)[:, rank - 1]
    return p95
