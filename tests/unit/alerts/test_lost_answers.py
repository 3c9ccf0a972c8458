"""Commits that lasted and were reported as failed, and writes nobody foresaw: nothing is told twice, nothing is left untold."""

import pytest

from campus.errors import Transient
from campus.samples import Event, Severity
from controller.alerts.model import AlertState
from tests.support.district import KITCHEN, NO_1, SWITCH, address_of
from tests.support.lost_answer import lost_answers
from tests.unit.alerts.scene import Scene


def test_an_alert_that_was_written_after_all_is_not_written_again_and_ends(scene: Scene) -> None:
    scene.say(0, NO_1, KITCHEN, "temperature_cel", -18.0, "freezer")
    scene.feed.say(NO_1, KITCHEN, "gas_percent_lel", 40.0, at=scene.at(1))
    with lost_answers(scene.registry.engine), pytest.raises(Transient):
        scene.engine.tick(scene.at(2))
    scene.engine.tick(scene.at(3))
    (alert,) = scene.everything()
    assert [step.stage for step in alert.trail] == ["judged", "shown", "duplicate"]
    scene.say(60, NO_1, KITCHEN, "gas_percent_lel", 0.0)
    scene.wait_until(400)
    assert [each.state for each in scene.everything()] == [AlertState.CLEARED]


def test_an_event_that_was_kept_after_all_is_judged(scene: Scene) -> None:
    mark = scene.mark()
    down = Event(SWITCH, scene.at(-9), "link_down", "", Severity.MAJOR, "1")
    failed = Event(SWITCH, scene.at(-9), "fan_failed", "", Severity.MAJOR)
    up_and_down = [down, Event(SWITCH, scene.at(-5), "link_up", "", Severity.INFO, "1"), failed]
    with lost_answers(scene.registry.engine), pytest.raises(Transient):
        scene.engine.note_events(address_of(NO_1), mark, up_and_down)
    scene.engine.note_events(address_of(NO_1), mark, up_and_down)
    scene.engine.note_events(address_of(NO_1), mark, up_and_down)  # the frame comes again, as frames do
    scene.engine.tick(scene.at(1))
    assert [(alert.rule, alert.state) for alert in scene.everything()] == [
        ("event:link_down", AlertState.CLEARED),
        ("event:fan_failed", AlertState.OPEN),
    ]
    assert scene.engine.figures().waiting == 0


def test_a_change_that_cannot_be_written_takes_no_other_with_it(scene: Scene) -> None:
    other = Scene(scene.registry)  # a second controller on the same registry: it has opened the alert already
    other.say(0, NO_1, KITCHEN, "gas_percent_lel", 40.0)
    scene.feed.say(NO_1, KITCHEN, "gas_percent_lel", 40.0, at=scene.at(1))
    scene.engine.note_events(
        address_of(NO_1), scene.mark(), [Event(SWITCH, scene.at(1), "fan_failed", "", Severity.MAJOR)]
    )
    scene.engine.tick(scene.at(2))
    assert scene.open_rules() == ["event:fan_failed", "gas-leak"]
    assert scene.engine.figures().waiting == scene.engine.figures().dropped == 0


def test_a_change_that_can_never_be_written_is_dropped_alone(scene: Scene) -> None:
    with scene.registry.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER nobody_foresaw_this BEFORE INSERT ON alert WHEN new.rule = 'gas-leak' "
            "BEGIN SELECT raise(ABORT, 'nobody foresaw this'); END"
        )
    scene.feed.say(NO_1, KITCHEN, "gas_percent_lel", 40.0, at=scene.at(1))
    scene.engine.note_events(
        address_of(NO_1), scene.mark(), [Event(SWITCH, scene.at(1), "fan_failed", "", Severity.MAJOR)]
    )
    scene.engine.tick(scene.at(2))
    assert scene.open_rules() == ["event:fan_failed"]
    assert (scene.engine.figures().waiting, scene.engine.figures().dropped) == (0, 1)
