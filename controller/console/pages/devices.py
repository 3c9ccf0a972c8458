"""The list of devices: filtered by what stands in the address, also as CSV."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request, Response

from controller.console.console import Console
from controller.console.csv_file import csv_response
from controller.console.page import WORST_FIRST, Page, attempt
from controller.identity.dependency import CallerScope
from controller.identity.scope import Scope
from controller.overview.model import DeviceOverview, DeviceSign
from controller.overview.service import DeviceList
from controller.registry.model import Device

PAGE_ROWS: Final = 100


@dataclass(frozen=True)
class Asked:
    """The filters of the address; empty means all."""

    kind: str = ""
    health: str = ""
    text: str = ""

    def takes(self, device: DeviceSign) -> bool:
        """Whether a device passes the filters by kind and state."""
        return self.kind in ("", device.kind) and self.health in ("", device.health)

    def finds(self, device: Device) -> bool:
        """Whether a device has the text in its names or its facts."""
        facts = device.facts
        hay = " ".join((device.name, device.id, facts.vendor, facts.model, facts.serial, facts.address))
        return self.text.lower() in hay.lower()


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
        page, asked = console.page(request, scope, site), Asked(kind, health, text)
        everything = _everything(console, page, scope)
        found = _found(console, page, scope, everything, asked)
        first = max(0, min(start, len(found) - 1) // PAGE_ROWS * PAGE_ROWS) if found else 0
        return console.render(
            page,
            "devices.html",
            task="devices",
            rows=_rows(console, page, scope, everything, found[first : first + PAGE_ROWS]),
            total=len(found),
            everything=len(everything.signs),
            newcomers=attempt(
                lambda: console.services.newcomers.open_newcomers(scope, page.place.id if page.place else None)
            ),
            first=first,
            page_rows=PAGE_ROWS,
            asked=asked,
            kinds=sorted({each.kind for each in everything.signs}),
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
        everything = _everything(console, page, scope)
        found = _found(console, page, scope, everything, Asked(kind, health, text))
        rows = _rows(console, page, scope, everything, found)
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


def _everything(console: Console, page: Page, scope: Scope) -> DeviceList:
    return console.services.overview.devices(scope, page.place.id if page.place else None)


def _found(console: Console, page: Page, scope: Scope, everything: DeviceList, asked: Asked) -> list[DeviceSign]:
    """The devices that pass the filters, worst first."""
    found = [each for each in everything.signs if asked.takes(each)]
    if asked.text:
        devices = console.services.registry.devices(scope, page.place.id if page.place else None)
        named = {(device.site, device.id) for device in devices if asked.finds(device)}
        found = [each for each in found if (each.site, each.device) in named]
    return sorted(found, key=lambda each: (WORST_FIRST[each.health], each.site, each.kind, each.device))


def _rows(console: Console, page: Page, scope: Scope, everything: DeviceList, shown: Sequence[DeviceSign]) -> list[Row]:
    registry = console.services.registry
    keys = [(each.site, each.device) for each in shown]
    devices = registry.devices_of(scope, keys)
    rooms = {
        (site, room.id): page.name(room)
        for site in dict.fromkeys(site for site, _ in keys)
        for room in registry.rooms(scope, site)
    }
    return [
        Row(everything.overview(device), rooms.get((device.site, device.room), ""), everything.heard_at(device))
        for key in keys
        if (device := devices.get(key)) is not None
    ]
