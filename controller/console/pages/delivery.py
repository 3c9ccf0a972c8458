"""Delivery: how the data of each agent arrives, what waits in the schools and why; CSV."""

from collections.abc import Callable
from typing import Final

from fastapi import APIRouter, Request, Response

from controller.console.console import Console
from controller.console.csv_file import csv_response
from controller.console.notices import district_notices
from controller.console.page import Page
from controller.identity.dependency import CallerScope
from controller.overview.model import AgentRow, Delivery, Trouble

SORTS: Final[dict[str, Callable[[AgentRow], float]]] = {
    "last": lambda row: row.last_frame_at,
    "waiting": lambda row: row.waiting_bytes or 0,
    "oldest": lambda row: row.oldest_s or 0,
    "lost": lambda row: row.dropped_per_min or 0,
    "thinned": lambda row: row.thinned_per_min or 0,
    "held": lambda row: row.held_s,
    "limited": lambda row: row.limited_frames,
}
SIGNS: Final = {
    Trouble.CLASH: "attention",
    Trouble.DROPPING: "failed",
    Trouble.DAMAGED: "attention",
    Trouble.OFFLINE: "failed",
    Trouble.LIMITED: "attention",
    Trouble.SERIES: "attention",
    Trouble.THINNED: "attention",
    Trouble.WAITING: "unknown",
    Trouble.HELD: "unknown",
}
COLUMNS: Final = (
    *("site", "agent", "state", "online", "last", "waiting_bytes", "oldest_s", "lost", "thinned"),
    *("held_s", "limited", "series", "clash", "answered"),
)
"""Of the spreadsheet, in order."""


def delivery_router(console: Console) -> APIRouter:
    """``/delivery`` and ``/delivery.csv``."""
    router = APIRouter()

    @router.get("/delivery")
    def delivery(
        request: Request, scope: CallerScope, site: str = "", only: str = "", sort: str = "state", order: str = "down"
    ) -> Response:
        """Every agent the person sees, those with something to know first."""
        page = console.page(request, scope, site)
        told = console.services.overview.delivery(scope)
        everything = _rows(page, told)
        rows = _sorted(page, [row for row in everything if row.troubles or not only], sort, order)
        return console.render(
            page,
            "delivery.html",
            task="network",
            rows=rows,
            everything=everything,
            only=only,
            sort=sort if sort in SORTS else "site" if sort == "site" else "state",
            order=order,
            signs=SIGNS,
            notices=district_notices(page, told),
            restored=told.whole_until,
            troubled=sum(bool(row.troubles) for row in everything),
            lost=sum(Trouble.DROPPING in row.troubles for row in everything),
            offline=sum(not row.online for row in everything),
        )

    @router.get("/delivery.csv")
    def delivery_csv(request: Request, scope: CallerScope, site: str = "", only: str = "") -> Response:
        """The same for a spreadsheet."""
        page = console.page(request, scope, site)
        told = console.services.overview.delivery(scope)
        rows = [row for row in _rows(page, told) if row.troubles or not only]
        head = [page.t(f"delivery.{name}") for name in COLUMNS]
        return csv_response("delivery.csv", head, [_cells(page, row) for row in rows])

    return router


def _rows(page: Page, told: Delivery) -> list[AgentRow]:
    return [row for row in told.agents if page.place is None or row.address.site == page.place.id]


def _sorted(page: Page, rows: list[AgentRow], sort: str, order: str) -> list[AgentRow]:
    by_name = sorted(rows, key=lambda row: page.site_name(row.address.site), reverse=sort == "site" and order != "up")
    if sort == "site":
        return by_name
    if sort in SORTS:
        return sorted(by_name, key=SORTS[sort], reverse=order != "up")
    return sorted(by_name, key=_urgency, reverse=order == "up")


def _urgency(row: AgentRow) -> int:
    return min((list(Trouble).index(trouble) for trouble in row.troubles), default=len(Trouble))


def _cells(page: Page, row: AgentRow) -> list[object]:
    answered = {None: "", True: page.t("delivery.is_yes"), False: page.t("delivery.is_no")}[row.has_answered]
    return [
        page.site_name(row.address.site),
        row.address.agent,
        page.t("common.comma").join(page.t(f"delivery.trouble_{trouble}") for trouble in row.troubles),
        page.t("delivery.is_yes" if row.online else "delivery.is_no"),
        page.moment(row.last_frame_at),
        *("" if value is None else value for value in (row.waiting_bytes, row.oldest_s)),
        *("" if value is None else value for value in (row.dropped_per_min, row.thinned_per_min)),
        row.held_s,
        row.limited_frames,
        row.series_refused,
        page.moment(row.clash_since) if row.clash_since else "",
        answered,
    ]
