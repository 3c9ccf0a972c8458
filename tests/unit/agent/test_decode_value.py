"""Raw values to numbers: what is refused, and why."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.decode.value import bits_of, number_of, settled, state_of
from campus.errors import Poison
from campus.ids import MetricId, is_instance
from campus.metrics import Metric, catalogue
from firmware_profiles.model import Filter, IndexForm, Naming, Source
from firmware_profiles.raw import instance_of, mac_text, text_of
from firmware_profiles.select import keeps, named, picked, unique_names

TEMPERATURE = catalogue()[MetricId("temperature_cel")]
POWER = catalogue()[MetricId("power_state")]


@pytest.mark.parametrize("raw", [True, None, b"", b"n/a", "12 C", 10**400])
def test_what_is_no_number(raw: object) -> None:
    with pytest.raises(Poison) as refusal:
        number_of(raw)  # type: ignore[arg-type]
    assert refusal.value.reason == "not_a_number"


@pytest.mark.parametrize(
    ("value", "reason"), [(math.nan, "not_finite"), (math.inf, "not_finite"), (501, "out_of_range")]
)
def test_impossible_values_are_dropped_at_the_source(value: float, reason: str) -> None:
    with pytest.raises(Poison) as refusal:
        settled(TEMPERATURE, value)
    assert refusal.value.reason == reason


def test_a_state_is_known_by_its_raw_value_as_number_text_or_truth() -> None:
    states: dict[int | str, str] = {1: "on", "off": "off", "true": "standby"}
    assert [state_of(POWER, raw, states) for raw in (1, b"1\x00", "off", True)] == [2.0, 2.0, 0.0, 1.0]
    with pytest.raises(Poison) as refusal:
        state_of(POWER, 7, states)
    assert refusal.value.reason == "unknown_state"


FAULT = catalogue()[MetricId("printer_fault_state")]
BITS: dict[int | str, str] = {5: "jammed", 0: "low_paper", 9: "output_tray_missing", "none": "none"}


@pytest.mark.parametrize(
    ("raw", "state"),
    [
        (b"", "none"),
        (b"\x00\x00", "none"),
        (b"\x80", "low_paper"),
        (b"\x84", "jammed"),
        (b"\x00\x40", "output_tray_missing"),
    ],
)
def test_bits_are_the_first_named_that_is_set(raw: bytes, state: str) -> None:
    assert bits_of(FAULT, raw, BITS) == FAULT.state_value(state)


@pytest.mark.parametrize(("raw", "states"), [(b"\x01", BITS), (b"\x00", {5: "jammed"})])
def test_bits_that_no_state_stands_for(raw: bytes, states: dict[int | str, str]) -> None:
    with pytest.raises(Poison) as refusal:
        bits_of(FAULT, raw, states)
    assert refusal.value.reason == "unknown_state"


@given(st.floats(-80, 500), st.sampled_from([1.0, 0.1, 0.01, 0.001, 0.25, 5.0]))
def test_rounding_stays_within_half_a_step(value: float, resolution: float) -> None:
    metric = Metric("Cel", "", "", minimum=-1000, maximum=1000, resolution=resolution)
    assert settled(metric, value) == pytest.approx(value, abs=resolution * 0.5001)


@given(st.text())
def test_any_name_becomes_an_instance(name: str) -> None:
    assert is_instance(instance_of(name))


@given(st.binary())
def test_any_bytes_become_readable_text(raw: bytes) -> None:
    assert all(c.isprintable() for c in text_of(raw))


def test_naming() -> None:
    assert named(Naming(columns=("1.3",)), "7", [None, b" GE1/0/1 "]) == "GE1/0/1"
    assert named(Naming(columns=("1.3",)), "7", [b""]) == "7"
    assert named(Naming(index_as=IndexForm.TEXT, text="{0} 5 GHz"), "4.87.73.70.73", []) == "WIFI 5 GHz"
    assert named(Naming(index_as=IndexForm.TEXT), "9.1", []) == "9.1", "not a length before characters"
    assert unique_names([("1", "a"), ("2", "a"), ("3", "b")]) == [("1", "a"), ("2", "a (2)"), ("3", "b")]


def test_filters_facts_and_macs() -> None:
    assert keeps(Filter("1.3", any_of=("1.3.6.1.2.1.25.2.1.4",)), "1.3.6.1.2.1.25.2.1.4")
    assert not keeps(Filter("1.3", any_of=(3,)), None)
    assert picked(Source(oid="1.3", pattern=r"^(\S+) .*? (x86_64)"), b"Linux a 6.1 #1\r\n x86_64") == "Linux x86_64"
    assert picked(Source(oid="1.3", pattern="(zzz)"), b"abc") == ""
    assert mac_text(b"58:69:6c:06:82:3b") == "58:69:6c:06:82:3b"
