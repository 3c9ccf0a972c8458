"""The numbers of a rule as fields of a form, and back. Lengths of time are a number and its unit, shares are per cent."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from msgspec.structs import replace

from campus.ids import MetricId
from campus.metrics import catalogue
from campus.samples import Severity
from controller.alerts.model import Rule
from controller.console.rule_words import DURATIONS, SHARES
from controller.rulings.adjusting import adjusted, difference
from controller.rulings.model import Adjustment, Effect, When
from controller.rulings.tighter import numbers_of

UNITS_S: Final = {"s": 1, "min": 60, "h": 3600}
FIRST: Final = ("level", "member_level", "after_s", "deviations", "hold_s")
"""What matters to most; the others are folded."""


class Unreadable(Exception):
    """A field that holds no number; its name."""


class Field(NamedTuple):
    """One number in a form. `unit` is empty where people choose one of `UNITS_S`, which `chosen` then is."""

    name: str
    value: str
    unit: str
    chosen: str = ""

    @property
    def is_first(self) -> bool:
        """Whether it is shown at once."""
        return self.name in FIRST


def fields_of(rule: Rule) -> list[Field]:
    """The numbers of a rule's condition."""
    return [_field(rule, name, value) for name, value in numbers_of(rule.condition).items()]


def wanted_of(form: Mapping[str, str], above: Effect) -> Adjustment:
    """What a form wants otherwise than `above`. `Unreadable` names a field.

    A clear level that was left as it was (``was_clear_level``) goes along with the level.
    """
    sent = {name: _number(form, name, above.known) for name in numbers_of(above.known.condition) if form.get(name)}
    is_left = form.get("clear_level") == form.get("was_clear_level")
    if is_left and form.get("level") != form.get("was_level"):
        sent.pop("clear_level", None)
    severity, when = form.get("severity", ""), form.get("when", "")
    whole = Adjustment(
        severity=Severity(severity) if severity in set(Severity) else None,
        when=When(when) if when in set(When) else None,
        **sent,  # type: ignore[arg-type]
    )
    changed = difference(above.known, adjusted(above.known, whole))
    is_off, was_off = form.get("is_off") == "yes", above.rule is None
    if is_off and not was_off:
        return Adjustment(is_off=True)
    return replace(changed, is_off=False) if was_off and not is_off else changed


def _field(rule: Rule, name: str, value: float) -> Field:
    if name in DURATIONS:
        unit = next((unit for unit in ("h", "min") if value and value % UNITS_S[unit] == 0), "s" if value else "min")
        return Field(name, f"{value / UNITS_S[unit]:g}", "", unit)
    if isinstance(rule.condition, SHARES) and name != "member_level":
        return Field(name, f"{value * 100:g}", "%")
    if name == "deviations":
        return Field(name, f"{value:g}", "×")
    definition = catalogue().get(MetricId(rule.metric))
    return Field(name, f"{value:.10g}", definition.unit if definition else "")


def _number(form: Mapping[str, str], name: str, rule: Rule) -> float:
    try:
        value = float(form[name].replace(",", "."))
    except ValueError as error:
        raise Unreadable(name) from error
    if name in DURATIONS:
        return value * UNITS_S.get(form.get(f"{name}_unit", "s"), 1)
    is_share = isinstance(rule.condition, SHARES) and name != "member_level"
    return value / 100 if is_share else value
