"""How rules stand at each place: what the levels decided, laid one over the other from the top down. Pure.

The top is free. Every place below may have a rule tighter than the place above, whatever it wrote down: where that is
looser by now, the tighter of the two holds. An exception is looser on purpose: only what stands above the place in whose name
it was granted still bounds it, for nobody gives away what is not theirs.
"""

from collections.abc import Mapping

from campus.ids import SiteId
from controller.alerts.model import Rule
from controller.rulings.adjusting import adjusted
from controller.rulings.model import Adjustment, Effect, Place, Ruling, Step
from controller.rulings.standing import Standing
from controller.rulings.tighter import looser_in, tighter_of
from controller.rulings.tree import Tree


def effects_at(base: Mapping[str, Rule], tree: Tree, standing: Standing, place: Place, now: int) -> dict[str, Effect]:
    """How every rule stands at one place, the shipped ones first; a rule of another part of the tree is left out."""
    ids = [*base, *(rule for rule in standing.own if rule not in base)]
    found = ((rule, effect_at(base.get(rule), tree, standing, place, rule, now)) for rule in ids)
    return {rule: effect for rule, effect in found if effect is not None}


def effect_at(base: Rule | None, tree: Tree, standing: Standing, place: Place, rule_id: str, now: int) -> Effect | None:
    """How one rule stands at a place; None where there is no such rule."""
    return _Descent(base, standing, rule_id, now).effect(tree.way(place))


def site_effects(
    base: Mapping[str, Rule], tree: Tree, standing: Standing, now: int
) -> dict[str, dict[SiteId, Effect | None]]:
    """Of every rule that anything was decided about: how it stands at each school, None where there is no such rule."""
    found: dict[str, dict[SiteId, Effect | None]] = {}
    for rule_id in sorted(standing.rules() & (base.keys() | standing.own.keys())):
        descent = _Descent(base.get(rule_id), standing, rule_id, now)
        found[rule_id] = {site: descent.effect(tree.way(Place.school(site))) for site in tree.sites}
    return found


class _Descent:
    """One rule on its way down; what was worked out of a place serves all below it."""

    def __init__(self, base: Rule | None, standing: Standing, rule_id: str, now: int) -> None:
        self._base = Effect(base, base) if base is not None else None
        self._standing = standing
        self._rule_id = rule_id
        self._now = now
        self._known: dict[Place, Effect | None] = {}

    def effect(self, way: list[Place]) -> Effect | None:
        """At the last place of a way from the top."""
        effect = self._base
        for depth, place in enumerate(way):
            if place not in self._known:
                self._known[place] = self._below(effect, way[: depth + 1])
            effect = self._known[place]
        return effect

    def _below(self, above: Effect | None, way: list[Place]) -> Effect | None:
        place, effect = way[-1], above
        own = self._standing.own.get(self._rule_id)
        if own is not None and own.place == place and own.own is not None:
            effect = Effect(own.own, own.own, (Step(own, own.own),))
        if effect is None:
            return None
        bound = effect.rule if len(way) > 1 and (own is None or own.place != place) else None
        changed = self._standing.changed.get((place, self._rule_id))
        if changed is not None:
            effect = _taken(effect, changed, bound)
        exception = self._standing.exception(place, self._rule_id, self._now)
        if exception is not None:
            effect = _taken(effect, exception, self._bound_of(exception, way))
        return effect

    def _bound_of(self, exception: Ruling, way: list[Place]) -> Rule | None:
        """What the place above the one that granted it demands; None where it was granted by the top."""
        if exception.authority not in way[:-1]:
            # The tree was changed since, and whoever granted it is not above any more: it is worth nothing.
            return self._known_rule(way[-2]) if len(way) > 1 else None
        height = way.index(exception.authority)
        return self._known_rule(way[height - 1]) if height else None

    def _known_rule(self, place: Place) -> Rule | None:
        effect = self._known.get(place)
        return effect.rule if effect is not None else None


def _taken(effect: Effect, ruling: Ruling, bound: Rule | None) -> Effect:
    """An effect after one more decision, which may not be looser than `bound` (None: it may)."""
    adjustment = ruling.adjustment or Adjustment()
    known = adjusted(effect.known, adjustment)
    is_off = effect.rule is None if adjustment.is_off is None else adjustment.is_off
    wanted = None if is_off else known
    looser = looser_in(wanted, bound)
    if looser:
        wanted = tighter_of(wanted, bound)
    return Effect(wanted, wanted or known, (*effect.steps, Step(ruling, wanted, looser)))
