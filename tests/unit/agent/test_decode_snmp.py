"""One poll's answers to samples."""

import pytest

from agent.collect.port import Harvest
from agent.decode.plan import Ask, due, wanted_oids
from agent.decode.snmp import SYS_UPTIME, CounterMemory, decode_poll
from campus.ids import DeviceId
from firmware_profiles.model import Cadence, Point, PointType, Reading
from firmware_profiles.raw import Raw

NOW = 1_700_000_000_000
SW = DeviceId("sw-1")
IN = Point(
    metric="if_in_bps",
    oid="1.6",
    type=PointType.COUNTER64,
    scale=8,
    otherwise=(Reading(oid="1.10", type=PointType.COUNTER32, scale=8),),
)
MEMORY = Point(metric="memory_percent", oid="2.5", minus=("2.6",), of="2.5", scale=100)
SPEED = Point(metric="if_speed_bps", oid="1.15", scale=1e6, cadence=Cadence.SLOW)


def polled(asks: list[Ask], answers: dict[str, Raw], memory: CounterMemory, at: int) -> dict[str, float]:
    answered = [ask for ask in asks if ask.choose(answers)]
    return {s.key.metric: s.value for s in decode_poll(SW, answered, answers, memory, at).samples}


def test_the_first_reading_of_a_counter_gives_no_rate_and_the_second_does() -> None:
    asks, memory = [Ask(IN, "GE1", "7")], CounterMemory()
    assert polled(asks, {"1.6.7": 1000, SYS_UPTIME: 100}, memory, NOW) == {}
    assert polled(asks, {"1.6.7": 2000, SYS_UPTIME: 1100}, memory, NOW + 10_000) == {"if_in_bps": 800.0}


def test_a_reading_out_of_turn_gives_no_rate_and_takes_nothing_from_the_next() -> None:
    asks, memory = [Ask(IN, "GE1", "7")], CounterMemory()
    polled(asks, {"1.6.7": 1000}, memory, NOW)
    polled(asks, {"1.6.7": 4000}, memory, NOW + 30_000)
    soon = decode_poll(SW, asks, {"1.6.7": 4000}, memory, NOW + 37_000)
    assert (soon.samples, dict(soon.dropped)) == ([], {})
    assert polled(asks, {"1.6.7": 7000}, memory, NOW + 60_000) == {"if_in_bps": 800.0}


def test_a_restart_is_seen_however_soon_it_comes() -> None:
    asks, memory = [Ask(IN, "GE1", "7")], CounterMemory()
    polled(asks, {"1.6.7": 1000, SYS_UPTIME: 90_000}, memory, NOW)
    assert polled(asks, {"1.6.7": 10, SYS_UPTIME: 100}, memory, NOW + 3_000) == {}
    assert polled(asks, {"1.6.7": 2010, SYS_UPTIME: 1100}, memory, NOW + 13_000) == {"if_in_bps": 1600.0}


def test_there_is_no_sum_of_rates_while_a_part_has_none() -> None:
    asks, memory = [Ask(IN, "Pupils", index, is_part=True) for index in "12"], CounterMemory()
    polled(asks, {"1.6.1": 0}, memory, NOW)
    assert polled(asks, {"1.6.1": 1000, "1.6.2": 500}, memory, NOW + 10_000) == {}
    assert polled(asks, {"1.6.1": 2000, "1.6.2": 1500}, memory, NOW + 20_000) == {"if_in_bps": 1600.0}


def test_where_64_bits_are_missing_32_are_read_and_asked_from_then_on() -> None:
    asks, memory = [Ask(IN, "GE1", "7")], CounterMemory()
    assert wanted_oids(asks) == ["1.6.7", "1.10.7"]
    polled(asks, {"1.10.7": (1 << 32) - 1000}, memory, NOW)
    assert wanted_oids(asks) == ["1.10.7"]
    assert polled(asks, {"1.10.7": 250}, memory, NOW + 10_000) == {"if_in_bps": 1000.0}


def test_more_than_the_port_can_carry_never_happened() -> None:
    asks, memory = [Ask(SPEED, "GE1", "7"), Ask(IN, "GE1", "7")], CounterMemory()
    polled(asks, {"1.15.7": 100, "1.6.7": 0}, memory, NOW)
    answers: dict[str, Raw] = {"1.15.7": 100, "1.6.7": 10**12}
    harvest = decode_poll(SW, asks, answers, memory, NOW + 10_000)
    assert [s.key.metric for s in harvest.samples] == ["if_speed_bps"]
    assert harvest.dropped == {"out_of_range": 1}


def test_a_part_of_a_whole_less_something() -> None:
    asks = [Ask(MEMORY, "")]
    assert polled(asks, {"2.5": 8000, "2.6": 6000}, CounterMemory(), NOW) == {"memory_percent": 25.0}


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"2.5": 8000}, "not_a_number"),
        ({"2.5": 0, "2.6": 0}, "no_whole"),
        ({"2.5": 100, "2.6": 500}, "out_of_range"),
        ({"2.5": b"much", "2.6": 1}, "not_a_number"),
    ],
)
def test_wrong_values_are_counted_by_reason(answers: dict[str, Raw], reason: str) -> None:
    asks = [Ask(MEMORY, "")]
    assert [ask for ask in asks if ask.choose(answers)] == asks
    harvest = decode_poll(SW, asks, answers, CounterMemory(), NOW)
    assert (harvest.samples, dict(harvest.dropped)) == ([], {reason: 1})


