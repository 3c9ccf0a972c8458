"""What comes and goes is one alert, until it has been steady for long enough."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.alerts.hushing.flapping import CEILING, HALF_LIFE_MS, QUIET_MS, Score, is_flapping, raised, scores_of
from controller.alerts.model import Alert, AlertKey, AlertState
from controller.identity.scope import SYSTEM
from tests.support.district import NO_1, UPLINK
from tests.unit.alerts.scene import Scene, scenes

PERIOD_S = 300
KEY = AlertKey("rule", "site", "device", "")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    yield from scenes(tmp_path)


def link(scene: Scene, second: float, *, is_up: bool) -> None:
    scene.say(second, NO_1, "gw-1", "if_oper_state", 1 if is_up else 2, UPLINK)


def flap(scene: Scene, start: float, times: int) -> float:
    """Down for 150 s, up for 150 s, a reading every 30 s, so often; when the last one ends."""
    for place in range(times * PERIOD_S // 30):
        second = start + place * 30
        link(scene, second, is_up=(second - start) % PERIOD_S >= 150)
    return start + times * PERIOD_S


def uplinks(scene: Scene) -> list[Alert]:
    return [alert for alert in scene.everything() if alert.rule == "uplink-down"]


def test_it_stands_as_one_alert_however_often_it_comes_and_goes(scene: Scene) -> None:
    link(scene, 0, is_up=True)
    flap(scene, 30, 20)
    found = uplinks(scene)
    assert len(found) == 4
    assert [alert.flapping_since > 0 for alert in found] == [False, False, False, True]
    assert found[-1].state is AlertState.OPEN
    assert list(scene.service.standing(SYSTEM)) == []  # it is good at this moment
    link(scene, 30 + 20 * PERIOD_S, is_up=False)
    scene.wait_until(30 + 20 * PERIOD_S + 60)
    assert list(scene.service.standing(SYSTEM)) == [found[-1].id]
    found = uplinks(scene)
    assert scene.service.flapping(SYSTEM)[found[-1].id].changes == 34
    assert [step.stage for step in found[-1].trail] == ["judged", "flapping", "shown"]
    assert scene.engine.figures().flapping == 1


def test_steady_and_good_it_is_over_since_it_was_good(scene: Scene) -> None:
    link(scene, 0, is_up=True)
    end = flap(scene, 30, 8)
    good_at = uplinks(scene)[-1]
    scene.wait_until(end + QUIET_MS / 1000 + 60)
    over = uplinks(scene)[-1]
    assert over.id == good_at.id
    assert over.state is AlertState.CLEARED
    assert scene.at(end - 150) <= over.cleared_at <= scene.at(end)
    assert (over.trail[-1].stage, over.trail[-1].decision) == ("flapping", "cleared")
    assert scene.service.flapping(SYSTEM) == {}


def test_steady_and_bad_it_goes_on_as_an_ordinary_alert(scene: Scene) -> None:
    link(scene, 0, is_up=True)
    end = flap(scene, 30, 8)
    link(scene, end, is_up=False)
    scene.wait_until(end + QUIET_MS / 1000 + 200)
    steady = uplinks(scene)[-1]
    assert (steady.state, steady.flapping_since) == (AlertState.OPEN, 0)
    assert (steady.trail[-1].stage, steady.trail[-1].decision) == ("flapping", "steady")
    link(scene, end + 3000, is_up=True)
    scene.wait_until(end + 3300)
    assert uplinks(scene)[-1].state is AlertState.CLEARED
    assert len(uplinks(scene)) == 4


@pytest.mark.parametrize("is_up", [True, False])
def test_a_restart_on_the_way_changes_nothing(scene: Scene, is_up: bool) -> None:
    link(scene, 0, is_up=True)
    end = flap(scene, 30, 6)
    link(scene, end, is_up=is_up)
    scene.wait_until(end + 170)
    scene.restart()
    before = scene.service.flapping(SYSTEM)
    assert [each.is_bad for each in before.values()] == [not is_up]
    for later in range(200, 500, 30):
        link(scene, end + later, is_up=is_up)
    assert scene.service.flapping(SYSTEM) == before
    link(scene, end + 500, is_up=not is_up)
    scene.wait_until(end + 700)
    (after,) = scene.service.flapping(SYSTEM).values()
    assert (after.changes, after.is_bad) == (next(iter(before.values())).changes + 1, is_up)
    assert len(uplinks(scene)) == 4


def test_how_often_it_opened_before_a_restart_counts(scene: Scene) -> None:
    link(scene, 0, is_up=True)
    end = flap(scene, 30, 3)
    scene.restart()
    flap(scene, end, 1)
    assert [alert.flapping_since > 0 for alert in uplinks(scene)] == [False, False, False, True]


@given(gap_min=st.integers(1, 30))
def test_what_opens_every_half_hour_or_more_often_is_found_within_hours(gap_min: int) -> None:
    times = [place * gap_min * 60_000 for place in range(200 // gap_min + 2)]
    assert is_flapping(scores_of((KEY, at) for at in times)[KEY])


@given(gap_min=st.integers(60, 10_000), times=st.integers(1, 50))
def test_what_opens_once_an_hour_or_less_often_is_not_flapping(gap_min: int, times: int) -> None:
    assert not is_flapping(scores_of((KEY, at * gap_min * 60_000) for at in range(times))[KEY])


@given(gaps=st.lists(st.integers(0, 3 * HALF_LIFE_MS), max_size=50))
def test_a_score_is_bounded_and_time_only_lowers_it(gaps: list[int]) -> None:
    score, at, seen = Score(1.0, 0), 0, [1.0]
    for gap in gaps:
        at += gap
        score = raised(score, at)
        seen.append(score.value)
    assert all(1.0 <= value <= CEILING for value in seen)
    assert all(later <= earlier + 1 for earlier, later in pairwise(seen))
