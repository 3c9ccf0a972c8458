"""What one transaction writes when much happens at once."""

from campus.ids import DeviceId, SiteId
from controller.alerts.hushing.stages import Case, Outcome, key_of
from controller.alerts.keeping.recorder import Cleared, Recorder
from controller.alerts.model import AlertState, Rule
from controller.identity.scope import SYSTEM
from tests.support.district import KITCHEN, NO_1
from tests.unit.alerts.scene import Scene


def rule_of(scene: Scene, rule_id: str) -> Rule:
    rule = scene.rulebook.rule(rule_id)
    assert rule is not None
    return rule


def case(
    scene: Scene,
    rule_id: str,
    second: float,
    *,
    site: SiteId = NO_1,
    device: str = KITCHEN,
    part: str = "",
    since: float = 0,
) -> Case:
    at, began = scene.at(second), scene.at(since)
    return Case(rule_of(scene, rule_id), site, DeviceId(device), part, at, began, 40.0)


def cleared(ended: Case, at: int) -> Cleared:
    return Cleared(key_of(ended), ended.rule, at, 1.0)


def recorder(scene: Scene) -> Recorder:
    fresh = Recorder(scene.registry.engine, scene.rulebook)
    fresh.load(scene.at(0))
    return fresh


def test_changes_of_one_alert_keep_their_order(scene: Scene) -> None:
    gas = case(scene, "gas-leak", 10)
    again = case(scene, "gas-leak", 30)
    changes: list[Case | Cleared] = [gas, cleared(gas, scene.at(20)), again, case(scene, "gas-leak", 31)]
    assert recorder(scene).write(changes, scene.at(40)) == [Outcome.RAISED, None, Outcome.RAISED, Outcome.DROPPED]
    first, second = scene.everything()
    assert (first.state, first.opened_at, first.cleared_at) == (AlertState.CLEARED, scene.at(10), scene.at(20))
    assert (second.state, second.opened_at) == (AlertState.OPEN, scene.at(30))
    assert [step.stage for step in second.trail] == ["judged", "shown", "duplicate"]


def test_an_alert_never_ends_before_it_began(scene: Scene) -> None:
    gas = case(scene, "gas-leak", 10)
    recorder(scene).write([gas, cleared(gas, scene.at(5))], scene.at(20))
    (alert,) = scene.everything()
    assert alert.cleared_at == alert.opened_at == scene.at(10)


def test_a_storm_is_written_whole(scene: Scene) -> None:
    parts = [str(number) for number in range(3_000)]
    storm = [case(scene, "freezer-warm", 10, part=part) for part in parts]
    pen = recorder(scene)
    pen.write(storm, scene.at(10))
    found = scene.service.alerts(SYSTEM, limit=5_000)
    assert sorted(alert.instance for alert in found) == sorted(parts)
    sample = scene.service.alert(SYSTEM, found[17].id)
    assert [step.stage for step in sample.trail] == ["judged", "shown"]
    id_of = {alert.instance: alert.id for alert in found}
    assert pen.open == {key_of(each): id_of[each.instance] for each in storm}
    pen.write([cleared(each, scene.at(20)) for each in storm], scene.at(20))
    assert scene.open() == []
    assert recorder(scene).open == {}
