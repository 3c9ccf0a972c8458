"""What can be wrong with a rule, told to whoever writes one: which field, and what to do. Pure."""

import string
from collections.abc import Iterator
from typing import Final

from campus.document import nearest
from campus.ids import MetricId, is_id
from campus.metrics import MetricKind, catalogue
from controller.alerts.model import Absence, Comparison, Elsewhere, Ratio, Rule, States, Threshold

MAX_STATE_VALUE: Final = 63
"""State numbers are kept as bits of one 64-bit word."""

Complaint = tuple[tuple[str, ...], str]
"""The way to the field that is wrong, and what to do about it."""


def complaints(rule: Rule) -> Iterator[Complaint]:
    """What is wrong with a rule: nothing for one that can be judged."""
    if not is_id(rule.id):
        yield ("id",), "an id has lower-case letters, digits and hyphens, such as 'freezer-warm'"
    metric = catalogue().get(MetricId(rule.metric))
    if metric is None:
        yield ("metric",), f"the catalogue has no metric {rule.metric!r}.{nearest(rule.metric, list(catalogue()))}"
        return
    for field in ("one_en", "many_en", "zh"):
        yield from _bad_wording(field, getattr(rule.count, field))
    yield from _bad_condition(rule, metric.kind)


def _bad_wording(field: str, text: str) -> Iterator[Complaint]:
    try:
        names = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError:
        names = {"?"}
    if names - {"n"}:
        yield ("count", field), "only {n} may stand in braces, for the number"


def _bad_condition(rule: Rule, kind: MetricKind) -> Iterator[Complaint]:
    condition = rule.condition
    if isinstance(condition, Elsewhere):
        if rule.only is not None:
            yield ("only",), "what is judged elsewhere cannot be bound to hours: leave `only` out"
        return
    if isinstance(condition, Absence):
        if condition.after_s <= 0:
            yield ("condition", "after_s"), "after_s must be above 0"
        return
    if condition.hold_s < 0 or condition.clear_hold_s < 0:
        yield ("condition",), "a hold cannot be below 0 seconds"
    if isinstance(condition, States) != (kind is MetricKind.STATE):
        fitting = "states" if kind is MetricKind.STATE else "threshold or ratio"
        yield ("condition",), f"{rule.metric} is a {kind}: its condition must be of type {fitting}"
    elif isinstance(condition, States):
        yield from _bad_states(rule.metric, condition)
    else:
        yield from _bad_levels(rule.metric, condition)


def _bad_states(metric: str, condition: States) -> Iterator[Complaint]:
    known = {state.name: state.value for state in catalogue()[MetricId(metric)].states}
    if not condition.bad:
        yield ("condition", "bad"), f"name at least one bad state of {metric}: {', '.join(known)}"
    for name in condition.bad:
        if name not in known:
            yield ("condition", "bad"), f"{metric} has no state {name!r}.{nearest(name, list(known))}"
        elif not 0 <= known[name] <= MAX_STATE_VALUE:
            yield ("condition", "bad"), f"state {name!r} has the number {known[name]}: only 0 to 63 can be judged"


def _bad_levels(metric: str, condition: Threshold | Ratio) -> Iterator[Complaint]:
    limits = catalogue()[MetricId(metric)]
    if isinstance(condition, Ratio):
        if MetricId(condition.of) not in catalogue():
            advice = nearest(condition.of, list(catalogue()))
            yield ("condition", "of"), f"the catalogue has no metric {condition.of!r}.{advice}"
        if condition.level <= 0:
            yield ("condition", "level"), "a ratio is compared to a level above 0, such as 0.7"
    elif not limits.minimum <= condition.level <= limits.maximum:
        yield (
            ("condition", "level"),
            f"{metric} lies between {limits.minimum:g} and {limits.maximum:g} {limits.unit}: "
            f"a level of {condition.level:g} is never reached",
        )
    clear = condition.level if condition.clear_level is None else condition.clear_level
    beyond = clear > condition.level if condition.comparison is Comparison.ABOVE else clear < condition.level
    if beyond:
        yield (
            ("condition", "clear_level"),
            f"clear_level {clear:g} is on the bad side of level {condition.level:g}: the alert would clear at once",
        )
