"""A device that shouts is heard a little and counted whole; what was said already is not said again."""

from hypothesis import given
from hypothesis import strategies as st

from agent.traps.storm import (
    BURST,
    MAX_REMEMBERED,
    QUIET_S,
    RATE_PER_S,
    SAME_WITHIN_S,
    STRANGERS,
    STRANGERS_BURST,
    TELL_EVERY_S,
    Limits,
    Repeats,
    Storm,
)
from campus.ids import DeviceId
from campus.samples import Event

SW = DeviceId("sw-1")


def event(kind: str, instance: str = "", text: str = "") -> Event:
    return Event(SW, 0, kind, text, instance=instance)


def test_a_burst_is_heard_and_the_rest_of_the_storm_is_counted() -> None:
    limits = Limits()
    admitted = [limits.admits(SW, second / 1000) for second in range(10_000)]
    assert admitted[:BURST] == [True] * BURST
    assert sum(admitted) <= BURST + RATE_PER_S * 10 + 1
    assert limits.is_storming(SW)
    assert limits.told(10.0) == []
    (storm,) = limits.told(9.999 + QUIET_S)
    assert (storm.sender, storm.folded, storm.is_over) == (SW, 10_000 - sum(admitted), True)
    assert limits.told(99.0) == []
    assert not limits.is_storming(SW)


def test_a_storm_that_does_not_end_is_told_of_every_minute() -> None:
    limits = Limits()
    told: list[Storm] = []
    admitted = 0
    for tenth in range(3 * 600):
        admitted += sum(limits.admits(SW, tenth / 10) for _ in range(3))
        told += limits.told(tenth / 10)
    told += limits.told(180 + QUIET_S)
    assert [storm.is_over for storm in told] == [False] * (len(told) - 1) + [True]
    assert len(told) == 180 // TELL_EVERY_S
    assert sum(storm.folded for storm in told) + admitted == 3 * 1800


def test_one_that_shouts_takes_nothing_from_its_neighbours_and_strangers_share_little() -> None:
    limits = Limits()
    assert sum(limits.admits(STRANGERS, 0.0) for _ in range(1000)) == STRANGERS_BURST
    assert sum(limits.admits(SW, 0.0) for _ in range(1000)) == BURST
    assert limits.admits("ups-1", 0.0)


def test_a_repeated_event_is_told_once_a_minute() -> None:
    repeats = Repeats()
    assert [repeats.has(event("cold_start"), at) for at in (0, 1, SAME_WITHIN_S - 1, SAME_WITHIN_S + 1)] == [
        False,
        True,
        True,
        False,
    ]
    assert not repeats.has(event("cold_start", text="other words"), 2)


@given(st.lists(st.tuples(st.sampled_from(["link_up", "link_down"]), st.sampled_from("12")), max_size=60))
def test_the_last_that_was_told_of_a_port_is_what_was_last_said_of_it(said: list[tuple[str, str]]) -> None:
    repeats = Repeats()
    told: dict[str, str] = {}
    for moment, (kind, port) in enumerate(said):
        if not repeats.has(event(kind, port), moment):
            assert told.get(port) != kind
            told[port] = kind
        assert told[port] == kind


def test_what_is_remembered_is_bounded() -> None:
    repeats = Repeats()
    for number in range(2 * MAX_REMEMBERED):
        assert not repeats.has(event("cold_start", str(number)), 0)
    assert not repeats.has(event("cold_start", "0"), 1)
    assert repeats.has(event("cold_start", str(2 * MAX_REMEMBERED - 1)), 1)
