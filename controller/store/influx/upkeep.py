"""Upkeep: samples become roll-ups soon after a bucket has ended, and what is old is told no more.

Samples are read back from InfluxDB, some series and one span at a time, so that memory is bounded whatever the district. A
bucket stays stale until all of its roll-ups are written: a step that is cut short is done again, and writes the same points.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from campus.ids import SiteId
from campus.influx import FITTING_LEVELS, LEVEL_MEASUREMENT, Policy
from controller.store.days import DAY_MS, WIDTH_MS, DayCutter
from controller.store.influx.delivery import Delivery
from controller.store.influx.ledger import Ledger
from controller.store.influx.lines import DeviceTags, Lines
from controller.store.influx.portions import Portions
from controller.store.influx.quoting import escaped_field
from controller.store.influx.reading import POLICY_OF, Reader
from controller.store.influx.stale import ROLLED_LEVELS, Devices, StaleBucket
from controller.store.influx.writing import Writer
from controller.store.port import Level, OnClosed, Retention
from controller.store.rollup import Buckets, Rows, roll_up
from controller.store.series_index import SeriesIndex

GRACE_MS: Final = {Level.FIVE_MINUTES: 60_000, Level.HOUR: 120_000, Level.DAY: 600_000}
"""How long a bucket that ended waits for what is still under way."""
_LINES_OF_BODY: Final = 5_000
"""A roll-up has five fields."""
_BETWEEN_S: Final = 60.0


@dataclass(frozen=True)
class _Task:
    """Stale buckets whose samples are read together: all begin in start <= at < end."""

    level: Level
    """The coarsest of them."""
    start: int
    end: int
    stale: tuple[StaleBucket, ...]

    def starts(self, level: Level) -> list[int]:
        """Where the buckets of a level begin."""
        return [each.bucket.at for each in self.stale if each.bucket.level is level]

    @property
    def devices(self) -> Devices | None:
        """Whose series they are to be made of; None: everybody's."""
        some = [each.devices for each in self.stale if each.devices is not None]
        return frozenset().union(*some) if len(some) == len(self.stale) else None


