"""Events are kept before they are acknowledged, judged once whatever dies meanwhile, and forgotten in the end."""

from collections.abc import Callable

import pytest

from campus.errors import Transient
from campus.ids import AgentId
from campus.samples import Event, Severity
from controller.alerts.keeping import event_log
from controller.alerts.keeping.event_log import EventLog
from controller.alerts.model import AlertState, EventKey, Report
from controller.identity.scope import SYSTEM, NotFound
from controller.store.port import FrameMark
from tests.support.district import DAY_MS, KITCHEN, NO_1, NO_1_SCOPE, NO_2, NO_2_VIEWER, SWITCH, address_of
from tests.unit.alerts.scene import Scene


def event(scene: Scene, second: float, kind: str, severity: Severity = Severity.MAJOR, instance: str = "") -> Event:
    return Event(SWITCH, scene.at(second), kind, kind.replace("_", " "), severity, instance)


def note(scene: Scene, mark: FrameMark, *events: Event) -> None:
    scene.engine.note_events(address_of(NO_1), mark, events)


def kinds(scene: Scene) -> list[str]:
    return [report.event.kind for report in scene.service.events(SYSTEM, NO_1, SWITCH)]


def test_a_crash_before_the_tick_loses_no_event(scene: Scene) -> None:
    mark = scene.mark()
    note(scene, mark, event(scene, 0, "fan_failed"), event(scene, 1, "login", Severity.INFO))
    scene.restart()
    scene.engine.tick(scene.at(2))
    assert scene.open_rules() == ["event:fan_failed"]
    scene.restart()
    note(scene, mark, event(scene, 0, "fan_failed"), event(scene, 1, "login", Severity.INFO))
    scene.engine.tick(scene.at(3))
    (alert,) = scene.everything()
    assert [step.stage for step in alert.trail] == ["judged", "shown"]
    assert kinds(scene) == ["login", "fan_failed"]


def test_a_frame_that_comes_again_changes_nothing(scene: Scene) -> None:
    mark, failed = scene.mark(), event(scene, 0, "fan_failed")
    for _ in range(3):
        note(scene, mark, failed)
        scene.engine.tick(scene.at(1))
    (alert,) = scene.everything()
    assert [step.stage for step in alert.trail] == ["judged", "shown"]
    note(scene, scene.mark(), failed)
    scene.engine.tick(scene.at(2))
    (alert,) = scene.everything()
    assert [step.stage for step in alert.trail] == ["judged", "shown", "duplicate"]


@pytest.mark.parametrize("crashes", range(6))
def test_a_down_and_its_up_are_told_once_wherever_the_controller_dies(scene: Scene, crashes: int) -> None:
    steps: list[Callable[[], None]] = [
        lambda: note(scene, FrameMark(NO_1, AgentId(NO_1), 1, 1), event(scene, 0, "link_down", instance="1")),
        lambda: scene.engine.tick(scene.at(1)),
        lambda: note(scene, FrameMark(NO_1, AgentId(NO_1), 1, 2), event(scene, 5, "link_up", Severity.INFO, "1")),
        lambda: scene.engine.tick(scene.at(6)),
        lambda: note(scene, FrameMark(NO_1, AgentId(NO_1), 1, 3), event(scene, 3, "link_down", instance="1")),
        lambda: scene.engine.tick(scene.at(7)),
    ]
    for place, step in enumerate(steps):
        step()
        if place == crashes:
            scene.restart()
            step()
    scene.restart()
    scene.engine.tick(scene.at(8))
    (alert,) = scene.everything()
    assert (alert.state, alert.opened_at, alert.cleared_at) == (AlertState.CLEARED, scene.at(0), scene.at(5))
    assert [step.stage for step in alert.trail] == ["judged", "shown", "cleared"]
    assert EventLog(scene.registry.engine).unjudged() == []


def test_events_that_cannot_be_kept_are_refused_and_told_when_they_come_again(scene: Scene) -> None:
    scene.registry.engine.dispose()
    aside = scene.registry.path.with_suffix(".aside")
    scene.registry.path.rename(aside)
    scene.registry.path.mkdir()
    mark = scene.mark()
    with pytest.raises(Transient):
        note(scene, mark, event(scene, 0, "fan_failed"))
    assert scene.engine.figures().waiting == 0
    scene.registry.path.rmdir()
    aside.rename(scene.registry.path)
    note(scene, mark, event(scene, 0, "fan_failed"))
    scene.engine.tick(scene.at(1))
    assert scene.open_rules() == ["event:fan_failed"]


def test_people_see_what_the_devices_of_their_sites_reported(scene: Scene) -> None:
    note(scene, scene.mark(), *(event(scene, second, f"kind_{second}") for second in range(5)))
    found = scene.service.events(NO_1_SCOPE, NO_1, SWITCH, limit=2)
    assert [(each.event.kind, each.key.position) for each in found] == [("kind_4", 4), ("kind_3", 3)]
    assert found[0].event == event(scene, 4, "kind_4")
    assert scene.service.events(SYSTEM, NO_2, SWITCH) == []
    with pytest.raises(NotFound):
        scene.service.events(NO_2_VIEWER, NO_1, SWITCH)


def test_what_is_old_or_too_much_of_a_site_is_forgotten(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_log, "DELETED_AT_ONCE", 2)
    log = EventLog(scene.registry.engine, kept_of_site=3)
    for number in range(8):
        key = EventKey(NO_1, AgentId(NO_1), 1, number, 0)
        assert log.keep([(Report(key, event(scene, number, f"kind_{number}"), scene.at(number)), False)])
    log.tidy(scene.at(10))
    log.tidy(scene.at(11))  # not yet due again
    assert len(kinds(scene)) == 6
    log.tidy(scene.at(80))
    log.tidy(scene.at(150))
    assert kinds(scene) == ["kind_7", "kind_6", "kind_5"]
    log.tidy(scene.at(0) + 401 * DAY_MS)
    assert (kinds(scene), log.forgotten) == (["kind_7"], 7)


def test_finding_something_wakes_the_writer(scene: Scene) -> None:
    woken: list[int] = []
    scene.engine.on_found = lambda: woken.append(scene.engine.figures().waiting)
    scene.say(0, NO_1, SWITCH, "cpu_percent", 5.0)
    note(scene, scene.mark(), event(scene, 0, "login", Severity.INFO))
    assert woken == []
    scene.say(1, NO_1, KITCHEN, "gas_percent_lel", 40.0)
    note(scene, scene.mark(), event(scene, 1, "fan_failed"))
    assert woken == [1, 1]
    scene.registry.clock.now += 250
    scene.engine.tick(scene.registry.clock.now)
    assert scene.engine.figures().delays_ms == {"0.5": 250, "0.99": 250, "1": 250}
