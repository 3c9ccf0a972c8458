"""What other rooms of the controller judge becomes alerts like any other's, with the words they gave."""

from campus.ids import SiteId
from controller.alerts.model import AlertKey, AlertState, Verdict
from tests.support.district import NO_1
from tests.unit.alerts.scene import Scene

KEY = AlertKey("service-failed", NO_1, "a1", "teaching")


def verdict(scene: Scene, second: float, key: AlertKey = KEY, *, is_over: bool = False) -> Verdict:
    return Verdict(key, scene.at(second), scene.at(second - 30), "fails from 3 of 3 schools", "3所学校均失败", is_over)


def test_a_verdict_is_an_alert_in_the_judges_words(scene: Scene) -> None:
    scene.engine.note_verdicts([verdict(scene, 0)])
    scene.wait_until(2)
    (alert,) = scene.open()
    (told,) = scene.everything()
    assert (alert.rule, alert.site, alert.instance) == ("service-failed", NO_1, "teaching")
    assert (told.trail[0].reason, told.trail[0].reason_zh) == ("fails from 3 of 3 schools", "3所学校均失败")
    assert scene.engine.judged_elsewhere() == {KEY}


def test_told_twice_it_is_one_alert_and_over_it_clears(scene: Scene) -> None:
    for second in (0, 5):
        scene.engine.note_verdicts([verdict(scene, second)])
        scene.wait_until(second + 2)
    assert len(scene.open()) == 1
    for second in (10, 15):
        scene.engine.note_verdicts([verdict(scene, second, is_over=True)])
        scene.wait_until(second + 2)
    (told,) = scene.everything()
    assert told.state is AlertState.CLEARED
    assert told.trail[-1].reason == "good again"
    assert scene.engine.judged_elsewhere() == set()


def test_a_restart_leaves_it_open_until_its_judge_says_otherwise(scene: Scene) -> None:
    scene.engine.note_verdicts([verdict(scene, 0)])
    scene.wait_until(2)
    scene.restart()
    scene.wait_until(600)
    assert scene.open_rules() == ["service-failed"]
    assert scene.engine.judged_elsewhere() == {KEY}
    scene.engine.note_verdicts([verdict(scene, 600, is_over=True)])
    scene.wait_until(602)
    assert scene.open_rules() == []


def test_a_rule_that_is_gone_raises_nothing(scene: Scene) -> None:
    scene.engine.note_verdicts([verdict(scene, 0, AlertKey("no-such-rule", SiteId("x"), "a", ""))])
    scene.wait_until(2)
    assert scene.open() == []


def test_samples_alone_never_raise_what_is_judged_elsewhere(scene: Scene) -> None:
    for second in range(0, 300, 30):
        scene.say(second, NO_1, "a1", "service_state", 4.0, "teaching")
    assert scene.open_rules() == []
