"""What can be wrong with a rule, told to whoever writes one: which field, and what to do. Pure."""

import math
import string
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import asdict

from campus.document import nearest
from campus.ids import MetricId, is_id
from campus.metrics import MetricKind, made_by_centre, publishable
from controller.alerts.judging.derived.formula import FormulaError, read_formula
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
    Runbook,
    States,
    Threshold,
)

LONGEST_S: Final = 30 * 86_400.0
"""Of a hold, or of a silence."""
MAX_TITLE_CHARS: Final = 200
MAX_TEXT_CHARS: Final = 2_000
MAX_STEPS: Final = 20
MAX_INSTANCE_CHARS: Final = 128
MAX_STATE_VALUE: Final = 63
"""State numbers are kept as bits of one 64-bit word."""
MAX_WITHIN_S: Final = 21_600
MIN_WEEKS: Final = 2
MAX_WEEKS: Final = 26

Complaint = tuple[tuple[str, ...], str]
"""The way to the field that is wrong, and what to do about it."""


def complaints(rule: Rule) -> Iterator[Complaint]:
    """What is wrong with a rule: nothing for one that can be judged."""
    if not is_id(rule.id):
        yield ("id",), "an id has lower-case letters, digits and hyphens, such as 'freezer-warm'"
    metric = publishable().get(MetricId(rule.metric))
    if metric is None:
        if rule.metric in made_by_centre():
            yield ("metric",), f"{rule.metric} is made by the controller itself: rules watch what devices send"
        else:
            yield (
                ("metric",),
                f"the catalogue has no metric {rule.metric!r}.{nearest(rule.metric, list(publishable()))}",
            )
        return
    yield from _bad_texts(rule)
    for field in ("one_en", "many_en", "zh"):
        yield from _bad_wording(field, getattr(rule.count, field))
    numbers = list(_bad_numbers(rule.condition))
    yield from numbers or _bad_condition(rule, metric.kind)


def _bad_texts(rule: Rule) -> Iterator[Complaint]:
    """They stand in every message and on every page that tells of such an alert."""
    for field, most in (
        ("title_en", MAX_TITLE_CHARS),
        ("title_zh", MAX_TITLE_CHARS),
        ("advice_en", MAX_TEXT_CHARS),
        ("advice_zh", MAX_TEXT_CHARS),
        ("instance", MAX_INSTANCE_CHARS),
    ):
        if len(getattr(rule, field)) > most:
            yield (field,), f"say it in at most {most} characters"
    if rule.runbook is not None:
        yield from _bad_runbook(rule.runbook)


def _bad_runbook(runbook: Runbook) -> Iterator[Complaint]:
    for field, said in asdict(runbook).items():
        texts = (said,) if isinstance(said, str) else said
        if len(texts) > MAX_STEPS or any(len(text) > MAX_TEXT_CHARS for text in texts):
            yield ("runbook", field), f"at most {MAX_STEPS} steps, and {MAX_TEXT_CHARS} characters in each"


def _bad_numbers(condition: Condition) -> Iterator[Complaint]:
    for field, value in asdict(condition).items():
        if not isinstance(value, int | float):
            continue
        if not math.isfinite(value) or (field.endswith("_s") and value > LONGEST_S):
            most = f" of at most {LONGEST_S:.0f} seconds" if field.endswith("_s") else ""
            yield ("condition", field), f"{value:g} is none to judge by: write a number{most}"


def _bad_wording(field: str, text: str) -> Iterator[Complaint]:
    try:
        parts = [part[1:] for part in string.Formatter().parse(text) if part[1] is not None]
    except ValueError:
        parts = [("?", "", None)]
    if any(part != ("n", "", None) for part in parts) or len(text) > MAX_TITLE_CHARS:
        yield ("count", field), f"only {{n}} may stand in braces, for the number; at most {MAX_TITLE_CHARS} characters"


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
    if isinstance(condition, Expression):
        yield from _bad_formulas(rule.metric, condition)
    elif isinstance(condition, Group):
        yield from _bad_group(rule.metric, condition)
    elif isinstance(condition, States) != (kind is MetricKind.STATE):
        fitting = "states, group or expression" if kind is MetricKind.STATE else "threshold, ratio, change or baseline"
        yield ("condition",), f"{rule.metric} is a {kind}: its condition must be of type {fitting}"
    elif isinstance(condition, States):
        yield from _bad_states(rule.metric, condition.bad)
    elif isinstance(condition, Change):
        yield from _bad_change(rule.metric, condition)
    elif isinstance(condition, Baseline):
        yield from _bad_baseline(condition)
    else:
        yield from _bad_levels(rule.metric, condition)


