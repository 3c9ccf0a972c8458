"""Rules in words: what one looks for, when, and what a place wants of it otherwise."""

from typing import Final

from controller.alerts.model import Group, Ratio, Rule
from controller.alerts.sought import over_at, sought
from controller.console.format import share
from controller.console.page import Page
from controller.rulings.model import Adjustment, Kind, Ruling, When

SHARES: Final = (Ratio, Group)
"""Conditions whose level is a share."""
DURATIONS: Final = ("after_s", "hold_s", "clear_hold_s")


def looks_for(page: Page, rule: Rule) -> list[str]:
    """What a rule looks for, when that is over where it is not merely the opposite, and in which hours."""
    found = [page.either(*sought(rule))]
    over = page.either(*over_at(rule))
    if over:
        found.append(page.t("rules.over", how=over))
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
