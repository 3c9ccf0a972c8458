"""A school's network: who hangs on whom, drawn and as a table; CSV."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request, Response

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind
from controller.alerts.model import Alert, AlertState
from controller.console.console import Console
from controller.console.csv_file import csv_response
from controller.console.format import short_port
from controller.console.page import Page, attempt
from controller.console.topology import DeadPart, Form, picture
from controller.identity.dependency import CallerScope
from controller.identity.scope import Scope
from controller.overview.model import DeviceOverview
from controller.topology.model import HUB, Conflict, End, Link, Placement, SiteTopology

MOST_ALERTS: Final = 5_000
SURE: Final = 0.9
LIKELY: Final = 0.7
HEAD: Final = ("device", "id", "hangs_on", "port", "own_port", "shared", "known_by", "confidence", "since", "before")


@dataclass(frozen=True)
class Row:
    """Where one device hangs. `link` is the cable at the device's own end; `shared` that an unmanaged switch is between."""

    device: DeviceOverview
    parent: DeviceOverview | None
    placement: Placement
    link: Link
    own_port: str
    shared: bool

    @property
    def trust(self) -> str:
        """How sure it is, as a word of the catalogue."""
        return "sure" if self.link.confidence >= SURE else "likely" if self.link.confidence >= LIKELY else "guess"


def topology_router(console: Console) -> APIRouter:
    """``/sites/{site}/topology`` and its CSV."""
    router = APIRouter()

    @router.get("/sites/{site}/topology")
    def topology(request: Request, scope: CallerScope, site: str, open: str = "", alert: int = 0) -> Response:  # noqa: A002 - the address says so
        """The network of one school; `open` names the devices whose folded lines are shown, parted by commas.

        With `alert` the dead part that it belongs to is marked, else all there are.
        """
        page = console.page(request, scope, site)
        network, devices = _read(console, scope, SiteId(site))
        found = attempt(
            lambda: console.services.alerts.alerts(scope, state=AlertState.OPEN, site=SiteId(site), limit=MOST_ALERTS)
        )
        dead = dead_part(found or [], alert, devices)
        opened = frozenset(filter(None, open.split(",")))
        return console.render(
            page,
            "topology.html",
            task="overview",
            wide=picture(network, devices, Form.WIDE, opened, dead),
            narrow=picture(network, devices, Form.NARROW, opened, dead),
            opened=opened,
            dead=dead,
            followed=alert,
            rows=rows(network, devices),
            conflicts=[_told(conflict, devices) for conflict in network.topology.conflicts],
            short=short_port,
        )

    @router.get("/sites/{site}/topology.csv")
    def topology_csv(request: Request, scope: CallerScope, site: str) -> Response:
        """The table for a spreadsheet."""
        page = console.page(request, scope, site)
        found = rows(*_read(console, scope, SiteId(site)))
        head = [page.t(f"topology.{name}") for name in HEAD]
        return csv_response(f"topology-{site}.csv", head, [_cells(page, row) for row in found])

    return router


def dead_part(alerts: Sequence[Alert], wanted: int, devices: Mapping[DeviceId, DeviceOverview]) -> DeadPart:
    """What broke and what only follows from it, of the open alerts of a site; of one alert's fault where it is `wanted`."""
    by_id = {alert.id: alert for alert in alerts}
    hidden = [alert for alert in alerts if alert.cause in by_id]
    roots = {alert.cause for alert in hidden}
    if wanted in by_id:
        roots = {by_id[wanted].cause or wanted}
        hidden = [alert for alert in hidden if alert.cause in roots]
    broken = {by_id[root].device for root in roots if root in by_id}
    causes = frozenset(each for each in broken if each in devices and devices[each].device.kind is not DeviceKind.AGENT)
    behind = frozenset(alert.device for alert in hidden) - causes
    return DeadPart(causes, behind, is_outside=broken != causes)


def rows(network: SiteTopology, devices: dict[DeviceId, DeviceOverview]) -> list[Row]:
    """Every device whose place is known, by the device it hangs on and the port there."""
    found = []
    for device, placement in network.placed.items():
        overview = devices.get(device)
        if overview is not None:
            step = network.tree.up[device]
            parent = devices.get(DeviceId(placement.place.node))
            own_port, shared = step.link.end_of(device).port, step.parent.startswith(HUB)
            found.append(Row(overview, parent, placement, step.link, own_port, shared))
    return sorted(found, key=lambda row: (row.placement.place, row.device.device.id))


def _read(console: Console, scope: Scope, site: SiteId) -> tuple[SiteTopology, dict[DeviceId, DeviceOverview]]:
    overview = console.services.overview.site(scope, site)
    devices = {each.device.id: each for room in overview.rooms for each in room.devices}
    return console.services.topology.site(scope, site), devices


def _told(conflict: Conflict, devices: dict[DeviceId, DeviceOverview]) -> tuple[Conflict, str, str, str]:
    """A conflict with the names of its device and of both its ends."""

    def named(end: End) -> str:
        device = devices.get(DeviceId(end.node))
        return " ".join(filter(None, (device.device.name if device else end.node, end.port)))

    return conflict, named(End(conflict.device)), named(conflict.chosen), named(conflict.other)


def _cells(page: Page, row: Row) -> list[object]:
    former = row.placement.former
    return [
        row.device.device.name,
        row.device.device.id,
        row.parent.device.name if row.parent else row.placement.place.node,
        row.placement.place.port,
        row.own_port,
        page.t("topology.shared") if row.shared else "",
        page.t("common.comma").join(sorted({page.t(f"topology.by_{each.source}") for each in row.link.evidence})),
        row.link.confidence,
        page.moment(row.placement.since_at) if row.placement.since_at else "",
        f"{former.node} {former.port}" if former else "",
    ]
