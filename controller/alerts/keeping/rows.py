"""Between the rows of alerting and its nouns."""

from collections.abc import Sequence

from campus.ids import DeviceId, SiteId
from campus.samples import Severity
from controller.alerts.model import Alert, AlertState, TrailStep
from controller.alerts.tables import AlertRow, TrailRow


def alert_of(row: AlertRow, trail: Sequence[TrailRow] = ()) -> Alert:
    """The alert a stored row stands for."""
    return Alert(
        id=row.id or 0,
        rule=row.rule,
        site=SiteId(row.site),
        device=DeviceId(row.device),
        metric=row.metric,
        instance=row.instance,
        severity=Severity(row.severity),
        state=AlertState.CLEARED if row.cleared_at else AlertState.OPEN,
        opened_at=row.opened_at,
        value=row.value,
        cleared_at=row.cleared_at,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
        cause=row.cause,
        held_until=row.held_until,
        silence=row.silence,
        flapping_since=row.flapping_since,
        verdict=row.verdict,
        trail=tuple(TrailStep(step.at, step.stage, step.decision, step.reason, step.reason_zh) for step in trail),
    )


def trail_row(alert: int, step: TrailStep) -> TrailRow:
    """The row that keeps one step of an alert's trail."""
    return TrailRow(
        alert=alert, at=step.at, stage=step.stage, decision=step.decision, reason=step.reason, reason_zh=step.reason_zh
    )
