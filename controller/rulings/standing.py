"""What stands of all decisions ever made: the newest of each place about each rule. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from controller.rulings.model import Kind, Place, Ruling


@dataclass(frozen=True)
class Standing:
    """Decisions that count. Exceptions stand here until they are ended by somebody; whether one has run out, time tells."""

    own: dict[str, Ruling] = field(default_factory=dict)
    """By rule."""
    removed: dict[str, Ruling] = field(default_factory=dict)
    """Rules of places that were removed, by rule."""
    changed: dict[tuple[Place, str], Ruling] = field(default_factory=dict)
    exceptions: dict[tuple[Place, str], Ruling] = field(default_factory=dict)
    """The one granted last counts."""

    def rules(self) -> set[str]:
        """Ids of the rules anything was decided about."""
        return {*self.own, *(rule for _, rule in (*self.changed, *self.exceptions))}

    def exception(self, place: Place, rule: str, now: int) -> Ruling | None:
        """The exception of a place, unless it has run out."""
        found = self.exceptions.get((place, rule))
        return found if found is not None and found.is_active(now) else None

    def next_end(self, now: int) -> int | None:
        """When the next exception runs out; None where none is running."""
        return min((each.until for each in self.exceptions.values() if each.is_active(now)), default=None)

    def without(self, where: tuple[Place, str]) -> "Standing":
        """The same without the change of a place, and without its exception."""
        changed = {key: each for key, each in self.changed.items() if key != where}
        return replace(self.without_exception(where), changed=changed)

    def without_exception(self, where: tuple[Place, str]) -> "Standing":
        """The same without the exception of a place."""
        return replace(self, exceptions={key: each for key, each in self.exceptions.items() if key != where})

    def after(self, ruling: Ruling) -> "Standing":
        """What would stand after one more change or exception."""
        where = ruling.place, ruling.rule
        if ruling.kind is Kind.CHANGED:
            return replace(self, changed={**self.changed, where: ruling})
        return replace(self, exceptions={**self.exceptions, where: ruling})


def standing_of(rulings: Iterable[Ruling]) -> Standing:
    """What stands after some decisions, those of each place in the order they were made."""
    found = Standing()
    for each in rulings:
        where = each.place, each.rule
        match each.kind:
            case Kind.CHANGED:
                found.changed[where] = each
            case Kind.REVERTED:
                found.changed.pop(where, None)
            case Kind.OWN:
                found.own[each.rule] = each
                found.removed.pop(each.rule, None)
            case Kind.OWN_REMOVED:
                found.own.pop(each.rule, None)
                found.removed[each.rule] = each
            case Kind.EXCEPTION:
                found.exceptions[where] = each
            case Kind.EXCEPTION_ENDED:
                if where in found.exceptions and found.exceptions[where].number == each.ends:
                    del found.exceptions[where]
    return found
