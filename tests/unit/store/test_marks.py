"""Frame numbers as runs, whatever their order."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from campus.ids import AgentId, SiteId
from controller.store.marks import CommittedFrames, coalesced, runs_of
from controller.store.port import FrameMark

numbers = st.lists(st.integers(1, 12), max_size=12)
marks = st.lists(
    st.builds(
        FrameMark,
        st.just(SiteId("s")),
        st.sampled_from([AgentId("a"), AgentId("b")]),
        st.integers(1, 2),
        st.integers(1, 9),
    )
)


@given(numbers)
def test_runs_hold_every_number_once_and_never_touch(some: list[int]) -> None:
    runs = coalesced(some)
    assert [number for run in runs for number in range(run.first, run.last + 1)] == sorted(set(some))
    assert all(before.last + 1 < after.first for before, after in pairwise(runs))


@given(marks, marks)
def test_runs_of_marks_are_the_marks_and_no_others(stored: list[FrameMark], asked: list[FrameMark]) -> None:
    frames = CommittedFrames()
    for stream, run in runs_of(stored):
        frames.add(stream, run)
    assert frames.is_committed(asked) == [mark in stored for mark in asked]
