"""What holds at each school, handed to those who judge and speak by it."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from campus.ids import SiteId
from controller.alerts.model import Rule
from controller.alerts.rulebook import Rulebook, SiteRule
from controller.figure import Figure
from controller.identity.scope import SYSTEM
from controller.rulings.docket import Docket
from controller.rulings.effects import effect_at, site_effects
from controller.rulings.model import Effect, Kind, PlaceKind, Ruling
from controller.rulings.port import Judge, Registry
from controller.rulings.standing import Standing
from controller.rulings.tree import Tree

TREE_INTERVAL_MS: Final = 60_000
"""How long it may last until a school that was enrolled has the rules of its organisation."""


class Orders(NamedTuple):
    """A rulebook in parts that can be compared."""

    rules: tuple[Rule, ...]
    exceptions: tuple[SiteRule, ...]

    def book(self) -> Rulebook:
        """To judge by."""
        return Rulebook(self.rules, self.exceptions)


def orders_of(base: Mapping[str, Rule], tree: Tree, standing: Standing, now: int) -> Orders:
    """How every rule holds at every school: as at the top of the tree, but where something else was decided. Pure."""
    top = next((place for place in tree.places() if place.kind is PlaceKind.ORGANISATION), None)
    rules, exceptions = dict(base), list[SiteRule]()
    for rule_id, at_site in site_effects(base, tree, standing, now).items():
        whole = effect_at(base.get(rule_id), tree, standing, top, rule_id, now) if top is not None else None
        if whole is not None:
            rules[rule_id] = whole.known  # switched off at the top it keeps its words, for old alerts
        usual = whole.known if whole is not None else None
        exceptions += _exceptions(rule_id, usual, at_site)
    return Orders(tuple(rules.values()), (*exceptions, *_removed(tree, standing)))


def _exceptions(rule_id: str, usual: Rule | None, at_site: Mapping[SiteId, Effect | None]) -> list[SiteRule]:
    """The schools where a rule holds otherwise than usual, those of one form together."""
    forms: dict[tuple[Rule | None, tuple[str, str]], set[SiteId]] = {}
    for site, effect in at_site.items():
        rule = effect.rule if effect is not None else None
        if rule != usual:
            forms.setdefault((rule, why_off(effect)), set()).add(site)
    return [SiteRule(rule_id, frozenset(sites), rule, *why) for (rule, why), sites in forms.items()]


def _removed(tree: Tree, standing: Standing) -> list[SiteRule]:
    """Rules of some places that are gone, for the trails of what they had opened."""
    return [
        SiteRule(each.rule, frozenset(tree.schools(each.place)), None, *said(each))
        for each in standing.removed.values()
        if each.place in tree
    ]


def why_off(effect: Effect | None) -> tuple[str, str]:
    """Who switched a rule off, in English and Chinese; empty where it is on."""
    if effect is None or effect.rule is not None or not effect.steps:
        return "", ""
    return said(next((step.ruling for step in reversed(effect.steps) if step.rule is None), effect.steps[-1].ruling))


def said(ruling: Ruling) -> tuple[str, str]:
    """Who decided it and why, for the trail of an alert.

    >>> from controller.rulings.model import Place
    >>> said(Ruling(1, 0, "Ms Li", Place.parse("school:a"), "some", Kind.CHANGED, reason="moved away"))[0]
    'Ms Li switched this rule off: moved away'
    """
    english, chinese = f"{ruling.user} switched this rule off", f"{ruling.user} 停用了此规则"
    if ruling.kind is Kind.OWN_REMOVED:
        english, chinese = f"{ruling.user} removed this rule", f"{ruling.user} 删除了此规则"
    if not ruling.reason:
        return english, chinese
    return f"{english}: {ruling.reason}", f"{chinese}：{ruling.reason}"


class Enforcement:
    """Inert until `tend`, which one thread calls."""

    def __init__(self, docket: Docket, registry: Registry, base: Rulebook, judges: Sequence[Judge]) -> None:
        """`base` are the rules as they are where nobody decided anything."""
        self._docket = docket
        self._registry = registry
        self._base = {rule.id: rule for rule in base.rules()}
        self._judges = judges
        self._tree = Tree((), ())
        self._tree_until = 0
        self._standing: Standing | None = None
        self._due_at = 0
        self._handed = Orders(tuple(self._base.values()), ())
        self._changes = 0

    def tend(self, now: int) -> None:
        """Every few seconds, and when something was decided: hand over what holds now, where it is not what held before.

        `Transient` when the database is away, or a judge cannot take it yet: it is brought again.
        """
        standing = self._docket.refresh()
        if now >= self._tree_until:
            self._tree = Tree(self._registry.organisations(SYSTEM), self._registry.sites(SYSTEM))
            self._tree_until = now + TREE_INTERVAL_MS
            self._due_at = 0
        if standing is self._standing and now < self._due_at:
            return
        orders = orders_of(self._base, self._tree, standing, now)
        if orders != self._handed:
            book = orders.book()
            for judge in self._judges:
                judge.take_rules(book)
            self._changes += 1
        self._handed, self._standing = orders, standing
        self._due_at = standing.next_end(now) or now + TREE_INTERVAL_MS

    def figures(self) -> list[Figure]:
        """What `/metrics` says."""
        return [
            Figure("rulings_taken_total", "Times the rules in force were changed", self._changes),
            Figure(
                "rulings_unreadable", "Decisions about rules that this version cannot read", self._docket.unreadable
            ),
            Figure("rulings_forms", "Forms of rules that hold at some schools only", len(self._handed.exceptions)),
        ]
