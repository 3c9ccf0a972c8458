"""Search as you type, its page for whoever has no script, and the place switcher."""

from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from campus.ids import SiteId
from controller.console.console import Console
from controller.console.page import address, device_address, site_address
from controller.identity.dependency import CallerScope
from controller.registry.model import SearchHit

SHOWN_TYPING: Final = 8
SHOWN_PAGE: Final = 50
_TASKS: Final = {"network": "/network", "devices": "/devices", "alerts": "/alerts", "utilisation": "/utilisation"}


def search_router(console: Console) -> APIRouter:
    """``/search``, ``/search/answers`` and ``/place``."""
    router = APIRouter()

    @router.get("/search")
    def search(request: Request, scope: CallerScope, q: str = "") -> Response:
        """A page of answers; straight to the only one."""
        page = console.page(request, scope)
        hits = console.services.registry.search(scope, q, SHOWN_PAGE)
        services = console.services.applications.search(scope, q)
        if len(hits) + len(services) == 1:
            alone = hit_address(hits[0]) if hits else f"/services/{services[0].id}"
            return RedirectResponse(alone, status_code=303)
        kinds = _kinds(console, hits)
        return console.render(
            page,
            "search.html",
            task="",
            searched=q,
            services=services,
            hits=hits,
            hit_address=hit_address,
            kinds=kinds,
        )

    @router.get("/search/answers")
    def answers(request: Request, scope: CallerScope, q: str = "") -> Response:
        """The list under the search box."""
        page = console.page(request, scope)
        hits = console.services.registry.search(scope, q, SHOWN_TYPING) if q.strip() else []
        kinds = _kinds(console, hits)
        services = console.services.applications.search(scope, q)
        return console.render(
            page, "answers.html", searched=q, services=services, hits=hits, hit_address=hit_address, kinds=kinds
        )

    @router.get("/place")
    def place(request: Request, scope: CallerScope, site: str = "", task: str = "") -> Response:
        """The same task at another place."""
        console.page(request, scope, site)
        if task in _TASKS:
            return RedirectResponse(address(_TASKS[task], {"site": site}), status_code=303)
        return RedirectResponse(site_address(SiteId(site)) if site else "/", status_code=303)

    return router


def hit_address(hit: SearchHit) -> str:
    """Where an answer leads."""
    if hit.device:
        return device_address(hit.site, hit.device)
    return site_address(hit.site) + (f"#room-{hit.room}" if hit.room else "")


def _kinds(console: Console, hits: list[SearchHit]) -> dict[SearchHit, str]:
    """The sign of each answer: its device's kind, or that it is a place."""
    kind_of = console.services.registry.kind_of
    return {hit: str(kind_of(hit.site, hit.device)) if hit.device else "place" for hit in hits}
