"""Pressure rises at once, falls slowly and always ends; schools take turns."""

from hypothesis import given
from hypothesis import strategies as st

from campus.ids import AgentId, SiteId
from campus.topics import Address
from controller.ingest.pressure import (
    ALL_LAG_S,
    BACKLOG_LAG_S,
    CALM_S,
    HOLD_BACKLOG_S,
    LOW,
    TURN_S,
    TURNS,
    Level,
    Load,
    Pressure,
    called_for,
    hold_at,
)

QUIET = Load(0.0, 0.0, is_stuck=False)
LOADS = st.builds(Load, st.floats(0, 60), st.floats(0, 1), st.booleans())
PASSED = st.lists(st.tuples(st.floats(0.1, 5), LOADS), max_size=60)


@given(PASSED)
def test_it_rises_at_once_and_falls_one_level_after_a_calm(passed: list[tuple[float, Load]]) -> None:
    pressure, now_s, uncalm_s = Pressure(), 0.0, 0.0
    for pause_s, load in passed:
        before = pressure.level
        now_s += pause_s
        level = pressure.read(load, now_s)
        assert level >= called_for(load)
        if called_for(load, LOW) >= before:
            uncalm_s = now_s
        if level < before:
            assert level == before - 1
            assert now_s - uncalm_s >= CALM_S
            uncalm_s = now_s


@given(PASSED)
def test_it_ends_by_itself(passed: list[tuple[float, Load]]) -> None:
    pressure, now_s = Pressure(), 0.0
    for pause_s, load in [*passed, *[(1.0, QUIET)] * (2 * int(CALM_S) + 2)]:
        now_s += pause_s
        level = pressure.read(load, now_s)
    assert level is Level.FREE


@given(LOADS, st.floats(0, 20), st.floats(0, 0.5))
def test_more_load_never_asks_for_less(load: Load, more_s: float, fuller: float) -> None:
    assert called_for(Load(load.lag_s + more_s, load.fill + fuller, load.is_stuck)) >= called_for(load)
    assert called_for(load, LOW) >= called_for(load)


def test_what_raises_it() -> None:
    assert called_for(QUIET) is Level.FREE
    assert called_for(Load(BACKLOG_LAG_S, 0, is_stuck=False)) is Level.BACKLOG
    assert called_for(Load(0, 0.5, is_stuck=False)) is Level.BACKLOG
    assert called_for(Load(ALL_LAG_S, 0, is_stuck=False)) is Level.ALL
    assert called_for(Load(0, 0, is_stuck=True)) is Level.ALL


@given(st.floats(0, 100_000))
def test_at_the_highest_level_schools_take_turns(now_s: float) -> None:
    schools = [Address(SiteId(f"school-{number}"), AgentId("a")) for number in range(64)]
    holds = {school: hold_at(Level.ALL, school, now_s) for school in schools}
    free = {school.partition % TURNS for school, hold in holds.items() if hold.hold_s == 0}
    assert len(free) == 1, "one quarter at a time"
    for school, hold in holds.items():
        assert 0 <= hold.hold_s <= (TURNS - 1) * TURN_S
        assert hold.hold_backlog_s == HOLD_BACKLOG_S
        assert hold_at(Level.ALL, school, now_s + hold.hold_s).hold_s == 0, "when the hold ends, its turn has begun"