def _bad_states(metric: str, bad: Sequence[str]) -> Iterator[Complaint]:
    known = {state.name: state.value for state in publishable()[MetricId(metric)].states}
    if not bad:
        yield ("condition", "bad"), f"name at least one bad state of {metric}: {', '.join(known)}"
    for name in bad:
        if name not in known:
            yield ("condition", "bad"), f"{metric} has no state {name!r}.{nearest(name, list(known))}"
        elif not 0 <= known[name] <= MAX_STATE_VALUE:
            yield ("condition", "bad"), f"state {name!r} has the number {known[name]}: only 0 to 63 can be judged"


def _bad_levels(metric: str, condition: Threshold | Ratio) -> Iterator[Complaint]:
    if isinstance(condition, Ratio):
        if MetricId(condition.of) not in publishable():
            advice = nearest(condition.of, list(publishable()))
            yield ("condition", "of"), f"the catalogue has no metric {condition.of!r}.{advice}"
        if condition.level <= 0:
            yield ("condition", "level"), "a ratio is compared to a level above 0, such as 0.7"
    else:
        yield from _out_of_range(metric, "level", condition.level)
    clear = condition.level if condition.clear_level is None else condition.clear_level
    beyond = clear > condition.level if condition.comparison is Comparison.ABOVE else clear < condition.level
    if beyond:
        yield (
            ("condition", "clear_level"),
            f"clear_level {clear:g} is on the bad side of level {condition.level:g}: the alert would clear at once",
        )


def _out_of_range(metric: str, field: str, level: float) -> Iterator[Complaint]:
    limits = publishable()[MetricId(metric)]
    if not limits.minimum <= level <= limits.maximum:
        lies = f"{metric} lies between {limits.minimum:g} and {limits.maximum:g} {limits.unit}"
        yield ("condition", field), f"{lies}: a {field} of {level:g} is never reached"


def _bad_change(metric: str, condition: Change) -> Iterator[Complaint]:
    limits = publishable()[MetricId(metric)]
    widest = limits.maximum - limits.minimum
    if not 0 < condition.level <= widest:
        yield (
            ("condition", "level"),
            f"a change is compared to a level above 0 and at most {widest:g} {limits.unit}, whichever way it goes",
        )
    if not 0 < condition.within_s <= MAX_WITHIN_S:
        yield ("condition", "within_s"), f"within_s must be above 0 and at most {MAX_WITHIN_S} (six hours)"
    yield from _bad_clear(condition)


def _bad_baseline(condition: Baseline) -> Iterator[Complaint]:
    if condition.deviations <= 0:
        yield ("condition", "deviations"), "deviations must be above 0, such as 4"
    if condition.least <= 0:
        yield (
            ("condition", "least"),
            "least must be above 0: what never varied has no deviation, and any change would be bad",
        )
    if not MIN_WEEKS <= condition.weeks <= MAX_WEEKS:
        yield ("condition", "weeks"), f"weeks must be between {MIN_WEEKS} and {MAX_WEEKS}"


def _bad_group(metric: str, condition: Group) -> Iterator[Complaint]:
    if not 0 <= condition.level < 1:
        yield ("condition", "level"), "the level of a group is a share of its members, such as 0.5"
    if condition.least < 1:
        yield ("condition", "least"), "least must be 1 or more members"
    yield from _bad_clear(condition)
    if publishable()[MetricId(metric)].kind is MetricKind.STATE:
        yield from _bad_states(metric, condition.bad)
        if condition.member_level is not None:
            yield ("condition", "member_level"), f"{metric} has states: say which are `bad`, and leave member_level out"
    elif condition.bad or condition.member_level is None:
        yield ("condition", "member_level"), f"{metric} has no states: say by member_level beyond what a member is bad"
    else:
        yield from _out_of_range(metric, "member_level", condition.member_level)


def _bad_clear(condition: Change | Group) -> Iterator[Complaint]:
    if condition.clear_level is not None and condition.clear_level > condition.level:
        yield (
            ("condition", "clear_level"),
            f"clear_level {condition.clear_level:g} is above level {condition.level:g}: the alert would clear at once",
        )


def _bad_formulas(metric: str, condition: Expression) -> Iterator[Complaint]:
    for field, text in (("bad", condition.bad), ("good", condition.good)):
        if field == "good" and not text:
            continue
        try:
            formula = read_formula(text)
        except FormulaError as error:
            yield ("condition", field), f"{field} {text!r}, {error}"
        else:
            if field == "bad" and metric not in formula.metrics:
                yield (
                    ("condition", field),
                    f"bad speaks of {', '.join(formula.metrics)}, not of the rule's metric {metric}",
                )
