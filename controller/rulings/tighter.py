"""When one rule is tighter than another, and the loosest rule that is as tight as two. Pure.

A rule is as tight as another when it looks at the same series, tells it at least as urgently, and has an alert open
whenever the other has:

level         not further out: lower for what must not rise above it, higher for what must not fall below; a rise or fall
              (`Change`), a share of a group (`Group`) and the deviations of a `Baseline` lower
clear level   not easier to reach: beside the level, moved the same way
hold          not longer; clear hold not shorter
bad states    the same and perhaps more
silence       not allowed for longer
hours         the same ones, or all times. Lessons lie within school hours, but a school that told its bells and no lessons
              is judged at all times by the one and not by the other: they are not compared

Whatever else a condition says must be equal: over another window, another usual or another divisor it asks something else.
A rule that is switched off (None) is the loosest of all.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final

from msgspec.structs import asdict, replace

from campus.samples import Severity
from controller.alerts.model import (
    Absence,
    Baseline,
    Change,
    Comparison,
    Condition,
    Elsewhere,
    Expression,
    Group,
    Ratio,
    Rule,
    States,
    Threshold,
)


class Way(Enum):
    """Which way a number of a condition goes as the rule gets tighter."""

    DOWN = "down"
    UP = "up"
    INWARD = "inward"
    """Down for what must not rise above it, up for what must not fall below it."""


_HOLDS: Final = {"hold_s": Way.DOWN, "clear_hold_s": Way.UP}
WAYS: Final[Mapping[type[Condition], Mapping[str, Way]]] = {
    Threshold: {"level": Way.INWARD, "clear_level": Way.INWARD, **_HOLDS},
    Ratio: {"level": Way.INWARD, "clear_level": Way.INWARD, **_HOLDS},
    States: _HOLDS,
    Absence: {"after_s": Way.DOWN},
    Elsewhere: {},
    Change: {"level": Way.DOWN, "clear_level": Way.DOWN, **_HOLDS},
    Baseline: {"deviations": Way.DOWN, "least": Way.DOWN, **_HOLDS},
    Group: {"level": Way.DOWN, "clear_level": Way.DOWN, "member_level": Way.INWARD, **_HOLDS},
    Expression: _HOLDS,
}
"""The numbers of each condition that a place may decide about."""
_SEVERITIES: Final = tuple(Severity)
"""Most urgent first."""
_SELECTING: Final = ("metric", "kinds", "instance", "ports")
"""Which series a rule is about. Its words, horizon and owner do not matter here."""


def is_as_tight(rule: Rule | None, other: Rule | None) -> bool:
    """Whether an alert of `rule` is open, and at least as urgent, whenever one of `other` is.

    >>> from controller.alerts.rulebook import shipped_rules
    >>> freezer = shipped_rules().rule("freezer-warm")
    >>> colder = replace(freezer, condition=replace(freezer.condition, level=-14.0))
    >>> is_as_tight(colder, freezer), is_as_tight(freezer, colder)
    (True, False)
    """
    return not looser_in(rule, other)


def looser_in(rule: Rule | None, other: Rule | None) -> tuple[str, ...]:
    """In what `rule` is looser than `other`, by the names an `Adjustment` has for it; empty when it is as tight.

    ``bad`` stands for a state that is not called bad, ``question`` for another question, which cannot be compared.
    """
    if other is None:
        return ()
    if rule is None:
        return ("is_off",)
    if not _selects_alike(rule, other) or not _asks_alike(rule.condition, other.condition):
        return ("question",)
    theirs = numbers_of(other.condition)
    found = ["severity"] if _SEVERITIES.index(rule.severity) > _SEVERITIES.index(other.severity) else []
    found += [] if rule.only in (None, other.only) else ["when"]
    found += [
        name
        for name, value in numbers_of(rule.condition).items()
        if _is_looser(_way(rule.condition, name), value, theirs[name])
    ]
    found += [] if states_of(rule.condition) >= states_of(other.condition) else ["bad"]
    return tuple(found)


def tighter_of(rule: Rule | None, other: Rule | None) -> Rule | None:
    """The loosest rule that is as tight as both: of each thing a condition says the tighter one. The words are `rule`'s.

    Where the two do not look at the same series by the same question they cannot be joined: `other` stands, which is to be
    what the level above demands.
    """
    if rule is None or other is None:
        return rule or other
    if not _selects_alike(rule, other) or not _asks_alike(rule.condition, other.condition):
        return other
    ours, theirs = numbers_of(rule.condition), numbers_of(other.condition)
    numbers = {name: _tighter(_way(rule.condition, name), ours[name], theirs[name]) for name in ours}
    condition: Any = replace(rule.condition, **numbers)
    if isinstance(condition, States | Group):
        extra = [name for name in _bad(other.condition) if name not in condition.bad]
        condition = replace(condition, bad=(*condition.bad, *extra))
    severity = min(rule.severity, other.severity, key=_SEVERITIES.index)
    return replace(rule, condition=condition, severity=severity, only=rule.only if rule.only == other.only else None)


def numbers_of(condition: Condition) -> dict[str, float]:
    """The numbers of a condition that a place may decide about, by name, a clear level that is not told as its level.

    >>> numbers_of(Threshold(Comparison.ABOVE, 8.0, hold_s=60.0))
    {'level': 8.0, 'clear_level': 8.0, 'hold_s': 60.0, 'clear_hold_s': 0.0}
    """
    told = ((name, getattr(condition, name)) for name in WAYS[type(condition)])
    known = {name: value for name, value in told if value is not None or name == "clear_level"}
    return {name: known["level"] if value is None else float(value) for name, value in known.items()}


def states_of(condition: Condition) -> frozenset[str]:
    """The states a condition calls bad; none where it is not about states."""
    return frozenset(_bad(condition))


def _bad(condition: Condition) -> Sequence[str]:
    return condition.bad if isinstance(condition, States | Group) else ()


def _way(condition: Condition, name: str) -> Way:
    way = WAYS[type(condition)][name]
    if way is not Way.INWARD:
        return way
    is_upper = isinstance(condition, Threshold | Ratio | Group) and condition.comparison is Comparison.ABOVE
    return Way.DOWN if is_upper else Way.UP


def _is_looser(way: Way, value: float, other: float) -> bool:
    return value > other if way is Way.DOWN else value < other


def _tighter(way: Way, value: float, other: float) -> float:
    return min(value, other) if way is Way.DOWN else max(value, other)


def _selects_alike(rule: Rule, other: Rule) -> bool:
    return all(getattr(rule, name) == getattr(other, name) for name in _SELECTING)


def _asks_alike(condition: Condition, other: Condition) -> bool:
    """Whether all that no place may decide about is equal."""
    if type(condition) is not type(other):
        return False
    mine, theirs = asdict(condition), asdict(other)
    free = WAYS[type(condition)].keys() | ({"bad"} if isinstance(condition, States | Group) else set())
    return all(mine[name] == theirs[name] for name in mine if name not in free) and (
        numbers_of(condition).keys() == numbers_of(other).keys()
    )
