"""Work orders of the district: as a list or a board, by filters that stand in the address; and as a spreadsheet."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from fastapi import APIRouter, Request, Response

from controller.console.console import Console
from controller.console.csv_file import csv_response
from controller.console.page import Page, attempt
from controller.console.pages.order_words import Due, due_of
from controller.console.stories import SEVERITIES, Storyteller
from controller.identity.dependency import CallerScope
from controller.identity.scope import Role, Scope
from controller.workorders.model import OPEN, Order, OrderQuery, OrderState
from controller.workorders.promise import Clocks

DAY_MS: Final = 86_400_000
OVER_DAYS: Final = 90
"""How far back the list of what is over goes."""
MOST_ROWS: Final = 1_000
STATES: Final = ("open", "new", "assigned", "on_site", "waiting", "done", "over")
_OF_STATE: Final = {
    "open": OPEN,
    "new": (OrderState.NEW,),
    "assigned": (OrderState.ASSIGNED,),
    "on_site": (OrderState.ON_SITE,),
    "waiting": (OrderState.WAITING_PART, OrderState.WITH_VENDOR),
    "done": (OrderState.DONE,),
    "over": (OrderState.VERIFIED, OrderState.CLOSED, OrderState.CANCELLED),
}
BOARD: Final = ("new", "assigned", "on_site", "waiting", "done")
VIEWS: Final = ("list", "board")
COLUMNS: Final = ("number", "site", "place", "what", "severity", "state", "assignee", "vendor", "source")
LAST_COLUMNS: Final = ("opened", "responded", "done", "closed", "reopened", "minutes", "late")


class Row(NamedTuple):
    """An order with its names and its promise."""

    order: Order
    what: str
    place: str
    vendor: str
    due: Due | None
    is_late: bool


class Wanted(NamedTuple):
    """The filters of an address, each known or at its default."""

    state: str
    view: str
    mine: bool
    overdue: bool
    vendor: str


def order_list_router(console: Console) -> APIRouter:
    """``/orders`` and ``/orders.csv``."""
    router = APIRouter()

    @router.get("/orders")
    def orders(
        request: Request,
        scope: CallerScope,
        site: str = "",
        state: str = "open",
        view: str = "list",
        mine: str = "",
        overdue: str = "",
        vendor: str = "",
    ) -> Response:
        """The list, or the board."""
        page = console.page(request, scope, site)
        wanted = _wanted(state, view, mine, overdue, vendor)
        rows = attempt(lambda: _rows(console, page, scope, wanted))
        return console.render(
            page,
            "orders.html",
            task="orders",
            rows=rows,
            columns=_columns(rows) if rows is not None and wanted.view == "board" else None,
            wanted=wanted,
            states=STATES,
            views=VIEWS,
            vendors=_vendors(console, scope),
            late=sum(row.is_late for row in rows or ()),
            limit=MOST_ROWS,
            may_act=scope.role >= Role.TECHNICIAN,
            may_oversee=scope.role >= Role.OPERATOR,
        )

    @router.get("/orders.csv")
    def orders_csv(
        request: Request,
        scope: CallerScope,
        site: str = "",
        state: str = "open",
        mine: str = "",
        overdue: str = "",
        vendor: str = "",
    ) -> Response:
        """The same for a spreadsheet."""
        page = console.page(request, scope, site)
        rows = _rows(console, page, scope, _wanted(state, "list", mine, overdue, vendor))
        head = [page.t(f"orders.{name}") for name in (*COLUMNS, *LAST_COLUMNS)]
        return csv_response("orders.csv", head, [_cells(page, row) for row in rows])

    return router


def _wanted(state: str, view: str, mine: str, overdue: str, vendor: str) -> Wanted:
    return Wanted(
        state if state in STATES else "open",
        view if view in VIEWS and state != "over" else "list",
        bool(mine),
        bool(overdue),
        vendor,
    )


def _rows(console: Console, page: Page, scope: Scope, wanted: Wanted) -> list[Row]:
    services = console.services.workorders
    contracts = services.contracts.contracts(scope)
    vendors = {each.id: each.vendor for each in contracts}
    of_vendor = tuple(each.id for each in contracts if each.vendor == wanted.vendor)
    if wanted.vendor and not of_vendor:
        return []
    query = OrderQuery(
        site=page.place.id if page.place else None,
        states=_OF_STATE[wanted.state],
        assignee=scope.user if wanted.mine else None,
        contracts=of_vendor,
        opened_after=page.now - OVER_DAYS * DAY_MS if wanted.state == "over" else 0,
        limit=MOST_ROWS,
    )
    found = services.orders(scope, query)
    clocks = services.clocks(scope, found)
    teller = Storyteller(console.services, page, scope)
    rows = [_row(page, teller, each, clocks.get(each.id), vendors) for each in found]
    return _urgent_first([row for row in rows if row.is_late or not wanted.overdue])


def _row(page: Page, teller: Storyteller, order: Order, clocks: Clocks | None, vendors: dict[int, str]) -> Row:
    return Row(
        order=order,
        what=page.either(order.what_en, order.what_zh),
        place=teller.place(order.site, order.device, order.room),
        vendor=vendors.get(order.contract, "") if order.contract else "",
        due=due_of(page, order, clocks),
        is_late=clocks is not None and not order.state.is_over and clocks.is_overdue,
    )


def _urgent_first(rows: Sequence[Row]) -> list[Row]:
    """Open before over; what is late, what is severe, what is old first; of what is over the last first."""
    rank = {severity: place for place, severity in enumerate(SEVERITIES)}

    def key(row: Row) -> tuple[bool, bool, int, int]:
        order = row.order
        if order.state.is_over:
            return True, False, 0, -order.closed_at
        return False, not row.is_late, rank[order.severity], order.opened_at

    return sorted(rows, key=key)


def _columns(rows: Sequence[Row]) -> dict[str, list[Row]]:
    return {name: [row for row in rows if row.order.state in _OF_STATE[name]] for name in BOARD}


def _vendors(console: Console, scope: Scope) -> list[str]:
    contracts = attempt(lambda: console.services.workorders.contracts.contracts(scope)) or []
    return sorted({each.vendor for each in contracts})


def _cells(page: Page, row: Row) -> list[object]:
    order = row.order
    return [
        order.id,
        page.site_name(order.site),
        row.place,
        row.what,
        page.t(f"severity.{order.severity}"),
        page.t(f"orders.state_{order.state}"),
        order.assignee,
        row.vendor,
        page.t(f"orders.source_{order.source}"),
        *(
            page.moment(at) if at else ""
            for at in (order.opened_at, order.responded_at, order.done_at, order.closed_at)
        ),
        order.reopened,
        order.minutes,
        page.t("orders.late") if row.is_late else "",
    ]
