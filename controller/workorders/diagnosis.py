"""What telemetry says of a device when an order is opened: attached to it, so that whoever goes there knows before."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from campus.errors import CampusError
from campus.ids import DeviceId, SiteId
from campus.samples import Severity
from controller.alerts.model import Alert, AlertState
from controller.identity.scope import Scope
from controller.telemetry.model import LatestValue
from controller.workorders.model import AlertThen, Diagnosis, Measured
from controller.workorders.port import Alerts, Telemetry

MOST_MEASURED: Final = 12
MOST_ALERTS: Final = 10
_RANK: Final = {severity: place for place, severity in enumerate(Severity)}


def diagnosed(
    alerts: Alerts, telemetry: Telemetry, scope: Scope, site: SiteId, device: DeviceId, now: int
) -> Diagnosis:
    """Of one device; of the school as a whole where `device` is empty. What cannot be asked is left out."""
    told = alerts.alerts(scope, state=AlertState.OPEN, site=site, device=device)
    found = sorted(told, key=lambda each: (_RANK[each.severity], each.opened_at))
    behind = next((each.cause for each in found if each.cause), 0)
    is_reachable, newest_at = _standing(telemetry, scope, site, device)
    return Diagnosis(
        at=now,
        is_reachable=is_reachable,
        newest_at=newest_at,
        measured=_measured(telemetry, scope, site, device, {each.metric for each in found}),
        alerts=tuple(_then(each) for each in found[:MOST_ALERTS]),
        cause=_cause(alerts, scope, behind),
    )


def _standing(telemetry: Telemetry, scope: Scope, site: SiteId, device: DeviceId) -> tuple[bool | None, int]:
    now = telemetry.devices_now(scope, site)
    for place, key in enumerate(now.devices):
        if key == (site, device):
            answer = float(now.reachable[place])
            return None if np.isnan(answer) else answer > 0, int(now.newest_at[place])
    return None, 0


def _measured(
    telemetry: Telemetry, scope: Scope, site: SiteId, device: DeviceId, wanted: set[str]
) -> tuple[Measured, ...]:
    """Numbers of what an alert is about first, then those of the device as a whole; none where there is no device."""
    try:
        latest = telemetry.latest(scope, site, device)
    except CampusError:
        return ()

    def rank(each: LatestValue) -> tuple[bool, bool]:
        return each.metric not in wanted, bool(each.instance)

    ordered: Sequence[LatestValue] = sorted(latest, key=rank)
    return tuple(Measured(each.metric, each.instance, each.value, each.measured_at) for each in ordered[:MOST_MEASURED])


def _cause(alerts: Alerts, scope: Scope, cause: int) -> AlertThen | None:
    if not cause:
        return None
    try:
        return _then(alerts.alert(scope, cause))
    except CampusError:
        return None


def _then(alert: Alert) -> AlertThen:
    return AlertThen(alert.id, alert.rule, alert.instance, alert.severity, alert.opened_at, alert.verdict)
