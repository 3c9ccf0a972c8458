"""How fast faults are noticed, taken and repaired: by school, kind of device, vendor or source; over the weeks as a picture."""

from typing import Final, NamedTuple

import orjson
from fastapi import APIRouter, Request, Response

from campus.samples import DeviceKind
from controller.console.console import Console
from controller.console.csv_file import csv_response
from controller.console.page import Page
from controller.console.pictures import Json, wall_ms
from controller.identity.dependency import CallerScope
from controller.identity.scope import Scope
from controller.workorders.metrics import By, Performance, Spread, spread
from controller.workorders.model import Order, OrderQuery
from controller.workorders.promise import Clocks

DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
WEEK_MS: Final = 7 * DAY_MS
PERIODS: Final = {"30d": 30, "90d": 90, "365d": 365}
DEFAULT_PERIOD: Final = "90d"
SPREADS: Final = ("notice", "response", "repair")
PARTS: Final = ("median", "p90")
COUNTS: Final = ("orders", "open", "repaired", "verified", "first_time", "reopened", "broken")
MOST_ORDERS: Final = 5_000


class Line(NamedTuple):
    """A group with the name people know it by."""

    name: str
    told: Performance


def order_figures_router(console: Console) -> APIRouter:
    """``/orders/metrics``, the same as CSV, and the numbers of its picture."""
    router = APIRouter()

    @router.get("/orders/metrics")
    def metrics(request: Request, scope: CallerScope, site: str = "", by: str = "", period: str = "") -> Response:
        """The page."""
        page = console.page(request, scope, site)
        chosen, group = _period(period), _by(by)
        total, lines = _lines(console, page, scope, group, chosen)
        return console.render(
            page,
            "orders_metrics.html",
            task="orders",
            total=total,
            lines=lines,
            by=group,
            groups=list(By),
            chosen=chosen,
            periods=list(PERIODS),
            spreads=SPREADS,
            longest=max((line.told.repair.median_ms or 0 for line in lines), default=0),
            hours=lambda ms: page.duration(ms / 1000) if ms is not None else None,
        )

    @router.get("/orders/metrics.csv")
    def metrics_csv(request: Request, scope: CallerScope, site: str = "", by: str = "", period: str = "") -> Response:
        """Every group, for a spreadsheet."""
        page = console.page(request, scope, site)
        group = _by(by)
        _, lines = _lines(console, page, scope, group, _period(period))
        head = [page.t(f"figures.by_{group}"), *(page.t(f"figures.{name}") for name in COUNTS)]
        head += [f"{page.t(f'figures.{name}')} · {page.t(f'figures.{part}')}" for name in SPREADS for part in PARTS]
        return csv_response("order-metrics.csv", head, [_cells(line) for line in lines])

    @router.get("/orders/metrics/chart")
    def chart(request: Request, scope: CallerScope, site: str = "", period: str = "") -> Response:
        """Medians by week, in the form `controller.console.pictures` describes."""
        page = console.page(request, scope, site)
        start = page.now - PERIODS[_period(period)] * DAY_MS
        services = console.services.workorders
        place = page.place.id if page.place else None
        orders = services.orders(scope, OrderQuery(site=place, opened_after=start, limit=MOST_ORDERS))
        picture = _picture(page, orders, services.clocks(scope, orders), start)
        return Response(orjson.dumps(picture), media_type="application/json", headers={"Cache-Control": "no-store"})

    return router


def _lines(console: Console, page: Page, scope: Scope, by: By, period: str) -> tuple[Performance, list[Line]]:
    start = page.now - PERIODS[period] * DAY_MS
    place = page.place.id if page.place else None
    total, found = console.services.workorders.performance(scope, by, start, page.now + 1, place)
    return total, [Line(_name(page, by, each.group), each) for each in found]


def _name(page: Page, by: By, group: str) -> str:
    names = {str(each.id): page.name(each) for each in page.sites}
    if by is By.SITE:
        return names.get(group, group)
    if by is By.KIND:
        return page.t(f"kind.{group}") if group in set(DeviceKind) else group
    if by is By.SOURCE:
        return page.t(f"orders.source_{group}")
    return group or page.t("figures.no_vendor")


def _cells(line: Line) -> list[object]:
    told = line.told
    counts: list[object] = [getattr(told, name) for name in COUNTS]
    spreads: list[Spread] = [told.notice, told.response, told.repair]
    times = [ms for each in spreads for ms in each]
    return [line.name, *counts, *("" if ms is None else round(ms / HOUR_MS, 2) for ms in times)]


def _picture(page: Page, orders: list[Order], clocks: dict[int, Clocks], start: int) -> Json:
    """For each week, of the orders opened in it, how many school hours until they were taken, and repaired."""
    taken: dict[int, list[int]] = {}
    repaired: dict[int, list[int]] = {}
    for order in orders:
        week = (order.opened_at - start) // WEEK_MS
        told = clocks.get(order.id)
        if told is not None and order.responded_at:
            taken.setdefault(week, []).append(told.response.used_ms)
        if told is not None and order.done_at:
            repaired.setdefault(week, []).append(told.repair.used_ms)
    weeks = range((page.now - start) // WEEK_MS + 1)
    return {
        "kind": "lines",
        "language": page.language,
        "start": wall_ms(start, page.zone),
        "end": wall_ms(page.now, page.zone),
        "seconds": False,
        "level": "day",
        "unit": {"scale": "", "name": page.t("figures.hours"), "words": []},
        "floor": 0,
        "ceiling": None,
        "limits": [],
        "series": [
            {
                "name": page.t("figures.response"),
                "role": "",
                "banded": False,
                "points": _points(page, taken, weeks, start),
            },
            {
                "name": page.t("figures.repair"),
                "role": "",
                "banded": False,
                "points": _points(page, repaired, weeks, start),
            },
        ],
    }


def _points(page: Page, of_week: dict[int, list[int]], weeks: range, start: int) -> list[list[float | int | None]]:
    found: list[list[float | int | None]] = []
    for week in weeks:
        median = spread(of_week.get(week, ())).median_ms
        value = None if median is None else round(median / HOUR_MS, 2)
        found.append([wall_ms(start + week * WEEK_MS, page.zone), value, value, value])
    return found


def _period(period: str) -> str:
    return period if period in PERIODS else DEFAULT_PERIOD


def _by(by: str) -> By:
    return By(by) if by in set(By) else By.SITE
