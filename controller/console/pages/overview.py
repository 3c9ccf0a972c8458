"""Overview: is the district all right now, where not, and what changed since yesterday."""

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from campus.samples import Severity
from controller.alerts.model import Alert, AlertState
from controller.console.console import Console
from controller.console.metro import metro
from controller.console.notices import notices
from controller.console.page import WORST_FIRST, Page, attempt, site_address
from controller.console.pages.silence_words import silence_notices
from controller.console.stories import SEVERITIES, Storyteller, urgent_first
from controller.identity.dependency import CallerScope
from controller.identity.scope import Scope
from controller.registry.model import Device

DAY_MS: Final = 86_400_000
SHOWN_ALERTS: Final = 8
MAX_ALERTS: Final = 1_000
MAX_NEW_NAMED: Final = 3


@dataclass(frozen=True)
class Changes:
    """What is different from a day ago."""

    opened: list[Alert]
    cleared: list[Alert]
    still_open: list[Alert]
    new_devices: list[Device]

    @property
    def is_quiet(self) -> bool:
        """Whether nothing happened."""
        return not (self.opened or self.cleared or self.new_devices)


def overview_router(console: Console) -> APIRouter:
    """The district's page, at ``/``."""
    router = APIRouter()

    @router.get("/")
    def overview(request: Request, scope: CallerScope) -> Response:
        """The district; straight to the school for a person who has only one."""
        page = console.page(request, scope)
        if len(page.sites) == 1:
            return RedirectResponse(site_address(page.sites[0].id), status_code=303)
        district = console.services.overview.district(scope)
        schools = sorted(
            (site for site in district.sites if not site.site.is_centre),
            key=lambda site: (WORST_FIRST[site.health], -site.open_alerts, site.site.id),
        )
        return console.render(
            page,
            "overview.html",
            task="overview",
            overview=district,
            schools=schools,
            centre=next((site for site in district.sites if site.site.is_centre), None),
            metro=metro(district.sites),
            notices=attempt(lambda: notices(page, console.services.overview.delivery(scope))) or (),
            hushed=silence_notices(console.services, page, scope),
            alerts=attempt(lambda: _open_alerts(console, page, scope)),
            changes=attempt(lambda: _changes(console, page, scope)),
            limit_named=MAX_NEW_NAMED,
        )

    return router


def _open_alerts(console: Console, page: Page, scope: Scope) -> dict[str, object]:
    found = console.services.alerts.alerts(scope, state=AlertState.OPEN, limit=MAX_ALERTS)
    grouped = Storyteller(console.services, page, scope).grouped(found)
    stories = urgent_first([story for story in grouped if story.alert.stands])
    counts: dict[Severity, int] = {
        severity: sum(story.alert.severity is severity for story in stories) for severity in SEVERITIES
    }
    return {"stories": stories[:SHOWN_ALERTS], "counts": counts, "total": len(stories)}


def _changes(console: Console, page: Page, scope: Scope) -> Changes:
    since = page.now - DAY_MS
    found = [each for each in console.services.alerts.alerts(scope, limit=MAX_ALERTS) if not each.cause]
    return Changes(
        opened=[each for each in found if each.opened_at >= since],
        cleared=[each for each in found if each.cleared_at >= since],
        still_open=[each for each in found if each.opened_at < since and each.state is AlertState.OPEN],
        # A district whose every device is new was enrolled today: that is no news about any of them.
        new_devices=console.services.registry.new_devices(scope, since),
    )
