"""Lesson time of rooms, a local day at a time, laid over its 5-minute buckets. Pure."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from campus.ids import SiteId
from controller.calendar.model import Lesson
from controller.utilisation.rules import BUCKET_MS, lesson_ms_in, lesson_spans, total_ms

RoomKey = tuple[SiteId, str]
Milliseconds = NDArray[np.int64]
Pieces = tuple[tuple[int, int], ...]
"""Lessons of one room on one day, in milliseconds after its midnight."""


class Timetable:
    """Lessons within [start, end), cut where days meet. Weeks are alike, so each kind of day is worked out once."""

    def __init__(self, lessons: Iterable[Lesson], start: int, end: int, edges: Sequence[int]) -> None:
        """`edges` are where the days that touch the span begin, ascending, and where the last of them ends."""
        self._pieces: dict[tuple[int, RoomKey], list[tuple[int, int]]] = defaultdict(list)
        self._worked_out: dict[tuple[Pieces, int], tuple[Milliseconds, int]] = {}
        for lesson in lessons:
            self._cut((lesson.site, lesson.room), max(lesson.start, start), min(lesson.end, end), edges)

    def on(self, day: int, rooms: Sequence[RoomKey], buckets: int) -> tuple[Milliseconds, Milliseconds]:
        """Lesson time of each room, one or more: in each bucket of the day (rooms x buckets), and in all."""
        found = [self._work_out(tuple(self._pieces.get((day, room), ())), buckets) for room in rooms]
        return np.stack([row for row, _ in found]), np.array([total for _, total in found], np.int64)

    def _cut(self, room: RoomKey, begins: int, ends: int, edges: Sequence[int]) -> None:
        while begins < ends:
            place = bisect_right(edges, begins)
            day, after = edges[place - 1], min(ends, edges[place])
            self._pieces[day, room].append((begins - day, after - day))
            begins = after

    def _work_out(self, pieces: Pieces, buckets: int) -> tuple[Milliseconds, int]:
        known = self._worked_out.get((pieces, buckets))
        if known is None:
            spans = lesson_spans(pieces, 0, buckets * BUCKET_MS)
            known = lesson_ms_in(np.arange(buckets) * BUCKET_MS, spans), total_ms(spans)
            self._worked_out[pieces, buckets] = known
        return known
