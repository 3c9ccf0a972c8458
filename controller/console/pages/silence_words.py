"""Silences in words: what one covers, when it comes again, and which of them should be known of now."""

from collections.abc import Iterator
from typing import Final

from campus.ids import SiteId
from campus.samples import DeviceKind
from controller.console.notices import Notice
from controller.console.page import Page, attempt
from controller.console.services import Services
from controller.identity.scope import NotFound, Scope
from controller.silences.model import Days, Draft, Pattern, Shown, Standing

SOON_MS: Final = 3_600_000
MANY: Final = 20
"""Alerts that one silence hides before everybody is told of it."""
NOTICES: Final = 3


def covers(services: Services, page: Page, scope: Scope, draft: Draft) -> list[str]:
    """Place, kind, device, room, rule and severity, those that are given."""
    chosen = draft.selector
    found = [place_name(services, page, scope, draft)]
    if chosen.room:
        rooms = attempt(lambda: services.registry.rooms(scope, chosen.site)) or []
        found.append(next((page.name(room) for room in rooms if room.id == chosen.room), chosen.room))
    if chosen.device:
        device = services.registry.devices_of(scope, [(chosen.site, chosen.device)]).get((chosen.site, chosen.device))
        found.append(device.name if device else str(chosen.device))
    if chosen.kind:
        found.append(kind_name(page, chosen.kind))
    if chosen.rule:
        found.append(rule_name(services, page, chosen.rule))
    if chosen.severity:
        found.append(page.t("silences.at_most", severity=page.t(f"severity.{chosen.severity}")))
    return found


def place_name(services: Services, page: Page, scope: Scope, draft: Draft) -> str:
    """The school, the part of the tree, or everything."""
    if draft.selector.site:
        return page.site_name(draft.selector.site)
    if not draft.selector.organisation:
        return page.t("silences.everything")
    tree = services.registry.organisations(scope)
    return next(
        (page.name(each) for each in tree if each.id == draft.selector.organisation), draft.selector.organisation
    )


def kind_name(page: Page, kind: DeviceKind) -> str:
    """A kind of device."""
    return page.t(f"kind.{kind}")


def rule_name(services: Services, page: Page, rule_id: str) -> str:
    """What a rule finds."""
    try:
        rule = services.alerts.rule(rule_id)
    except NotFound:
        return rule_id
    return page.either(rule.title_en, rule.title_zh)


def pattern_words(page: Page, pattern: Pattern) -> str:
    """When it comes again; empty for one that does not."""
    if pattern.is_once:
        return ""
    found = []
    if pattern.weekdays:
        found.append(page.t("common.comma").join(page.t(f"telling.day_{day}") for day in pattern.weekdays))
    if pattern.days is not Days.EVERY or not pattern.weekdays:
        found.append(page.t(f"silences.days_{pattern.days}"))
    if pattern.hours:
        found.append("–".join(clock(minute) for minute in pattern.hours))
    return " · ".join(found)


def clock(minute: int) -> str:
    """A time of day.

    >>> clock(485)
    '08:05'
    """
    return f"{minute // 60:02}:{minute % 60:02}"


def silence_notices(services: Services, page: Page, scope: Scope, site: SiteId | None = None) -> list[Notice]:
    """What to know of silences now: those that end within the hour and hide something, and those that hide much."""
    shown = attempt(lambda: services.silences.windows(scope)) or []
    found = list(_telling(services, page, scope, [each for each in shown if site is None or site in each.sites]))
    return found[:NOTICES]


def _telling(services: Services, page: Page, scope: Scope, shown: list[Shown]) -> Iterator[Notice]:
    for each in shown:
        if each.standing is not Standing.NOW:
            continue
        what = page.t("common.comma").join(covers(services, page, scope, each.window.draft))
        if each.hid >= MANY:
            yield Notice("unknown", page.t("silences.hides_much", what=what, n=each.hid))
        elif each.hid and each.next_at - page.now <= SOON_MS:
            yield Notice("unknown", page.t("silences.ends_soon", what=what, n=each.hid, when=page.moment(each.next_at)))
