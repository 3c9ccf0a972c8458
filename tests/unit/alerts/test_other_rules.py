"""Another rulebook at run time: exceptions of schools come and go, and nothing that stands is lost or told twice."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from campus.samples import Severity
from controller.alerts.judging.numbering import RuleNumbers
from controller.alerts.model import Change, Comparison, Condition, Group, GroupOf, Rule, States, Threshold
from controller.alerts.rulebook import Rulebook, SiteRule, shipped_rules
from tests.support.district import NO_1, NO_2
from tests.unit.alerts.scene import Scene, scenes

COLD = shipped_rules().rule("freezer-warm")
assert COLD is not None
ABOVE_8 = Threshold(COLD.condition.comparison, 8.0, 6.0, hold_s=30)  # type: ignore[union-attr]
WARM = msgspec.structs.replace(COLD, id="warm", metric="temperature_cel", kinds=(), instance="*", condition=ABOVE_8)
BASE = Rulebook([WARM])


def held(condition: Condition, rule: Rule = WARM) -> Rule:
    return msgspec.structs.replace(rule, condition=condition)


def at(rule: Rule | None, *sites: str, rule_id: str = "warm") -> SiteRule:
    return SiteRule(rule_id, frozenset(sites), rule)  # type: ignore[arg-type]


def tighter(level: float) -> Rule:
    return held(msgspec.structs.replace(ABOVE_8, level=level, clear_level=level - 2))


def take(scene: Scene, exceptions: Sequence[SiteRule], book: Rulebook = BASE) -> None:
    scene.engine.take_rules(book.with_exceptions(exceptions))
    scene.service.take_rules(book.with_exceptions(exceptions))
    scene.engine.tick(scene.registry.clock.now)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    yield from scenes(tmp_path, BASE)


def warm(scene: Scene, second: float, *values: float) -> None:
    for site, value in zip((NO_1, NO_2), values, strict=False):
        scene.say(second, site, "store", "temperature_cel", value)


def where(scene: Scene) -> list[str]:
    return sorted(str(alert.site) for alert in scene.open())


def test_a_school_may_be_tighter_than_the_others(scene: Scene) -> None:
    warm(scene, 0, 7.0, 7.0)
    take(scene, [at(tighter(6.0), NO_1)])
    warm(scene, 10, 7.0, 7.0)
    warm(scene, 40, 7.0, 7.0)
    assert where(scene) == [NO_1]
    take(scene, [])
    warm(scene, 50, 7.0, 7.0)
    assert where(scene) == [NO_1], "the old clear level is 6"
    warm(scene, 60, 6.0, 6.0)
    assert where(scene) == []
    assert [alert.rule for alert in scene.everything()] == ["warm"]


def test_what_is_open_goes_on_by_the_rule_as_it_is_now(scene: Scene) -> None:
    warm(scene, 0, 9.0, 9.0)
    warm(scene, 30, 9.0, 9.0)
    assert where(scene) == [NO_1, NO_2]
    take(scene, [at(tighter(6.0), NO_1)])
    warm(scene, 40, 5.0, 5.0)
    assert where(scene) == [NO_1], "good again there is 4 now"
    warm(scene, 50, 4.0, 5.0)
    assert where(scene) == []
    assert len(scene.everything()) == 2


def test_a_hold_goes_on_where_the_condition_is_the_same(scene: Scene) -> None:
    warm(scene, 0, 9.0, 9.0)
    graver = msgspec.structs.replace(WARM, severity=Severity.MINOR, title_en="Warm")
    take(scene, [at(tighter(6.0), NO_1)], Rulebook([graver]))
    warm(scene, 30, 9.0, 9.0)
    assert where(scene) == [NO_2], "at the other school the hold begins anew"
    assert scene.open()[0].severity is Severity.MINOR
    warm(scene, 60, 9.0, 9.0)
    assert where(scene) == [NO_1, NO_2]


def test_a_rule_that_is_switched_off_takes_its_alert_with_it(scene: Scene) -> None:
    warm(scene, 0, 9.0, 9.0)
    warm(scene, 30, 9.0, 9.0)
    take(scene, [at(None, NO_1)])
    assert where(scene) == [NO_2]
    warm(scene, 40, 9.0, 9.0)
    warm(scene, 80, 9.0, 9.0)
    assert where(scene) == [NO_2]
    take(scene, [])
    warm(scene, 90, 9.0, 9.0)
    warm(scene, 120, 9.0, 9.0)
    assert where(scene) == [NO_1, NO_2]


def test_a_rule_of_one_school_alone(scene: Scene) -> None:
    own = msgspec.structs.replace(tighter(5.0), id="own")
    take(scene, [at(own, NO_1, rule_id="own")])
    warm(scene, 0, 6.0, 6.0)
    warm(scene, 30, 6.0, 6.0)
    assert [(alert.rule, alert.site) for alert in scene.open()] == [("own", NO_1)]
    assert scene.service.rule("own", NO_1) == own


def test_an_exception_holds_over_a_restart(scene: Scene) -> None:
    book = BASE.with_exceptions([at(tighter(6.0), NO_1)])
    warm(scene, 0, 7.0, 7.0)
    take(scene, [at(tighter(6.0), NO_1)])
    warm(scene, 10, 7.0, 7.0)
    scene.rulebook = book
    scene.restart()
    warm(scene, 40, 7.0, 7.0)
    assert where(scene) == [NO_1]
    assert scene.open()[0].opened_at == scene.at(40)
    scene.restart()
    assert where(scene) == [NO_1]


def test_a_group_goes_on_by_another_level_and_ends_with_its_rule(scene: Scene) -> None:
    away = held(Group(GroupOf.SITE, 0.5, bad=("no",), least=3), msgspec.structs.replace(WARM, metric="reachable"))
    book = Rulebook([away])
    take(scene, [], book)
    for number in range(4):
        scene.say(number, NO_1, f"d{number}", "reachable", 0.0)
    (alert,) = scene.open()
    assert (alert.site, alert.device) == (NO_1, "")
    take(scene, [at(held(msgspec.structs.replace(away.condition, level=0.3), away), NO_1)], book)
    scene.wait_until(10)
    assert where(scene) == [NO_1]
    scene.say(11, NO_1, "d0", "reachable", 1.0)
    scene.say(12, NO_1, "d1", "reachable", 1.0)
    assert where(scene) == [NO_1], "half of them, as the store tells, is more than 0.3"
    take(scene, [at(None, NO_1)], book)
    assert where(scene) == []
    assert len(scene.everything()) == 1


def test_another_kind_of_condition_takes_over(scene: Scene) -> None:
    by_state = held(States(bad=("no",)), msgspec.structs.replace(WARM, metric="reachable"))
    take(scene, [], Rulebook([by_state]))
    scene.say(0, NO_1, "d0", "reachable", 0.0)
    assert where(scene) == [NO_1]
    many = held(Group(GroupOf.DEVICE, 0.5, bad=("no",), least=1), by_state)
    take(scene, [], Rulebook([many]))
    scene.say(1, NO_1, "d0", "reachable", 1.0)
    assert where(scene) == []


def test_forms_keep_their_numbers() -> None:
    numbers = RuleNumbers(BASE)
    assert numbers.take(BASE) == frozenset()
    assert numbers.take(BASE.with_exceptions([at(tighter(6.0), NO_1)])) == {"temperature_cel"}
    assert [numbers.number_at("warm", site) for site in (NO_1, NO_2)] == [1, 0]
    numbers.take(BASE.with_exceptions([at(tighter(6.0), NO_2)]))
    assert [numbers.number_at("warm", site) for site in (NO_1, NO_2)] == [0, 1]
    numbers.take(BASE.with_exceptions([at(None, NO_2)]))
    assert [numbers.number_at("warm", site) for site in (NO_1, NO_2)] == [0, None]
    assert len(numbers.rules) == 2


def test_the_later_exception_counts_and_ids_must_fit() -> None:
    book = BASE.with_exceptions([at(tighter(6.0), NO_1, NO_2), at(tighter(5.0), NO_1)])
    assert [book.rule("warm", site) for site in (NO_1, NO_2)] == [tighter(5.0), tighter(6.0)]
    with pytest.raises(ValueError, match="has the id 'warm'"):
        BASE.with_exceptions([at(WARM, NO_1, rule_id="other")])


def test_a_new_rule_takes_up_from_what_is_stored_and_the_old_one_forgets_nothing(scene: Scene) -> None:
    slow = held(Change(Comparison.ABOVE, 4.0, within_s=600))
    take(scene, [], Rulebook([slow]))
    for minute in range(16):
        warm(scene, minute * 60, 5.0)
    quick = msgspec.structs.replace(held(Change(Comparison.ABOVE, 4.0, within_s=60)), id="quick")
    take(scene, [], Rulebook([slow, quick]))
    warm(scene, 960, 10.0)
    assert scene.open_rules() == ["quick", "warm"]
