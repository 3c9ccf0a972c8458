"""Counters to rates: every way two readings can lie."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.decode.counter import CounterReading, Step, has_restarted, rate_between
from firmware_profiles.model import PointType

C32, C64 = PointType.COUNTER32, PointType.COUNTER64
MINUTE_MS = 60_000
TOP = 1 << 32


@pytest.mark.parametrize(
    ("before", "now", "kind", "most_per_s", "step", "per_s"),
    [
        (None, (5, 0), C64, None, Step.FIRST, None),
        ((100, 0), (700, MINUTE_MS), C64, None, Step.MOVED, 10.0),
        ((100, 0), (100, MINUTE_MS), C32, None, Step.MOVED, 0.0),
        ((100, 5), (200, 5), C32, None, Step.NO_TIME, None),
        ((100, 5), (200, 4), C32, None, Step.NO_TIME, None),
        ((TOP - 100, 0), (500, MINUTE_MS), C32, None, Step.WRAPPED, 10.0),
        ((TOP - 100, 0), (500, MINUTE_MS), C32, 9.0, Step.RESET, None),
        ((3_000_000_000, 0), (10, MINUTE_MS), C32, 1e6, Step.RESET, None),
        ((1_000_000, 0), (10, MINUTE_MS), C32, None, Step.RESET, None),
        ((1 << 40, 0), (10, MINUTE_MS), C64, None, Step.RESET, None),
    ],
)
def test_two_readings(
    before: tuple[int, int] | None,
    now: tuple[int, int],
    kind: PointType,
    most_per_s: float | None,
    step: Step,
    per_s: float | None,
) -> None:
    first = CounterReading(*before) if before else None
    assert rate_between(first, CounterReading(*now), kind, most_per_s or float("inf")) == (step, per_s)


def test_a_reboot_is_told_by_the_uptime_even_when_the_counter_stands_higher() -> None:
    before = CounterReading(100, 0, uptime_ticks=1_000_000)
    now = CounterReading(900, MINUTE_MS, uptime_ticks=3_000)
    assert rate_between(before, now, C64).step is Step.RESTARTED


def test_a_discontinuity_gives_no_rate_and_one_that_is_not_told_is_none() -> None:
    before = CounterReading(100, 0, 0, discontinuity_ticks=0)
    assert rate_between(before, CounterReading(900, MINUTE_MS, 6000, 500), C64).step is Step.DISCONTINUITY
    assert rate_between(before, CounterReading(900, MINUTE_MS, 6000, None), C64).step is Step.MOVED


def test_the_uptime_wraps_after_497_days_without_a_restart() -> None:
    assert not has_restarted(TOP - 3000, 3000, MINUTE_MS)
    assert has_restarted(TOP - 3000, 20_000, MINUTE_MS), "too far for the minute that passed"
    assert has_restarted(1_000_000, 3000, MINUTE_MS)
    assert not has_restarted(None, 3000, MINUTE_MS)


@given(
    start=st.integers(0, TOP - 1),
    moved=st.integers(0, TOP // 2 - 1),
    elapsed_ms=st.integers(1, 10**7),
)
def test_a_32_bit_counter_gives_the_true_rate_wherever_it_stands(start: int, moved: int, elapsed_ms: int) -> None:
    rate = rate_between(CounterReading(start, 0), CounterReading((start + moved) % TOP, elapsed_ms), C32)
    assert rate.step in {Step.MOVED, Step.WRAPPED}
    assert rate.per_s == pytest.approx(moved * 1000 / elapsed_ms)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(-10, 10**9))
def test_a_rate_is_never_negative(before: int, now: int, elapsed_ms: int) -> None:
    rate = rate_between(CounterReading(before, 0), CounterReading(now, elapsed_ms), C64)
    assert rate.per_s is None or rate.per_s >= 0
