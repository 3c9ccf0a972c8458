"""Use cases of rulings: how rules stand at a place, who decided that, and deciding.

Thread-safe. A caller sees what was decided at their places and above them; a place that is not theirs is `NotFound`.
Deciding needs an operator of the place, granting an exception one of a place above it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Final

from msgspec.structs import replace

from campus.ids import SiteId
from controller.alerts.model import Elsewhere, Rule
from controller.alerts.rule_check import LONGEST_S, complaints
from controller.alerts.rulebook import Rulebook
from controller.identity.scope import Denied, NotFound, Scope
from controller.rulings.docket import Docket
from controller.rulings.effects import effect_at, effects_at
from controller.rulings.model import Adjustment, Effect, Kind, NotAllowed, Place, Ruling, Standpoint, Trial
from controller.rulings.own import named, own_id, own_name
from controller.rulings.port import Registry
from controller.rulings.sheet import Sheet
from controller.rulings.standing import Standing
from controller.rulings.tree import Tree

LONGEST_EXCEPTION_MS: Final = 366 * 86_400_000
MOST_OWN_RULES: Final = 50
"""Of one place: each costs the engine something for every series it watches."""
LONGEST_REASON: Final = 500


class RulingService:
    """One door for pages, commands and tests; what it decides is put in force by `Enforcement`."""

    def __init__(self, docket: Docket, registry: Registry, clock: Callable[[], int], base: Rulebook) -> None:
        """`base` are the rules as they are where nobody decided anything."""
        self._docket = docket
        self._registry = registry
        self._clock = clock
        self._base: Mapping[str, Rule] = {rule.id: rule for rule in base.rules()}
        self._deciding = Lock()
        """Held from the look at what stands until a decision is written."""
        self.on_decided: Callable[[], None] = _nobody_listens
        """Called in the thread of whoever decided: wakes whoever puts it in force."""

    # What stands.

    def places(self, scope: Scope) -> list[Standpoint]:
        """The places a caller may look from, the highest first."""
        tree = self._tree_of(scope)
        return [Standpoint(place, tree.tier(place), tree.may_decide(scope, place)) for place in tree.places()]

    def home(self, scope: Scope) -> Place:
        """The place a caller looks from unless they choose another; `NotFound` for who has none."""
        home = self._tree_of(scope).home(scope)
        if home is None:
            raise NotFound
        return home

    def may_grant(self, scope: Scope, place: Place) -> bool:
        """Whether a caller may let a place have a rule looser than else allowed."""
        return self._seen(scope, place).authority(scope, place) is not None

    def effects(self, scope: Scope, place: Place) -> list[Effect]:
        """How every rule stands at a place, the shipped ones first."""
        tree, standing = self._seen(scope, place), self._docket.standing()
        return list(effects_at(self._base, tree, standing, place, self._clock()).values())

    def effect(self, scope: Scope, place: Place, rule_id: str) -> Effect:
        """How one rule stands at a place; `NotFound` where there is no such rule."""
        return self._effect(self._seen(scope, place), self._docket.standing(), place, rule_id)

    def above(self, scope: Scope, place: Place, rule_id: str) -> Effect:
        """How a rule would stand at a place if the place itself had decided nothing and had no exception."""
        tree, standing = self._seen(scope, place), self._docket.standing()
        return self._effect(tree, standing.without((place, rule_id)), place, rule_id)

    def trial(self, scope: Scope, place: Place, rule_id: str, wanted: Adjustment) -> Trial:
        """A rule at each school of a place as it holds now, and as it would after a change, which may be too loose to save."""
        tree, standing = self._seen(scope, place), self._docket.standing()
        ruling = self._ruling(scope, place, rule_id, Kind.CHANGED, wanted)
        _refuse_empty(wanted)
        top = tree.way(place)[0]
        if place != top:  # as if the top had allowed it
            until = ruling.at + LONGEST_EXCEPTION_MS
            ruling = replace(ruling, kind=Kind.EXCEPTION, authority=top, until=until)
        wished = standing.without((place, rule_id)).after(ruling)
        _refuse_bad(self._effect(tree, wished, place, rule_id).rule)
        return Trial(*(self._at_schools(tree, each, place, rule_id) for each in (standing, wished)))

    def own_trial(self, scope: Scope, place: Place, rule: Rule) -> Trial:
        """The same of a rule of the place's own that is not saved yet; `rule.id` is its name alone."""
        _refuse_foreign(rule)
        tree, rule_id = self._seen(scope, place), own_id(own_name(rule.id), place)
        before = self._at_schools(tree, self._docket.standing(), place, rule_id)
        return Trial(before, dict.fromkeys(tree.schools(place), named(rule, place.id)))

    def current_exceptions(self, scope: Scope) -> list[Ruling]:
        """Every exception that is running at the caller's places and above, the next to end first."""
        tree, now = self._tree_of(scope), self._clock()
        running = (
            each for each in self._docket.standing().exceptions.values() if each.is_active(now) and each.place in tree
        )
        return sorted(running, key=lambda each: (each.until, each.place, each.number))

    def history(self, scope: Scope, rule_id: str) -> list[Ruling]:
        """Everything that was ever decided about a rule at the caller's places and above, newest first."""
        return self._docket.history(rule_id, list(self._tree_of(scope).places()))

    def sheet(self, scope: Scope, place: Place) -> Sheet:
        """What a place decided, as a file may hold it; exceptions are not its own and are left out."""
        self._seen(scope, place)
        standing = self._docket.standing()
        changed = {
            rule: each.adjustment
            for (where, rule), each in sorted(standing.changed.items())
            if where == place and each.adjustment is not None
        }
        own = [each.own for each in standing.own.values() if each.place == place and each.own is not None]
        return Sheet(changed, tuple(own))

    # Deciding.

    def take_sheet(self, scope: Scope, place: Place, sheet: Sheet, reason: str = "") -> int:
        """Decide everything a file says, whole or not at all; how many decisions. What it does not name stays as it is."""
        with self._deciding:
            tree = self._required(scope, place)
            made = [self._own_ruling(scope, place, rule, reason) for rule in sheet.own]
            self._refuse_surplus(place, [each.rule for each in made])
            for rule_id, wanted in sheet.changed.items():
                ruling = self._ruling(scope, place, rule_id, Kind.CHANGED, wanted, reason)
                looser = self._looser(tree, ruling)
                if looser:
                    raise NotAllowed(f"{rule_id}: the level above demands more", looser)
                made.append(ruling)
            self._write(made)
        return len(made)

    def change(self, scope: Scope, place: Place, rule_id: str, wanted: Adjustment, reason: str = "") -> None:
        """Have a rule otherwise at a place from now on; `NotAllowed` when it is looser than the level above allows."""
        ruling = self._ruling(scope, place, rule_id, Kind.CHANGED, wanted, reason)
        with self._deciding:
            tree = self._required(scope, place)
            looser = self._looser(tree, ruling)
            if looser:
                raise NotAllowed("the level above demands more: ask it for an exception", looser)
            self._write([ruling])

    def revert(self, scope: Scope, place: Place, rule_id: str, reason: str = "") -> None:
        """Have a rule as the level above; harmless where nothing was changed."""
        with self._deciding:
            self._required(scope, place)
            if (place, rule_id) in self._docket.standing().changed:
                self._write([self._ruling(scope, place, rule_id, Kind.REVERTED, reason=reason)])

    def put_rule(self, scope: Scope, place: Place, rule: Rule, reason: str = "") -> str:
        """Add a rule of the place's own, or put it in place of what it was; its id. `rule.id` is its name alone."""
        with self._deciding:
            self._required(scope, place)
            made = self._own_ruling(scope, place, rule, reason)
            self._refuse_surplus(place, [made.rule])
            self._write([made])
        return made.rule

    def remove_rule(self, scope: Scope, place: Place, rule_id: str, reason: str = "") -> None:
        """Take a place's own rule away; its open alerts are closed."""
        with self._deciding:
            self._required(scope, place)
            own = self._docket.standing().own.get(rule_id)
            if own is None or own.place != place:
                raise NotFound
            self._write([self._ruling(scope, place, rule_id, Kind.OWN_REMOVED, reason=reason)])

    def grant(self, scope: Scope, place: Place, rule_id: str, wanted: Adjustment, reason: str, until: int) -> None:
        """Let a place have a rule otherwise, looser than else allowed, until a day (UTC ms).

        Needs an operator of a level above, and a reason; `NotAllowed` where even that level may not allow it.
        """
        with self._deciding:
            tree = self._seen(scope, place)
            authority = tree.authority(scope, place)
            if authority is None:
                raise Denied("an exception is granted by a level above the place: ask it")
            now = self._clock()
            if not reason.strip() or not now < until <= now + LONGEST_EXCEPTION_MS:
                raise NotAllowed("an exception needs a reason, and a day within a year on which it ends")
            granted = self._ruling(scope, place, rule_id, Kind.EXCEPTION, wanted, reason)
            ruling = replace(granted, until=until, authority=authority)
            looser = self._looser(tree, ruling)
            if looser:
                raise NotAllowed("a level above yours demands more: ask it to grant the exception", looser)
            self._write([ruling])

    def end_exception(self, scope: Scope, place: Place, rule_id: str, reason: str = "") -> None:
        """End a running exception before its day; who decides for the place may, as it is the tighter way."""
        with self._deciding:
            tree = self._required(scope, place)
            running = self._docket.standing().exception(place, rule_id, self._clock())
            if running is None:
                raise NotFound
            ended = self._ruling(scope, place, rule_id, Kind.EXCEPTION_ENDED, reason=reason)
            self._write([replace(ended, ends=running.number, authority=tree.authority(scope, place))])

    # Parts of these.

    def _tree_of(self, scope: Scope) -> Tree:
        return Tree(self._registry.organisations(scope), self._registry.sites(scope))

    def _seen(self, scope: Scope, place: Place) -> Tree:
        tree = self._tree_of(scope)
        if place not in tree:
            raise NotFound
        return tree

    def _required(self, scope: Scope, place: Place) -> Tree:
        """As `_seen`, of somebody who decides there."""
        tree = self._seen(scope, place)
        if not tree.may_decide(scope, place):
            raise Denied("deciding about rules needs an operator of the place as a whole")
        return tree

    def _effect(self, tree: Tree, standing: Standing, place: Place, rule_id: str) -> Effect:
        effect = effect_at(self._base.get(rule_id), tree, standing, place, rule_id, self._clock())
        if effect is None:
            raise NotFound(f"no rule {rule_id!r} (here)")
        return effect

    def _at_schools(self, tree: Tree, standing: Standing, place: Place, rule_id: str) -> dict[SiteId, Rule | None]:
        base, now = self._base.get(rule_id), self._clock()
        effects = {
            site: effect_at(base, tree, standing, Place.school(site), rule_id, now) for site in tree.schools(place)
        }
        return {site: effect.rule if effect is not None else None for site, effect in effects.items()}

    def _looser(self, tree: Tree, ruling: Ruling) -> tuple[str, ...]:
        """In what a change or an exception is looser than the levels above it allow; `NotAllowed` when it makes no sense."""
        _refuse_empty(ruling.adjustment or Adjustment())
        standing = self._docket.standing().without_exception((ruling.place, ruling.rule)).after(ruling)
        effect = self._effect(tree, standing, ruling.place, ruling.rule)
        _refuse_bad(effect.rule)
        return next((step.looser for step in effect.steps if step.ruling is ruling), ())

    def _ruling(
        self, scope: Scope, place: Place, rule_id: str, kind: Kind, wanted: Adjustment | None = None, reason: str = ""
    ) -> Ruling:
        said = " ".join(reason.split())[:LONGEST_REASON]
        return Ruling(0, self._clock(), scope.user, place, rule_id, kind, wanted, reason=said)

    def _own_ruling(self, scope: Scope, place: Place, rule: Rule, reason: str) -> Ruling:
        _refuse_foreign(rule)
        ruling = self._ruling(scope, place, own_id(own_name(rule.id), place), Kind.OWN, reason=reason)
        return replace(ruling, own=named(rule, place.id))

    def _refuse_surplus(self, place: Place, ids: Sequence[str]) -> None:
        own = self._docket.standing().own
        foreign = [each for each in ids if each in own and own[each].place != place]
        if foreign or len(set(ids)) < len(ids):
            raise NotAllowed(f"the name {own_name(foreign[0] if foreign else ids[0])!r} is taken: choose another")
        held = {each.rule for each in own.values() if each.place == place}
        if len(held | set(ids)) > MOST_OWN_RULES:
            raise NotAllowed(f"a place has {MOST_OWN_RULES} rules of its own at most: remove one first")

    def _write(self, rulings: Sequence[Ruling]) -> None:
        self._docket.write(rulings)
        self.on_decided()


def _refuse_empty(wanted: Adjustment) -> None:
    """Raise `NotAllowed` for a change that says nothing, or a number nobody can mean."""
    if wanted == Adjustment():
        raise NotAllowed("this changes nothing: say what is to be otherwise")
    for name, value in wanted.numbers.items():
        if not math.isfinite(value) or (name.endswith("_s") and value > LONGEST_S):
            raise NotAllowed(f"{name}: {value:g} is no number to judge by")


def _refuse_bad(rule: Rule | None) -> None:
    """Raise `NotAllowed` for a rule that cannot be judged."""
    for steps, complaint in complaints(named(rule, "")) if rule is not None else ():
        raise NotAllowed(f"{'.'.join(steps)}: {complaint}")


def _refuse_foreign(rule: Rule) -> None:
    """Raise `NotAllowed` for a rule that may not be a place's own."""
    _refuse_bad(rule)
    if isinstance(rule.condition, Elsewhere):
        raise NotAllowed(f"{rule.id}: what is judged elsewhere cannot be told by a rule of your own")
    if rule.is_cause:
        raise NotAllowed(f"{rule.id}: a rule of your own cannot hide other alerts: leave `is_cause` out")


def _nobody_listens() -> None:
    return
