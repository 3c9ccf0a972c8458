"""Devices that were found and nobody registered: what they are, where they hang, how to take them in; ignoring with undo."""

import re
from enum import StrEnum
from typing import Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from campus.ids import SiteId
from campus.newcomers import Evidence
from controller.console.console import Console
from controller.console.csv_file import csv_response
from controller.console.language import texts
from controller.console.page import Page, address
from controller.identity.dependency import CallerScope
from controller.identity.scope import Role, Scope
from controller.newcomers.model import Arrival

COLUMNS: Final = ("site", "what", "sureness", "name", "vendor", "model", "serial", "mac", "address", "place", "room")
LAST_COLUMNS: Final = ("first_seen", "last_seen", "ignored", "entry")
MAX_ROWS: Final = 500


class Shown(StrEnum):
    """Which newcomers are listed."""

    OPEN = "open"
    IGNORED = "ignored"


def newcomers_router(console: Console) -> APIRouter:
    """``/newcomers``, ``/newcomers.csv`` and what can be done to one."""
    router = APIRouter()

    @router.get("/newcomers")
    def newcomers(
        request: Request, scope: CallerScope, site: str = "", show: str = "open", said: str = "", of: str = ""
    ) -> Response:
        """The list by school; `said` is the one of school `of` that has just been ignored, to offer undo."""
        page = console.page(request, scope, site)
        shown = Shown(show) if show in set(Shown) else Shown.OPEN
        everybody = _everybody(console, page, scope)
        found = [each for each in everybody if _is(each, shown)]
        return console.render(
            page,
            "newcomers.html",
            task="devices",
            schools=_by_school(found[:MAX_ROWS]),
            total=len(found),
            rows=min(len(found), MAX_ROWS),
            omitted=console.services.newcomers.omitted_newcomers(scope),
            shown=shown,
            shows=list(Shown),
            said=next((each for each in everybody if said and (each.device.key, each.site) == (said, of)), None),
            proof=lambda evidence: proof(page, evidence),
            may_act=scope.role >= Role.TECHNICIAN,
        )

    @router.get("/newcomers.csv")
    def newcomers_csv(request: Request, scope: CallerScope, site: str = "") -> Response:
        """All of them for a spreadsheet, ignored ones too."""
        page = console.page(request, scope, site)
        head = [page.t(f"newcomers.{name}") for name in (*COLUMNS, *LAST_COLUMNS)]
        return csv_response("newcomers.csv", head, [_cells(page, each) for each in _everybody(console, page, scope)])

    @router.post("/newcomers/ignore")
    def ignore(scope: CallerScope, of: str = Form(), key: str = Form(), site: str = Form("")) -> Response:
        """It need not be registered."""
        console.services.newcomers.ignore_newcomer(scope, SiteId(of), key)
        return RedirectResponse(address("/newcomers", {"site": site, "said": key, "of": of}), status_code=303)

    @router.post("/newcomers/unignore")
    def unignore(scope: CallerScope, of: str = Form(), key: str = Form(), site: str = Form("")) -> Response:
        """Undo."""
        console.services.newcomers.unignore_newcomer(scope, SiteId(of), key)
        return RedirectResponse(address("/newcomers", {"site": site}), status_code=303)

    return router


def proof(page: Page, evidence: Evidence) -> str:
    """Who says so, in words; what it says stands behind it as it is."""
    key = f"newcomers.source_{evidence.source}"
    return page.t(key) if key in texts() else evidence.source


def _everybody(console: Console, page: Page, scope: Scope) -> list[Arrival]:
    return console.services.newcomers.newcomers(scope, page.place.id if page.place else None)


def numbers_in(text: str) -> list[int]:
    """By which addresses sort as people count; those without come last.

    >>> numbers_in("10.20.1.9:161") < numbers_in("10.20.1.10") < numbers_in("")
    True
    """
    return [int(run) for run in re.findall(r"[0-9]+", text)] or [256]


def _is(arrival: Arrival, shown: Shown) -> bool:
    return bool(arrival.ignored_at) is (shown is Shown.IGNORED)


def _by_school(found: list[Arrival]) -> dict[SiteId, list[Arrival]]:
    """The last found first, then by address."""
    schools: dict[SiteId, list[Arrival]] = {}
    for each in sorted(found, key=lambda one: (-one.first_seen_at, numbers_in(one.device.address), one.device.key)):
        schools.setdefault(each.site, []).append(each)
    return schools


def _cells(page: Page, arrival: Arrival) -> list[str]:
    device = arrival.device
    return [
        page.site_name(arrival.site),
        page.t(f"kind.{device.kind}"),
        page.t(f"newcomers.{device.confidence}"),
        *(device.name, device.vendor, device.model, device.serial, device.mac, device.address),
        f"{device.place_device} {device.place_port}".strip(),
        device.room,
        page.moment(arrival.first_seen_at),
        page.moment(arrival.last_seen_at),
        arrival.ignored_by,
        device.entry,
    ]
