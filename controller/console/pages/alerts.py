"""Alerts: the list, one alert with its story, and acknowledging with undo."""

from typing import Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from campus.metrics import MetricKind, catalogue
from campus.samples import DeviceKind, Severity
from controller.alerts.model import Absence, Alert, AlertState, Derived, Elsewhere, States, TrailStep
from controller.alerts.sought import sought
from controller.console.console import Console
from controller.console.page import Page, address, attempt, device_address
from controller.console.pages.silence_form import hush_of
from controller.console.pages.silence_words import silence_notices
from controller.console.pages.telling import may_see_telling, tellings
from controller.console.panels import catalogue_kind
from controller.console.stories import SEVERITIES, Story, Storyteller, urgent_first
from controller.console.timeline import timeline
from controller.identity.dependency import CallerScope
from controller.identity.scope import Role, Scope

MAX_ALERTS: Final = 500
FOLDED_ALERTS: Final = 30
"""So many of those behind a cause are listed with it; its page has them all."""
BEFORE_MS: Final = 2 * 3_600_000
AFTER_MS: Final = 3_600_000
MAX_CHART_MS: Final = 3 * 86_400_000
STAGES: Final = frozenset({"judged", "late", "cleared"})
_STATES: Final = {"open": AlertState.OPEN, "cleared": AlertState.CLEARED, "all": None}


def alerts_router(console: Console) -> APIRouter:
    """``/alerts``, ``/alerts/{id}`` and what can be done to one."""
    router = APIRouter()

    @router.get("/alerts")
    def alerts(
        request: Request, scope: CallerScope, site: str = "", state: str = "open", severity: str = "", said: int = 0
    ) -> Response:
        """The list; `said` is the alert that has just been acknowledged, to offer undo."""
        page = console.page(request, scope, site)
        stories = _stories(console, page, scope, state if state in _STATES else "open", severity)
        return console.render(
            page,
            "alerts.html",
            task="alerts",
            stories=stories,
            state=state if state in _STATES else "open",
            states=list(_STATES),
            severity=severity,
            severities=SEVERITIES,
            folded=FOLDED_ALERTS,
            notices=silence_notices(console.services, page, scope, page.place.id if page.place else None),
            said=attempt(lambda: console.services.alerts.alert(scope, said)) if said else None,
            may_act=scope.role >= Role.TECHNICIAN,
        )

    @router.get("/alerts/{alert_id}")
    def alert(request: Request, scope: CallerScope, alert_id: int, said: int = 0) -> Response:
        """One alert; the place becomes its school."""
        services = console.services
        found = services.alerts.alert(scope, alert_id)
        page = console.page(request, scope, found.site)
        teller = Storyteller(services, page, scope)
        device = teller.device(found.site, found.device)
        story = teller.tell(found)
        story.hidden = teller.tell_all(services.alerts.hidden_behind(scope, alert_id))
        cause = attempt(lambda: services.alerts.alert(scope, found.cause)) if found.cause else None
        measured = measured_of(story)
        told, nobody = tellings(services, scope, found)
        return console.render(
            page,
            "alert.html",
            task="alerts",
            story=story,
            device=device,
            cause=teller.tell(cause) if cause else None,
            effect=attempt(lambda: services.causes.effect(scope, alert_id)) if found.state is AlertState.OPEN else None,
            line=timeline(story, story.hidden, page.now) if story.hidden else None,
            order=attempt(lambda: services.workorders.of_alert(scope, alert_id)),
            why=why(page, story),
            measured=measured,
            chart=chart_source(page, found) if measured else "",
            chart_size="rows-1" if catalogue_kind(found.metric) is MetricKind.STATE else "",
            trail=[(step, step_words(page, step, story)) for step in found.trail],
            hush=hush_of(services, page, scope, found),
            told=told,
            nobody=nobody,
            may_see_telling=may_see_telling(scope),
            said=said == alert_id,
            may_act=scope.role >= Role.TECHNICIAN,
        )

    @router.post("/alerts/{alert_id}/acknowledge")
    def acknowledge(scope: CallerScope, alert_id: int, back: str = Form("")) -> Response:
        """Somebody takes care of it."""
        console.services.alerts.acknowledge(scope, alert_id)
        return _back(alert_id, back, said=alert_id)

    @router.post("/alerts/{alert_id}/unacknowledge")
    def unacknowledge(scope: CallerScope, alert_id: int, back: str = Form("")) -> Response:
        """Undo."""
        console.services.alerts.unacknowledge(scope, alert_id)
        return _back(alert_id, back, said=0)

    return router


def why(page: Page, story: Story) -> list[str]:
    """Why we think so: what the rule looks for, and what was measured."""
    rule = story.rule
    if rule is None or not rule.metric:
        told = next((step for step in story.alert.trail if step.stage == "judged"), None)
        return [page.t("alert.reported"), *([page.either(told.reason, told.reason_zh)] if told else [])]
    if isinstance(rule.condition, Elsewhere | Derived):
        return [page.either(step.reason, step.reason_zh) for step in story.alert.trail[:1]]
    found = [page.t("alert.sought", what=page.either(*sought(rule)))]
    if not isinstance(rule.condition, Absence):
        found.append(page.t("alert.measured", value=story.value, when=page.moment(story.alert.opened_at)))
    return found


def measured_of(story: Story) -> str:
    """The metric that a person may want to look at; none of an agent that is silent: what it would tell is no matter."""
    rule = story.rule
    is_silent_agent = rule is not None and isinstance(rule.condition, Absence) and story.kind is DeviceKind.AGENT
    return "" if is_silent_agent else story.alert.metric


def chart_source(page: Page, alert: Alert) -> str:
    """The chart of what was measured around the alert; empty for an event, and of a school as a whole."""
    if alert.metric not in catalogue() or not alert.device:
        return ""
    end = min(page.now, (alert.cleared_at or page.now) + AFTER_MS)
    start = max(alert.opened_at - BEFORE_MS, end - MAX_CHART_MS)
    query = {"metric": alert.metric, "instance": alert.instance, "start": start, "end": end}
    return address(f"{device_address(alert.site, alert.device)}/chart", query)


def step_words(page: Page, step: TrailStep, story: Story) -> str:
    """One line of the trail in the person's language."""
    if step.stage == "person":
        return page.t(f"trail.person_{step.decision}", who=step.reason.removeprefix("by "))
    if step.stage not in STAGES:
        return page.either(step.reason, step.reason_zh)
    condition = story.rule.condition if story.rule else None
    is_told = story.rule is None or not story.rule.metric or isinstance(condition, Elsewhere | Derived)
    if step.stage == "judged" and is_told:
        return page.either(step.reason, step.reason_zh)
    judged = "silent" if isinstance(condition, Absence) else "state" if isinstance(condition, States) else "judged"
    return page.t(f"trail.{judged if step.stage == 'judged' else step.stage}", value=story.value)


def _stories(console: Console, page: Page, scope: Scope, state: str, severity: str) -> list[Story]:
    site = page.place.id if page.place else None
    wanted = Severity(severity) if severity in set(Severity) else None
    found = console.services.alerts.alerts(scope, state=_STATES[state], site=site, severity=wanted, limit=MAX_ALERTS)
    return urgent_first(Storyteller(console.services, page, scope).grouped(found))


def _back(alert_id: int, back: str, said: int) -> Response:
    target = "/alerts" if back == "list" else f"/alerts/{alert_id}"
    return RedirectResponse(address(target, {"said": said or None}), status_code=303)
