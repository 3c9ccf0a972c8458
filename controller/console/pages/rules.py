"""Rules: the list by what they are about, and one rule: what it looks for, who decided what, and how it might be otherwise."""

from fastapi import APIRouter, Request, Response

from controller.console.console import Console
from controller.console.pages.rule_acts import act_routes
from controller.console.pages.rule_file import file_routes
from controller.console.pages.rule_list import Told, list_page
from controller.console.pages.rule_page import DAYS, Filled, rule_page
from controller.console.rule_stand import Stand
from controller.identity.dependency import CallerScope


def rules_router(console: Console) -> APIRouter:
    """``/rules`` and ``/rules/{id}``, and what can be decided there."""
    router = APIRouter()

    @router.get("/rules")
    def rules(
        request: Request,
        scope: CallerScope,
        site: str = "",
        at: str = "",
        q: str = "",
        show: str = "all",
        said: str = "",
        taken: int = -1,
    ) -> Response:
        """The list, as the rules stand at a place; `said` and `taken` tell of what was just done."""
        return list_page(Stand(console, request, scope, at, site), q, show, Told(said == "removed", taken))

    file_routes(router, console)

    @router.get("/rules/{rule_id}")
    def rule(
        request: Request,
        scope: CallerScope,
        rule_id: str,
        site: str = "",
        at: str = "",
        trial: str = "",
        said: str = "",
        days: int = 7,
        case: int = -1,
    ) -> Response:
        """One rule at a place; with the ticket of a `trial`, what that came to, or how far it is."""
        stand = Stand(console, request, scope, at, site)
        return rule_page(stand, rule_id, Filled(trial, said, days if days in DAYS else 7, case=case))

    act_routes(router, console)
    return router
