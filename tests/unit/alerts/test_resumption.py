"""Whenever the controller dies, its alerts are in the end those of one that lived on."""

from collections.abc import Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from controller.alerts.model import AlertState
from controller.alerts.rulebook import Rulebook, read_rules
from tests.support.district import KITCHEN, NO_1, SWITCH
from tests.unit.alerts.scene import Scene, scenes

RULE = """\
- id: {name}
  metric: {metric}
  condition: {{{condition}}}
  severity: major
  title_en: Something
  title_zh: 某事
  advice_en: Look.
  advice_zh: 请查看。
  count: {{one_en: 1 thing, many_en: "{{n}} things", zh: "{{n}} 项"}}
"""
ABOVE = "type: threshold, comparison: above, level: 10, clear_level: 5"
CONDITIONS = {
    "at-once": f"{ABOVE}",
    "held": f"{ABOVE}, hold_s: 30",
    "held-both": f"{ABOVE}, hold_s: 20, clear_hold_s: 25",
    "below": "type: threshold, comparison: below, level: 3, hold_s: 40, clear_hold_s: 10",
}
DERIVED = {
    "rising": "type: change, comparison: above, level: 5, clear_level: 2, within_s: 20, hold_s: 10",
    "formula": "type: expression, bad: temperature_cel > 10, good: temperature_cel <= 5, hold_s: 20, clear_hold_s: 10",
    "most": "type: group, of: device, level: 0.4, clear_level: 0.2, member_level: 10, least: 2, hold_s: 20",
}


def rules_of(conditions: Mapping[str, str]) -> str:
    return "".join(
        RULE.format(name=name, metric="temperature_cel", condition=condition) for name, condition in conditions.items()
    )


RULES = rules_of(CONDITIONS)


class Death(StrEnum):
    """When the controller is killed."""

    NEVER = "never"
    COMMITTED = "between the commit and the judgement"
    JUDGED = "between the judgement and the writing"
    WRITTEN = "after the writing"


class Step(NamedTuple):
    """After `pause_s` a part says a value; then the controller may die."""

    pause_s: int
    part: str
    value: float
    death: Death


steps = st.builds(
    Step,
    st.sampled_from([1, 4, 10, 11, 19, 45]),
    st.sampled_from(["a", "b"]),
    st.sampled_from([0.0, 4.0, 7.0, 12.0]),
    st.sampled_from([Death.NEVER, *Death]),
)


OPENED_CLEARED_AND_BAD_AGAIN = [
    Step(1, "a", 12.0, Death.NEVER),
    Step(45, "a", 12.0, Death.NEVER),
    Step(10, "a", 4.0, Death.NEVER),
    Step(4, "a", 12.0, Death.JUDGED),
]


ENDED_AS_A_TICK_OPENED_IT = [
    Step(1, "a", 12.0, Death.NEVER),
    Step(11, "a", 12.0, Death.NEVER),
    Step(10, "b", 0.0, Death.NEVER),
    Step(19, "a", 0.0, Death.NEVER),
    Step(1, "b", 0.0, Death.COMMITTED),
]


def play(scene: Scene, story: list[Step], *, mortal: bool) -> list[tuple[str, str, int, int, int]]:
    """What is written in the end: rule, part, opened, cleared, and how many steps its trail has."""
    for step in story:
        pass_time(scene, step.pause_s)
        death = step.death if mortal else Death.NEVER
        if death is Death.COMMITTED:
            scene.feed.listeners.clear()
        scene.feed.say(NO_1, KITCHEN, "temperature_cel", step.value, at=scene.registry.clock.now, instance=step.part)
        if death in {Death.COMMITTED, Death.JUDGED}:
            scene.restart()
        scene.engine.tick(scene.registry.clock.now)
        if death is Death.WRITTEN:
            scene.restart()
    pass_time(scene, 120)
    return sorted(
        (alert.rule, alert.instance, alert.opened_at, alert.cleared_at, len(alert.trail))
        for alert in scene.everything()
    )


def pass_time(scene: Scene, seconds: int) -> None:
    """With a tick a second; another device goes on speaking all the while."""
    for _ in range(seconds):
        scene.registry.clock.now += 1000
        scene.feed.say(NO_1, SWITCH, "uptime_s", 1.0, at=scene.registry.clock.now)
        scene.engine.tick(scene.registry.clock.now)


def played(story: list[Step], *, mortal: bool, rules: str = RULES) -> list[tuple[str, str, int, int, int]]:
    book = Rulebook(read_rules("rules", rules))
    with TemporaryDirectory(prefix="campanile-test-") as folder, contextmanager(scenes)(Path(folder), book) as scene:
        return play(scene, story, mortal=mortal)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.lists(steps, min_size=1, max_size=12))
@example(OPENED_CLEARED_AND_BAD_AGAIN)
@example(ENDED_AS_A_TICK_OPENED_IT)
def test_alerts_are_those_of_a_controller_that_never_died(story: list[Step]) -> None:
    assert played(story, mortal=True) == played(story, mortal=False)


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(st.lists(steps, min_size=1, max_size=10))
def test_what_is_derived_goes_on_over_a_restart(story: list[Step]) -> None:
    rules = rules_of(DERIVED)
    assert played(story, mortal=True, rules=rules) == played(story, mortal=False, rules=rules)


def test_what_was_told_before_a_restart_is_not_told_again() -> None:
    told = played(OPENED_CLEARED_AND_BAD_AGAIN, mortal=True)
    assert told == played(OPENED_CLEARED_AND_BAD_AGAIN, mortal=False)
    assert [rule for rule, *_ in told] == ["at-once", "at-once", "held", "held", "held-both"]


def test_a_hold_goes_on_over_a_restart(scene: Scene) -> None:
    for second in range(0, 3600, 300):
        scene.say(second, NO_1, KITCHEN, "temperature_cel", -9.0, "freezer")
        scene.restart()
    assert scene.open() == []
    scene.say(3600, NO_1, KITCHEN, "temperature_cel", -9.0, "freezer")
    (alert,) = scene.open()
    assert (alert.rule, alert.opened_at) == ("freezer-warm", scene.at(3600))


def test_a_clearing_goes_on_over_a_restart(scene: Scene) -> None:
    for second in range(0, 3601, 300):
        scene.say(second, NO_1, KITCHEN, "temperature_cel", -9.0, "freezer")
    for second in (3660, 3720):
        scene.say(second, NO_1, KITCHEN, "temperature_cel", -18.0, "freezer")
        scene.restart()
    scene.say(3780, NO_1, KITCHEN, "temperature_cel", -18.0, "freezer")
    (alert,) = scene.everything()
    assert (alert.state, alert.cleared_at) == (AlertState.CLEARED, scene.at(3780))


def test_a_hold_does_not_end_by_the_clock_while_what_was_measured_in_a_pause_may_still_come(scene: Scene) -> None:
    scene.say(0, NO_1, SWITCH, "battery_percent", 20.0)
    scene.registry.clock.now = scene.at(100)  # the controller was away when the hold ended
    scene.restart()
    scene.wait_until(110)
    assert scene.everything() == []
    scene.say(111, NO_1, SWITCH, "battery_percent", 90.0)
    scene.wait_until(200)
    assert scene.everything() == []
