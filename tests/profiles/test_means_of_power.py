"""What a UPS says of itself, state by state: which answers mean that the mains have failed, and which do not."""

from pathlib import Path
from typing import Any

import pytest

from tests.profiles.test_recordings import probed

APC = {"1.3.6.1.2.1.1.2.0|6": "1.3.6.1.4.1.318.1.3.27", "1.3.6.1.4.1.318.1.1.1.1.1.1.0|4": "Made-up UPS 1500"}
MGE = {"1.3.6.1.2.1.1.2.0|6": "1.3.6.1.4.1.705.1.2", "1.3.6.1.4.1.705.1.1.1.0|4": "Made-up UPS"}
DELTA = {"1.3.6.1.2.1.1.2.0|6": "1.3.6.1.4.1.2254.2.5"}
SOURCE = "1.3.6.1.4.1.318.1.1.1.4.1.1.0|2"
FLAGS = "1.3.6.1.4.1.318.1.1.1.11.1.1.0|4"
ON_BATTERY, BY_PASS = "1.3.6.1.4.1.705.1.7.3.0|2", "1.3.6.1.4.1.705.1.7.4.0|2"
RUNS, CALIBRATES, TESTS = 2, 10, 29


def flags(*numbers: int) -> str:
    """The 64 digits of upsBasicStateOutputState, these set, counted from 1."""
    return "".join("1" if number in numbers else "0" for number in range(1, 65))


def read(tmp_path: Path, *rows: dict[str, str]) -> dict[str, Any]:
    told = {"1.3.6.1.2.1.1.1.0|4": "UPS", "1.3.6.1.2.1.1.3.0|67": "100"}
    for more in rows:
        told |= more
    path = tmp_path / "ups.snmprec"
    path.write_text("".join(f"{key}|{value}\n" for key, value in told.items()))
    report = probed(path)
    assert report["dropped"] == {}
    return {row["name"]: row.get("state", row["value"]) for row in report["sensors"]}


@pytest.mark.parametrize(
    ("told", "source"),
    [
        ({SOURCE: "2"}, "normal"),
        ({SOURCE: "3"}, "battery"),
        ({SOURCE: "3", FLAGS: flags(RUNS)}, "battery"),
        ({SOURCE: "3", FLAGS: "unreadable"}, "battery"),
        ({SOURCE: "3", FLAGS: flags(RUNS, TESTS)}, "normal"),
        ({SOURCE: "3", FLAGS: flags(RUNS, CALIBRATES)}, "normal"),
        ({SOURCE: "2", FLAGS: flags(TESTS)}, "normal"),
        ({SOURCE: "7", FLAGS: flags(TESTS)}, "none"),
        ({SOURCE: "15"}, "normal"),
        ({SOURCE: "23"}, "other"),
        ({SOURCE: "28", FLAGS: flags(TESTS)}, "normal"),
    ],
)
def test_a_ups_that_tests_itself_has_its_mains(tmp_path: Path, told: dict[str, str], source: str) -> None:
    assert read(tmp_path, APC, told)["Output source"] == source


@pytest.mark.parametrize("number", range(1, 29))
def test_every_state_of_the_mib_is_told(tmp_path: Path, number: int) -> None:
    assert "Output source" in read(tmp_path, APC, {SOURCE: str(number)})


@pytest.mark.parametrize(
    ("battery", "bypass", "source"),
    [("1", "2", "battery"), ("1", "1", "battery"), ("2", "1", "bypass"), ("2", "2", "normal"), ("2", "", "other")],
)
def test_what_is_not_battery_may_be_bypass(tmp_path: Path, battery: str, bypass: str, source: str) -> None:
    told = {ON_BATTERY: battery} | ({BY_PASS: bypass} if bypass else {})
    assert read(tmp_path, MGE, told)["Output source"] == source


@pytest.mark.parametrize(
    ("raw", "volts"), [("2302", 230.2), ("230", 230.0), ("0", 0.0), ("4000", 400.0), ("415", 415.0)]
)
def test_volts_and_tenths_are_told_apart_reading_by_reading(tmp_path: Path, raw: str, volts: float) -> None:
    values = read(tmp_path, DELTA, {"1.3.6.1.2.1.33.1.3.3.1.3.1|2": raw, "1.3.6.1.2.1.33.1.2.1.0|2": "2"})
    assert values["Input voltage input 1"] == volts
