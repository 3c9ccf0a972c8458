"""A fault that the device tells of and that is measured too is one alert, in whichever order the two come."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from campus.ids import Instance
from campus.samples import Event, Severity
from controller.alerts.model import AlertState
from controller.identity.scope import SYSTEM
from tests.support.district import GATEWAY, NO_1, UPLINK, address_of
from tests.unit.alerts.scene import Scene, scenes


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    for each in scenes(tmp_path):
        each.say(0, NO_1, GATEWAY, "if_oper_state", 1, UPLINK)
        yield each


def reported(scene: Scene, second: float, kind: str = "link_down", port: str = UPLINK) -> None:
    severity = Severity.INFO if kind == "link_up" else Severity.MAJOR
    event = Event(GATEWAY, scene.at(second), kind, "port", severity, Instance(port))
    scene.registry.clock.now = max(scene.registry.clock.now, scene.at(second))
    scene.engine.note_events(address_of(NO_1), scene.mark(), [event])
    scene.engine.tick(scene.registry.clock.now)


def measured(scene: Scene, start: float, state: int) -> None:
    for second in (0, 10, 20):
        scene.say(start + second, NO_1, GATEWAY, "if_oper_state", state, UPLINK)


def test_the_event_first(scene: Scene) -> None:
    reported(scene, 10)
    (first,) = scene.service.standing(SYSTEM)
    measured(scene, 30, 2)
    (alert,) = scene.everything()
    assert (alert.id, alert.rule, alert.severity) == (first, "uplink-down", Severity.CRITICAL)
    assert [step.stage for step in alert.trail] == ["judged", "shown", "judged", "same"]
    measured(scene, 90, 1)
    (alert,) = scene.everything()
    assert alert.state is AlertState.CLEARED


def test_the_rule_first(scene: Scene) -> None:
    measured(scene, 10, 2)
    reported(scene, 40)
    (alert,) = scene.everything()
    assert alert.rule == "uplink-down"
    assert (alert.trail[-1].stage, alert.trail[-1].reason) == ("same", "the device reported it too")
    reported(scene, 50, "link_up")
    (alert,) = scene.open()
    assert alert.rule == "uplink-down"


def test_both_in_one_breath(scene: Scene) -> None:
    event = Event(GATEWAY, scene.at(20), "link_down", "port", Severity.MAJOR, Instance(UPLINK))
    tick, scene.engine.tick = scene.engine.tick, lambda now: None  # type: ignore[method-assign]
    measured(scene, 10, 2)
    scene.engine.note_events(address_of(NO_1), scene.mark(), [event])
    tick(scene.registry.clock.now)
    (alert,) = scene.everything()
    assert alert.rule == "uplink-down"


def test_after_a_restart_they_are_still_one(scene: Scene) -> None:
    reported(scene, 10)
    scene.restart()
    measured(scene, 30, 2)
    scene.restart()
    reported(scene, 60)
    (alert,) = scene.everything()
    assert [step.stage for step in alert.trail] == ["judged", "shown", "judged", "same", "same"]


def test_another_port_is_another_fault(scene: Scene) -> None:
    reported(scene, 10, port="GigabitEthernet0/0/2")
    measured(scene, 30, 2)
    assert sorted(alert.rule for alert in scene.open()) == ["event:link_down", "uplink-down"]
