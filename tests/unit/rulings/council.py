"""Bureau, two towns and their schools: who they are, and what holds at each of them."""

from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from campus.ids import SiteId
from campus.samples import Severity
from controller.alerts.model import Comparison, Elsewhere, Rule, Threshold
from controller.alerts.rulebook import Rulebook, shipped_rules
from controller.calendar.model import Hours
from controller.identity.scope import Role, Scope
from controller.rulings.archive import Archive
from controller.rulings.docket import Docket
from controller.rulings.enforcing import Enforcement
from controller.rulings.model import Place
from controller.rulings.service import RulingService
from tests.support.district import NO_1, NO_2, ReadyRegistry, ready_registry

BUREAU, NORTH, SOUTH = (Place.organisation(each) for each in ("bureau", "north-town", "south-town"))
SCHOOL, OTHER_SCHOOL = Place.school(NO_1), Place.school(NO_2)
HEAD = Scope("head", Role.OPERATOR)
NORTHERNER = Scope("northerner", Role.OPERATOR, frozenset({NO_1}), "north-town")
MS_LI = Scope("Ms Li", Role.OPERATOR, frozenset({NO_1}))
TECHNICIAN = Scope("technician", Role.TECHNICIAN, frozenset({NO_1}))
SOUTHERNER = Scope("southerner", Role.OPERATOR, frozenset({NO_2}), "south-town")
FREEZER = "freezer-warm"
ELSEWHERE = "judged-elsewhere"
DAY_MS = 86_400_000


@dataclass
class Judge:
    """Somebody who goes by a rulebook."""

    books: list[Rulebook] = field(default_factory=list)

    def take_rules(self, rulebook: Rulebook) -> None:
        self.books.append(rulebook)


@dataclass
class Council:
    """The room of rulings over a small district."""

    registry: ReadyRegistry
    base: Rulebook
    rulings: RulingService
    enforcement: Enforcement
    judge: Judge

    @property
    def now(self) -> int:
        return self.registry.clock.now

    def pass_days(self, days: float) -> None:
        self.registry.clock.now += round(days * DAY_MS)
        self.enforcement.tend(self.now)

    def holds(self, rule_id: str, site: SiteId) -> Rule | None:
        """The rule that is judged by at a school, once what was decided is in force."""
        self.enforcement.tend(self.now)
        book = self.judge.books[-1] if self.judge.books else self.base
        return book.rule(rule_id, site)

    def level(self, site: SiteId, rule_id: str = FREEZER) -> float | None:
        """The level there; None where it is switched off."""
        rule = self.holds(rule_id, site)
        if rule is None:
            return None
        assert isinstance(rule.condition, Threshold)
        return rule.condition.level


def base_rules() -> Rulebook:
    """Three of the shipped rules, with numbers of our own: the shipped ones may change."""
    model = shipped_rules().rule(FREEZER)
    assert model is not None
    cold = Threshold(Comparison.ABOVE, -12.0, -15.0, hold_s=600.0, clear_hold_s=120.0)
    freezer = replace(model, condition=cold, severity=Severity.MAJOR, instance="freezer*", kinds=(), only=None)
    hot = Threshold(Comparison.BELOW, 60.0, 63.0, hold_s=1800.0)
    counter = replace(freezer, id="counter-cold", condition=hot, instance="counter*", only=Hours.MEALS)
    return Rulebook([freezer, counter, replace(freezer, id=ELSEWHERE, condition=Elsewhere())])


def council_of(folder: Path) -> Council:
    """By `base_rules`."""
    registry, base, judge = ready_registry(folder), base_rules(), Judge()
    docket = Docket(Archive(registry.engine))
    rulings = RulingService(docket, registry.service, registry.clock, base)
    return Council(registry, base, rulings, Enforcement(docket, registry.service, base, [judge]), judge)
