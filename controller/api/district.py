"""Routes about what the district is made of: organisations, sites, rooms, devices, agents, search."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Response

from campus.ids import DeviceId, MetricId, SiteId
from campus.metrics import catalogue
from campus.samples import DeviceKind
from controller.api.period import AskedPeriod
from controller.api.port import Controller
from controller.api.shapes import (
    AgentShape,
    DeliveryShape,
    DeviceShape,
    HitShape,
    LatestShape,
    OrganisationShape,
    OverviewShape,
    RoomShape,
    SiteShape,
)
from controller.api.sheet import local_time, sheet
from controller.identity.dependency import CallerScope
from controller.registry.model import Device

router = APIRouter(tags=["district"])
Kind = Annotated[DeviceKind | None, Query(description="only devices of this kind")]


@router.get("/overview")
def overview(scope: CallerScope, controller: Controller) -> OverviewShape:
    """Is everything all right, now? In numbers and in a sentence."""
    return OverviewShape.of(controller.overview.district(scope))


@router.get("/organisations")
def organisations(scope: CallerScope, controller: Controller) -> list[OrganisationShape]:
    """The tree above the sites you see."""
    return [OrganisationShape.of(each) for each in controller.registry.organisations(scope)]


@router.get("/sites")
def sites(scope: CallerScope, controller: Controller) -> list[SiteShape]:
    """Schools and the centre."""
    return [SiteShape.of(each) for each in controller.registry.sites(scope)]


@router.get("/sites/{site}")
def site(site: str, scope: CallerScope, controller: Controller) -> SiteShape:
    """One school."""
    return SiteShape.of(controller.registry.site(scope, SiteId(site)))


@router.get("/sites/{site}/rooms")
def rooms(site: str, scope: CallerScope, controller: Controller) -> list[RoomShape]:
    """The rooms of a school."""
    return [RoomShape.of(each) for each in controller.registry.rooms(scope, SiteId(site))]


@router.get("/devices")
def devices(
    scope: CallerScope, controller: Controller, site: str | None = None, kind: Kind = None, room: str | None = None
) -> list[DeviceShape]:
    """Devices with their facts."""
    found = controller.registry.devices(scope, SiteId(site) if site else None, kind, room)
    return [DeviceShape.of(each) for each in found]


@router.get("/devices.csv", response_class=Response)
def devices_sheet(
    scope: CallerScope, controller: Controller, site: str | None = None, kind: Kind = None, room: str | None = None
) -> Response:
    """The same as a spreadsheet."""
    header = ("site", "device", "kind", "name", "room", "vendor", "model", "serial", "firmware", "address", "last_seen")
    found = controller.registry.devices(scope, SiteId(site) if site else None, kind, room)
    return sheet(
        "devices",
        header,
        (_row(each, controller.district.timezone) for each in found),
    )


@router.get("/sites/{site}/devices/{device}")
def device(site: str, device: str, scope: CallerScope, controller: Controller) -> DeviceShape:
    """One device."""
    return DeviceShape.of(controller.registry.device(scope, SiteId(site), DeviceId(device)))


@router.get("/sites/{site}/devices/{device}/latest")
def latest(site: str, device: str, scope: CallerScope, controller: Controller) -> list[LatestShape]:
    """The newest number of everything measured on a device."""
    return [LatestShape.of(each) for each in controller.telemetry.latest(scope, SiteId(site), DeviceId(device))]


@router.get("/sites/{site}/devices/{device}/chart", response_class=Response)
def chart(
    site: str,
    device: str,
    metric: str,
    period: AskedPeriod,
    scope: CallerScope,
    controller: Controller,
    instance: Annotated[list[str] | None, Query(description="may stand several times; all when left out")] = None,
    max_points: Annotated[int, Query(ge=10, le=5000)] = 600,
) -> Response:
    """One metric over time: `{metric, unit, level, start, end, series: [{instance, at, minimum, mean, maximum, p95}]}`.

    Columns of equal length; a row of nulls is a gap in the data.
    """
    drawn = controller.telemetry.chart(
        scope, SiteId(site), DeviceId(device), MetricId(metric), instance or [], *period, max_points
    )
    metrics = catalogue()
    answer = {
        "metric": drawn.metric,
        "unit": metrics[drawn.metric].unit if drawn.metric in metrics else None,
        "level": drawn.level,
        "start": drawn.start,
        "end": drawn.end,
        "series": [vars(line) for line in drawn.series],
    }
    return Response(orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")


@router.get("/agents")
def agents(scope: CallerScope, controller: Controller) -> list[AgentShape]:
    """Enrolled agents and when they were last heard."""
    return [AgentShape.of(each) for each in controller.registry.agents(scope)]


@router.get("/delivery")
def delivery(scope: CallerScope, controller: Controller) -> DeliveryShape:
    """How the data of each agent arrives: what waits in the schools, and why."""
    return DeliveryShape.of(controller.overview.delivery(scope))


@router.get("/search")
def search(
    scope: CallerScope,
    controller: Controller,
    q: Annotated[str, Query(max_length=200, description="name, id, serial, MAC or IP")],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> list[HitShape]:
    """Schools, rooms and devices, best match first."""
    return [HitShape.of(hit) for hit in controller.registry.search(scope, q, limit)]


def _row(device: Device, timezone: str) -> tuple[str, ...]:
    facts = device.facts
    what = (device.site, device.id, device.kind, device.name, device.room)
    seen = local_time(device.last_seen_at, timezone)
    return (*what, facts.vendor, facts.model, facts.serial, facts.firmware, facts.address, seen)
