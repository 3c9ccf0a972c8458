"""Who is told: people, this week's rota as a picture, the health of channels, the last messages. For operators."""

from typing import NamedTuple

from fastapi import APIRouter, Request, Response

from controller.alerts.model import Alert, AlertState
from controller.console.console import Console
from controller.console.format import local
from controller.console.page import Page, attempt
from controller.console.services import Services
from controller.identity.dependency import CallerScope
from controller.identity.scope import Role, Scope
from controller.telling.model import ChannelHealth, Person, RotaLine, Telling

DAY_MIN = 1440
WEEK_MIN = 7 * DAY_MIN


class Row(NamedTuple):
    """One person and their week."""

    person: Person
    place: str
    rota: RotaLine


def telling_router(console: Console) -> APIRouter:
    """``/telling``."""
    router = APIRouter()

    @router.get("/telling")
    def telling(request: Request, scope: CallerScope, site: str = "") -> Response:
        """The page."""
        page = console.page(request, scope, site)
        told = console.services.telling
        week = told.week(scope, page.now)
        places = _places(console.services, page, scope)
        now = local(page.now, page.zone)
        return console.render(
            page,
            "telling.html",
            task="settings",
            is_on=told.is_on,
            rows=[_row(page, person, places, week[person.id]) for person in told.people(scope) if person.id in week],
            trouble=told.register_trouble(scope),
            channels=[(each, channel_sign(each)) for each in told.channels(scope)],
            messages=attempt(lambda: told.messages(scope)),
            week_min=WEEK_MIN,
            now_min=now.weekday() * DAY_MIN + now.hour * 60 + now.minute,
        )

    return router


def channel_sign(health: ChannelHealth) -> tuple[str, str]:
    """The sign of a channel and the key of its word."""
    if health.is_down:
        return "failed", "telling.down"
    if health.failures:
        return "attention", "telling.fails"
    return ("good", "telling.works") if health.sent_at else ("unknown", "telling.unused")


def tellings(services: Services, scope: Scope, alert: Alert) -> tuple[list[Telling] | None, str]:
    """Who was told of an alert, and the key of a sentence where nobody was; None when the ledger is away."""
    told = attempt(lambda: services.telling.told_of(scope, alert.id))
    if told or told is None:
        return told, ""
    if not services.telling.is_on:
        return told, "telling.who_off"
    if alert.cause:
        return told, "telling.who_hidden"
    if alert.state is AlertState.CLEARED:
        return told, "telling.who_over"
    has_people = services.telling.has_people_for(scope, alert.site)
    return told, "telling.who_soon" if has_people else "telling.who_nobody"


def may_see_telling(scope: Scope) -> bool:
    """Whether the page is for this person."""
    return scope.role >= Role.OPERATOR


def _places(services: Services, page: Page, scope: Scope) -> dict[str, str]:
    places = {each.id: page.name(each) for each in services.registry.organisations(scope)}
    return places | {str(each.id): page.name(each) for each in page.sites}


def _row(page: Page, person: Person, places: dict[str, str], rota: RotaLine) -> Row:
    place = places.get(person.place, person.place) if person.place else page.t("telling.everything")
    return Row(person, place, rota)
