"""Derived conditions on a time line: a rise, a share of a school, formulas, what is unusual; and what a restart leaves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.alerts.rulebook import Rulebook, read_rules
from tests.support.district import NO_1
from tests.unit.alerts.scene import Scene, scenes

WORDS = """\
  severity: major
  title_en: Something
  title_zh: 情况
  advice_en: Look.
  advice_zh: 请查看。
  count: {one_en: 1 is so, many_en: "{n} are so", zh: "{n} 台"}
"""
RULES = f"""\
- id: warming
  metric: temperature_cel
  condition: {{type: change, comparison: above, level: 4, clear_level: 2, within_s: 600, hold_s: 30}}
{WORDS}
- id: many-away
  metric: reachable
  condition: {{type: group, of: site, level: 0.5, clear_level: 0.2, bad: ["no"], least: 3, hold_s: 30}}
{WORDS}
- id: hot-and-busy
  metric: cpu_percent
  condition: {{type: expression, bad: "cpu_percent > 80 and temperature_cel > 60", hold_s: 30}}
{WORDS}
- id: odd
  metric: cpu_percent
  condition: {{type: baseline, comparison: above, least: 10, weeks: 2, hold_s: 30}}
{WORDS}
"""


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    yield from scenes(tmp_path, Rulebook(read_rules("rules.yaml", RULES)))


def test_a_rise_opens_after_its_hold_and_clears(scene: Scene) -> None:
    for minute in range(15):
        scene.say(minute * 60, NO_1, "store", "temperature_cel", 5.0)
    scene.say(900, NO_1, "store", "temperature_cel", 10.0)
    assert scene.open_rules() == []
    scene.say(930, NO_1, "store", "temperature_cel", 10.5)
    (alert,) = scene.open()
    assert (alert.rule, alert.value, alert.device) == ("warming", 10.5, "store")
    assert "from 5.0 °C to 10.5 °C" in scene.everything()[0].trail[0].reason.replace("\xa0", " ")
    for minute in range(16, 32):
        scene.say(minute * 60, NO_1, "store", "temperature_cel", 10.5)
    assert scene.open_rules() == []


def test_most_of_a_school_away_is_one_alert_of_the_school_also_over_a_restart(scene: Scene) -> None:
    devices = [f"d{number}" for number in range(5)]
    for device in devices:
        scene.say(0, NO_1, device, "reachable", 1.0)
    for place, device in enumerate(devices[:3]):
        scene.say(60 + place, NO_1, device, "reachable", 0.0)
    scene.restart()
    assert scene.open_rules() == []
    scene.say(93, NO_1, "d3", "reachable", 1.0)
    (alert,) = scene.open()
    assert (alert.rule, alert.device, alert.instance, alert.value) == ("many-away", "", "", 0.6)
    assert alert.opened_at == scene.at(93)
    assert "3 of 5 are affected" in scene.everything()[0].trail[0].reason
    scene.restart()
    assert scene.open_rules() == ["many-away"]
    for place, device in enumerate(devices):
        scene.say(120 + place, NO_1, device, "reachable", 1.0)
    scene.restart()
    assert [each.rule for each in scene.everything()] == ["many-away"]
    assert scene.open_rules() == []


def test_members_that_fall_silent_count_no_more(scene: Scene) -> None:
    for number in range(8):
        scene.say(0, NO_1, f"d{number}", "reachable", 0.0 if number < 3 else 1.0)
    for minute in (5, 10, 15):
        for number in range(5):
            scene.say(minute * 60 + number, NO_1, f"d{number}", "reachable", 0.0 if number < 3 else 1.0)
    scene.wait_until(920)
    assert scene.open_rules() == [], "three of eight, until the last three fell silent"
    scene.wait_until(1000)
    assert scene.open_rules() == ["many-away"]


def test_a_formula_over_several_metrics_and_its_hold_over_a_restart(scene: Scene) -> None:
    scene.say(0, NO_1, "nvr", "temperature_cel", 70.0)
    scene.say(1, NO_1, "nvr", "cpu_percent", 50.0)
    scene.say(10, NO_1, "nvr", "cpu_percent", 90.0)
    scene.restart()
    assert scene.open_rules() == []
    scene.say(25, NO_1, "nvr", "temperature_cel", 71.0)
    scene.say(40, NO_1, "nvr", "cpu_percent", 91.0)
    (alert,) = scene.open()
    assert (alert.rule, alert.value, alert.opened_at) == ("hot-and-busy", 91.0, scene.at(40))
    reason = scene.everything()[0].trail[0].reason.replace("\xa0", " ")
    assert reason == "Processor load: 91 %; Temperature: 71.0 °C, for 30 s"
    scene.say(50, NO_1, "nvr", "temperature_cel", 59.0)
    assert scene.open_rules() == []


def test_what_is_unusual_at_this_hour(scene: Scene) -> None:
    week, hour = 7 * 86_400, 3_600
    begin = -(scene.at(0) // 1000 % hour)
    scene.feed.listeners.clear()
    for weeks, usual in ((2, 20.0), (1, 24.0)):
        for minute in range(0, 60, 10):
            at = scene.at(begin - weeks * week + minute * 60)
            scene.feed.say(NO_1, "nvr", "cpu_percent", usual, at=at)
    scene.restart()
    scene.say(0, NO_1, "nvr", "cpu_percent", 31.0)
    scene.say(31, NO_1, "nvr", "cpu_percent", 31.0)
    assert scene.open_rules() == [], "the deviation is 1.4826 x 2, four of them are 11.9"
    scene.say(40, NO_1, "nvr", "cpu_percent", 35.0)
    scene.say(71, NO_1, "nvr", "cpu_percent", 36.0)
    (alert,) = scene.open()
    assert (alert.rule, alert.value) == ("odd", 36.0)
    reason = scene.everything()[0].trail[0].reason.replace("\xa0", " ")
    assert reason == "36 %, usual at this hour of this weekday is 22 %, give or take 11.9 %, for 31 s"
    scene.say(80, NO_1, "nvr", "cpu_percent", 22.0)
    assert scene.open_rules() == []
