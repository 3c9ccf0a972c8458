"""Who is told: people, this week's rota as a picture, the health of channels, the last messages. For operators."""

from typing import NamedTuple

from fastapi import APIRouter, Request, Response

from controller.alerts.model import Alert
from controller.console.console import Console
from controller.console.format import local
from controller.console.page import Page, attempt
from controller.console.services import Services
from controller.console.stories import Storyteller
from controller.identity.dependency import CallerScope
from controller.identity.scope import Role, Scope
from controller.telling.model import ChannelHealth, Person, RotaLine, Why

MOST_ALERTS = 100
"""Newest alerts to choose from, where one asks why."""
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
        week, channels = told.week(scope, page.now), told.channels(scope)
        places = _places(console.services, page, scope)
        now = local(page.now, page.zone)
        return console.render(
            page,
            "telling.html",
            task="settings",
            is_on=told.is_on,
            rows=[_row(page, person, places, week[person.id]) for person in told.people(scope) if person.id in week],
            trouble=told.register_trouble(scope),
            channels=[(each, channel_sign(each)) for each in channels],
            has_letterbox=any(each.type == "letterbox" for each in channels),
            messages=attempt(lambda: told.messages(scope)),
            week_min=WEEK_MIN,
            now_min=now.weekday() * DAY_MIN + now.hour * 60 + now.minute,
        )

    @router.get("/telling/why")
    def why(request: Request, scope: CallerScope, alert: int = 0, person: str = "") -> Response:
        """Why somebody was told of an alert, or was not: of everybody, or of one who may be for other schools."""
        page = console.page(request, scope)
        services = console.services
        people = services.telling.people(scope)
        lately = services.alerts.alerts(scope, limit=MOST_ALERTS)
        if alert and all(each.id != alert for each in lately):
            lately = [services.alerts.alert(scope, alert), *lately]
        told = services.telling.why(scope, alert) if alert else None
        lines = services.telling.why_person(scope, alert, person) if alert and person else told.lines if told else ()
        return console.render(
            page,
            "telling_why.html",
            task="settings",
            stories=Storyteller(services, page, scope).tell_all(lately),
            people=people,
            wanted=alert,
            person=person,
            why=told,
            lines=lines,
            nobody=_nobody(services),
        )

    return router


def channel_sign(health: ChannelHealth) -> tuple[str, str]:
    """The sign of a channel and the key of its word."""
    if health.type == "letterbox":
        return "unknown", "telling.sends_nothing"
    if health.is_down:
        return "failed", "telling.down"
    if health.failures:
        return "attention", "telling.fails"
    return ("good", "telling.works") if health.sent_at else ("unknown", "telling.unused")


def tellings(services: Services, scope: Scope, alert: Alert) -> tuple[Why | None, str]:
    """Who was told of an alert and who was not, and the key of a sentence where nobody could be; None: the ledger is away."""
    return attempt(lambda: services.telling.why(scope, alert.id)), _nobody(services)


def _nobody(services: Services) -> str:
    return "telling.who_nobody" if services.telling.is_on else "telling.who_off"


def may_see_telling(scope: Scope) -> bool:
    """Whether the page is for this person."""
    return scope.role >= Role.OPERATOR


def _places(services: Services, page: Page, scope: Scope) -> dict[str, str]:
    places = {each.id: page.name(each) for each in services.registry.organisations(scope)}
    return places | {str(each.id): page.name(each) for each in page.sites}


def _row(page: Page, person: Person, places: dict[str, str], rota: RotaLine) -> Row:
    place = places.get(person.place, person.place) if person.place else page.t("telling.everything")
    return Row(person, place, rota)
