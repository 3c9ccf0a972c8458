"""What can be decided about a rule: try it, change it, take that back, grant and end exceptions, remove one's own."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from controller.console.console import Console
from controller.console.pages.rule_page import DAYS, Filled, rule_page
from controller.console.rule_form import Unreadable, wanted_of
from controller.console.rule_stand import Stand
from controller.identity.dependency import CallerScope
from controller.rulings.desk import Wish
from controller.rulings.model import Adjustment, NotAllowed


async def _sent(request: Request) -> dict[str, str]:
    return {key: value for key, value in (await request.form()).items() if isinstance(value, str)}


Sent = Annotated[dict[str, str], Depends(_sent)]
"""The fields of a form."""


def days_of(form: Mapping[str, str]) -> int:
    """Over how many days something is to be tried."""
    return next((days for days in DAYS if form.get("days") == str(days)), 7)


def act_routes(router: APIRouter, console: Console) -> None:
    """``/rules/{id}/...``; every one leads back to the rule's page, with what was wrong where something was."""

    @router.post("/rules/{rule_id}/try")
    def try_rule(request: Request, scope: CallerScope, rule_id: str, form: Sent) -> Response:
        """Run it over what is stored, before anything is saved."""
        stand = Stand(console, request, scope, form.get("at", ""))

        def begin(wanted: Adjustment) -> Response:
            ticket = console.services.replays.begin(scope, Wish(stand.place, rule_id, days_of(form), wanted))
            return _back(stand, rule_id, trial=ticket, fragment="outlook")

        return _with_wish(stand, rule_id, form, begin)

    @router.post("/rules/{rule_id}/save")
    def save(request: Request, scope: CallerScope, rule_id: str, form: Sent) -> Response:
        """Have it otherwise here, or, where nothing is otherwise, as the level above."""
        stand = Stand(console, request, scope, form.get("at", ""))

        def change(wanted: Adjustment) -> Response:
            if wanted == Adjustment():
                stand.rulings.revert(scope, stand.place, rule_id, form.get("reason", ""))
            else:
                stand.rulings.change(scope, stand.place, rule_id, wanted, form.get("reason", ""))
            return _back(stand, rule_id, said="saved")

        return _with_wish(stand, rule_id, form, change)

    @router.post("/rules/{rule_id}/exception")
    def grant(request: Request, scope: CallerScope, rule_id: str, form: Sent) -> Response:
        """Let the place have it looser, until the end of a day."""
        stand = Stand(console, request, scope, form.get("at", ""))

        def allow(wanted: Adjustment) -> Response:
            until = _end_of_day(stand, form.get("until", ""))
            stand.rulings.grant(scope, stand.place, rule_id, wanted, form.get("reason", ""), until)
            return _back(stand, rule_id, said="granted")

        return _with_wish(stand, rule_id, form, allow)

    _take_back(router, console)


def _take_back(router: APIRouter, console: Console) -> None:
    @router.post("/rules/{rule_id}/revert")
    def revert(request: Request, scope: CallerScope, rule_id: str, form: Sent) -> Response:
        """Have it as the level above."""
        stand = Stand(console, request, scope, form.get("at", ""))
        stand.rulings.revert(scope, stand.place, rule_id, form.get("reason", ""))
        return _back(stand, rule_id, said="reverted")

    @router.post("/rules/{rule_id}/end-exception")
    def end_exception(request: Request, scope: CallerScope, rule_id: str, form: Sent) -> Response:
        """End an exception before its day."""
        stand = Stand(console, request, scope, form.get("at", ""))
        stand.rulings.end_exception(scope, stand.place, rule_id, form.get("reason", ""))
        return _back(stand, rule_id, said="ended")

    @router.post("/rules/{rule_id}/remove")
    def remove(request: Request, scope: CallerScope, rule_id: str, form: Sent) -> Response:
        """Take a rule of one's own away."""
        stand = Stand(console, request, scope, form.get("at", ""))
        stand.rulings.remove_rule(scope, stand.place, rule_id, form.get("reason", ""))
        return RedirectResponse(stand.address("/rules", said="removed"), status_code=303)


def _with_wish(stand: Stand, rule_id: str, form: Mapping[str, str], do: Callable[[Adjustment], Response]) -> Response:
    """Do something with what the form wants; the page again, as it was sent, where that cannot be."""
    above, page = stand.rulings.above(stand.scope, stand.place, rule_id), stand.page
    try:
        return do(wanted_of(form, above))
    except Unreadable as error:
        problem = page.t("rules.problem_number", what=page.t(f"rules.number_{error}"))
    except NotAllowed as error:
        problem = page.t("rules.problem", why=str(error))
        if error.looser:
            what = page.t("common.comma").join(page.t(f"rules.number_{name}") for name in error.looser)
            problem = page.t("rules.problem_looser", what=what)
    return rule_page(stand, rule_id, Filled(form=form, problem=problem))


def _end_of_day(stand: Stand, text: str) -> int:
    """The end of a local day in UTC ms; 0 for anything else, which is refused."""
    try:
        day = date.fromisoformat(text) + timedelta(days=1)
    except (ValueError, OverflowError):
        return 0
    return round(datetime.combine(day, time_of_day(), stand.page.zone).timestamp() * 1000)


def _back(stand: Stand, rule_id: str, *, fragment: str = "", **query: str) -> Response:
    target = stand.address(f"/rules/{rule_id}", **query)
    return RedirectResponse(f"{target}#{fragment}" if fragment else target, status_code=303)
