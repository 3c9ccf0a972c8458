"""From a rule's condition, as people write it, to the limits the core computes with. Pure."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from campus.ids import MetricId
from campus.metrics import catalogue
from controller.alerts.judging.derived.expressions import BAD, GOOD
from controller.alerts.model import (
    Absence,
    Baseline,
    Change,
    Comparison,
    Elsewhere,
    Expression,
    Group,
    Rule,
    States,
)

_STATE_LEVEL: Final = 0.5
_UNUSUAL: Final = 1.0
_USUAL: Final = 0.8
"""Of how far a value may be from the usual one: less than that is good again."""


class Limits(NamedTuple):
    """A condition in the form the core computes with.

    Values are multiplied by `sign` (1 above, -1 below), then bad when > `level`, good when <= `clear`, both times the
    scale of the binding. With `states` other than 0 the value is a bit number instead: bad when that bit is set. A NaN
    scale is neither good nor bad.
    """

    sign: float
    level: float
    clear: float
    states: int
    hold_ms: int
    clear_hold_ms: int


_NO_LIMITS: Final = Limits(1.0, math.nan, math.nan, 0, 0, 0)
_NO_ABSENCE: Final = 0


def all_limits(rules: Sequence[Rule]) -> list[Limits]:
    """Limits by rule number; those of conditions without any are neither good nor bad and not to be used."""
    return [_NO_LIMITS if isinstance(rule.condition, Absence | Elsewhere) else limits_of(rule) for rule in rules]


def absences_ms(rules: Sequence[Rule]) -> list[int]:
    """How long a series may be silent, by rule number; 0 and not to be used for all but absences."""
    conditions = [rule.condition for rule in rules]
    return [round(each.after_s * 1000) if isinstance(each, Absence) else _NO_ABSENCE for each in conditions]


def limits_of(rule: Rule) -> Limits:
    """Limits of what is held against a level: the value itself, or what is derived of it.

    Those of a ratio are the shares, to be scaled by what it divides by.

    >>> from controller.alerts.rulebook import shipped_rules
    >>> limits_of(shipped_rules().rule("battery-charge-low"))[:3]
    (-1.0, -30.0, -50.0)
    """
    condition = rule.condition
    if isinstance(condition, Absence | Elsewhere):
        raise TypeError("an absence and what is judged elsewhere have no limits")
    hold_ms, clear_hold_ms = round(condition.hold_s * 1000), round(condition.clear_hold_s * 1000)
    if isinstance(condition, States):
        return Limits(1.0, _STATE_LEVEL, _STATE_LEVEL, state_bits(rule.metric, condition.bad), hold_ms, clear_hold_ms)
    if isinstance(condition, Expression):
        return Limits(1.0, (BAD + GOOD) / 2, GOOD, 0, hold_ms, clear_hold_ms)
    sign = 1.0 if condition.comparison is Comparison.ABOVE else -1.0
    if isinstance(condition, Baseline):
        return Limits(sign, _UNUSUAL, _USUAL, 0, hold_ms, clear_hold_ms)
    if isinstance(condition, Change | Group):
        sign = sign if isinstance(condition, Change) else 1.0
        clear = condition.level if condition.clear_level is None else condition.clear_level
        return Limits(sign, condition.level, clear, 0, hold_ms, clear_hold_ms)
    clear = condition.level if condition.clear_level is None else condition.clear_level
    return Limits(sign, sign * condition.level, sign * clear, 0, hold_ms, clear_hold_ms)


def member_limits(rule: Rule) -> Limits:
    """What makes a member of a group rule bad; without holds."""
    condition = rule.condition
    if not isinstance(condition, Group):
        raise TypeError("only a group has members")
    if condition.bad:
        return Limits(1.0, _STATE_LEVEL, _STATE_LEVEL, state_bits(rule.metric, condition.bad), 0, 0)
    sign = 1.0 if condition.comparison is Comparison.ABOVE else -1.0
    level = math.nan if condition.member_level is None else sign * condition.member_level
    return Limits(sign, level, level, 0, 0, 0)


def state_bits(metric: str, names: Sequence[str]) -> int:
    """The states of a metric that are named, as bits."""
    definition = catalogue()[MetricId(metric)]
    bits = 0
    for name in names:
        bits |= 1 << definition.state_value(name)
    return bits
