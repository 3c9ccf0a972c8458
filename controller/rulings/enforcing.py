"""What holds at each school, handed to those who judge and speak by it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from campus.ids import SiteId
from controller.alerts.model import Rule
from controller.alerts.rulebook import Rulebook, SiteRule
from controller.figure import Figure
from controller.identity.scope import SYSTEM
from controller.rulings.docket import Docket
from controller.rulings.effects import effect_at, site_effects
from controller.rulings.model import Effect, PlaceKind
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
    return Orders(tuple(rules.values()), tuple(exceptions))


def _exceptions(rule_id: str, usual: Rule | None, at_site: Mapping[SiteId, Effect | None]) -> list[SiteRule]:
    """The schools where a rule holds otherwise than usual, those of one form together."""
    forms: dict[Rule | None, set[SiteId]] = {}
    for site, effect in at_site.items():
        forms.setdefault(effect.rule if effect is not None else None, set()).add(site)
    forms.pop(usual, None)
    return [SiteRule(rule_id, frozenset(sites), rule) for rule, sites in forms.items()]


class Enforcement:
    """Inert until `tend`, which one thread calls."""

    def __init__(
        self, docket: Docket, registry: Registry, base: Rulebook, judges: Sequence[Judge], clock: Callable[[], int]
    ) -> None:
        """`base` are the rules as they are where nobody decided anything."""
        self._docket = docket
        self._registry = registry
        self._base = {rule.id: rule for rule in base.rules()}
        self._judges = judges
        self._clock = clock
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
            Figure("rulings_forms", "Forms of rules that hold at some schools only", len(self._handed.exceptions)),
        ]
