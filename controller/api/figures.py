"""Routes about what administrators count: how full the links are, how much the boards are used."""

import math

from fastapi import APIRouter, Response

from campus.ids import SiteId
from controller.api.period import AskedPeriod
from controller.api.port import Controller
from controller.api.shapes import BoardShape, DirectionShape, LinkShape, SiteUseShape
from controller.api.sheet import Cell, sheet
from controller.capacity.model import DirectionUse, LinkUse
from controller.identity.dependency import CallerScope
from controller.utilisation.model import BoardUse

router = APIRouter(tags=["figures"])
_FIGURES = ("now_bps", "busy_hour_bps", "p95_bps", "days_above", "coverage")


@router.get("/links")
def links(scope: CallerScope, controller: Controller, period: AskedPeriod) -> list[LinkShape]:
    """Uplinks into the metro network: now, busy hour, 95th percentile, days above the line."""
    return [_link(use) for use in controller.capacity.links_use(scope, *period)]


@router.get("/links.csv", response_class=Response)
def links_sheet(scope: CallerScope, controller: Controller, period: AskedPeriod) -> Response:
    """The same as a spreadsheet."""
    header = [f"{side}_{figure}" for side in ("inbound", "outbound") for figure in _FIGURES]
    return sheet(
        "links",
        ("site", "device", "port", "capacity_bps", *header),
        (_link_row(use) for use in controller.capacity.links_use(scope, *period)),
    )


@router.get("/utilisation/boards")
def boards(
    scope: CallerScope, controller: Controller, period: AskedPeriod, site: str | None = None
) -> list[BoardShape]:
    """Hours each board was used in lessons."""
    found = controller.utilisation.boards(scope, *period, site=SiteId(site) if site else None)
    return [BoardShape.model_validate(each) for each in found]


@router.get("/utilisation/sites")
def site_use(scope: CallerScope, controller: Controller, period: AskedPeriod) -> list[SiteUseShape]:
    """The same, summed by school."""
    return [SiteUseShape.model_validate(each) for each in controller.utilisation.sites(scope, *period)]


@router.get("/utilisation.csv", response_class=Response)
def utilisation_sheet(
    scope: CallerScope, controller: Controller, period: AskedPeriod, site: str | None = None
) -> Response:
    """The boards as a spreadsheet."""
    found = controller.utilisation.boards(scope, *period, site=SiteId(site) if site else None)
    return sheet(
        "utilisation",
        ("site", "room", "board", "lesson_h", "known_h", "used_h", "on_h", "share", "never_used"),
        (_board_row(each) for each in found),
    )


def _link(use: LinkUse) -> LinkShape:
    return LinkShape(
        site=use.site,
        device=use.link.device,
        instance=use.link.instance,
        capacity_bps=use.link.capacity_bps,
        is_up=use.is_up,
        start=use.start,
        end=use.end,
        inbound=_direction(use.inbound),
        outbound=_direction(use.outbound),
    )


def _link_row(use: LinkUse) -> list[Cell]:
    sides = [getattr(side, figure) for side in (use.inbound, use.outbound) for figure in _FIGURES]
    return [use.site, use.link.device, use.link.instance, use.link.capacity_bps, *sides]


def _board_row(use: BoardUse) -> list[Cell]:
    hours = (use.lesson_h, use.known_h, use.used_h, use.on_h)
    return [use.site, use.room, use.device, *hours, use.share, "yes" if use.never_used else "no"]


def _direction(use: DirectionUse) -> DirectionShape:
    return DirectionShape(
        now_bps=_measured(use.now_bps),
        busy_hour_bps=_measured(use.busy_hour_bps),
        busy_hour_at=use.busy_hour_at,
        p95_bps=_measured(use.p95_bps),
        days_above=use.days_above,
        coverage=use.coverage,
    )


def _measured(value: float) -> float | None:
    return value if math.isfinite(value) else None
