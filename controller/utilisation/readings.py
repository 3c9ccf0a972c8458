"""Evidence of boards from the store: each settled day is read once, what still changes every time."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from campus.ids import MetricId
from controller.store.days import DayCutter
from controller.store.port import Ids, Level, SampleStore
from controller.utilisation.evidence import Evidence, Seats, weigh
from controller.utilisation.memory import BoardKey, EvidenceMemory
from controller.utilisation.rules import BUCKET_MS

POWER: Final = MetricId("power_state")
TOUCH: Final = MetricId("touch_per_min")
INPUT: Final = MetricId("input_state")
_WINDOW_BUCKETS: Final = 1_000_000
"""Days are read together up to about this size, some 60 MB."""


class DayEvidence(NamedTuple):
    """Evidence of the local day that begins at `day`: a bucket for each five minutes of it."""

    day: int
    evidence: Evidence


class EvidenceReader:
    """Thread-safe; remembers settled days within bounds."""

    def __init__(self, store: SampleStore, cutter: DayCutter) -> None:
        self._store = store
        self._cutter = cutter
        self._memory = EvidenceMemory()

    def read(self, boards: Sequence[BoardKey], start: int, end: int) -> Iterator[DayEvidence]:
        """Each local day that overlaps [start, end), ascending; nothing is known outside of the span.

        Rows of the masks are `boards`, one or more, in their order; a board without a power state has nothing known.
        """
        if end <= start:
            return
        settled = self._store.settled_days(start, end)
        unread: list[tuple[int, int]] = []
        for day in pairwise(self._cutter.edges(start, end - 1).tolist()):
            rows = self._memory.recall(day[0], settled[day[0]], boards) if day[0] in settled else None
            if rows is None:
                unread.append(day)
                continue
            yield from self._fetch(boards, unread, settled, start, end)
            unread = []
            yield _clipped(day, Evidence.of_rows(rows, _buckets(day)), start, end)
        yield from self._fetch(boards, unread, settled, start, end)

    def _fetch(
        self, boards: Sequence[BoardKey], days: Sequence[tuple[int, int]], settled: dict[int, int], start: int, end: int
    ) -> Iterator[DayEvidence]:
        """Days that follow one another, from the store; what is settled is remembered."""
        if not days:
            return
        ids, seats = self._seats(boards)
        together = max(1, _WINDOW_BUCKETS // (max(len(ids), 1) * _buckets(days[0])))
        for first in range(0, len(days), together):
            some = days[first : first + together]
            # A settled day is read whole, to be remembered; the last one not beyond what is asked.
            until = some[-1][1] if some[-1][0] in settled else min(some[-1][1], end)
            window = self._store.window(ids, some[0][0], until, Level.FIVE_MINUTES)
            # Zones change by whole half hours, so the buckets of days that follow one another do too.
            weighed = weigh(window, seats, some[0][0], _buckets((some[0][0], some[-1][1])))
            for day in some:
                before = (day[0] - some[0][0]) // BUCKET_MS
                evidence = weighed.cut(before, before + _buckets(day))
                if day[0] in settled:
                    self._memory.keep(day[0], settled[day[0]], boards, evidence.rows())
                yield _clipped(day, evidence, start, end)

    def _seats(self, boards: Sequence[BoardKey]) -> tuple[Ids, Seats]:
        found = {metric: self._store.find_ids(metric=metric) for metric in (POWER, TOUCH, INPUT)}
        names = self._store.series_columns()  # after the ids, so that it names them all
        number_of = {device: number for number, device in enumerate(names.devices)}
        place_of = np.full(len(number_of), -1, np.int64)
        for place, board in enumerate(boards):
            if board in number_of:
                place_of[number_of[board]] = place
        chairs = {metric: ids[place_of[names.device[ids]] >= 0] for metric, ids in found.items()}
        ids = np.unique(np.concatenate(list(chairs.values())))
        size = int(ids[-1]) + 1 if len(ids) else 0
        power, activity = np.full(size, -1, np.int64), np.full(size, -1, np.int64)
        for table, metrics in ((power, (POWER,)), (activity, (TOUCH, INPUT))):
            for metric in metrics:
                table[chairs[metric]] = place_of[names.device[chairs[metric]]]
        return ids, Seats(len(boards), power, activity)


def _buckets(day: tuple[int, int]) -> int:
    return -(-(day[1] - day[0]) // BUCKET_MS)


def _clipped(day: tuple[int, int], evidence: Evidence, start: int, end: int) -> DayEvidence:
    """Only buckets that begin in [start, end)."""
    if start > day[0] or end < day[1]:
        evidence = evidence.between(-(-(start - day[0]) // BUCKET_MS), -(-(end - day[0]) // BUCKET_MS))
    return DayEvidence(day[0], evidence)
