"""Network capacity: which uplinks are full or failing, over a period; each link in detail; CSV; little pictures."""

import math
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request, Response

from campus.ids import MetricId, SiteId
from controller.capacity.model import LinkUse
from controller.console.console import Console
from controller.console.csv_file import csv_response
from controller.console.page import Page, address, device_address
from controller.console.spark import spark_svg
from controller.identity.dependency import CallerScope
from controller.identity.scope import NotFound, Scope

DAY_MS: Final = 86_400_000
PERIODS: Final = {"24h": 1, "7d": 7, "30d": 30}
DEFAULT_PERIOD: Final = "7d"
SPARK_POINTS: Final = 100
SPARK_KEPT_S: Final = 60
SORTS: Final = ("site", "capacity", "now", "busy", "p95", "days")


@dataclass(frozen=True)
class Row:
    """A link's use with what the table sorts by: shares of the capacity, the busier direction."""

    use: LinkUse
    name: str

    @property
    def capacity(self) -> float:
        """bit/s; NaN when not known."""
        return self.use.link.capacity_bps or math.nan

    def share(self, field: str) -> float | None:
        """The busier direction of a field (`now`, `busy_hour`, `p95`) over the capacity; None when not known."""
        rates = [getattr(each, f"{field}_bps") for each in (self.use.inbound, self.use.outbound)]
        known = [rate / self.capacity for rate in rates if not math.isnan(rate / self.capacity)]
        return max(known) if known else None

    @property
    def days_above(self) -> int:
        """Days above the line, the worse direction."""
        return max(self.use.inbound.days_above, self.use.outbound.days_above)


def network_router(console: Console) -> APIRouter:
    """``/network``, ``/network.csv``, ``/network/{site}`` and ``/network/{site}/spark.svg``."""
    router = APIRouter()

    @router.get("/network")
    def network(
        request: Request, scope: CallerScope, site: str = "", period: str = "", sort: str = "p95", order: str = "down"
    ) -> Response:
        """Every uplink the person sees."""
        page = console.page(request, scope, site)
        chosen = period if period in PERIODS else DEFAULT_PERIOD
        rows = _sorted(_rows(console, page, scope, chosen), sort, order)
        return console.render(
            page,
            "network.html",
            task="network",
            rows=rows,
            chosen=chosen,
            periods=list(PERIODS),
            sort=sort if sort in SORTS else "p95",
            order=order,
            line=console.services.capacity.line,
            full=sum((row.share("p95") or 0) > console.services.capacity.line for row in rows),
            down=sum(row.use.is_up is False for row in rows),
            unheard=sum(row.use.is_up is None and row.share("now") is None for row in rows),
        )

    @router.get("/network.csv")
    def network_csv(request: Request, scope: CallerScope, site: str = "", period: str = "") -> Response:
        """The same for a spreadsheet, rates in Mbit/s."""
        page = console.page(request, scope, site)
        rows = _rows(console, page, scope, period if period in PERIODS else DEFAULT_PERIOD)
        columns = (
            "site",
            "gateway",
            "port",
            "capacity_mbps",
            "direction",
            "now_mbps",
            "busy_mbps",
            "busy_at",
            "p95_mbps",
        )
        head = [page.t(f"network.{name}") for name in (*columns, "p95_share", "days_above", "coverage")]
        return csv_response("network.csv", head, [cells for row in rows for cells in _cells(page, row)])

    @router.get("/network/{site}")
    def link(request: Request, scope: CallerScope, site: str, period: str = "") -> Response:
        """The uplinks of one school, both directions mirrored, with the capacity."""
        page = console.page(request, scope, site)
        chosen = period if period in PERIODS else DEFAULT_PERIOD
        rows = _rows(console, page, scope, chosen)
        return console.render(
            page,
            "link.html",
            task="network",
            rows=[(row, _chart(row, chosen)) for row in rows],
            chosen=chosen,
            periods=list(PERIODS),
            line=console.services.capacity.line,
        )

    @router.get("/network/{site}/spark.svg")
    def spark(request: Request, scope: CallerScope, site: str, device: str, port: str) -> Response:
        """The last 24 hours of one uplink as a little picture; loaded as the row comes into view."""
        console.page(request, scope, site)
        link = next(
            (
                each
                for each in console.services.registry.links(scope)
                if (each.site, each.device, each.instance) == (site, device, port)
            ),
            None,
        )
        if link is None:
            raise NotFound
        now = console.services.clock()
        charts = [
            console.services.telemetry.chart(
                scope, link.site, link.device, MetricId(metric), [port], now - DAY_MS, now, SPARK_POINTS
            )
            for metric in ("if_in_bps", "if_out_bps")
        ]
        drawing = spark_svg(charts[0], charts[1], now - DAY_MS, now)
        headers = {"Cache-Control": f"private, max-age={SPARK_KEPT_S}"}
        return Response(drawing, media_type="image/svg+xml", headers=headers)

    return router


def _rows(console: Console, page: Page, scope: Scope, period: str) -> list[Row]:
    start = page.now - PERIODS[period] * DAY_MS
    capacity = console.services.capacity
    if page.place:
        uses = capacity.link_use(scope, SiteId(page.place.id), start, page.now)
    else:
        uses = capacity.links_use(scope, start, page.now)
    return [Row(use, page.site_name(use.site)) for use in uses]


def _sorted(rows: list[Row], sort: str, order: str) -> list[Row]:
    keys = {
        "site": lambda row: row.use.site,
        "capacity": lambda row: row.use.link.capacity_bps,
        "now": lambda row: row.share("now") or -1,
        "busy": lambda row: row.share("busy_hour") or -1,
        "p95": lambda row: row.share("p95") or -1,
        "days": lambda row: row.days_above,
    }
    return sorted(rows, key=keys.get(sort, keys["p95"]), reverse=order != "up")


def _chart(row: Row, period: str) -> str:
    query = {"metric": "if_in_bps", "mirror": "if_out_bps", "instance": row.use.link.instance, "period": period}
    return address(f"{device_address(row.use.site, row.use.link.device)}/chart", query)


def _cells(page: Page, row: Row) -> list[list[object]]:
    link = row.use.link
    return [
        [
            row.name,
            link.device,
            link.instance,
            _mbps(link.capacity_bps),
            page.t(f"link.{word}"),
            _mbps(direction.now_bps),
            _mbps(direction.busy_hour_bps),
            page.moment(direction.busy_hour_at),
            _mbps(direction.p95_bps),
            "" if math.isnan(direction.p95_bps / row.capacity) else round(direction.p95_bps / row.capacity, 4),
            direction.days_above,
            round(direction.coverage, 4),
        ]
        for word, direction in (("in", row.use.inbound), ("out", row.use.outbound))
    ]


def _mbps(rate: float) -> object:
    return "" if math.isnan(rate) else round(rate / 1e6, 3)
