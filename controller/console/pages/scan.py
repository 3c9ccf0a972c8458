"""Scanning: the camera finds a device's code, or somebody types one; then what is wrong with it, and what to do about it."""

import re
from typing import Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from campus.ids import DeviceId, SiteId
from controller.alerts.model import AlertState
from controller.console.console import Console
from controller.console.page import Page, address, attempt
from controller.console.pages.search import hit_address
from controller.console.stories import Storyteller, urgent_first
from controller.identity.dependency import CallerScope
from controller.identity.scope import Role, Scope
from controller.workorders.model import OPEN, OrderQuery

MAX_CODE_CHARS: Final = 200
MOST: Final = 8
_STICKER: Final = re.compile(r"/r/([0-9A-Za-z-]{4,32})/?")


def scan_router(console: Console) -> APIRouter:
    """``/scan``."""
    router = APIRouter()

    @router.get("/scan")
    def scan(request: Request, scope: CallerScope, code: str = "", site: str = "", device: str = "") -> Response:
        """The finder; with `code` on to what it stands for; with `device` what is known of it."""
        page = console.page(request, scope, site)
        if site and device:
            return _found(console, page, scope, SiteId(site), DeviceId(device))
        code = code[:MAX_CODE_CHARS].strip()
        target = _target(console, scope, code) if code else ""
        if target:
            return RedirectResponse(target, status_code=303)
        hits = console.services.registry.search(scope, code, MOST) if code else []
        return console.render(page, "scan.html", task="scan", code=code, hits=hits, scan_address=scan_address)

    return router


def scan_address(site: SiteId, device: DeviceId | None) -> str:
    """Where a device is shown after a scan; a room is shown on its school's page."""
    return address("/scan", {"site": site, "device": device}) if device else ""


def sticker_code(text: str) -> str:
    """The code of one of our stickers in what a camera read or somebody typed.

    >>> sticker_code("https://campanile.example/r/K7QM2RX9DA"), sticker_code("k7qm-2rx9-da")
    ('K7QM2RX9DA', 'k7qm-2rx9-da')
    """
    found = _STICKER.fullmatch(urlsplit(text).path) if "/" in text else None
    return found[1] if found else text


def _target(console: Console, scope: Scope, code: str) -> str:
    """Where a code leads: a sticker of ours, or the only thing that is called so; empty when nothing is sure."""
    place = console.services.workorders.stickers.place_of(sticker_code(code))
    if place is not None and scope.sees(place.site):
        return scan_address(place.site, place.device) or f"/sites/{place.site}#room-{place.room}"
    hits = console.services.registry.search(scope, code, 2)
    if len(hits) == 1:
        return scan_address(hits[0].site, hits[0].device) or hit_address(hits[0])
    return ""


def _found(console: Console, page: Page, scope: Scope, site: SiteId, device: DeviceId) -> Response:
    services = console.services
    told = services.registry.device(scope, site, device)
    teller = Storyteller(services, page, scope)
    alerts = attempt(lambda: services.alerts.alerts(scope, state=AlertState.OPEN, site=site, device=device))
    orders = attempt(lambda: services.workorders.orders(scope, OrderQuery(site=site, device=device, states=OPEN)))
    return console.render(
        page,
        "scanned.html",
        task="scan",
        device=told,
        place=teller.place(site, device),
        health=attempt(lambda: services.overview.device_health(scope, site, device)),
        stories=None if alerts is None else urgent_first(teller.grouped(alerts)),
        orders=orders,
        may_act=scope.role >= Role.TECHNICIAN,
    )
