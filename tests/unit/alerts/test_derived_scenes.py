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
