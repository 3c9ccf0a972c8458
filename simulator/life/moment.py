"""Instants and what the calendar and the clock on the wall say of them."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulator.district.timetable import WEEKDAYS, minutes_of
from simulator.life.noise import Floats, Longs

MINUTE_MS = 60_000
DAY_MS = 86_400_000
CHINA_MS = 8 * 3_600_000
"""China has one time zone, UTC+8, and no summer time since 1991."""
_EPOCH_WEEKDAY = 3
"""1970-01-01 was a Thursday; Monday is 0."""
_ORDINAL_1970 = date(1970, 1, 1).toordinal()

Days = NDArray[np.int64]


@dataclass(frozen=True)
class Bells:
    """When lessons are, for a school: minute of the day to period, -1 outside, and the first and last minute of teaching."""

    period_of_minute: NDArray[np.int64]
    first: int
    last: int

    @classmethod
    def of(cls, periods: tuple[str, ...]) -> "Bells":
        """From ``HH:MM-HH:MM`` texts; empty at the centre."""
        table = np.full(1440, -1, dtype=np.int64)
        spans = [minutes_of(period) for period in periods]
        for number, (begin, end) in enumerate(spans):
            table[begin:end] = number
        return cls(table, spans[0][0] if spans else 480, spans[-1][1] if spans else 1080)


class Moments:
    """A sorted vector of instants (UTC ms), with what follows from them computed once."""

    def __init__(self, at: Longs, bells: Bells, holidays: frozenset[int]) -> None:
        self.at = at
        self._bells = bells
        self._holidays = holidays

    def __len__(self) -> int:
        return len(self.at)

    @cached_property
    def local(self) -> Longs:
        """Milliseconds on the wall clock since 1970-01-01 00:00 local."""
        return self.at + CHINA_MS

    @cached_property
    def day(self) -> Days:
        """Local days since 1970-01-01."""
        return self.local // DAY_MS

    @cached_property
    def minute(self) -> Floats:
        """Minutes since local midnight, with fractions."""
        return (self.local % DAY_MS) / MINUTE_MS

    @cached_property
    def weekday(self) -> Longs:
        """0 is Monday."""
        return (self.day + _EPOCH_WEEKDAY) % 7

    @cached_property
    def is_school_day(self) -> NDArray[np.bool_]:
        """Monday to Friday and no holiday."""
        off = np.array([day in self._holidays for day in np.unique(self.day).tolist()])
        position = np.searchsorted(np.unique(self.day), self.day)
        open_day: NDArray[np.bool_] = (self.weekday < WEEKDAYS) & ~off[position]
        return open_day

    @cached_property
    def period(self) -> Longs:
        """The running lesson's number from 0, -1 in breaks, at night and on days off."""
        period = self._bells.period_of_minute[self.minute.astype(np.int64)]
        return np.where(self.is_school_day, period, -1)

    @cached_property
    def presence(self) -> Floats:
        """How full of people the school is, 0 to 1: rises before the first bell, sinks after the last, dips at noon."""
        first, last = self._bells.first, self._bells.last
        points = [
            0,
            first - 45,
            first - 5,
            11 * 60 + 40,
            12 * 60 + 15,
            13 * 60 + 20,
            13 * 60 + 45,
            last,
            last + 50,
            last + 160,
            1440,
        ]
        heights = [0.0, 0.01, 1.0, 1.0, 0.55, 0.5, 1.0, 1.0, 0.25, 0.02, 0.0]
        curve: Floats = np.interp(self.minute, points, heights)
        return np.where(self.is_school_day, curve, curve * 0.03)

    def between(self, begin_minute: float, end_minute: float) -> NDArray[np.bool_]:
        """Whether the wall clock is between two minutes of the day; the span may pass midnight."""
        if begin_minute <= end_minute:
            return (self.minute >= begin_minute) & (self.minute < end_minute)
        return (self.minute >= begin_minute) | (self.minute < end_minute)


def day_numbers(days: tuple[date, ...]) -> frozenset[int]:
    """Dates as days since 1970-01-01."""
    return frozenset(day.toordinal() - _ORDINAL_1970 for day in days)
