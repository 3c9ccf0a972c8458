"""Routes about alerts."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from campus.ids import DeviceId, SiteId
from campus.samples import Severity
from controller.alerts.model import Alert, AlertState, Rule
from controller.api.port import Controller, Services
from controller.api.shapes import AlertShape
from controller.api.sheet import local_time, sheet
from controller.identity.dependency import CallerScope
from controller.identity.scope import NotFound

router = APIRouter(tags=["alerts"])
State = Annotated[AlertState | None, Query()]
HowSevere = Annotated[Severity | None, Query()]
Limit = Annotated[int, Query(ge=1, le=5000)]


@router.get("/alerts")
def alerts(
    scope: CallerScope,
    controller: Controller,
    state: State = None,
    site: str | None = None,
    device: str | None = None,
    severity: HowSevere = None,
    limit: Limit = 200,
) -> list[AlertShape]:
    """Alerts, newest first, without their trails."""
    found = controller.alerts.alerts(
        scope, state=state, site=_site(site), device=_device(device), severity=severity, limit=limit
    )
    return [_shaped(controller, each) for each in found]


@router.get("/alerts.csv", response_class=Response)
def alerts_sheet(
    scope: CallerScope,
    controller: Controller,
    state: State = None,
    site: str | None = None,
    severity: HowSevere = None,
    limit: Limit = 5000,
) -> Response:
    """The same as a spreadsheet."""
    found = controller.alerts.alerts(scope, state=state, site=_site(site), severity=severity, limit=limit)
    header = ("site", "device", "what", "severity", "state", "title_en", "title_zh", "opened", "cleared")
    return sheet(
        "alerts",
        (*header, "acknowledged", "acknowledged_by"),
        (_row(_shaped(controller, each), controller.district.timezone) for each in found),
    )


@router.get("/alerts/{alert_id}")
def alert(alert_id: int, scope: CallerScope, controller: Controller) -> AlertShape:
    """One alert with its decision trail."""
    return _shaped(controller, controller.alerts.alert(scope, alert_id))


@router.post("/alerts/{alert_id}/acknowledge")
def acknowledge(alert_id: int, scope: CallerScope, controller: Controller) -> AlertShape:
    """Say that somebody takes care of it."""
    return _shaped(controller, controller.alerts.acknowledge(scope, alert_id))


@router.post("/alerts/{alert_id}/unacknowledge")
def unacknowledge(alert_id: int, scope: CallerScope, controller: Controller) -> AlertShape:
    """Take that back."""
    return _shaped(controller, controller.alerts.unacknowledge(scope, alert_id))


def _shaped(controller: Services, alert: Alert) -> AlertShape:
    rule: Rule | None
    try:
        rule = controller.alerts.rule(alert.rule, alert.site)
    except NotFound:
        rule = None
    return AlertShape.of(alert, rule)


def _row(alert: AlertShape, timezone: str) -> tuple[str, ...]:
    opened, cleared, seen = (
        local_time(at, timezone) for at in (alert.opened_at, alert.cleared_at, alert.acknowledged_at)
    )
    what = (alert.site, alert.device, alert.instance, alert.severity, alert.state, alert.title_en, alert.title_zh)
    return (*what, opened, cleared, seen, alert.acknowledged_by)


def _site(text: str | None) -> SiteId | None:
    return SiteId(text) if text else None


def _device(text: str | None) -> DeviceId | None:
    return DeviceId(text) if text else None
