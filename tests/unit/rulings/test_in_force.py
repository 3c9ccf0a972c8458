"""What is decided is judged by within seconds, outlives a restart, and says on each trail who ended what."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from campus.samples import Severity
from controller.alerts.model import AlertState, Comparison, Threshold
from controller.alerts.rulebook import Rulebook
from controller.identity.scope import SYSTEM
from controller.rulings.archive import Archive
from controller.rulings.docket import Docket
from controller.rulings.enforcing import Enforcement
from controller.rulings.model import Adjustment
from controller.rulings.service import RulingService
from tests.support.district import KITCHEN, NO_1, NO_2, ready_registry
from tests.unit.alerts.scene import Scene
from tests.unit.rulings.council import BUREAU, DAY_MS, FREEZER, HEAD, MS_LI, SCHOOL, base_rules


class District(Scene):
    """A scene in which people decide."""

    def __post_init__(self) -> None:
        super().__post_init__()
        docket = Docket(Archive(self.registry.engine))
        self.rulings = RulingService(docket, self.registry.service, self.registry.clock, self.rulebook)
        self.enforce()

    def enforce(self) -> None:
        """As the controller does at its start."""
        docket = Docket(Archive(self.registry.engine))
        judges = (self.engine, self.service)
        self.enforcement = Enforcement(docket, self.registry.service, self.rulebook, judges)
        self.enforcement.tend(self.registry.clock.now)

    def pass_time(self, until: float) -> None:
        self.wait_until(until)
        self.enforcement.tend(self.registry.clock.now)
        self.engine.tick(self.registry.clock.now)

    def warm(self, start: int, end: int, value: float) -> None:
        """Both schools' freezers, a sample a minute."""
        for second in range(start, end, 60):
            self.wait_until(second)
            for site in (NO_1, NO_2):
                self.say(second, site, KITCHEN, "temperature_cel", value, "freezer")


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    registry = ready_registry(tmp_path)
    yield District(registry, base_rules())
    registry.engine.dispose()


def sites_open(district: District) -> list[str]:
    return sorted(alert.site for alert in district.open() if alert.rule == FREEZER)


def test_a_tightened_rule_is_judged_by_from_then_on(district: District) -> None:
    district.rulings.change(MS_LI, SCHOOL, FREEZER, Adjustment(hold_s=120.0, severity=Severity.CRITICAL))
    district.pass_time(5)
    district.warm(60, 300, -9.0)
    (alert,) = district.open()
    assert (alert.site, alert.severity) == (NO_1, Severity.CRITICAL)
    assert district.service.rule(FREEZER, NO_2).severity is Severity.MAJOR


def test_what_was_open_is_closed_with_who_switched_its_rule_off_and_why(district: District) -> None:
    district.warm(0, 900, -9.0)
    assert sites_open(district) == [NO_1, NO_2]
    district.rulings.grant(HEAD, SCHOOL, FREEZER, Adjustment(is_off=True), "it is emptied", district.at(DAY_MS / 1000))
    district.pass_time(910)
    assert sites_open(district) == [NO_2]
    closed = next(alert for alert in district.everything() if alert.site == NO_1)
    assert closed.state is AlertState.CLEARED
    assert (closed.trail[-1].reason, closed.trail[-1].reason_zh) == (
        "head switched this rule off: it is emptied",
        "head 停用了此规则：it is emptied",
    )
    assert district.service.rule(FREEZER, NO_1).title_en, "its words are still known"


def test_a_rule_of_ones_own_is_judged_and_closed_when_it_is_removed(district: District) -> None:
    model = base_rules().rule(FREEZER)
    assert model is not None
    damp = Threshold(Comparison.ABOVE, 70.0, 60.0, hold_s=120.0)
    own = replace(model, id="damp", metric="humidity_percent", instance="*", condition=damp)
    made = district.rulings.put_rule(MS_LI, SCHOOL, own)
    district.pass_time(5)
    for second in range(60, 1000, 60):
        district.wait_until(second)
        district.say(second, NO_1, KITCHEN, "humidity_percent", 80.0)
        district.say(second, NO_2, KITCHEN, "humidity_percent", 80.0)
    (alert,) = district.open()
    assert (alert.rule, alert.site) == (made, NO_1)
    assert district.service.rule(made).title_en == model.title_en
    district.rulings.remove_rule(MS_LI, SCHOOL, made, "it told nothing new")
    district.pass_time(1010)
    (over,) = district.everything()
    assert over.trail[-1].reason == "Ms Li removed this rule: it told nothing new"


def test_what_was_decided_holds_after_a_restart(district: District) -> None:
    district.rulings.change(HEAD, BUREAU, FREEZER, Adjustment(hold_s=120.0))
    district.pass_time(5)
    district.warm(60, 300, -9.0)
    before = [(alert.id, alert.state) for alert in district.everything()]
    assert len(before) == 2
    district.restart()
    district.service.take_rules(Rulebook(district.rulebook.rules()))
    district.enforce()
    district.warm(300, 420, -9.0)
    assert [(alert.id, alert.state) for alert in district.everything()] == before
    assert district.service.alerts(SYSTEM, state=AlertState.CLEARED) == []


def test_an_exception_ends_by_itself_and_alerts_come_again(district: District) -> None:
    until = district.at(600)
    district.rulings.grant(HEAD, SCHOOL, FREEZER, Adjustment(is_off=True), "cleaning", until)
    district.pass_time(5)
    district.warm(60, 660, -9.0)
    assert sites_open(district) == []
    district.pass_time(665)
    district.warm(720, 1500, -9.0)
    assert sites_open(district) == [NO_1, NO_2]
