"""Adding up: lesson time known and used, by board and hour of the week. Pure."""

from dataclasses import dataclass
from typing import Final, Self
from zoneinfo import ZoneInfo

import numpy as np

from controller.localtime import hours_of_day, local_ms, weekdays
from controller.utilisation.evidence import Evidence
from controller.utilisation.rules import BUCKET_MS
from controller.utilisation.timetable import Milliseconds

CELLS: Final = 7 * 24
"""Hours of a local week: weekday * 24 + hour, Monday first."""


@dataclass(frozen=True)
class Tally:
    """Sums for some boards, the first axis of each array. Whole milliseconds: the order of adding makes no difference."""

    known_ms: Milliseconds
    """Lesson time in known buckets, boards x `CELLS`; a bucket belongs to the hour in which it begins."""
    used_ms: Milliseconds
    """That of it with evidence of use."""
    lesson_ms: Milliseconds
    on_ms: Milliseconds
    """Time on, lesson or not."""

    @classmethod
    def empty(cls, boards: int) -> Self:
        """Nothing yet."""
        return cls(*(np.zeros(shape, np.int64) for shape in ((boards, CELLS), (boards, CELLS), boards, boards)))

    def part(self, boards: slice) -> Self:
        """Some of the boards: what is added to it is added here."""
        return type(self)(self.known_ms[boards], self.used_ms[boards], self.lesson_ms[boards], self.on_ms[boards])

    def add(
        self, day: int, zone: ZoneInfo, evidence: Evidence, in_lesson: Milliseconds, lesson_ms: Milliseconds
    ) -> None:
        """Count in one day, whose buckets begin at `day`: lesson time of each board in each bucket, and in all."""
        self.lesson_ms[:] += lesson_ms
        self.on_ms[:] += evidence.is_on.sum(axis=1) * BUCKET_MS
        taught = np.flatnonzero(in_lesson.any(axis=0))
        if not len(taught):
            return
        local = local_ms(day + taught * BUCKET_MS, zone)
        cell = weekdays(local) * 24 + hours_of_day(local)
        firsts = np.flatnonzero(np.diff(cell, prepend=-1))
        for total, mask in ((self.known_ms, evidence.is_known), (self.used_ms, evidence.is_used)):
            hours = np.add.reduceat(in_lesson[:, taught] * mask[:, taught], firsts, axis=1)
            for place, each in enumerate(cell[firsts].tolist()):  # an hour may come twice where clocks go back
                total[:, each] += hours[:, place]
