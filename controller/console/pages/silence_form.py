"""Making a silence: the form with its preview, and two taps from an alert's page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from http import HTTPStatus
from operator import itemgetter
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from campus.errors import ConfigError
from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind, Severity
from controller.alerts.model import Alert, AlertState, Flap
from controller.calendar.model import Hours, Period
from controller.console.console import Console
from controller.console.format import local
from controller.console.page import Page, address, attempt
from controller.console.pages.silence_words import covers, kind_name, pattern_words
from controller.console.services import Services
from controller.console.stories import Storyteller
from controller.identity.dependency import CallerScope
from controller.identity.scope import Denied, NotFound, Role, Scope
from controller.silences.model import (
    HOUR_MS,
    MAX_REASON_CHARS,
    ONCE,
    Days,
    Draft,
    Kind,
    Pattern,
    Problem,
    Selector,
    Shown,
)

MORNING_H: Final = 7
MOST_NAMED: Final = 10


class Wish(BaseModel):
    """The form as it was sent; everything may be missing or wrong. `place` is ``s:SCHOOL``, ``o:ORGANISATION`` or ``d``."""

    sent: str = ""
    kind: str = Kind.SILENCE.value
    place: str = ""
    device_kind: str = ""
    device: str = ""
    room: str = ""
    rule: str = ""
    severity: str = ""
    starts: str = ""
    until: str = ""
    days: str = Days.EVERY.value
    weekdays: list[int] = []
    opens: str = ""
    closes: str = ""
    reason: str = ""
    takes_open: str = ""
    covers_danger: str = ""


@dataclass(frozen=True)
class Choice:
    """Until when an alert may be silenced at a touch: the name of its text, and the instant."""

    name: str
    until: int


def form_routes(router: APIRouter, console: Console) -> None:
    """``/silences/new``, where it is sent to, and the short way from an alert."""

    @router.get("/silences/new")
    def new(request: Request, scope: CallerScope, wish: Annotated[Wish, Query()], alert: int = 0) -> Response:
        """The form; once it was sent, with what it would do. `alert` fills it in."""
        page = console.page(request, scope)
        if scope.role < Role.TECHNICIAN:
            raise Denied("this needs the role technician or higher")
        if alert:
            wish = _of_alert(console.services.alerts.alert(scope, alert), wish)
        return _form(console, page, scope, _usual(page, wish))

    @router.post("/silences/new")
    def save(request: Request, scope: CallerScope, wish: Annotated[Wish, Form()]) -> Response:
        """Put it in force, or say what is wrong with it."""
        page = console.page(request, scope)
        draft = draft_of(wish, page.zone, page.now)
        try:
            if not wish.place:  # a selector of no place would be the whole district
                raise ConfigError("no place was chosen")
            window = console.services.silences.silence(scope, draft)
        except ConfigError:
            return _form(console, page, scope, wish.model_copy(update={"sent": "yes"}), status=422)
        return RedirectResponse(address("/silences", {"said": window.id}), status_code=303)

    @router.post("/alerts/{alert_id}/silence")
    def silence(
        request: Request, scope: CallerScope, alert_id: int, until: str = Form(""), reason: str = Form("")
    ) -> Response:
        """Silence this fault of this device until one of `choices`."""
        page = console.page(request, scope)
        services = console.services
        found = services.alerts.alert(scope, alert_id)
        at = next((each.until for each in choices(services, page, scope, found) if each.name == until), 0)
        why = reason.strip()[:MAX_REASON_CHARS] or page.t("silences.from_alert", n=alert_id)
        selector = Selector(site=found.site, device=found.device, rule=found.rule)
        try:
            services.silences.silence(scope, Draft(Kind.SILENCE, selector, page.now, at, why))
        except ConfigError:
            return RedirectResponse(address("/silences/new", {"alert": alert_id}), status_code=303)
        return RedirectResponse(f"/alerts/{alert_id}", status_code=303)


def choices(services: Services, page: Page, scope: Scope, alert: Alert) -> list[Choice]:
    """An hour, until the next morning, until today's lessons end where that is known."""
    found = [Choice("hour", page.now + HOUR_MS)]
    midnight = local(page.now, page.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    ends = round((midnight + timedelta(days=1)).timestamp() * 1000)
    lessons = services.calendar.school(scope, alert.site).spans(Hours.SCHOOL, page.now, ends)
    if lessons:
        found.append(Choice("lessons", lessons[-1][1]))
    morning = midnight + timedelta(days=local(page.now, page.zone).hour >= MORNING_H, hours=MORNING_H)
    return [*found, Choice("morning", round(morning.timestamp() * 1000))]


@dataclass(frozen=True)
class Hush:
    """What an alert's page says of silences: the window it is in, how it comes and goes, and what may be chosen."""

    shown: Shown | None
    flap: Flap | None
    choices: list[Choice]


def hush_of(services: Services, page: Page, scope: Scope, alert: Alert) -> Hush:
    """Nothing may be chosen for what is a matter of life: that needs the whole form."""
    is_open = alert.state is AlertState.OPEN
    shown = attempt(lambda: _window_of(services, scope, alert.silence)) if alert.silence and is_open else None
    flap = services.alerts.flapping(scope).get(alert.id) if alert.flapping_since and is_open else None
    may = is_open and not alert.silence and scope.role >= Role.TECHNICIAN and not _is_danger(services, alert)
    return Hush(shown, flap, choices(services, page, scope, alert) if may else [])


def _window_of(services: Services, scope: Scope, silence_id: int) -> Shown | None:
    try:
        return services.silences.window(scope, silence_id)
    except NotFound:
        return None


def _is_danger(services: Services, alert: Alert) -> bool:
    try:
        return services.alerts.rule(alert.rule, alert.site).is_danger
    except NotFound:
        return False


def draft_of(wish: Wish, zone: ZoneInfo, now: int) -> Draft:
    """What the form says; what cannot be read is as if it were not there."""
    where, _, place = wish.place.partition(":")
    selector = Selector(
        organisation=place if where == "o" else "",
        site=SiteId(place) if where == "s" else SiteId(""),
        kind=DeviceKind(wish.device_kind) if wish.device_kind in set(DeviceKind) else None,
        device=DeviceId(wish.device),
        room=wish.room,
        rule=wish.rule,
        severity=Severity(wish.severity) if wish.severity in set(Severity) else None,
    )
    return Draft(
        kind=Kind(wish.kind) if wish.kind in set(Kind) else Kind.SILENCE,
        selector=selector,
        starts_at=_instant(wish.starts, zone) or now,
        until=_instant(wish.until, zone),
        reason=wish.reason.strip()[:MAX_REASON_CHARS],
        pattern=_pattern(wish),
        takes_open=bool(wish.takes_open),
        covers_danger=bool(wish.covers_danger),
    )


def _form(console: Console, page: Page, scope: Scope, wish: Wish, status: int = HTTPStatus.OK) -> Response:
    services, draft = console.services, draft_of(wish, page.zone, page.now)
    site = draft.selector.site if draft.selector.site in {each.id for each in page.sites} else None
    problems = _problems(services, scope, wish, draft) if wish.sent else []
    if status == HTTPStatus.OK:  # a preview needs no reason yet
        problems = [each for each in problems if each is not Problem.NO_REASON]
    preview = None
    if wish.sent and Problem.NO_PLACE not in problems:
        preview = services.silences.preview(scope, draft)
    teller = Storyteller(services, page, scope)
    return console.render(
        page,
        "silence_form.html",
        status=status,
        task="alerts",
        wish=wish,
        draft=draft,
        problems=problems,
        preview=preview,
        stories=teller.tell_all(preview.open_alerts[:MOST_NAMED]) if preview else [],
        what=covers(services, page, scope, draft) if preview else [],
        again=pattern_words(page, draft.pattern),
        may_all=scope.sites is None and scope.role >= Role.OPERATOR,
        organisations=services.registry.organisations(scope) if scope.role >= Role.OPERATOR else [],
        rooms=[(each.id, page.name(each)) for each in services.registry.rooms(scope, site)] if site else [],
        devices=[(each.id, each.name) for each in services.registry.devices(scope, site)] if site else [],
        rules=sorted(
            {(each.id, page.either(each.title_en, each.title_zh)) for each in services.alerts.rules()},
            key=itemgetter(1),
        ),
        kinds=[(kind, kind_name(page, kind)) for kind in _kinds(services, scope, page)],
        severities=list(Severity)[1:],
        days=list(Days),
        max_reason=MAX_REASON_CHARS,
    )


def _problems(services: Services, scope: Scope, wish: Wish, draft: Draft) -> list[Problem]:
    found = services.silences.problems(scope, draft)
    return found if wish.place or Problem.NO_PLACE in found else [Problem.NO_PLACE, *found]


def _kinds(services: Services, scope: Scope, page: Page) -> Sequence[DeviceKind]:
    there = {kind for site in page.sites for kind in services.registry.device_kinds(scope, site.id).values()}
    return [kind for kind in DeviceKind if kind in there]


def _of_alert(alert: Alert, wish: Wish) -> Wish:
    filled = {"place": f"s:{alert.site}", "device": str(alert.device), "rule": alert.rule}
    return wish.model_copy(update=filled)


def _usual(page: Page, wish: Wish) -> Wish:
    """What stands in the form before anybody wrote anything."""
    if wish.sent:
        return wish
    filled = {
        "place": wish.place or (f"s:{page.sites[0].id}" if len(page.sites) == 1 else ""),
        "starts": _written(page.now, page.zone),
        "until": _written(page.now + 2 * HOUR_MS, page.zone),
        "takes_open": "yes",
    }
    return wish.model_copy(update=filled)


def _pattern(wish: Wish) -> Pattern:
    days = Days(wish.days) if wish.days in set(Days) else Days.EVERY
    weekdays = tuple(sorted({day for day in wish.weekdays if 0 <= day <= 6}))
    pattern = Pattern(days, weekdays if len(weekdays) < 7 else (), _hours(wish.opens, wish.closes))
    return ONCE if pattern == ONCE else pattern


def _hours(opens: str, closes: str) -> Period | None:
    """Times of day; the end may lie before the beginning, over midnight."""
    try:
        begins, ends = (time.fromisoformat(text) for text in (opens, closes))
    except ValueError:
        return None
    return Period(begins.hour * 60 + begins.minute, ends.hour * 60 + ends.minute)


def _instant(text: str, zone: ZoneInfo) -> int:
    """A local date and time as a browser writes it; 0 for anything else."""
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):  # the first hours of the year 1 are in none here
        return 0
    return round(moment.timestamp() * 1000)


def _written(at: int, zone: ZoneInfo) -> str:
    return local(at, zone).strftime("%Y-%m-%dT%H:%M")
