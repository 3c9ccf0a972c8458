"""Rules bound to hours of the calendar: what they find in them, and what becomes of it when the hours end."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campus.errors import ConfigError
from campus.ids import SiteId
from controller.alerts.judging.absence import Silences
from controller.alerts.judging.columns import Rows
from controller.alerts.judging.judgement import Judgement
from controller.alerts.judging.layers import Numbers
from controller.alerts.judging.limits import Limits
from controller.alerts.judging.transition import Change, Judged, Transition
from controller.alerts.rulebook import read_rules
from controller.calendar.model import DayKind, Mark, Period
from controller.calendar.sheet import Sheet
from controller.identity.scope import SYSTEM
from tests.support.district import BOARD_101, KITCHEN, NO_1, NO_2, NOW, ReadyRegistry
from tests.unit.alerts.scene import Scene

MINUTE = 60
TO_THE_LAST_BELL = (4 * 60 + 40) * MINUTE
"""From the beginning of the scene, at 10:00, to 14:40."""
TO_THE_FIRST_BELL = 22 * 3600
COLD = "hot-holding-1"


@pytest.fixture
def scene(registry: ReadyRegistry) -> Scene:
    return Scene(registry, calendar=registry.calendar)


def cold_counters(scene: Scene) -> set[SiteId]:
    return {alert.site for alert in scene.open() if alert.rule == "hot-holding-cold"}


def test_a_board_that_is_off_in_the_evening_is_nobodys_business(scene: Scene) -> None:
    scene.say(TO_THE_LAST_BELL - 5 * MINUTE, NO_1, BOARD_101, "power_state", 2.0)
    scene.wait_until(TO_THE_LAST_BELL + 3600)
    assert scene.everything() == []


def test_what_is_open_at_the_last_bell_is_taken_back_and_the_trail_says_why(scene: Scene) -> None:
    scene.say(0, NO_1, BOARD_101, "power_state", 2.0)
    scene.wait_until(11 * MINUTE)
    assert scene.open_rules() == ["board-silent"]
    scene.registry.clock.now = scene.at(TO_THE_LAST_BELL)
    scene.engine.tick(scene.registry.clock.now)
    assert scene.open_rules() == []
    assert scene.everything()[0].trail[-1].reason == "outside of these hours this is not judged"


def test_silence_counts_from_the_first_bell(scene: Scene) -> None:
    scene.say(0, NO_1, BOARD_101, "power_state", 2.0)
    for second in (TO_THE_LAST_BELL, TO_THE_FIRST_BELL - 1):
        scene.registry.clock.now = scene.at(second)
        scene.engine.tick(scene.registry.clock.now)
    scene.wait_until(TO_THE_FIRST_BELL + 9 * MINUTE)
    assert scene.open() == []
    scene.wait_until(TO_THE_FIRST_BELL + 11 * MINUTE)
    assert scene.open_rules() == ["board-silent"]


def test_a_restart_in_the_night_takes_back_what_was_open(scene: Scene) -> None:
    scene.say(0, NO_1, BOARD_101, "power_state", 2.0)
    scene.wait_until(11 * MINUTE)
    scene.registry.clock.now = scene.at(TO_THE_LAST_BELL + 60)
    scene.restart()
    scene.engine.tick(scene.registry.clock.now)
    assert scene.open() == []


def test_a_hot_counter_is_judged_at_all_times_until_the_meals_are_told(scene: Scene, registry: ReadyRegistry) -> None:
    registry.calendar.take_sheet(SYSTEM, Sheet(meals=(Period(11 * 60 + 30, 12 * 60 + 30),)), NO_1)
    for minute in range(40):
        for site in (NO_1, NO_2):
            scene.say(minute * MINUTE, site, KITCHEN, "temperature_cel", 40.0, COLD)
    assert [(alert.rule, alert.site) for alert in scene.open()] == [("hot-holding-cold", NO_2)]
    for minute in range(90, 125):
        scene.say(minute * MINUTE, NO_1, KITCHEN, "temperature_cel", 40.0, COLD)
    assert cold_counters(scene) == {NO_1, NO_2}
    scene.wait_until(150 * MINUTE)
    assert cold_counters(scene) == {NO_2}


def test_a_holiday_is_heeded_within_a_minute(scene: Scene, registry: ReadyRegistry) -> None:
    scene.say(0, NO_1, BOARD_101, "power_state", 2.0)
    registry.calendar.mark_days(SYSTEM, [Mark(date(2026, 9, 7), DayKind.HOLIDAY)])
    scene.wait_until(20 * MINUTE)
    assert scene.everything() == []


def test_what_is_judged_elsewhere_cannot_be_bound_to_hours() -> None:
    text = """\
- id: odd
  metric: service_state
  condition: {type: elsewhere}
  only: lessons
  severity: minor
  title_en: a
  title_zh: b
  advice_en: c
  advice_zh: d
  count: {one_en: e, many_en: f, zh: g}
"""
    with pytest.raises(ConfigError, match=r"odd.yaml:4: .*leave `only` out"):
        read_rules("odd.yaml", text)
    with pytest.raises(ConfigError, match="school_hour"):
        read_rules("odd.yaml", text.replace("lessons", "school_hour"))


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["sample", "tick", "rest", "wake"]), st.integers(0, 20)), max_size=30))
def test_a_binding_that_rests_is_never_open(story: list[tuple[str, int]]) -> None:
    judged, silences = Judgement([Limits(1.0, 10.0, 8.0, 0, 3_000, 2_000)]), Silences([4_000])
    one, none = np.zeros(1, np.int32), np.zeros(1, np.bool_)
    cores: tuple[tuple[Judgement | Silences, Numbers], ...] = (
        (judged, judged.bind(one, one, none)),
        (silences, silences.bind(one, one, none, NOW)),
    )
    now, rests, open_now = NOW, False, {0: False, 1: False}
    for what, number in story:
        now += 1_000
        found: list[tuple[int, Transition]] = []
        told: list[Transition]
        for place, (core, binding) in enumerate(cores):
            if what == "sample":
                told = core.judge(Rows(one, np.array([now]), np.array([float(number)])), now)
            elif what == "tick":
                told = core.tick(now + number * 1_000)
            else:
                told = core.rest(binding, np.array([what == "rest"]), now)
                assert all(each.change is Change.CLEARED and each.by is Judged.HOURS for each in told)
            found += [(place, each) for each in told]
        rests = what == "rest" if what in {"rest", "wake"} else rests
        for place, each in found:
            assert open_now[place] is (each.change is Change.CLEARED), "opened and closed by turns"
            open_now[place] = each.change is Change.OPENED
        assert not (rests and any(open_now.values()))
