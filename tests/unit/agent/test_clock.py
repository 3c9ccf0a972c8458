"""The agent's clock: deaf to the machine's jumps, corrected by the controller and by nobody else."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.clock import CLOCK_SLACK_MS, DOUBT_S, SteadyClock, utc_ms
from campus.wire.frame import EARLIEST_MS

TRUE_AT_ZERO = 1_790_000_000_000
HOUR_MS = 3_600_000


class Box:
    """A machine: steady seconds pass when told, its wall clock may be set, and there is a true time."""

    def __init__(self, wall_error_ms: int = 0) -> None:
        self.passed_s = 50.0
        self.wall_error_ms = wall_error_ms

    def now_s(self) -> float:
        return self.passed_s

    async def sleep_until(self, moment_s: float) -> None:
        self.passed_s = max(self.passed_s, moment_s)

    @property
    def true_ms(self) -> int:
        return TRUE_AT_ZERO + round(self.passed_s * 1000)

    def wall(self) -> int:
        return self.true_ms + self.wall_error_ms


def clock_of(box: Box) -> SteadyClock:
    clock = SteadyClock(box.wall, box)
    clock()
    return clock


def test_a_jump_of_the_machine_s_clock_moves_nothing_and_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    box = Box()
    clock = clock_of(box)
    for error_ms in (HOUR_MS, HOUR_MS, -30 * 365 * 24 * HOUR_MS):
        box.wall_error_ms = error_ms
        box.passed_s += 10
        assert clock() == clock.reading() == box.true_ms
    assert clock.counts["wall_jumps"] == 2
    assert caplog.text.count("system_clock_jumped") == 2
    assert clock.correction_ms == 30 * 365 * 24 * HOUR_MS


def test_a_clock_that_creeps_is_no_jump() -> None:
    box = Box()
    clock = clock_of(box)
    for _ in range(100):
        box.passed_s += 10
        box.wall_error_ms += 500
        clock()
    assert clock.counts["wall_jumps"] == 0


def test_nothing_is_read_before_the_first_use() -> None:
    box = Box(wall_error_ms=HOUR_MS)
    clock = SteadyClock(box.wall, box)
    box.wall_error_ms = 0
    assert clock() == box.true_ms


@given(error_ms=st.integers(-100 * 365 * 24 * HOUR_MS, 60 * 365 * 24 * HOUR_MS), round_trip_ms=st.integers(0, 60_000))
def test_an_answer_leaves_the_clock_within_the_round_trip_and_the_slack(error_ms: int, round_trip_ms: int) -> None:
    box = Box(error_ms)
    clock = clock_of(box)
    before = clock()
    answered_at = box.true_ms + round_trip_ms // 3
    box.passed_s += round_trip_ms / 1000
    clock.hear(answered_at, round_trip_ms)
    assert clock.is_confirmed
    assert abs(clock() - box.true_ms) <= round_trip_ms + CLOCK_SLACK_MS
    assert clock.reading() - before == round_trip_ms  # what is measured knows nothing of it
    assert clock() - clock.reading() == clock.shift_ms


def test_within_the_slack_nothing_is_corrected() -> None:
    box = Box(wall_error_ms=-4_900)
    clock = clock_of(box)
    clock.hear(box.true_ms, 0)
    assert (clock.shift_ms, clock.is_confirmed) == (0, True)


def test_an_answer_to_nobody_knows_what_can_only_set_the_clock_forward() -> None:
    ahead, behind = clock_of(Box(wall_error_ms=HOUR_MS)), clock_of(Box(wall_error_ms=-HOUR_MS))
    for clock in (ahead, behind):
        clock.hear(Box().true_ms, None)
        assert not clock.is_confirmed
    assert (ahead.shift_ms, behind.shift_ms) == (0, HOUR_MS)


def test_old_answers_do_not_set_a_confirmed_clock_back_and_a_controller_that_insists_does() -> None:
    box = Box()
    clock = clock_of(box)
    clock.hear(box.true_ms, 10)
    clock.hear(box.true_ms - 120_000, 10)  # it lay in a broker for two minutes
    box.passed_s += DOUBT_S
    clock.hear(box.true_ms, 10)
    clock.hear(box.true_ms - 120_000, 10)
    assert clock() == box.true_ms
    box.passed_s += DOUBT_S
    clock.hear(box.true_ms - HOUR_MS, 0)
    assert clock() == box.true_ms - HOUR_MS
    clock.hear(box.true_ms, 0)
    assert clock() == box.true_ms


def test_a_clock_that_was_never_set_starts_at_something_storable_and_what_it_stamped_can_be_put_right() -> None:
    box = Box()
    box.wall_error_ms = -box.true_ms  # 1970
    clock = clock_of(box)
    assert clock() == EARLIEST_MS
    sealed_under, stamped, true_ms = clock.anchor_ms, clock.reading(), box.true_ms
    box.passed_s += 600
    clock.hear(box.true_ms, 0)
    assert stamped + clock.shift_of(sealed_under) == true_ms


def test_small_differences_between_anchors_are_no_shift() -> None:
    clock = clock_of(Box())
    assert clock.shift_of(clock.anchor_ms - CLOCK_SLACK_MS) == 0
    assert clock.shift_of(clock.anchor_ms - CLOCK_SLACK_MS - 1) == CLOCK_SLACK_MS + 1


def test_on_the_real_machine_it_shows_the_machine_s_time(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert abs(SteadyClock()() - utc_ms()) < CLOCK_SLACK_MS
    assert not caplog.text
