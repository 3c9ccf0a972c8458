"""Utilisation: what stands idle. Boards by school and room, when in the week they are used, who never is."""

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request, Response

from campus.ids import SiteId
from campus.samples import DeviceKind
from controller.console.console import Console
from controller.console.csv_file import csv_response
from controller.console.page import Page, attempt
from controller.identity.dependency import CallerScope
from controller.identity.scope import Scope
from controller.utilisation.model import BoardUse, HeatCell, RoomHeat

DAY_MS: Final = 86_400_000
PERIODS: Final = {"7d": 7, "30d": 30, "90d": 90}
DEFAULT_PERIOD: Final = "30d"
LOW: Final = 0.3
"""Below this share a board is listed as little used."""
HEAT_STEPS: Final = 6
SHOWN: Final = 20


@dataclass(frozen=True)
class Row:
    """One board with names, and in words why its number is what it is."""

    use: BoardUse
    name: str
    site_name: str
    room_name: str
    reason: str


def utilisation_router(console: Console) -> APIRouter:
    """``/utilisation`` and ``/utilisation.csv``."""
    router = APIRouter()

    @router.get("/utilisation")
    def utilisation(
        request: Request, scope: CallerScope, site: str = "", period: str = "", every: str = ""
    ) -> Response:
        """Boards of the district or of one school."""
        page = console.page(request, scope, site)
        chosen = period if period in PERIODS else DEFAULT_PERIOD
        start = page.now - PERIODS[chosen] * DAY_MS
        place = page.place.id if page.place else None
        rows = _rows(console, page, scope, chosen)
        known_rows = sorted((row for row in rows if row.use.share is not None), key=lambda row: row.use.share or 0)
        ranked = [row for row in known_rows if not row.use.never_used]
        known = sum(row.use.known_h for row in rows)
        heat = attempt(lambda: console.services.utilisation.heat(scope, start, page.now, place))
        sites = attempt(lambda: console.services.utilisation.sites(scope, start, page.now))
        return console.render(
            page,
            "utilisation.html",
            task="utilisation",
            rows=rows,
            never=[row for row in known_rows if row.use.never_used],
            ranked=ranked if every else ranked[:SHOWN],
            unknown=len(rows) - len(known_rows),
            total=len(ranked),
            share_all=sum(row.use.used_h for row in rows) / known if known else None,
            used_h=sum(row.use.used_h for row in rows),
            lesson_h=sum(row.use.lesson_h for row in rows),
            sites=sorted(sites, key=lambda each: each.share if each.share is not None else 2) if sites else sites,
            heat=heat_table(heat) if heat else None,
            rooms=_rooms(console, page, scope, start) if page.place else None,
            heat_step=heat_step,
            heat_steps=HEAT_STEPS,
            chosen=chosen,
            periods=list(PERIODS),
            every=bool(every),
        )

    @router.get("/utilisation.csv")
    def utilisation_csv(request: Request, scope: CallerScope, site: str = "", period: str = "") -> Response:
        """Every board, for a spreadsheet."""
        page = console.page(request, scope, site)
        rows = _rows(console, page, scope, period if period in PERIODS else DEFAULT_PERIOD)
        columns = ("site", "room", "board", "share", "used_h", "lesson_h", "known_h", "on_h", "reason")
        head = [page.t(f"utilisation.{name}") for name in columns]
        return csv_response("utilisation.csv", head, [_cells(row) for row in rows])

    return router


def heat_table(cells: list[HeatCell]) -> tuple[list[int], list[tuple[int, list[HeatCell | None]]]] | None:
    """Hours that have lessons, and for each weekday that has any the cells of those hours; None when nothing is known."""
    known = {(cell.weekday, cell.hour): cell for cell in cells if cell.share is not None}
    if not known:
        return None
    first, last = min(hour for _, hour in known), max(hour for _, hour in known)
    hours = list(range(first, last + 1))
    days = sorted({day for day, _ in known} | set(range(5)))
    return hours, [(day, [known.get((day, hour)) for hour in hours]) for day in days]


def rooms_table(rooms: list[RoomHeat]) -> tuple[list[int], list[RoomHeat]] | None:
    """Hours in which any room has lessons, and the rooms; None when nothing is known."""
    known = [hour for room in rooms for hour, share in enumerate(room.shares) if share is not None]
    return (list(range(min(known), max(known) + 1)), rooms) if known else None


def heat_step(share: float) -> int:
    """Which of the `HEAT_STEPS` tints a share gets.

    >>> heat_step(0.0), heat_step(0.5), heat_step(1.0)
    (0, 3, 5)
    """
    return min(HEAT_STEPS - 1, int(share * HEAT_STEPS))


def reason_key(use: BoardUse) -> str:
    """Which text explains a board's number."""
    if use.lesson_h == 0:
        return "no_lessons"
    if use.known_h == 0:
        return "not_heard"
    if use.never_used:
        return "always_off" if use.on_h < 0.1 else "on_but_idle"
    if use.known_h < 0.5 * use.lesson_h:
        return "half_known"
    share = use.share or 0.0
    return "little" if share < LOW else "regular"


def _rooms(
    console: Console, page: Page, scope: Scope, start: int
) -> tuple[list[int], list[tuple[str, RoomHeat]]] | None:
    if page.place is None:
        return None
    site = page.place.id
    table = rooms_table(attempt(lambda: console.services.utilisation.rooms_heat(scope, start, page.now, site)) or [])
    if table is None:
        return None
    names = {room.id: page.name(room) for room in console.services.registry.rooms(scope, site)}
    return table[0], [(names.get(room.room, room.room), room) for room in table[1]]


def _rows(console: Console, page: Page, scope: Scope, period: str) -> list[Row]:
    start = page.now - PERIODS[period] * DAY_MS
    site = SiteId(page.place.id) if page.place else None
    uses = console.services.utilisation.boards(scope, start, page.now, site)
    boards = console.services.registry.devices(scope, site, DeviceKind.BOARD)
    names = {(each.site, each.id): each.name for each in boards}
    rooms = {
        (place, room.id): page.name(room)
        for place in {use.site for use in uses}
        for room in console.services.registry.rooms(scope, place)
    }
    return [
        Row(
            use=use,
            name=names.get((use.site, use.device), str(use.device)),
            site_name=page.site_name(use.site),
            room_name=rooms.get((use.site, use.room), use.room),
            reason=page.t(f"utilisation.reason_{reason_key(use)}"),
        )
        for use in uses
    ]


def _cells(row: Row) -> list[object]:
    use = row.use
    return [
        row.site_name,
        row.room_name,
        row.name,
        "" if use.share is None else round(use.share, 4),
        *(round(hours, 2) for hours in (use.used_h, use.lesson_h, use.known_h, use.on_h)),
        row.reason,
    ]