def test_a_counter_that_is_text_is_refused_and_a_row_that_vanished_is_missing() -> None:
    asks, memory = [Ask(IN, "GE1", "7")], CounterMemory()
    polled(asks, {"1.6.7": 1}, memory, NOW)
    assert decode_poll(SW, asks, {"1.6.7": b"1"}, memory, NOW + 1).dropped == {"not_a_number": 1}
    assert decode_poll(SW, asks, {}, memory, NOW + 2).dropped == {"missing": 1}


def test_a_reading_that_means_none_here_yields_to_the_next_way() -> None:
    point = Point(
        metric="if_speed_bps", oid="1.15", ignore=(0,), otherwise=(Reading(oid="1.5", ignore=(4_294_967_295,)),)
    )
    assert polled([Ask(point, "a", "1")], {"1.15.1": 0, "1.5.1": 64_000}, CounterMemory(), NOW) == {
        "if_speed_bps": 64_000
    }
    assert polled([Ask(point, "a", "1")], {"1.15.1": 0, "1.5.1": 4_294_967_295}, CounterMemory(), NOW) == {}


def test_only_the_due_are_asked() -> None:
    asks = [Ask(SPEED, "GE1", "7"), Ask(IN, "GE1", "7", discontinuity="1.19.7")]
    assert [ask.point.metric for ask in due(asks, frozenset({Cadence.SLOW}))] == ["if_speed_bps"]
    assert wanted_oids(due(asks, frozenset({Cadence.NORMAL}))) == ["1.6.7", "1.10.7", "1.19.7"]


def test_rows_that_are_gone_are_forgotten() -> None:
    asks, memory = [Ask(IN, "GE1", "7")], CounterMemory()
    polled(asks, {"1.6.7": 0}, memory, NOW)
    memory.forget_all_but({"GE2"})
    assert polled(asks, {"1.6.7": 1000}, memory, NOW + 10_000) == {}


def clients(raws: dict[str, Raw]) -> Harvest:
    """Clients of one network over three radios, where only the first two serve anybody."""
    point = Point(metric="wireless_clients", oid="4.1", ignore=(-1,))
    asks = [Ask(point, "Pupils", index, is_part=True) for index in ("1", "2", "3")]
    for ask in asks:
        ask.choose({"4.1.1": 1, "4.1.2": 1, "4.1.3": 1})
    return decode_poll(SW, asks, raws, CounterMemory(), NOW)


def test_parts_are_added_up_and_those_that_mean_none_here_left_out() -> None:
    (sample,) = clients({"4.1.1": 20, "4.1.2": 3, "4.1.3": -1}).samples
    assert (sample.key.instance, sample.value) == ("Pupils", 23.0)


def test_a_part_that_was_never_answered_leaves_no_sum() -> None:
    point = Point(metric="wireless_clients", oid="4.1")
    asks = [Ask(point, "Pupils", index, is_part=True) for index in "12"]
    assert asks[0].choose({"4.1.1": 20})
    harvest = decode_poll(SW, asks, {"4.1.1": 20}, CounterMemory(), NOW)
    assert (harvest.samples, dict(harvest.dropped)) == ([], {"missing": 1})


def test_there_is_no_sum_where_a_part_is_missing() -> None:
    harvest = clients({"4.1.1": 20, "4.1.2": 3})
    assert (harvest.samples, dict(harvest.dropped)) == ([], {"missing": 1})


@pytest.mark.parametrize(
    ("prefix", "precision", "celsius"), [(9, 0, 215.0), (9, 1, 21.5), (8, -2, 0.2), (8, 1, 0.0), (9, 3, 0.2)]
)
def test_a_number_is_in_the_prefix_and_digits_the_device_says(prefix: int, precision: int, celsius: float) -> None:
    asks = [Ask(Point(metric="temperature_cel", oid="9.4", prefix="9.2", precision="9.3"), "inlet", "7")]
    answers: dict[str, Raw] = {"9.4.7": 215, "9.2.7": prefix, "9.3.7": precision}
    assert polled(asks, answers, CounterMemory(), NOW) == {"temperature_cel": celsius}
    assert decode_poll(SW, asks, answers | {"9.2.7": 99}, CounterMemory(), NOW).dropped == {"unknown_value": 1}


@pytest.mark.parametrize(
    ("raw", "mhz", "reason"),
    [(b"44E", 5220.0, ""), (b"", None, ""), (b"45", None, "unknown_value"), (b"auto", None, "unknown_value")],
)
def test_a_text_stands_for_a_number(raw: bytes, mhz: float | None, reason: str) -> None:
    point = Point(metric="radio_mhz", oid="5.4", pattern=r"^(\d+)E?$", values={44: 5220}, ignore=("",))
    ask = Ask(point, "radio 0", "1", chosen=point)
    harvest = decode_poll(SW, [ask], {"5.4.1": raw}, CounterMemory(), NOW)
    assert [s.value for s in harvest.samples] == ([] if mhz is None else [mhz])
    assert list(harvest.dropped) == ([reason] if reason else [])


def test_a_share_of_several_together() -> None:
    used = Point(metric="memory_percent", oid="6.5", plus=("6.7",), of=("6.5", "6.6", "6.7"), scale=100)
    assert wanted_oids([Ask(used, "")]) == ["6.5", "6.7", "6.6"]
    assert polled([Ask(used, "")], {"6.5": 20, "6.6": 60, "6.7": 20}, CounterMemory(), NOW) == {"memory_percent": 40.0}
