"""An alert of a school as a whole: every place that shows alerts names the school and leads to it."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from controller.alerts.model import Group, GroupOf, Rule
from controller.alerts.rulebook import Rulebook, shipped_rules
from controller.identity.model import ScopeSpec
from controller.identity.scope import SYSTEM, Role
from controller.main import Controller
from tests.support.district import NO_1, NOW, address_of, enrolment, school_facts
from tests.support.samples import Feed
from tests.support.standing import signed_in, standing_controller
from tests.support.visitor import Visitor

HALF_AWAY = Group(GroupOf.SITE, 0.5, bad=("no",), least=2)


@pytest.fixture
def standing(tmp_path: Path) -> Iterator[Controller]:
    """A controller where half of a school's devices do not answer."""
    with standing_controller(tmp_path, enrolment()) as controller:
        controller.registry.learn_facts(address_of(NO_1), school_facts(NO_1), NOW)
        book = Rulebook([*shipped_rules().rules(), half_away()])
        for judge in (controller.alert_engine, controller.alerts):
            judge.take_rules(book)
        feed = Feed(controller.store, [controller.alert_engine.judge])
        for facts in school_facts(NO_1)[:2]:
            feed.say(NO_1, facts.device, "reachable", 0.0, at=NOW)
        controller.alert_engine.tick(NOW)
        yield controller


def half_away() -> Rule:
    rule = shipped_rules().rule("device-unreachable")
    assert rule is not None
    return msgspec.structs.replace(
        rule, id="half-away", condition=HALF_AWAY, kinds=(), title_en="Half the school is away", title_zh="全校多半离线"
    )


def page(who: Visitor, path: str, language: str) -> str:
    answer = who.get(path, headers={"Accept-Language": language, "Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


SAID = {
    "en": ("the whole school", "2 of 2 are affected (100 %), more than 50 %", "The school as a whole."),
    "zh-CN": ("全校", "2 个中有 2 个受影响（100 %），超过 50 %", "整个学校。"),
}


@pytest.mark.slow
def test_the_school_is_named_and_led_to(standing: Controller) -> None:
    (alert,) = [each for each in standing.alerts.alerts(SYSTEM) if each.rule == "half-away"]
    assert alert.device == ""
    who = signed_in(standing, ScopeSpec(Role.TECHNICIAN, "li", site=NO_1))
    for language, wanted in SAID.items():
        shown = page(who, f"/alerts/{alert.id}", language).replace("\xa0", " ")
        for words in wanted:
            assert words in shown, words
        assert f'href="/sites/{NO_1}/devices/"' not in shown
        assert wanted[0] in page(who, "/alerts", language)
    told = who.get(f"/api/v1/alerts/{alert.id}").json()
    assert (told["site"], told["device"], told["value"]) == (NO_1, "", 1.0)
    assert "Half the school is away" in who.get("/api/v1/alerts.csv").text
