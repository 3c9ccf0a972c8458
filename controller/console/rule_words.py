"""Rules in words: what one looks for, when, and what a place wants of it otherwise."""

from typing import Final

from campus.ids import MetricId
from campus.metrics import catalogue
from controller.alerts.model import (
    Absence,
    Baseline,
    Change,
    Comparison,
    Elsewhere,
    Expression,
    Group,
    GroupOf,
    Ratio,
    Rule,
    States,
    Threshold,
)
from controller.console.format import share
from controller.console.page import Page
from controller.rulings.model import Adjustment, Kind, Ruling, When

SHARES: Final = (Ratio, Group)
"""Conditions whose level is a share."""
DURATIONS: Final = ("after_s", "hold_s", "clear_hold_s")


def looks_for(page: Page, rule: Rule) -> list[str]:
    """What a rule looks for, in sentences: what it watches and from when that is bad; for how long; in which hours."""
    condition = rule.condition
    found = [_watched(page, rule)]
    if not isinstance(condition, Absence | Elsewhere) and condition.hold_s:
        found.append(page.t("alert.rule_hold", long=page.duration(condition.hold_s)))
    if rule.only is not None:
        found.append(page.t("rules.only", hours=page.t(f"rules.when_{rule.only.value}")))
    return found


def level_words(page: Page, rule: Rule, value: float, name: str = "level") -> str:
    """A number of a rule's condition with its unit."""
    if name in DURATIONS:
        return page.duration(value) if value else page.t("rules.at_once")
    if name == "deviations":
        return page.t("rules.times_usual", n=f"{value:g}")
    if isinstance(rule.condition, SHARES) and name != "member_level":
        return share(value)
    return page.quantity(value, rule.metric)


def wanted_words(page: Page, rule: Rule, wanted: Adjustment) -> list[str]:
    """What an adjustment wants, each in a few words."""
    found = []
    if wanted.is_off is not None:
        found.append(page.t("rules.switched_off" if wanted.is_off else "rules.switched_on"))
    if wanted.severity is not None:
        found.append(page.t("rules.said_severity", what=page.t(f"severity.{wanted.severity}")))
    if wanted.when is not None:
        found.append(page.t("rules.said_when", what=page.t(f"rules.when_{wanted.when.value}")))
    for name, value in wanted.numbers.items():
        label = page.t(f"rules.number_{name}")
        found.append(f"{label} {level_words(page, rule, value, name)}")
    return found


def decided_words(page: Page, rule: Rule, ruling: Ruling) -> str:
    """What somebody decided, in one line."""
    what = page.t(f"rules.kind_{ruling.kind.value}")
    if ruling.kind in (Kind.CHANGED, Kind.EXCEPTION) and ruling.adjustment is not None:
        return what + page.either(": ", "：") + page.t("common.comma").join(wanted_words(page, rule, ruling.adjustment))
    return what


def when_of(rule: Rule) -> When:
    """When a rule holds."""
    return When.ALWAYS if rule.only is None else When(rule.only.value)


def _watched(page: Page, rule: Rule) -> str:
    condition, metric = rule.condition, page.metric(rule.metric)
    match condition:
        case Elsewhere():
            return page.t("rules.elsewhere")
        case Absence():
            return page.t("rules.absence", long=page.duration(condition.after_s))
        case States():
            return page.t("alert.rule_states", metric=metric, states=_states(page, rule.metric, condition.bad))
        case Threshold():
            return page.t(_side(condition.comparison), metric=metric, level=level_words(page, rule, condition.level))
        case Ratio():
            of = page.t("alert.of_capacity") if condition.of == "if_speed_bps" else page.metric(condition.of)
            level = page.t("alert.share_of", share=share(condition.level), of=of)
            return page.t(_side(condition.comparison), metric=metric, level=level)
        case Change():
            key = "rules.rises" if condition.comparison is Comparison.ABOVE else "rules.falls"
            level = level_words(page, rule, condition.level)
            return page.t(key, metric=metric, level=level, long=page.duration(condition.within_s))
        case Baseline():
            key = "rules.unusual_above" if condition.comparison is Comparison.ABOVE else "rules.unusual_below"
            return page.t(key, metric=metric, n=condition.weeks)
        case Group():
            of = "rules.group_site" if condition.of is GroupOf.SITE else "rules.group_device"
            return page.t(of, metric=metric, share=share(condition.level), bad=_member(page, rule, condition))
        case Expression():
            return page.t("rules.expression")


def _member(page: Page, rule: Rule, condition: Group) -> str:
    if condition.member_level is None:
        return _states(page, rule.metric, condition.bad)
    key = "rules.over" if condition.comparison is Comparison.ABOVE else "rules.under"
    return page.t(key, level=page.quantity(condition.member_level, rule.metric))


def _side(comparison: Comparison) -> str:
    return "alert.rule_above" if comparison is Comparison.ABOVE else "alert.rule_below"


def _states(page: Page, metric: str, names: tuple[str, ...]) -> str:
    states = catalogue()[MetricId(metric)].states
    words = [next((page.state(state) for state in states if state.name == name), name) for name in names]
    return page.t("alert.or").join(words)
