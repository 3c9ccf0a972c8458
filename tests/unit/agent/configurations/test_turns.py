"""When a configuration is fetched: each night at its own time, after a sign, and later and later after a failure."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.configurations.port import Problem
from agent.configurations.turns import Night, Signs, Standing, due_at, parse_night

NOW = 1_790_000_000_000
HOUR_MS = 3_600_000
NIGHT = Night(60, 240)


@given(st.integers(NOW, NOW + 400 * 24 * HOUR_MS), st.integers(0, 1439), st.integers(1, 1440))
def test_each_night_brings_one_turn_within_the_window(after: int, start_min: int, length_min: int) -> None:
    night = Night(start_min, length_min)
    first = night.next("sw-1", after, UTC)
    assert after < first <= after + 24 * HOUR_MS
    assert night.next("sw-1", first, UTC) == first + 24 * HOUR_MS
    local = datetime.fromtimestamp(first / 1000, UTC)
    assert (60 * local.hour + local.minute - start_min) % 1440 <= length_min


def test_devices_are_spread_over_the_window_by_the_local_clock() -> None:
    moments = {NIGHT.next(f"sw-{number}", NOW, ZoneInfo("Asia/Shanghai")) for number in range(20)}
    assert len(moments) > 15
    hours = {datetime.fromtimestamp(at / 1000, ZoneInfo("Asia/Shanghai")).hour for at in moments}
    assert hours <= {1, 2, 3, 4}


@pytest.mark.parametrize("text", ["", "1-5", "01:00", "25:00-05:00", "01:00-05:60", "01:00–05:00"])
def test_what_is_no_time_of_day_is_none(text: str) -> None:
    assert parse_night(text) is None


def due(standing: Standing, signs: Signs, earliest: int = NOW) -> int:
    return due_at(standing, signs, NIGHT, "sw-1", earliest, 60.0)


def test_a_device_never_read_is_read_soon_and_one_read_lately_at_night() -> None:
    assert due(Standing(), Signs()) == NOW
    assert due(Standing(read_at=NOW), Signs()) == NIGHT.next("sw-1", NOW)
    assert due(Standing(read_at=NOW - 30 * 24 * HOUR_MS), Signs()) == NOW, (
        "the agent was off: not all at once, and soon"
    )


def test_after_a_sign_it_is_read_when_quiet_has_come_but_waiting_has_an_end() -> None:
    signs, read = Signs(), Standing(read_at=NOW)
    signs.note(NOW)
    assert due(read, signs) == NOW + 60_000
    for minute in range(60):
        signs.note(NOW + minute * 60_000)
    assert due(read, signs) == NOW + 600_000


def test_after_a_reading_it_is_looked_at_once_more_for_a_repeated_trap_is_not_told() -> None:
    signs = Signs()
    signs.note(NOW)
    again = signs.after_reading(5.0)
    assert due(Standing(read_at=NOW), again) == NOW + 65_000
    assert again.after_reading(5.0).due(5.0) is None, "and not for ever"


def test_a_wrong_password_is_not_tried_for_hours_whatever_the_device_tells() -> None:
    standing, signs = Standing(), Signs()
    standing.failed(Problem.WRONG_PASSWORD, NOW)
    signs.note(NOW + 1)
    assert due(standing, signs) == NOW + 6 * HOUR_MS
    standing.failed(Problem.WRONG_PASSWORD, NOW)
    assert due(standing, signs) == NOW + 12 * HOUR_MS


@given(st.sampled_from(Problem), st.integers(1, 60))
def test_failures_bring_longer_and_longer_pauses_with_an_end(problem: Problem, count: int) -> None:
    standing = Standing()
    pauses = []
    for _ in range(count):
        standing.failed(problem, NOW)
        pauses.append(standing.not_before - NOW)
    assert pauses == sorted(pauses)
    assert max(pauses) <= 48 * HOUR_MS
    standing.succeeded(NOW)
    assert standing.not_before == 0
