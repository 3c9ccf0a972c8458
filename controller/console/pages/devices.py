"""The list of devices: filtered by what stands in the address, also as CSV."""

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request, Response

from campus.ids import DeviceId, SiteId
from campus.metrics import Health
from campus.samples import DeviceKind
from controller.console.console import Console
from controller.console.csv_file import csv_response
from controller.console.page import WORST_FIRST, Page, attempt
from controller.identity.dependency import CallerScope
from controller.identity.scope import Scope
from controller.overview.model import DeviceOverview

PAGE_ROWS: Final = 100


@dataclass(frozen=True)
class Asked:
    """The filters of the address; empty means all."""

    kind: str = ""
    health: str = ""
    text: str = ""

    def takes(self, device: DeviceOverview) -> bool:
        """Whether a device passes every filter."""
        facts = device.device.facts
        hay = " ".join((device.device.name, device.device.id, facts.vendor, facts.model, facts.serial, facts.address))
        return (
            self.kind in ("", device.device.kind)
            and self.health in ("", device.health.health)
            and self.text.lower() in hay.lower()
        )


@dataclass(frozen=True)
class Row:
    """A device with the name of its room, and when anything was last heard of it (ms)."""

    overview: DeviceOverview
    room: str
    heard_at: int


def devices_router(console: Console) -> APIRouter:
    """``/devices`` and ``/devices.csv``."""
    router = APIRouter()

    @router.get("/devices")
    def devices(
        request: Request,
        scope: CallerScope,
        site: str = "",
        kind: str = "",
        health: str = "",
        text: str = "",
        start: int = 0,
    ) -> Response:
        """The list, worst first."""
        page = console.page(request, scope, site)
        everything = _rows(console, page, scope)
        rows = [row for row in everything if Asked(kind, health, text).takes(row.overview)]
        first = max(0, min(start, len(rows) - 1) // PAGE_ROWS * PAGE_ROWS) if rows else 0
        return console.render(
            page,
            "devices.html",
            task="devices",
            rows=rows[first : first + PAGE_ROWS],
            total=len(rows),
            everything=len(everything),
            first=first,
            page_rows=PAGE_ROWS,
            asked=Asked(kind, health, text),
            kinds=sorted({row.overview.device.kind for row in everything}),
            healths=list(WORST_FIRST),
        )

    @router.get("/devices.csv")
    def devices_csv(
        request: Request, scope: CallerScope, site: str = "", kind: str = "", health: str = "", text: str = ""
    ) -> Response:
        """The same list for a spreadsheet."""
        page = console.page(request, scope, site)
        t = page.t
        head = [
            t(f"devices.{name}") for name in ("site", "room", "name", "kind", "state", "reason", "vendor", "model")
        ] + [t(f"devices.{name}") for name in ("serial", "firmware", "address", "last_seen")]
        rows = [row for row in _rows(console, page, scope) if Asked(kind, health, text).takes(row.overview)]
        return csv_response("devices.csv", head, [_cells(page, row) for row in rows])

    return router


def _cells(page: Page, row: Row) -> list[str]:
    device, health, facts = row.overview.device, row.overview.health, row.overview.device.facts
    return [
        page.site_name(device.site),
        row.room,
        device.name,
        page.t(f"kind.{device.kind}"),
        page.t(f"state.{health.health}"),
        page.either(health.reason_en, health.reason_zh),
        *(facts.vendor, facts.model, facts.serial, facts.firmware, facts.address),
        page.moment(row.heard_at),
    ]


def _rows(console: Console, page: Page, scope: Scope) -> list[Row]:
    sites: list[SiteId] = [page.place.id] if page.place else [site.id for site in page.sites]
    newest = attempt(lambda: console.services.telemetry.newest_by_device(scope)) or {}
    rows = [
        Row(device, page.name(room.room) if room.room else "", _heard_at(device, newest))
        for site in sites
        for room in console.services.overview.site(scope, site).rooms
        for device in room.devices
    ]
    return sorted(rows, key=_rank)


def _heard_at(overview: DeviceOverview, newest: dict[tuple[SiteId, DeviceId], int]) -> int:
    device = overview.device
    return max(device.last_seen_at, newest.get((device.site, device.id), 0))


def _rank(row: Row) -> tuple[int, str, DeviceKind, DeviceId]:
    device = row.overview.device
    return WORST_FIRST[Health(row.overview.health.health)], device.site, device.kind, device.id
