"""Makes the draft of an order: from an alert, from what somebody saw, or from a sticker. Writes nothing."""

from typing import Final, NamedTuple

from campus.errors import Poison
from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind, Severity
from controller.alerts.model import Absence, Alert, Elsewhere, Rule
from controller.identity.scope import NotFound, Scope
from controller.workorders.diagnosis import diagnosed
from controller.workorders.model import Cause, Diagnosis, Opening, Order, OrderState, Source
from controller.workorders.port import Alerts, Registry, Rules, Telemetry

MAX_WHAT_CHARS: Final = 200
MAX_NOTE_CHARS: Final = 2_000
MAX_ID_CHARS: Final = 64


class Draft(NamedTuple):
    """An order that is not written yet: its id and `opened_at` are 0, its `fault_at` is where nobody measured it."""

    order: Order
    diagnosis: Diagnosis


class Opener:
    """Knows whom to ask. Thread-safe."""

    def __init__(self, alerts: Alerts, rules: Rules, registry: Registry, telemetry: Telemetry) -> None:
        self._alerts = alerts
        self._rules = rules
        self._registry = registry
        self._telemetry = telemetry

    def draft(self, scope: Scope, opening: Opening, now: int) -> Draft:
        """Of an alert or of what a person saw; `NotFound` for a place, a device or an alert that is not the caller's."""
        _check(opening)
        if opening.alert:
            return self._of_alert(scope, self._alerts.alert(scope, opening.alert), scope.user, now)
        what = opening.what.strip()
        return self.of_place(
            scope,
            opening.site,
            opening.device,
            opening.room,
            Source.INSPECTION,
            opening.severity,
            (what, what),
            scope.user,
            now,
        )

    def of_place(
        self,
        scope: Scope,
        site: SiteId,
        device: DeviceId,
        room: str,
        source: Source,
        severity: Severity,
        what: tuple[str, str],
        who: str,
        now: int,
    ) -> Draft:
        """Of a device, or of a room or a school as a whole; `what` in English and Chinese.

        Its causes are the alerts that are open of the device now: what they show is what telemetry can prove.
        """
        self._registry.site(scope, site)
        kind = DeviceKind.OTHER
        if device:
            told = self._registry.device(scope, site, device)
            kind, room = told.kind, told.room
        elif room and all(each.id != room for each in self._registry.rooms(scope, site)):
            raise NotFound
        seen = diagnosed(self._alerts, self._telemetry, scope, site, device, now)
        worth = [each for each in seen.alerts if each.severity is not Severity.INFO] if device else []
        order = Order(
            id=0,
            site=site,
            device=device,
            room=room,
            kind=kind,
            source=source,
            severity=min([severity, *(each.severity for each in worth)], key=list(Severity).index),
            what_en=what[0],
            what_zh=what[1],
            state=OrderState.NEW,
            opened_at=0,
            opened_by=who,
            fault_at=min((each.opened_at for each in worth), default=0),
            causes=tuple(Cause(each.rule, each.instance) for each in worth),
        )
        return Draft(order, seen)

    def _of_alert(self, scope: Scope, alert: Alert, who: str, now: int) -> Draft:
        rule = self._rule(alert.rule, alert.site)
        kind, room = DeviceKind.OTHER, ""
        if alert.device:
            try:
                device = self._registry.device(scope, alert.site, alert.device)
                kind, room = device.kind, device.room
            except NotFound:
                pass  # it was taken out of the registry since
        order = Order(
            id=0,
            site=alert.site,
            device=alert.device,
            room=room,
            kind=kind,
            source=Source.ALERT,
            severity=alert.severity,
            what_en=rule.title_en if rule else alert.metric or alert.rule,
            what_zh=rule.title_zh if rule else alert.metric or alert.rule,
            state=OrderState.NEW,
            opened_at=0,
            opened_by=who,
            fault_at=alert.opened_at - round(1000 * _hold_s(rule)),
            alert=alert.id,
            causes=(Cause(alert.rule, alert.instance),),
        )
        return Draft(order, diagnosed(self._alerts, self._telemetry, scope, alert.site, alert.device, now))

    def _rule(self, rule_id: str, site: SiteId) -> Rule | None:
        try:
            return self._rules.rule(rule_id, site)
        except NotFound:
            return None


def _hold_s(rule: Rule | None) -> float:
    """How long the fault stood before the alert was opened."""
    condition = rule.condition if rule else None
    if condition is None or isinstance(condition, Elsewhere):
        return 0.0
    return condition.after_s if isinstance(condition, Absence) else condition.hold_s


def _check(opening: Opening) -> None:
    """`Poison` ``bad_opening`` for what no page and no phone of ours sends."""
    is_named = bool(opening.alert) or 0 < len(opening.what.strip()) <= MAX_WHAT_CHARS
    if not 0 < len(opening.id) <= MAX_ID_CHARS or len(opening.note) > MAX_NOTE_CHARS or not is_named:
        raise Poison("bad_opening", "an order needs an id, and a few words on what is wrong or the alert it is made of")
