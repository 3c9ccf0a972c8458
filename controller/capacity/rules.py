"""The arithmetic of capacity: 5-minute averages in, figures out. Pure.

All functions take the averages of one direction of one link: instants `at` (UTC ms, start of the five minutes) and
`mean_bps`, of equal length, sorted, without gaps filled: what was not measured is not there.
"""

import math
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from controller.localtime import HOUR_MS, day_numbers, local_ms
from controller.store.port import Times, Values

FIVE_MINUTES_MS: Final = 300_000
MIN_BUCKETS_IN_HOUR: Final = 6
"""A clock hour less than half measured cannot be the busy hour: one minute of a download would make it so."""


class BusyHour(NamedTuple):
    """The clock hour with the highest mean; `at` is its start in UTC ms. NaN and 0 when no hour was measured enough."""

    bps: float
    at: int


def nearest_rank(values: Values, percent: float) -> float:
    """The smallest value that at least `percent` % of all do not exceed; NaN of nothing.

    The nearest-rank percentile: always a value that was measured, which is what transit is billed by.

    >>> nearest_rank(np.array([15.0, 20.0, 35.0, 40.0, 50.0]), 30)
    20.0
    """
    if not len(values):
        return math.nan
    rank = _rank(len(values), percent)
    return float(np.partition(values, rank)[rank])


def busy_hour(at: Times, mean_bps: Values, zone: ZoneInfo) -> BusyHour:
    """The highest mean of the 5-minute averages within one local clock hour; the earliest such hour.

    >>> at = np.arange(0, 2 * HOUR_MS, FIVE_MINUTES_MS)
    >>> busy_hour(at, np.where(at < HOUR_MS, 10.0, 20.0), ZoneInfo("Asia/Shanghai"))
    BusyHour(bps=20.0, at=3600000)
    """
    if not len(at):
        return BusyHour(math.nan, 0)
    local = local_ms(at, zone)
    # A clock hour that is lived through twice in autumn is two hours: the offset is part of its name.
    hour_start = at - local % HOUR_MS
    starts, place, buckets = np.unique(hour_start, return_inverse=True, return_counts=True)
    means = np.bincount(place, weights=mean_bps) / buckets
    means[buckets < MIN_BUCKETS_IN_HOUR] = -np.inf
    best = int(np.argmax(means))
    return BusyHour(float(means[best]), int(starts[best])) if means[best] >= 0 else BusyHour(math.nan, 0)


def days_above(at: Times, mean_bps: Values, line_bps: float, zone: ZoneInfo) -> int:
    """Local days whose own 95th percentile (nearest rank) is above `line_bps`; 0 when the line is not known (0 or NaN).

    >>> at = np.arange(0, 8 * HOUR_MS, FIVE_MINUTES_MS)
    >>> days_above(at, np.full(len(at), 71.0), 70.0, ZoneInfo("UTC"))
    1
    """
    if not len(at) or not line_bps > 0:
        return 0
    days = day_numbers(local_ms(at, zone))
    edges = np.flatnonzero(np.diff(days)) + 1
    return sum(nearest_rank(day, 95) > line_bps for day in np.split(mean_bps, edges))


def coverage(at: Times, start: int, end: int) -> float:
    """Share of the whole 5-minute buckets of [start, end) that are there, 0 to 1; 0 for a period too short to have any.

    >>> coverage(np.array([0, FIVE_MINUTES_MS]), 0, 4 * FIVE_MINUTES_MS)
    0.5
    """
    first = -(-start // FIVE_MINUTES_MS)
    expected = end // FIVE_MINUTES_MS - first
    if expected <= 0:
        return 0.0
    there: NDArray[np.bool_] = (at >= first * FIVE_MINUTES_MS) & (at + FIVE_MINUTES_MS <= end)
    return int(there.sum()) / int(expected)


def _rank(count: int, percent: float) -> int:
    """0-based. Counts in thousandths of a percent, so that 95 % of 20 is exactly 19."""
    return max(-(-count * round(percent * 1000) // 100_000), 1) - 1
