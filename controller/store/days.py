"""Where local days and their buckets begin. Pure, apart from a cache of midnights.

Every level nests in the local day: hours and five minutes are counted from its midnight. A day is named by the instant it
begins; it has 23 to 25 hours where clocks change.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from controller.store.port import Level, Times

DAY_MS = 86_400_000
WIDTH_MS = {Level.FIVE_MINUTES: 300_000, Level.HOUR: 3_600_000}


class DayCutter:
    """Cuts time into the local days of one zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._midnights: dict[date, int] = {}

    def day_of(self, instant: int) -> int:
        """The start of the local day that holds `instant`.

        >>> DayCutter(ZoneInfo("Asia/Shanghai")).day_of(1_790_000_000_000)
        1789920000000
        """
        day = datetime.fromtimestamp(instant / 1000, self._zone).date()
        start = self._midnight(day)
        # Where midnight happens twice, the first of the two cuts; `fromtimestamp` may name the day on either side.
        return start if start <= instant else self._midnight(day - timedelta(days=1))

    def end_of(self, day: int) -> int:
        """Where the day that starts at `day` ends, which is where the next one starts."""
        return self._midnight(datetime.fromtimestamp(day / 1000, self._zone).date() + timedelta(days=1))

    def days_back(self, instant: int, days: int) -> int:
        """The start of the local day `days` days before the one that holds `instant`."""
        return self._midnight(datetime.fromtimestamp(instant / 1000, self._zone).date() - timedelta(days=days))

    def edges(self, first: int, last: int) -> Times:
        """Starts of the days that touch first..last, ascending, and where the last of them ends: 2 values or more."""
        starts = [self.day_of(first)]
        while starts[-1] <= last:
            starts.append(self.end_of(starts[-1]))
        return np.array(starts, np.int64)

    def bucket_of(self, at: Times, level: Level) -> Times:
        """For each instant, the start of the bucket that holds it; at `Level.RAW` the instant itself."""
        if level is Level.RAW or not len(at):
            return at
        edges = self.edges(int(at.min()), int(at.max()))
        width = WIDTH_MS.get(level, 0)
        if len(edges) == 2:  # one day, the common case: no search
            day = edges[0]
            return np.full(len(at), day) if not width else at - (at - day) % width
        days = edges[np.searchsorted(edges, at, "right") - 1]
        return days if not width else at - (at - days) % width

    def next_bucket(self, instant: int, level: Level) -> int:
        """The first bucket start at or after `instant`."""
        start = int(self.bucket_of(np.array([instant], np.int64), level)[0])
        return start if start == instant else self.bucket_end(start, level)

    def bucket_end(self, start: int, level: Level) -> int:
        """Where the bucket that starts at `start` ends: the next one's start, or the end of the day."""
        end = self.end_of(self.day_of(start))
        return end if level is Level.DAY else min(end, start + WIDTH_MS[level])

    def _midnight(self, day: date) -> int:
        known = self._midnights.get(day)
        if known is None:
            known = round(datetime(day.year, day.month, day.day, tzinfo=self._zone).timestamp() * 1000)
            self._midnights[day] = known
        return known
