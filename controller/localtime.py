"""UTC milliseconds laid over a district's days and clock hours. Pure; shared by what reports by day, hour or weekday."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000
_HALF_HOUR_MS: Final = 1_800_000
"""Zones change their offset only at multiples of this (every rule of the tz database since 1972)."""
_HALF_HOURS_IN_DAY: Final = 48
_EPOCH_WEEKDAY: Final = 3
"""1970-01-01 was a Thursday; Monday is 0."""


def local_ms(at: NDArray[np.int64], zone: ZoneInfo) -> NDArray[np.int64]:
    """What a wall clock shows, as milliseconds since a local 1970-01-01 00:00.

    >>> local_ms(np.array([0]), ZoneInfo("Asia/Shanghai")).tolist()
    [28800000]
    """
    if not len(at):
        return at.copy()
    halves = at // _HALF_HOUR_MS
    first = int(halves.min()) // _HALF_HOURS_IN_DAY
    last = int(halves.max()) // _HALF_HOURS_IN_DAY
    offsets = np.array([_offsets_ms(day, zone) for day in range(first, last + 1)], np.int64).ravel()
    shown: NDArray[np.int64] = at + offsets[halves - first * _HALF_HOURS_IN_DAY]
    return shown


def day_numbers(local: NDArray[np.int64]) -> NDArray[np.int64]:
    """Days since the local 1970-01-01 of instants made by `local_ms`."""
    days: NDArray[np.int64] = local // DAY_MS
    return days


def weekdays(local: NDArray[np.int64]) -> NDArray[np.int64]:
    """0 is Monday.

    >>> weekdays(np.array([0, 4 * DAY_MS])).tolist()
    [3, 0]
    """
    found: NDArray[np.int64] = (local // DAY_MS + _EPOCH_WEEKDAY) % 7
    return found


def hours_of_day(local: NDArray[np.int64]) -> NDArray[np.int64]:
    """0 to 23."""
    hours: NDArray[np.int64] = local // HOUR_MS % 24
    return hours


@lru_cache(maxsize=2_000)
def _offsets_ms(day: int, zone: ZoneInfo) -> tuple[int, ...]:
    """Of each half hour of a UTC day. Remembered, for a report asks again for each link and each board."""
    return tuple(_offset_ms(day * DAY_MS + half * _HALF_HOUR_MS, zone) for half in range(_HALF_HOURS_IN_DAY))


def _offset_ms(at: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).utcoffset()
    return round(offset.total_seconds() * 1000) if offset else 0
