"""When changes are expected: by the district's clock, over midnight, and with the benefit of the doubt."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.configurations.model import ChangeWindow, ChangeWindows, window_problem
from tests.support.district import DAY_MS, HOUR_MS, MONDAY

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVENINGS = ChangeWindows((ChangeWindow("18:00", "23:00", ("mon", "tue", "wed", "thu", "fri")),), SHANGHAI)
NIGHTS = ChangeWindows((ChangeWindow("22:00", "02:00"),), SHANGHAI)
SATURDAY = MONDAY + 5 * DAY_MS


@pytest.mark.parametrize(
    ("windows", "at", "is_missed"),
    [
        (EVENINGS, MONDAY + 17 * HOUR_MS, True),
        (EVENINGS, MONDAY + 18 * HOUR_MS, False),
        (EVENINGS, MONDAY + 22 * HOUR_MS, False),
        (EVENINGS, MONDAY + 23 * HOUR_MS, True),
        (EVENINGS, SATURDAY + 20 * HOUR_MS, True),
        (NIGHTS, MONDAY + 1 * HOUR_MS, False),
        (NIGHTS, MONDAY + 3 * HOUR_MS, True),
        (NIGHTS, SATURDAY + 23 * HOUR_MS, False),
        (ChangeWindows((), SHANGHAI), MONDAY, False),
    ],
)
def test_a_moment_lies_in_a_window_or_not(windows: ChangeWindows, at: int, *, is_missed: bool) -> None:
    assert windows.are_missed(at, at) is is_missed


def test_a_change_of_an_unknown_moment_has_the_benefit_of_the_doubt() -> None:
    assert not EVENINGS.are_missed(MONDAY + 10 * HOUR_MS, MONDAY + DAY_MS + 3 * HOUR_MS)
    assert EVENINGS.are_missed(SATURDAY, SATURDAY + DAY_MS)
    assert not EVENINGS.are_missed(SATURDAY, SATURDAY + 8 * DAY_MS)


@given(st.integers(0, 30 * 24 * 60), st.integers(0, 3 * 24 * 60))
def test_whoever_is_given_more_time_is_not_blamed_more(start_min: int, length_min: int) -> None:
    start, end = MONDAY + start_min * 60_000, MONDAY + (start_min + length_min) * 60_000
    if EVENINGS.are_missed(start, end):
        assert EVENINGS.are_missed(start, start)
        assert EVENINGS.are_missed(end, end)


@pytest.mark.parametrize(
    ("window", "word"),
    [
        (ChangeWindow("18:00", "23:00"), ""),
        (ChangeWindow("18.00", "23:00"), "18.00"),
        (ChangeWindow("18:00", "24:00"), "24:00"),
        (ChangeWindow("18:00", "23:00", ("monday",)), "monday"),
        (ChangeWindow("18:00", "23:00", ()), "weekday"),
    ],
)
def test_what_is_wrong_with_a_window_is_said(window: ChangeWindow, word: str) -> None:
    assert word in window_problem(window)
    assert bool(window_problem(window)) is bool(word)
