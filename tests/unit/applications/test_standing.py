"""Verdicts that hold: told late, taken back late, and never by silence."""

from hypothesis import given
from hypothesis import strategies as st

from controller.applications.model import Cause, Verdict
from controller.applications.standing import Standing, settled
from controller.applications.verdict import judge
from tests.unit.applications.test_verdict import district

HOLD_MS, CLEAR_MS = 90_000, 120_000
FINE, BROKEN, METRO = judge(district("gggg", "g")), judge(district("ffff", "f")), judge(district("ffgg", "g"))
NOBODY = judge([])


def line(*heard: tuple[int, Verdict]) -> list[Cause]:
    """What stands after each verdict, heard at so many seconds."""
    standing: Standing | None = None
    causes = []
    for second, verdict in heard:
        standing = settled(standing, verdict, second * 1000, HOLD_MS, CLEAR_MS)
        causes.append(standing.verdict.cause)
    return causes


def test_a_trouble_is_told_once_it_has_stood() -> None:
    assert line((0, FINE), (10, BROKEN), (60, BROKEN), (99, BROKEN), (100, BROKEN)) == [Cause.GOOD] * 4 + [
        Cause.SERVICE
    ]


def test_what_comes_and_goes_is_never_told() -> None:
    heard = [(second, BROKEN if second % 100 == 50 else FINE) for second in range(0, 1000, 50)]
    assert set(line(*heard)) == {Cause.GOOD}


def test_schools_that_look_one_after_another_raise_one_verdict() -> None:
    heard = [(0, FINE), (10, METRO), (40, BROKEN), (70, BROKEN), (129, BROKEN), (130, BROKEN)]
    assert line(*heard) == [Cause.GOOD] * 5 + [Cause.SERVICE]


def test_it_is_over_once_it_has_been_good_for_long_enough() -> None:
    heard = [(0, FINE), (10, BROKEN), (100, BROKEN), (200, FINE), (319, FINE), (320, FINE)]
    assert line(*heard)[-3:] == [Cause.SERVICE, Cause.SERVICE, Cause.GOOD]


def test_silence_ends_no_trouble() -> None:
    heard = [(0, FINE), (10, BROKEN), (100, BROKEN), (500, NOBODY), (9000, NOBODY)]
    assert line(*heard)[-1] is Cause.SERVICE


def test_after_a_start_good_is_believed_at_once_and_bad_is_not() -> None:
    assert line((0, FINE)) == [Cause.GOOD]
    assert line((0, BROKEN), (90, BROKEN)) == [Cause.UNKNOWN, Cause.SERVICE]
    assert line((0, NOBODY), (10, FINE)) == [Cause.UNKNOWN, Cause.UNKNOWN]
    assert line((0, NOBODY), (10, FINE), (20, FINE)) == [Cause.UNKNOWN, Cause.UNKNOWN, Cause.GOOD]


@given(st.lists(st.tuples(st.integers(1, 300), st.sampled_from([FINE, BROKEN, METRO, NOBODY])), min_size=1))
def test_what_stands_has_been_heard_for_as_long(steps: list[tuple[int, Verdict]]) -> None:
    standing: Standing | None = None
    now = 0
    heard_since: dict[Cause, int] = {}
    for pause_s, verdict in steps:
        now += pause_s * 1000
        for cause in [each for each in heard_since if each is not verdict.cause]:
            del heard_since[cause]
        heard_since.setdefault(verdict.cause, now)
        before = standing
        standing = settled(standing, verdict, now, HOLD_MS, CLEAR_MS)
        changed = before is not None and standing.verdict.cause is not before.verdict.cause
        if changed and standing.verdict.bad:
            assert now - heard_since[standing.verdict.cause] >= HOLD_MS
