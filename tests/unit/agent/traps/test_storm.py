"""A device that shouts is heard a little and counted whole; what was said already is not said again."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agent.traps.storm import (
    BURST,
    INFO_BURST,
    INFO_PER_H,
    MAX_REMEMBERED,
    QUIET_S,
    RATE_PER_S,
    READ_BURST,
    READ_PER_S,
    SAME_WITHIN_S,
    STRANGERS,
    STRANGERS_BURST,
    TELL_AT_LEAST_EVERY_S,
    TELL_EVERY_S,
    Limits,
    Repeats,
    Storm,
)
from campus.ids import DeviceId
from campus.samples import Event, Severity

SW = DeviceId("sw-1")


def event(kind: str, instance: str = "", text: str = "") -> Event:
    return Event(SW, 0, kind, text, instance=instance)


def told(limits: Limits, now_s: float) -> bool:
    """Whether a proven trap is told."""
    return limits.admits(SW, now_s) and limits.may_tell(SW, now_s)


def test_a_burst_is_told_and_the_rest_of_the_storm_is_counted() -> None:
    limits = Limits()
    admitted = [told(limits, second / 1000) for second in range(10_000)]
    assert admitted[:BURST] == [True] * BURST
    assert sum(admitted) <= BURST + RATE_PER_S * 10 + 1
    assert limits.is_storming(SW)
    assert (limits.told(10.0), limits.ended(10.0)) == ([], [])
    (storm,) = limits.told(10.0 + QUIET_S)
    assert (storm.sender, storm.folded) == (SW, 10_000 - sum(admitted))
    assert limits.ended(10.0 + QUIET_S) == [SW]
    assert not limits.is_storming(SW)
    assert (limits.told(99.0), limits.ended(99.0)) == ([], [])


def test_a_storm_that_does_not_end_is_told_of_ever_less_often_and_its_end_is_seen_nonetheless() -> None:
    limits = Limits()
    storms: list[tuple[int, Storm]] = []
    admitted = 0
    last_s = 6 * 3600
    for second in range(last_s + 1):
        admitted += sum(told(limits, second) for _ in range(30))
        storms += [(second, storm) for storm in limits.told(second)]
        assert limits.ended(second) == []
    assert limits.ended(last_s + QUIET_S) == [SW]
    pauses = [after - before for (before, _), (after, _) in pairwise(storms)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (TELL_EVERY_S + 1, TELL_AT_LEAST_EVERY_S)
    storms += [(0, storm) for storm in limits.told(last_s + TELL_AT_LEAST_EVERY_S)]
    assert sum(storm.folded for _, storm in storms) + admitted == 30 * (last_s + 1)


def test_a_storm_that_was_told_of_as_it_ended_has_ended_too() -> None:
    limits = Limits()
    for second in range(int(TELL_EVERY_S)):
        for _ in range(2 * BURST):
            told(limits, second)
    assert limits.told(TELL_EVERY_S + 1)
    assert limits.ended(TELL_EVERY_S + QUIET_S) == [SW]


def test_what_others_send_in_a_devices_name_takes_nothing_from_what_it_may_tell_and_is_no_storm_of_its() -> None:
    limits = Limits()
    read = sum(limits.admits(SW, second / 1000) for second in range(60_000))
    assert read <= READ_BURST + READ_PER_S * 60 + 1
    assert (limits.told(100.0), limits.ended(100.0), limits.is_storming(SW)) == ([], [], False)
    assert all(limits.may_tell(SW, 100.0) for _ in range(BURST))


def test_one_that_shouts_takes_nothing_from_its_neighbours_and_strangers_share_little() -> None:
    limits = Limits()
    assert sum(limits.admits(STRANGERS, 0.0) for _ in range(1000)) == STRANGERS_BURST
    assert sum(told(limits, 0.0) for _ in range(1000)) == BURST
    assert limits.admits("ups-1", 0.0)
    assert limits.may_tell("ups-1", 0.0)


def test_a_device_that_never_stops_informing_is_told_a_little_each_hour_and_no_alert_is_lost_by_it() -> None:
    limits = Limits()
    day_s = 86_400
    hourly = [limits.may_inform(event("link_up", str(second % 48)), second) for second in range(day_s)]
    assert INFO_PER_H * 24 <= sum(hourly) <= INFO_BURST + INFO_PER_H * 24 + 1
    assert limits.may_inform(event("cold_start"), day_s)
    assert limits.may_inform(Event(SW, 0, "link_up", severity=Severity.MAJOR), day_s)
    assert not limits.is_storming(SW), "it is read nonetheless"
    (storm,) = limits.told(day_s + QUIET_S)
    assert storm.folded == day_s - sum(hourly)


def test_a_repeated_event_is_told_once_a_minute() -> None:
    repeats = Repeats()
    assert [repeats.has(event("cold_start"), at) for at in (0, 1, SAME_WITHIN_S - 1, SAME_WITHIN_S + 1)] == [
        False,
        True,
        True,
        False,
    ]
    assert not repeats.has(event("cold_start", text="other words"), 2)


def test_an_unknown_trap_is_the_same_whatever_it_carries() -> None:
    repeats = Repeats()
    said = [("unknown_trap", f"1.3.6.1.4.1.9.9.41.2.0.{n % 2}: line {n}") for n in range(6)]
    assert [repeats.has(event(kind, text=text), 0) for kind, text in said] == [False, False, True, True, True, True]
    assert not repeats.has(event("unknown_trap", text="1.3.6.1.4.1.9.9.41.2.0.1"), SAME_WITHIN_S + 1)


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