class Upkeep:
    """What `maintain` does. One thread at a time; appends and reads go on meanwhile."""

    def __init__(
        self,
        reader: Reader,
        writer: Writer,
        delivery: Delivery,
        lines: Lines,
        ledger: Ledger,
        index: SeriesIndex,
        cutter: DayCutter,
        retention: Retention,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._delivery = delivery
        self._lines = lines
        self._ledger = ledger
        self._cutter = cutter
        self._kept_days = retention.by_level
        self._portions = Portions(index)
        self._levels_told_at = -1

    def run(self, now: int, on_closed: OnClosed, drop_as_of: int) -> None:
        """As the port says of `maintain`. Today's five minutes and hours come first, then days that have ended."""
        floors = self._floors(drop_as_of)
        self._ledger.lower_floors(floors, now)
        self._refresh_tags(now)
        self._tell_levels(now)
        begun_s = looked_s = time.monotonic()
        today = self._cutter.day_of(now - GRACE_MS[Level.DAY])
        self._roll_up_short(today, now)
        days = self._tasks(0, dict.fromkeys(ROLLED_LEVELS, today))
        if days:
            on_closed(0, len(days))
        for closed, day in enumerate(days, start=1):
            for _ in self._made(day):
                if time.monotonic() - looked_s > _BETWEEN_S:  # today's buckets do not wait for a large day
                    looked_s = time.monotonic()
                    self._roll_up_short(today, now + round((looked_s - begun_s) * 1000))
            on_closed(closed, len(days))
        self._ledger.raise_floors(floors)
        self._writer.tidy()

    def _refresh_tags(self, now: int) -> None:
        if self._lines.refresh(now):
            self._ledger.keep_moves(self._lines.moves)

    def write(self, level: Level, buckets: Buckets) -> None:
        """Make roll-ups durable, in bodies that InfluxDB takes."""
        for group, tags in self._as_they_stand(level, buckets):
            for first in range(0, len(group.series), _LINES_OF_BODY):
                some = group.taken(np.arange(first, min(first + _LINES_OF_BODY, len(group.series))))
                self._delivery.write(POLICY_OF[level], self._lines.of_buckets(some, tags))

    def _as_they_stand(self, level: Level, buckets: Buckets) -> Iterator[tuple[Buckets, DeviceTags | None]]:
        """Buckets that stand under an earlier kind or room by those: they take the old ones' place, and none stands twice."""
        before = self._lines.are_before_a_move(buckets)
        groups: dict[tuple[SiteId, DeviceTags], list[int]] = defaultdict(list)
        if before.any():
            at = buckets.at[before]
            ids = np.unique(buckets.series[before])
            standing = self._reader.places(ids, level, int(at.min()), int(at.max()) + 1)
            for row in np.flatnonzero(before).tolist():
                series = int(buckets.series[row])
                if (tags := standing.get((series, int(buckets.at[row])))) is not None:
                    groups[self._lines.site_of(series), tags].append(row)
        moved = np.zeros(len(buckets.series), np.bool_)
        for (_, tags), chosen in groups.items():
            moved[chosen] = True
            yield buckets.taken(np.array(chosen)), tags
        yield buckets.taken(~moved), None

    def _roll_up_short(self, today: int, now: int) -> None:
        """Buckets of five minutes and hours that have ended since `today` began."""
        ended = {level: now - GRACE_MS[level] - width + 1 for level, width in WIDTH_MS.items()}
        for task in self._tasks(today, ended):
            for _ in self._made(task):
                pass

    def _tasks(self, start: int, until: dict[Level, int]) -> list[_Task]:
        """All that is stale from `start` until an instant of each level, a coarse bucket together with the finer ones in it."""
        taken = {level: self._ledger.take_stale(level, start, end) for level, end in until.items()}
        fine = [one for stale in taken.values() for one in stale]
        tasks: list[_Task] = []
        covered: set[StaleBucket] = set()
        for level in reversed(ROLLED_LEVELS):
            for one in taken.get(level, []):
                if one not in covered:
                    tasks.append(self._task(one, [other for other in fine if other not in covered]))
                    covered.update(tasks[-1].stale)
        return tasks

    def _task(self, stale: StaleBucket, others: Sequence[StaleBucket]) -> _Task:
        level, start = stale.bucket
        end = self._cutter.bucket_end(start, level)
        return _Task(level, start, end, tuple(one for one in others if start <= one.bucket.at < end))

    def _made(self, task: _Task) -> Iterator[None]:
        """Make the roll-ups of a task; yields after each portion of series, and at last the task is done."""
        levels = [level for level in ROLLED_LEVELS if task.starts(level) and task.end > self._ledger.floor(level)]
        span_ms = task.end - task.start
        for ids in self._portions.cut(span_ms, task.devices):
            rows = self._reader.rows(ids, task.start, task.end)
            self._portions.learn(ids, rows.series, span_ms)
            for level in levels:
                self.write(level, self._rolled(rows, level, task))
            yield
        self._ledger.note_rolled(task.stale)

    def _rolled(self, rows: Rows, level: Level, task: _Task) -> Buckets:
        """The stale buckets of a level."""
        bucket_at = self._cutter.bucket_of(rows.measured_at, level)
        starts = task.starts(level)
        if level is not task.level:  # else there is but one
            chosen = np.isin(bucket_at, starts)
            rows, bucket_at = rows.taken(chosen), bucket_at[chosen]
        return roll_up(rows.series, bucket_at, rows.value)

    def _floors(self, now: int) -> dict[Level, int]:
        return {level: self._cutter.days_back(now, days) for level, days in self._kept_days.items()}

    def _tell_levels(self, now: int) -> None:
        """Which level fits which range, for dashboards; once a day."""
        midnight = now - now % DAY_MS
        if midnight == self._levels_told_at:
            return
        lines = []
        for place, one in enumerate(FITTING_LEVELS):
            fields = ",".join(f"{name}={escaped_field(value)}" for name, value in one.fields().items())
            lines.append(f"{LEVEL_MEASUREMENT},level={one.policy.level} {fields} {midnight + place}\n")
        self._delivery.write(Policy.RAW, "".join(lines).encode())
        self._levels_told_at = midnight
