"""Which frames are stored, in memory, as runs of frame numbers."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from operator import attrgetter
from typing import NamedTuple

from campus.ids import AgentId, SiteId
from controller.store.port import FrameMark


class Stream(NamedTuple):
    """One epoch of one agent: frame numbers grow within it."""

    site: SiteId
    agent: AgentId
    epoch: int


class Run(NamedTuple):
    """Frames first to last, both included."""

    first: int
    last: int


_first, _last = attrgetter("first"), attrgetter("last")


class FrameRuns:
    """Sorted, disjoint, never adjacent runs of one stream. Frames come almost in order, so there are few."""

    def __init__(self) -> None:
        self._runs: list[Run] = []

    def __contains__(self, number: int) -> bool:
        if not self._runs or number > self._runs[-1].last:  # nearly always: numbers grow
            return False
        place = bisect_right(self._runs, number, key=_first)
        return place > 0 and number <= self._runs[place - 1].last

    def add(self, run: Run) -> None:
        """Include a run; it may touch or overlap others."""
        if self._runs and run.first == self._runs[-1].last + 1:  # nearly always
            self._runs[-1] = Run(self._runs[-1].first, run.last)
            return
        low = bisect_left(self._runs, run.first - 1, key=_last)
        high = bisect_right(self._runs, run.last + 1, key=_first)
        if low < high:
            run = Run(min(run.first, self._runs[low].first), max(run.last, self._runs[high - 1].last))
        self._runs[low:high] = [run]

    def runs(self) -> list[Run]:
        """A copy."""
        return list(self._runs)


_NO_RUNS = FrameRuns()


class CommittedFrames:
    """The runs of every stream. One thread adds, any thread may ask."""

    def __init__(self) -> None:
        self._runs: dict[tuple[SiteId, AgentId, int], FrameRuns] = {}

    def is_committed(self, marks: Sequence[FrameMark]) -> list[bool]:
        """For each mark, whether it is included."""
        # The tuple of a mark's first three fields is equal to the stream, and quicker to make.
        return [mark.number in self._runs.get(mark[:3], _NO_RUNS) for mark in marks]

    def add(self, stream: Stream, run: Run) -> None:
        """Include one run of one stream."""
        self._runs.setdefault(stream, FrameRuns()).add(run)

    def runs(self) -> list[tuple[Stream, Run]]:
        """All of them."""
        return [(Stream(*stream), run) for stream, frames in self._runs.items() for run in frames.runs()]


def runs_of(marks: Iterable[FrameMark]) -> list[tuple[Stream, Run]]:
    """Marks as runs, stream by stream; a mark may stand twice.

    >>> marks = [FrameMark(SiteId("s"), AgentId("a"), 1, number) for number in (3, 1, 2, 7)]
    >>> [tuple(run) for _, run in runs_of(marks)]
    [(1, 3), (7, 7)]
    """
    numbers: dict[tuple[SiteId, AgentId, int], list[int]] = defaultdict(list)
    for site, agent, epoch, number in marks:
        numbers[site, agent, epoch].append(number)
    return [(Stream(*stream), run) for stream, members in numbers.items() for run in coalesced(members)]


def coalesced(numbers: Collection[int]) -> list[Run]:
    """Numbers as sorted, disjoint, inclusive runs; one may stand twice."""
    ordered = sorted(set(numbers))
    if ordered and ordered[-1] - ordered[0] == len(ordered) - 1:  # nearly always: one, or one after the other
        return [Run(ordered[0], ordered[-1])]
    runs: list[Run] = []
    for number in ordered:
        if runs and number == runs[-1].last + 1:
            runs[-1] = Run(runs[-1].first, number)
        else:
            runs.append(Run(number, number))
    return runs
