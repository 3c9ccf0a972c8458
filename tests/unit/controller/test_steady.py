"""Which clock is believed when it is about to drop what is old."""

from pathlib import Path

import pytest

from controller.steady import FILE, LEAP_MS, PATIENCE_MS, SteadyTime
from controller.store.days import DAY_MS

NOW = 1_790_000_000_000
HOUR_MS = 3_600_000
TEN_YEARS_MS = 3_650 * DAY_MS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / FILE


def test_a_clock_that_goes_on_is_believed(path: Path) -> None:
    steady = SteadyTime(path)
    for now in range(NOW, NOW + 9 * DAY_MS, LEAP_MS):
        assert steady.believed(now) == now
    assert not steady.is_doubted


def test_a_leap_is_not_believed_and_forgotten_once_the_clock_is_right(path: Path) -> None:
    steady = SteadyTime(path)
    steady.believed(NOW)
    for hour in range(24):
        assert steady.believed(NOW + TEN_YEARS_MS + hour * HOUR_MS) == NOW
    assert steady.is_doubted
    assert steady.believed(NOW + DAY_MS) == NOW + DAY_MS
    assert not steady.is_doubted


@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_clock_that_stays_where_it_leapt_is_believed_after_a_week(path: Path, *, is_restarted: bool) -> None:
    """As after a holiday in which the controller was off."""
    steady = SteadyTime(path)
    steady.believed(NOW)
    back = NOW + 21 * DAY_MS
    for now in range(back, back + PATIENCE_MS, DAY_MS // 2):
        steady = SteadyTime(path) if is_restarted else steady
        assert steady.believed(now) == NOW
    assert steady.believed(back + PATIENCE_MS) == back + PATIENCE_MS
    assert steady.believed(back + PATIENCE_MS + HOUR_MS) == back + PATIENCE_MS + HOUR_MS


def test_a_clock_that_leaps_again_begins_anew(path: Path) -> None:
    steady = SteadyTime(path)
    steady.believed(NOW)
    steady.believed(NOW + 2 * DAY_MS)
    assert steady.believed(NOW + 2 * DAY_MS + PATIENCE_MS) == NOW
    assert steady.believed(NOW + 2 * DAY_MS + PATIENCE_MS + HOUR_MS) == NOW


def test_a_controller_that_is_off_every_weekend_believes_its_clock_now_and_then(path: Path) -> None:
    """Else nothing would ever be dropped, and the disk run full."""
    steady, trusted = SteadyTime(path), []
    for hour in range(24 * 28):
        now = NOW + hour * HOUR_MS
        if hour // 24 % 7 < 5 and steady.believed(now) == now:
            trusted.append(hour // 24)
    assert set(trusted) == {*range(5), *range(16, 19)}


def test_a_leap_back_drops_nothing(path: Path) -> None:
    steady = SteadyTime(path)
    steady.believed(NOW)
    assert steady.believed(NOW - TEN_YEARS_MS) == NOW - TEN_YEARS_MS
    assert SteadyTime(path).believed(NOW + HOUR_MS) == NOW + HOUR_MS


@pytest.mark.parametrize("content", ["", "{", '{"believed_at": "x"}'])
def test_a_damaged_file_is_one_that_is_not_there(path: Path, content: str) -> None:
    path.write_text(content)
    assert SteadyTime(path).believed(NOW) == NOW
    assert SteadyTime(path).believed(NOW + TEN_YEARS_MS) == NOW
