"""Silences on a time line: what opens in one is not told, what is still bad at its end is told then."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from campus.samples import DeviceKind, Severity
from controller.alerts.model import Alert
from controller.calendar.model import Period
from controller.identity.scope import SYSTEM
from controller.silences.model import Draft, Kind, Pattern, Selector
from tests.support.district import DISTRICT_SCOPE, KITCHEN, NO_1, NO_2, SWITCH
from tests.unit.alerts.scene import Scene, scenes

SWITCHES = Selector(site=NO_1, kind=DeviceKind.SWITCH)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    for each in scenes(tmp_path):
        each.say(0, NO_1, SWITCH, "reachable", 1)
        yield each


def silence(
    scene: Scene,
    start: float,
    end: float,
    selector: Selector = SWITCHES,
    *,
    kind: Kind = Kind.SILENCE,
    pattern: Pattern | None = None,
    takes_open: bool = True,
    covers_danger: bool = False,
) -> int:
    draft = Draft(
        kind,
        selector,
        scene.at(start),
        scene.at(end),
        "new cabinet",
        pattern or Pattern(),
        takes_open=takes_open,
        covers_danger=covers_danger,
    )
    return scene.silences.silence(DISTRICT_SCOPE, draft).id


def standing(scene: Scene) -> list[str]:
    ids = scene.service.standing(SYSTEM)
    return sorted(alert.rule for alert in scene.service.by_ids(SYSTEM, ids))


def fall(scene: Scene, second: float) -> None:
    """The switch stops to answer, long enough for its rule."""
    for later in range(0, 240, 30):
        scene.say(second + later, NO_1, SWITCH, "reachable", 0)


def the_alert(scene: Scene) -> Alert:
    (alert,) = scene.everything()
    return alert


def test_what_opens_in_a_window_is_not_told_and_the_trail_names_the_window(scene: Scene) -> None:
    window = silence(scene, 0, 3600)
    fall(scene, 10)
    alert = the_alert(scene)
    assert alert.silence == window
    assert standing(scene) == []
    assert scene.service.open_count(SYSTEM) == 0
    step = alert.trail[-1]
    assert (step.stage, step.reason) == ("silenced", f"under silence {window} by operator: new cabinet")
    assert "静默" in step.reason_zh


def test_what_is_still_bad_when_the_window_ends_is_told_then(scene: Scene) -> None:
    silence(scene, 0, 600)
    fall(scene, 10)
    scene.wait_until(599)
    assert standing(scene) == []
    scene.wait_until(601)
    assert len(standing(scene)) == 1
    assert scene.trail(the_alert(scene))[-1] == ("silenced", "told")


def test_what_clears_in_the_window_is_never_told_and_is_listed(scene: Scene) -> None:
    window = silence(scene, 0, 600)
    fall(scene, 10)
    scene.say(300, NO_1, SWITCH, "reachable", 1)
    scene.wait_until(700)
    assert scene.open() == []
    shown = scene.silences.window(DISTRICT_SCOPE, window)
    assert shown.hid == 1
    assert [each.id for each in scene.silences.hidden_by(DISTRICT_SCOPE, window)] == [the_alert(scene).id]


@pytest.mark.parametrize("takes_open", [True, False])
def test_what_is_open_already_is_taken_in_where_that_is_wanted(scene: Scene, takes_open: bool) -> None:
    fall(scene, 10)
    scene.wait_until(290)
    silence(scene, 300, 600, takes_open=takes_open)
    scene.wait_until(299)
    assert len(standing(scene)) == 1
    scene.wait_until(302)
    assert len(standing(scene)) == (0 if takes_open else 1)


def test_ending_it_early_tells_at_once_and_undo_hides_again(scene: Scene) -> None:
    window = silence(scene, 0, 3600)
    fall(scene, 10)
    scene.silences.end(DISTRICT_SCOPE, window)
    scene.wait_until(303)
    assert len(standing(scene)) == 1
    scene.silences.resume(DISTRICT_SCOPE, window)
    scene.wait_until(306)
    assert standing(scene) == []
    assert scene.silences.window(DISTRICT_SCOPE, window).hid == 1


def test_a_restart_in_a_window_changes_nothing(scene: Scene) -> None:
    window = silence(scene, 0, 600)
    fall(scene, 10)
    scene.restart()
    scene.wait_until(310)
    assert standing(scene) == []
    assert [stage for stage, _ in scene.trail(the_alert(scene))].count("silenced") == 1
    scene.restart()
    scene.wait_until(602)
    assert len(standing(scene)) == 1
    assert scene.silences.window(DISTRICT_SCOPE, window).hid == 1


def test_a_window_that_ended_while_the_controller_was_away_is_noticed(scene: Scene) -> None:
    silence(scene, 0, 600)
    fall(scene, 10)
    scene.registry.clock.now = scene.at(2000)
    scene.restart()
    scene.engine.tick(scene.registry.clock.now)
    assert len(standing(scene)) == 1


def test_another_school_another_kind_and_another_rule_are_told(scene: Scene) -> None:
    for selector in (
        Selector(site=NO_2),
        Selector(site=NO_1, kind=DeviceKind.BOARD),
        Selector(site=NO_1, rule="freezer-warm"),
        Selector(site=NO_1, device=KITCHEN),
        Selector(site=NO_1, room="r101"),
        Selector(organisation="south-town"),
        Selector(severity=Severity.INFO),
    ):
        silence(scene, 0, 3600, selector)
    fall(scene, 10)
    assert len(standing(scene)) == 1


def test_gas_is_told_unless_somebody_said_otherwise(scene: Scene) -> None:
    silence(scene, 0, 600, Selector(site=NO_1), kind=Kind.MAINTENANCE)
    for second in (1, 20, 40, 60):
        scene.say(second, NO_1, KITCHEN, "gas_percent_lel", 60, "gas-1")
    assert standing(scene) == ["gas-leak"]
    silence(scene, 61, 600, Selector(site=NO_1), covers_danger=True)
    scene.wait_until(63)
    assert standing(scene) == []


def test_the_stronger_window_takes_over_when_the_other_ends(scene: Scene) -> None:
    first = silence(scene, 0, 600)
    second = silence(scene, 0, 400, kind=Kind.MAINTENANCE)
    fall(scene, 10)
    assert the_alert(scene).silence == second
    scene.wait_until(402)
    assert the_alert(scene).silence == first
    assert standing(scene) == []


def test_a_window_of_every_week_ends_by_the_clock_of_the_district(scene: Scene) -> None:
    """The scene begins on a Monday at 10:00."""
    silence(scene, 0, 20 * 86_400, pattern=Pattern(weekdays=(0,), hours=Period(540, 610)))
    fall(scene, 10)
    scene.wait_until(599)
    assert standing(scene) == []
    scene.wait_until(601)
    assert len(standing(scene)) == 1
