"""Work orders, photos, stickers and contracts in each school of a world, for tests of tenancy."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from campus.ids import SiteId
from controller.alerts.engine import AlertEngine
from controller.alerts.service import AlertService
from controller.calendar.service import CalendarService
from controller.identity.scope import SYSTEM
from controller.registry.database import sqlite_file, writing
from controller.registry.service import RegistryService
from controller.telemetry.service import TelemetryService
from controller.workorders.metrics import By
from controller.workorders.model import Act, Command, Order, OrderQuery
from controller.workorders.rows import order_of
from controller.workorders.service import WorkOrderService
from controller.workorders.tables import ContractRow, OrderRow, PhotoRow, StepRow
from tests.support.district import BOARD_101, NOW, TIMEZONE, FixedClock

MINUTE_MS = 60_000
UNASKED = ("open_order", "add_photo", "issue_stickers", "reissue_sticker", "put_contract", "end_contract")
"""What makes something new answers with a number or a code of its own; a contract that is ended would be told no more."""


def work_services(
    engine: sa.Engine,
    alerts: AlertService,
    registry: RegistryService,
    telemetry: TelemetryService,
    calendar: CalendarService,
    judging: AlertEngine,
    clock: FixedClock,
    sites: Sequence[str],
) -> tuple[object, ...]:
    """The services of the room over one order, photo and contract in each school; ids are those of the school's number."""
    path = sqlite_file(engine)
    assert path is not None
    folder = path.parent / f"{path.stem}-photos"
    with writing(engine) as session:
        for site in sites:
            session.add(_order(site))
        session.flush()
        for site in sites:
            session.add_all([_step(site), _photo(site), _contract(site)])
    for site in sites:
        file = folder / "0000" / f"{order_id(site)}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(site.encode())
    orders = WorkOrderService(engine, alerts, registry, telemetry, calendar, judging, clock, ZoneInfo(TIMEZONE), folder)
    for site in sites:
        orders.stickers.issue_stickers(SYSTEM, SiteId(site))
    with writing(engine) as session:  # codes are random: here they are as their places, so that worlds can be compared
        session.execute(sa.text("UPDATE sticker SET code = site || '/' || device || '/' || room"))
    return orders, orders.stickers, orders.contracts


def work_choices(sites: Sequence[SiteId]) -> dict[str, list[Any]]:
    """Arguments of these services."""
    return {
        "query": [OrderQuery(), *(OrderQuery(site=site) for site in sites)],
        "order_id": [order_id(site) for site in sites],
        "photo_id": [order_id(site) for site in sites],
        "contract_id": [order_id(site) for site in sites],
        "orders": [tuple(_noun(site) for site in sites)],
        "by": list(By),
        "command": [Command("c-1", Act.NOTE, note="n"), Command("c-2", Act.CLAIM)],
    }


def order_id(site: str) -> int:
    """Of the order, the photo and the contract of a school."""
    return 300 + int(site.removeprefix("site-"))


def _noun(site: str) -> Order:
    return order_of(_order(site))


def _order(site: str) -> OrderRow:
    return OrderRow(
        id=order_id(site),
        site=site,
        device=BOARD_101,
        room="r101",
        kind="board",
        source="alert",
        severity="major",
        what_en=f"dark in {site}",
        what_zh="不亮",
        state="new",
        opened_at=NOW - MINUTE_MS,
        opened_by="someone",
        fault_at=NOW - 2 * MINUTE_MS,
        alert=100 + 10 * int(site.removeprefix("site-")),
        causes='[["device-unreachable",""]]',
        diagnosis='{"at":1,"is_reachable":null,"newest_at":0}',
        changed_at=NOW - MINUTE_MS,
    )


def _step(site: str) -> StepRow:
    return StepRow(
        order=order_id(site),
        command="open",
        act="open",
        who="someone",
        at=NOW - MINUTE_MS,
        received_at=NOW - MINUTE_MS,
        outcome="applied",
        state="new",
    )


def _photo(site: str) -> PhotoRow:
    return PhotoRow(id=order_id(site), order=order_id(site), who="someone", at=NOW, size_bytes=7)


def _contract(site: str) -> ContractRow:
    return ContractRow(
        id=order_id(site),
        vendor=f"Vendor of {site}",
        title="Boards",
        sites=f'["{site}"]',
        starts_on=date(2026, 1, 1).isoformat(),
        ends_on=date(2026, 12, 31).isoformat(),
        response_h=8,
        repair_h=24,
        while_part="rests",
        while_vendor="rests",
    )
