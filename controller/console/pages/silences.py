"""Silences and maintenance windows: the list with the picture of the week, one of them, and what can be done to it."""

from typing import Final, NamedTuple

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from campus.errors import ConfigError
from campus.ids import SiteId
from controller.alerts.model import Flap
from controller.console.console import Console
from controller.console.csv_file import csv_response
from controller.console.format import local
from controller.console.page import Page, address
from controller.console.pages.silence_form import form_routes
from controller.console.pages.silence_words import covers, pattern_words
from controller.console.services import Services
from controller.console.stories import Story, Storyteller
from controller.identity.dependency import CallerScope
from controller.identity.scope import Role, Scope
from controller.silences.model import HOUR_MS, Shown, Standing

MINUTE_MS: Final = 60_000
WEEK_MIN: Final = 7 * 1_440
MOST_DRAWN: Final = 20
MOST_HIDDEN: Final = 200
LONGER_H: Final = (1, 4, 24)
"""Hours by which a window may be extended at a touch."""


class Row(NamedTuple):
    """One window in words; `spans` are minutes of this week (start, length)."""

    shown: Shown
    what: list[str]
    again: str
    spans: list[tuple[int, int]]


def silences_router(console: Console) -> APIRouter:
    """``/silences`` and below."""
    router = APIRouter()
    form_routes(router, console)

    @router.get("/silences")
    def silences(request: Request, scope: CallerScope, site: str = "", said: int = 0, ended: int = 0) -> Response:
        """The list; `said` was saved and `ended` was ended just now, to offer undo."""
        page = console.page(request, scope, site)
        rows = _rows(console.services, page, scope)
        now = local(page.now, page.zone)
        return console.render(
            page,
            "silences.html",
            task="alerts",
            groups=[(standing, [row for row in rows if row.shown.standing is standing]) for standing in Standing],
            drawn=[row for row in rows if row.shown.standing is not Standing.PAST][:MOST_DRAWN],
            flapping=_flapping(console.services, page, scope),
            week_min=WEEK_MIN,
            now_min=now.weekday() * 1_440 + now.hour * 60 + now.minute,
            said=said,
            ended=ended,
            may_make=scope.role >= Role.TECHNICIAN,
        )

    @router.get("/silences.csv")
    def silences_csv(request: Request, scope: CallerScope, site: str = "") -> Response:
        """The same as a table."""
        page = console.page(request, scope, site)
        head = ["id", "kind", "standing", "covers", "again", "from", "until", "by", "why", "alerts hidden"]
        return csv_response("silences.csv", head, [_cells(page, row) for row in _rows(console.services, page, scope)])

    @router.get("/silences/{silence_id:int}")
    def silence(request: Request, scope: CallerScope, silence_id: int, refused: bool = False) -> Response:  # noqa: FBT001, FBT002
        """One of them, with what it hid; `refused`: it could not be extended."""
        page = console.page(request, scope)
        shown = console.services.silences.window(scope, silence_id)
        hidden = console.services.silences.hidden_by(scope, silence_id, MOST_HIDDEN)
        teller = Storyteller(console.services, page, scope)
        return console.render(
            page,
            "silence.html",
            task="alerts",
            row=_row(console.services, page, scope, shown),
            stories=teller.tell_all(hidden),
            refused=refused,
            longer=[hours for hours in LONGER_H if shown.may_change and shown.standing is not Standing.PAST],
        )

    _changes(router, console)
    return router


def _changes(router: APIRouter, console: Console) -> None:
    @router.post("/silences/{silence_id:int}/end")
    def end(scope: CallerScope, silence_id: int, back: str = Form("")) -> Response:
        """End it now."""
        console.services.silences.end(scope, silence_id)
        return _back(back) or RedirectResponse(address("/silences", {"ended": silence_id}), status_code=303)

    @router.post("/silences/{silence_id:int}/resume")
    def resume(scope: CallerScope, silence_id: int) -> Response:
        """Undo."""
        console.services.silences.resume(scope, silence_id)
        return RedirectResponse("/silences", status_code=303)

    @router.post("/silences/{silence_id:int}/extend")
    def extend(scope: CallerScope, silence_id: int, hours: int = Form(ge=1, le=24)) -> Response:
        """Let it last longer, as long as the caller may."""
        services = console.services
        until = services.silences.window(scope, silence_id).window.until + hours * HOUR_MS
        try:
            services.silences.extend(scope, silence_id, until)
        except ConfigError:
            return RedirectResponse(f"/silences/{silence_id}?refused=yes", status_code=303)
        return RedirectResponse("/silences", status_code=303)


def _rows(services: Services, page: Page, scope: Scope) -> list[Row]:
    site = page.place.id if page.place else None
    shown = services.silences.windows(scope)
    return [_row(services, page, scope, each) for each in shown if site is None or site in each.sites]


def _row(services: Services, page: Page, scope: Scope, shown: Shown) -> Row:
    monday = local(page.now, page.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    start = round(monday.timestamp() * 1000) - monday.weekday() * 1_440 * MINUTE_MS
    sites = [page.place.id] if page.place else shown.sites
    spans = services.silences.spans_of(shown.window, sites, start, start + WEEK_MIN * MINUTE_MS)
    return Row(
        shown,
        covers(services, page, scope, shown.window.draft),
        pattern_words(page, shown.window.draft.pattern),
        [((begins - start) // MINUTE_MS, max((ends - begins) // MINUTE_MS, 10)) for begins, ends in spans],
    )


def _flapping(services: Services, page: Page, scope: Scope) -> list[tuple[Story, Flap]]:
    flaps = services.alerts.flapping(scope)
    teller = Storyteller(services, page, scope)
    found = [each for each in services.alerts.by_ids(scope, flaps) if _is_here(page, each.site)]
    return [(teller.tell(each), flaps[each.id]) for each in sorted(found, key=lambda each: -each.flapping_since)]


def _is_here(page: Page, site: SiteId) -> bool:
    return page.place is None or page.place.id == site


def _cells(page: Page, row: Row) -> list[object]:
    window, draft = row.shown.window, row.shown.window.draft
    moments = [page.moment(draft.starts_at), page.moment(window.until)]
    names = [draft.kind.value, row.shown.standing.value, " · ".join(row.what), row.again]
    return [window.id, *names, *moments, window.made_by, draft.reason, row.shown.hid]


def _back(back: str) -> Response | None:
    """To the alert it was ended from."""
    return RedirectResponse(f"/alerts/{int(back)}", status_code=303) if back.isdecimal() else None
