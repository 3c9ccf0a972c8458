"""A technician's first screen: what needs somebody in my schools, the most urgent first; and what else there is (`/more`)."""

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request, Response

from controller.console.console import Console
from controller.console.page import Page, attempt
from controller.console.stories import Story, Storyteller, urgent_first
from controller.identity.dependency import CallerScope
from controller.identity.scope import Scope
from controller.registry.model import Agent

MOST: Final = 200
"""Alerts listed; a technician with more has an operator to call."""
MOST_BEHIND: Final = 20
SILENT_MS: Final = 5 * 60_000
"""An agent that was not heard for so long may hide anything: all is not called well then."""


@dataclass(frozen=True)
class Heard:
    """How far what is said of my schools can be trusted. `at` is when the agent heard longest ago was heard (UTC ms)."""

    at: int
    silent: list[Agent]


def mine_router(console: Console) -> APIRouter:
    """``/mine`` and ``/more``."""
    router = APIRouter()

    @router.get("/mine")
    def mine(request: Request, scope: CallerScope) -> Response:
        """My alerts."""
        page = console.page(request, scope)
        stories = attempt(lambda: _standing(console, page, scope))
        return console.render(
            page,
            "my_alerts.html",
            task="alerts",
            stories=stories,
            heard=_heard(console, page, scope),
            most_behind=MOST_BEHIND,
        )

    @router.get("/more")
    def more(request: Request, scope: CallerScope) -> Response:
        """The other tasks, and what concerns this phone."""
        return console.render(console.page(request, scope), "more.html", task="more")

    return router


def _standing(console: Console, page: Page, scope: Scope) -> list[Story]:
    """Alerts that are somebody's business, with what only follows from them."""
    alerts = console.services.alerts
    standing = alerts.by_ids(scope, alerts.standing(scope))
    teller = Storyteller(console.services, page, scope)
    stories = urgent_first(teller.grouped(standing))[:MOST]
    behind = alerts.hidden_counts(scope, [story.alert.id for story in stories])
    for story in stories:
        if story.alert.id in behind:
            found = alerts.hidden_behind(scope, story.alert.id)
            story.hidden = teller.tell_all([each for each in found if not each.cleared_at])
    return stories


def _heard(console: Console, page: Page, scope: Scope) -> Heard:
    agents = console.services.registry.agents(scope)
    silent = [each for each in agents if page.now - each.last_frame_at > SILENT_MS]
    return Heard(min((each.last_frame_at for each in agents), default=0), silent)
