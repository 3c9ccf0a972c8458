"""A school's page: what is broken here, which rooms are ready, how the network is."""

from typing import Final

from fastapi import APIRouter, Request, Response

from campus.ids import SiteId
from controller.alerts.model import AlertState
from controller.console.console import Console
from controller.console.page import Page, attempt
from controller.console.stories import Story, Storyteller, urgent_first
from controller.identity.dependency import CallerScope
from controller.identity.scope import Scope
from controller.overview.model import DeviceOverview, RoomOverview, SiteOverview

SHOWN_ALERTS: Final = 10


def school_router(console: Console) -> APIRouter:
    """``/sites/{site}``."""
    router = APIRouter()

    @router.get("/sites/{site}")
    def school(request: Request, scope: CallerScope, site: str) -> Response:
        """One school, or the centre."""
        page = console.page(request, scope, site)
        overview = console.services.overview.site(scope, SiteId(site))
        return console.render(
            page,
            "school.html",
            task="overview",
            overview=overview,
            floors=floors(overview),
            by_kind=by_kind(overview),
            agents=[each for each in console.services.registry.agents(scope) if each.site == site],
            stories=attempt(lambda: _stories(console, page, scope, SiteId(site))),
            shown=SHOWN_ALERTS,
        )

    return router


def floors(overview: SiteOverview) -> list[tuple[int | None, list[RoomOverview]]]:
    """Rooms by floor, the top floor first as the building stands; devices without a room at the end, floor None."""
    numbers = sorted({each.room.floor for each in overview.rooms if each.room}, reverse=True)
    found: list[tuple[int | None, list[RoomOverview]]] = [
        (number, [each for each in overview.rooms if each.room and each.room.floor == number]) for number in numbers
    ]
    homeless = [each for each in overview.rooms if each.room is None]
    return [*found, (None, homeless)] if homeless else found


def by_kind(overview: SiteOverview) -> list[tuple[str, list[DeviceOverview]]]:
    """Devices grouped by kind, the largest groups first."""
    groups: dict[str, list[DeviceOverview]] = {}
    for room in overview.rooms:
        for device in room.devices:
            groups.setdefault(device.device.kind, []).append(device)
    return sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))


def _stories(console: Console, page: Page, scope: Scope, site: SiteId) -> list[Story]:
    found = console.services.alerts.alerts(scope, state=AlertState.OPEN, site=site)
    return urgent_first(Storyteller(console.services, page, scope).grouped(found))
