"""A rule as a place wants it, and what was changed between two forms of it. Pure."""

from typing import Any

from msgspec.structs import replace

from controller.alerts.model import Rule
from controller.rulings.model import NUMBERS, Adjustment, When
from controller.rulings.tighter import numbers_of


def adjusted(rule: Rule, wanted: Adjustment) -> Rule:
    """The rule with everything an adjustment names; numbers its condition does not have are passed over.

    With a `level` and no `clear_level` the distance between the two stays what it was.

    >>> from controller.alerts.rulebook import shipped_rules
    >>> changed = adjusted(shipped_rules().rule("freezer-warm"), Adjustment(level=-14.0)).condition
    >>> changed.level, changed.clear_level
    (-14.0, -17.0)
    """
    known = numbers_of(rule.condition)
    numbers = {name: value for name, value in wanted.numbers.items() if name in known}
    if "level" in numbers and "clear_level" not in numbers and "clear_level" in known:
        numbers["clear_level"] = numbers["level"] - (known["level"] - known["clear_level"])
    condition: Any = replace(rule.condition, **numbers) if numbers else rule.condition
    severity = rule.severity if wanted.severity is None else wanted.severity
    only = rule.only if wanted.when is None else wanted.when.only
    return replace(rule, condition=condition, severity=severity, only=only)


def difference(rule: Rule, wanted: Rule) -> Adjustment:
    """What of `wanted` is otherwise than in `rule`: two forms of one rule.

    >>> from controller.alerts.rulebook import shipped_rules
    >>> freezer = shipped_rules().rule("freezer-warm")
    >>> difference(freezer, adjusted(freezer, Adjustment(hold_s=300.0)))
    Adjustment(is_off=None, severity=None, when=None, level=None, clear_level=None, member_level=None, after_s=None, \
deviations=None, least=None, hold_s=300.0, clear_hold_s=None)
    """
    was, now = numbers_of(rule.condition), numbers_of(wanted.condition)
    numbers: dict[str, Any] = {name: now[name] for name in NUMBERS if name in now and now[name] != was[name]}
    when = None if rule.only == wanted.only else When.ALWAYS if wanted.only is None else When(wanted.only.value)
    severity = None if rule.severity == wanted.severity else wanted.severity
    return Adjustment(severity=severity, when=when, **numbers)
