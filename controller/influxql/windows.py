"""Buckets of GROUP BY time: where each begins, counted from the epoch, in a time zone and by an offset. Pure.

A zone moves the buckets with its clocks, unless they are changed by as much as a bucket is long or more: then buckets go on
as they were, as in InfluxDB.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from controller.influxql.errors import TooMuch
from controller.influxql.limits import MAX_BUCKETS
from controller.influxql.table import Instants, Places

_NS = 1_000_000_000
_LOOK_S = 12 * 3600
"""No zone changes its clocks twice in so short a time."""


@dataclass(frozen=True)
class Windows:
    """Buckets of `width` nanoseconds, `offset` after they would begin otherwise."""

    width: int
    offset: int = 0
    zone: ZoneInfo | None = None

    def starts(self, at: Instants) -> Instants:
        """The start of the bucket that holds each instant."""
        moved = at - self.offset
        if self.zone is None or not len(at):
            return moved - moved % self.width + self.offset
        clocks = _Clocks(self.zone, int(moved.min()) - self.width, int(moved.max()))
        shift = clocks.shift(moved)
        start = moved - (moved + shift) % self.width
        change = shift - clocks.shift(start)
        start = np.where(np.abs(change) < self.width, start + change, start)
        return np.asarray(start + self.offset, np.int64)

    def start(self, at: int) -> int:
        """The same for one."""
        return int(self.starts(np.array([at], np.int64))[0])

    def edges(self, first: int, last: int) -> Instants:
        """Starts of all buckets from the one that holds `first` to the one that holds `last`; `TooMuch` when they are."""
        count = (last - first) // self.width + 2
        if count > MAX_BUCKETS:
            raise TooMuch(
                f"about {count} buckets of time in each series; at most {MAX_BUCKETS} are worked out: use a longer time() or "
                "a shorter range (without a lower bound a range begins with the first sample)"
            )
        begin, end = self.start(first), self.start(last)
        steps = begin + np.arange(count, dtype=np.int64) * self.width
        if self.zone is None:
            return steps[steps <= end]
        both = np.unique(np.concatenate([self.starts(steps), self.starts(steps + self.width // 2)]))
        return both[(both >= begin) & (both <= end)]

    def places(self, at: Instants, edges: Instants) -> Places:
        """For each instant the place of its bucket among `edges`, which hold it."""
        if self.zone is None:
            return np.asarray((at - edges[0]) // self.width, np.intp)
        return np.searchsorted(edges, at, "right") - 1


class _Clocks:
    """By how much a zone's clocks are ahead of UTC between two instants."""

    def __init__(self, zone: ZoneInfo, start: int, end: int) -> None:
        first, last = start // _NS - _LOOK_S, end // _NS + _LOOK_S
        looks = [*range(first, last, _LOOK_S), last]
        shifts = [_shift_s(zone, look) for look in looks]
        changes, after = [first], [shifts[0]]
        for place in range(1, len(looks)):
            if shifts[place] != shifts[place - 1]:
                changes.append(_change(zone, looks[place - 1], looks[place]))
                after.append(shifts[place])
        self._changes = np.array(changes, np.int64) * _NS
        self._shifts = np.array(after, np.int64) * _NS

    def shift(self, at: Instants) -> Instants:
        """In nanoseconds, for each instant."""
        place = np.searchsorted(self._changes, at, "right") - 1
        return self._shifts[np.maximum(place, 0)]


def _change(zone: ZoneInfo, before: int, after: int) -> int:
    """The second at which clocks are changed, once between two others."""
    old = _shift_s(zone, before)
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if _shift_s(zone, middle) == old else (before, middle)
    return after


def _shift_s(zone: ZoneInfo, at_s: int) -> int:
    shift = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at_s)).astimezone(zone).utcoffset()
    return round(shift.total_seconds()) if shift else 0
