"""Evidence of boards from the store: each settled day is read once, what still changes every time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from campus.ids import MetricId
from controller.store.days import DayCutter
from controller.store.port import Ids, Level, SampleStore
from controller.utilisation.evidence import Evidence, Seats, weigh
from controller.utilisation.memory import BoardKey, EvidenceMemory
from controller.utilisation.rules import BUCKET_MS

POWER: Final = MetricId("power_state")
TOUCH: Final = MetricId("touch_per_min")
INPUT: Final = MetricId("input_state")
_Day = tuple[int, int]
"""Where it begins and ends, UTC ms."""
BOARDS_TOGETHER: Final = 256
_WINDOW_BUCKETS: Final = 120_000
"""So many boards are worked out at a time, and their days read together up to about that size: what numpy and DuckDB make of
one piece keeps the interpreter, and so a commit waiting, for some milliseconds."""


class DayEvidence(NamedTuple):
    """Evidence of some boards for the local day that begins at `day`: a bucket for each five minutes of it."""

    boards: slice
    day: int
    evidence: Evidence


class EvidenceReader:
    """Thread-safe; remembers settled days within bounds."""

    def __init__(
        self, store: SampleStore, cutter: DayCutter, give_way: Callable[[], None], together: int = BOARDS_TOGETHER
    ) -> None:
        """`give_way` is called between pieces of so many boards and a day or a few."""
        self._give_way = give_way
        self._together = together
        self._store = store
        self._cutter = cutter
        self._memory = EvidenceMemory()

    def read(self, boards: Sequence[BoardKey], start: int, end: int) -> Iterator[DayEvidence]:
        """Each local day that overlaps [start, end), ascending, of some boards after the other; outside nothing is known.

        Rows of the masks are the boards that each piece names, in the order of `boards`, which are one or more; a board
        without a power state has nothing known.
        """
        if end <= start:
            return
        settled = self._store.settled_days(start, end)
        reading = _Reading(self._store, self._memory, self._give_way, boards, settled, start, end)
        days = list(pairwise(self._cutter.edges(start, end - 1).tolist()))
        for first in range(0, len(boards), self._together):
            yield from reading.some(slice(first, min(first + self._together, len(boards))), days)


@dataclass(frozen=True)
class _Reading:
    """One question: boards over [start, end)."""

    store: SampleStore
    memory: EvidenceMemory
    give_way: Callable[[], None]
    boards: Sequence[BoardKey]
    settled: dict[int, int]
    start: int
    end: int

    def some(self, boards: slice, days: Sequence[_Day]) -> Iterator[DayEvidence]:
        """Days that follow one another, of some of the boards."""
        unread: list[_Day] = []
        for day in days:
            self.give_way()
            number = self.settled.get(day[0])
            rows = None if number is None else self.memory.recall(day[0], number, self.boards[boards])
            if rows is None:
                unread.append(day)
                continue
            yield from self._fetch(boards, unread)
            unread = []
            yield self._clipped(boards, day, Evidence.of_rows(rows, _buckets(day)))
        yield from self._fetch(boards, unread)

    def _fetch(self, boards: slice, days: Sequence[_Day]) -> Iterator[DayEvidence]:
        """Days that follow one another, from the store; what is settled is remembered."""
        if not days:
            return
        ids, seats = self._chairs.of(boards)
        together = max(1, _WINDOW_BUCKETS // (max(len(ids), 1) * _buckets(days[0])))
        for first in range(0, len(days), together):
            self.give_way()
            some = days[first : first + together]
            # A settled day is read whole, to be remembered; the last one not beyond what is asked.
            until = some[-1][1] if some[-1][0] in self.settled else min(some[-1][1], self.end)
            window = self.store.window(ids, some[0][0], until, Level.FIVE_MINUTES)
            # Zones change by whole half hours, so the buckets of days that follow one another do too.
            weighed = weigh(window, seats, some[0][0], _buckets((some[0][0], some[-1][1])))
            for day in some:
                before = (day[0] - some[0][0]) // BUCKET_MS
                evidence = weighed.cut(before, before + _buckets(day))
                if day[0] in self.settled:
                    self.memory.keep(day[0], self.settled[day[0]], self.boards[boards], evidence.rows())
                yield self._clipped(boards, day, evidence)

    def _clipped(self, boards: slice, day: _Day, evidence: Evidence) -> DayEvidence:
        """Only buckets that begin in [start, end)."""
        if self.start > day[0] or self.end < day[1]:
            evidence = evidence.between(-(-(self.start - day[0]) // BUCKET_MS), -(-(self.end - day[0]) // BUCKET_MS))
        return DayEvidence(boards, day[0], evidence)

    @cached_property
    def _chairs(self) -> "_Chairs":
        """Looked for once, and only where something must be read."""
        found = {metric: self.store.find_ids(metric=metric) for metric in (POWER, TOUCH, INPUT)}
        names = self.store.series_columns()  # after the ids, so that it names them all
        number_of = {device: number for number, device in enumerate(names.devices)}
        place_of = np.full(len(number_of), -1, np.int64)
        for place, board in enumerate(self.boards):
            if board in number_of:
                place_of[number_of[board]] = place
        chairs = {metric: ids[place_of[names.device[ids]] >= 0] for metric, ids in found.items()}
        ids = np.unique(np.concatenate(list(chairs.values())))
        size = int(ids[-1]) + 1 if len(ids) else 0
        power, activity = np.full(size, -1, np.int64), np.full(size, -1, np.int64)
        for table, metrics in ((power, (POWER,)), (activity, (TOUCH, INPUT))):
            for metric in metrics:
                table[chairs[metric]] = place_of[names.device[chairs[metric]]]
        return _Chairs(ids, power, activity)


@dataclass(frozen=True)
class _Chairs:
    """All series of the boards, ascending, and the board of each, as `Seats` has them."""

    ids: Ids
    power: NDArray[np.int64]
    activity: NDArray[np.int64]

    def of(self, boards: slice) -> tuple[Ids, Seats]:
        """Series of some of the boards."""
        place = np.maximum(self.power[self.ids], self.activity[self.ids])
        ids = self.ids[(place >= boards.start) & (place < boards.stop)]
        return ids, Seats(boards.stop - boards.start, self.power, self.activity, boards.start)


def _buckets(day: _Day) -> int:
    return -(-(day[1] - day[0]) // BUCKET_MS)
