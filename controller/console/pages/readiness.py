"""Will the rooms work when the first bell rings? One list for a school; for the district, the schools that were told."""

from fastapi import APIRouter, Request, Response

from controller.alerts.model import Alert, AlertState
from controller.console.console import Console
from controller.console.csv_file import csv_response
from controller.console.page import Page
from controller.identity.dependency import CallerScope
from controller.identity.scope import Scope
from controller.readiness.model import Sweep
from controller.readiness.service import RULE
from controller.readiness.words import doubt_words

COLUMNS = ("room", "first", "subject", "state", "why")
MAX_ALERTS = 2_000


def readiness_router(console: Console) -> APIRouter:
    """``/ready`` and ``/ready.csv``."""
    router = APIRouter()

    @router.get("/ready")
    def ready(request: Request, scope: CallerScope, site: str = "") -> Response:
        """The page; it looks anew each time."""
        page = console.page(request, scope, site)
        sweep = console.services.readiness.sweep(scope, page.place.id) if page.place else None
        return console.render(
            page,
            "ready.html",
            task="overview",
            sweep=sweep,
            told=[] if page.place else _told(console, scope),
            at=console.services.config.readiness.at,
            reason=lambda doubt: page.either(*doubt_words(doubt, page.zone)),
        )

    @router.get("/ready.csv")
    def ready_csv(request: Request, scope: CallerScope, site: str) -> Response:
        """The same list for a spreadsheet."""
        page = console.page(request, scope, site)
        head = [page.t(f"ready.{name}") for name in COLUMNS]
        rows = _rows(page, console.services.readiness.sweep(scope, page.place.id)) if page.place else []
        return csv_response("rooms.csv", head, rows)

    return router


def _told(console: Console, scope: Scope) -> list[Alert]:
    found = console.services.alerts.alerts(scope, state=AlertState.OPEN, limit=MAX_ALERTS)
    return [alert for alert in found if alert.rule == RULE]


def _rows(page: Page, sweep: Sweep) -> list[list[str]]:
    return [
        [
            page.name(room.room),
            page.moment(room.first_at),
            room.subject,
            page.t("ready.is_ready" if room.is_ready else "ready.would_fail"),
            "; ".join(page.either(*doubt_words(doubt, page.zone)) for doubt in room.doubts),
        ]
        for room in sweep.rooms
    ]
