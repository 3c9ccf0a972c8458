"""Use cases of alerting for people and scripts: list, look, acknowledge. The engine writes; this reads and acknowledges."""

from collections.abc import Callable, Collection, Iterator
from typing import Final

import sqlalchemy as sa
from sqlmodel import Session, col, select

from campus.ids import DeviceId, SiteId
from campus.samples import Severity
from controller.alerts.events import EVENT_PREFIX, event_rule, event_rule_id
from controller.alerts.keeping.event_log import report_of
from controller.alerts.keeping.rows import alert_of, trail_row
from controller.alerts.model import Alert, AlertState, Flap, Report, Rule, StandingAlert, TrailStep
from controller.alerts.port import Registry
from controller.alerts.rulebook import Rulebook, shipped_rules
from controller.alerts.tables import AlertRow, EventRow, FlappingRow, SilencedRow, TrailRow
from controller.identity.scope import NotFound, Role, Scope
from controller.registry.database import reading, writing

IDS_AT_ONCE: Final = 5_000
"""Ids in one statement: databases bound how many values one may name."""


class AlertService:
    """Thread-safe. What the caller does not see is `NotFound`; acknowledging needs a technician."""

    def __init__(
        self, engine: sa.Engine, registry: Registry, clock: Callable[[], int], rulebook: Rulebook | None = None
    ) -> None:
        self._engine = engine
        self._registry = registry
        self._clock = clock
        self._rulebook = rulebook

    def alerts(
        self,
        scope: Scope,
        *,
        state: AlertState | None = None,
        site: SiteId | None = None,
        device: DeviceId | None = None,
        severity: Severity | None = None,
        limit: int = 200,
    ) -> list[Alert]:
        """Alerts that match every argument given, newest first, without their trails."""
        if site is not None:
            scope.require(site)
        statement = select(AlertRow).where(_within(scope))
        if state is not None:
            statement = statement.where(_in_state(state))
        for column, wanted in ((AlertRow.site, site), (AlertRow.device, device), (AlertRow.severity, severity)):
            if wanted is not None:
                statement = statement.where(col(column) == str(wanted))
        newest_first = statement.order_by(col(AlertRow.opened_at).desc(), col(AlertRow.id).desc()).limit(limit)
        with reading(self._engine) as session:
            return [alert_of(row) for row in session.exec(newest_first)]

    def alert(self, scope: Scope, alert_id: int) -> Alert:
        """One alert with its trail, oldest step first."""
        with reading(self._engine) as session:
            return _whole(session, _seen(session, scope, alert_id))

    def hidden_behind(self, scope: Scope, alert_id: int) -> list[Alert]:
        """Alerts whose cause is this one, newest first."""
        with reading(self._engine) as session:
            _seen(session, scope, alert_id)
            rows = session.exec(
                select(AlertRow).where(col(AlertRow.cause) == alert_id).order_by(col(AlertRow.opened_at).desc())
            )
            return [alert_of(row) for row in rows if scope.sees(SiteId(row.site))]

    def standing(self, scope: Scope) -> dict[int, StandingAlert]:
        """The open alerts that stand for themselves, by id.

        Neither hidden behind a cause, nor held back, nor silenced, nor good at the moment where it comes and goes.
        """
        columns = sa.select(col(AlertRow.id), col(AlertRow.acknowledged_at), col(AlertRow.severity))
        shown = columns.where(_within(scope), *_standing())
        with reading(self._engine) as session:
            return {
                int(alert or 0): StandingAlert(int(at), Severity(severity))
                for alert, at, severity in session.execute(shown)
            }

    def standing_counts(self, scope: Scope) -> dict[tuple[SiteId, Severity], int]:
        """How many of those each school has, by severity, where there are any."""
        counted = sa.select(col(AlertRow.site), col(AlertRow.severity), sa.func.count())
        by_site = counted.where(_within(scope), *_standing()).group_by(col(AlertRow.site), col(AlertRow.severity))
        with reading(self._engine) as session:
            return {(SiteId(site), Severity(severity)): int(n) for site, severity, n in session.execute(by_site)}

    def told_during(self, scope: Scope, start: int, end: int, limit: int = 200) -> list[Alert]:
        """Alerts open at some time of [start, end) (UTC ms) that are hidden behind nothing, oldest first, without trails.

        Neither behind a cause, nor held back, nor silenced, as they stand now or stood when they cleared. Of more than
        `limit` those that opened last.
        """
        opened_at, cleared_at = col(AlertRow.opened_at), col(AlertRow.cleared_at)
        during = (opened_at < end, sa.or_(opened_at >= start, cleared_at == 0, cleared_at > start))
        found = select(AlertRow).where(_within(scope), *during, *_unhushed())
        newest_first = found.order_by(opened_at.desc(), col(AlertRow.id).desc())
        with reading(self._engine) as session:
            return [alert_of(row) for row in session.exec(newest_first.limit(limit))][::-1]

    def by_ids(self, scope: Scope, alert_ids: Collection[int]) -> list[Alert]:
        """Those of some alerts that the caller sees, without their trails, in no order."""
        with reading(self._engine) as session:
            return [
                alert_of(row)
                for some in _pieces(alert_ids)
                for row in session.exec(select(AlertRow).where(_within(scope), col(AlertRow.id).in_(some)))
            ]

    def opened_since(self, scope: Scope, since: int, limit: int = 200) -> list[Alert]:
        """Alerts that opened since an instant (UTC ms), newest first, without their trails."""
        lately = select(AlertRow).where(_within(scope), col(AlertRow.opened_at) >= since)
        with reading(self._engine) as session:
            newest_first = lately.order_by(col(AlertRow.opened_at).desc(), col(AlertRow.id).desc())
            return [alert_of(row) for row in session.exec(newest_first.limit(limit))]

    def silenced_by(self, scope: Scope, silence_id: int, limit: int = 200) -> list[Alert]:
        """Alerts that a silence or maintenance window has hidden, newest first."""
        hidden = sa.select(col(SilencedRow.alert)).where(col(SilencedRow.silence) == silence_id)
        found = select(AlertRow).where(_within(scope), col(AlertRow.id).in_(hidden))
        with reading(self._engine) as session:
            return [alert_of(row) for row in session.exec(found.order_by(col(AlertRow.id).desc()).limit(limit))]

    def silenced_counts(self, scope: Scope, silences: Collection[int]) -> dict[int, int]:
        """How many alerts each of some silences has hidden, where there are any."""
        hidden = sa.select(col(SilencedRow.silence), sa.func.count(col(SilencedRow.alert).distinct()))
        of_alerts = hidden.join(AlertRow, col(AlertRow.id) == col(SilencedRow.alert)).group_by(col(SilencedRow.silence))
        found: dict[int, int] = {}
        with reading(self._engine) as session:
            for some in _pieces(silences):
                wanted = of_alerts.where(_within(scope), col(SilencedRow.silence).in_(some))
                found |= {int(silence): int(count) for silence, count in session.execute(wanted)}
        return found

    def flapping(self, scope: Scope) -> dict[int, Flap]:
        """Open alerts that come and go, by id, with what they did since."""
        still = select(FlappingRow).join(AlertRow, col(AlertRow.id) == col(FlappingRow.alert))
        with reading(self._engine) as session:
            rows = session.exec(still.where(_within(scope), col(FlappingRow.ended_at) == 0))
            return {row.alert: Flap(row.changes, row.changed_at, row.is_bad) for row in rows}

    def steady(self, scope: Scope) -> set[int]:
        """Open alerts that came and went, and are bad for good since; by id."""
        still = sa.select(col(FlappingRow.alert)).join(AlertRow, col(AlertRow.id) == col(FlappingRow.alert))
        ended = (col(FlappingRow.ended_at) > 0, _in_state(AlertState.OPEN), _within(scope))
        with reading(self._engine) as session:
            return {int(alert) for alert in session.execute(still.where(*ended)).scalars()}

    def hidden_counts(self, scope: Scope, alert_ids: Collection[int]) -> dict[int, int]:
        """How many open alerts stand behind each of some causes, where there are any."""
        found: dict[int, int] = {}
        counted = sa.select(col(AlertRow.cause), sa.func.count()).group_by(col(AlertRow.cause))
        with reading(self._engine) as session:
            for some in _pieces(alert_ids):
                behind = (_within(scope), _in_state(AlertState.OPEN), col(AlertRow.cause).in_(some))
                found |= {int(cause): int(count) for cause, count in session.execute(counted.where(*behind))}
        return found

    def events(self, scope: Scope, site: SiteId, device: DeviceId, limit: int = 100) -> list[Report]:
        """What a device reported by itself, newest first; `NotFound` for a site that is not the caller's."""
        scope.require(site)
        of_device = select(EventRow).where(col(EventRow.site) == site, col(EventRow.device) == device)
        newest_first = of_device.order_by(col(EventRow.occurred_at).desc(), col(EventRow.received_at).desc())
        with reading(self._engine) as session:
            return [report_of(row) for row in session.exec(newest_first.limit(limit))]

    def acknowledge(self, scope: Scope, alert_id: int) -> Alert:
        """Say that somebody takes care of it; the first one stays when it is said twice."""
        return self._mark(scope, alert_id, self._clock(), "acknowledged")

    def unacknowledge(self, scope: Scope, alert_id: int) -> Alert:
        """Take that back; harmless when nobody had said so."""
        return self._mark(scope, alert_id, 0, "unacknowledged")

    def take_rules(self, rulebook: Rulebook) -> None:
        """Speak of another rulebook from now on: the one the engine judges by."""
        self._rulebook = rulebook

    def rule(self, rule_id: str, site: SiteId | None = None) -> Rule:
        """The rule of an alert, as it holds at its school if that is named; `NotFound` when it has been removed since.

        Where it is switched off by now, or no school is named, as it holds elsewhere: its words are the same.
        """
        if rule_id.startswith(EVENT_PREFIX):
            return event_rule(rule_id)
        book = self._book()
        rule = book.rule(rule_id, site) or book.some_form(rule_id)
        if rule is None:
            raise NotFound(f"no rule {rule_id!r} (any more)")
        return rule

    def words_of(self, kind: str) -> Rule:
        """Titles and advice for what devices report by themselves, by its kind."""
        return event_rule(event_rule_id(kind))

    def rules(self, site: SiteId | None = None) -> list[Rule]:
        """Every rule in force, as it holds at a school, or without one as it holds where no exception does."""
        book = self._book()
        return book.rules() if site is None else [form.rule for form in book.variants() if form.holds_at(site)]

    def open_count(self, scope: Scope) -> int:
        """Open alerts the caller sees that stand for themselves."""
        statement = select(sa.func.count()).select_from(AlertRow)
        shown = statement.where(_within(scope), *_standing())
        with reading(self._engine) as session:
            return int(session.exec(shown).one())

    def _book(self) -> Rulebook:
        return self._rulebook or shipped_rules()

    def _mark(self, scope: Scope, alert_id: int, at: int, decision: str) -> Alert:
        with writing(self._engine) as session:
            row = _seen(session, scope, alert_id)
            scope.require(SiteId(row.site), Role.TECHNICIAN)
            if bool(row.acknowledged_at) != bool(at):
                row.acknowledged_at = at
                row.acknowledged_by = scope.user if at else ""
                session.add(trail_row(alert_id, _said(self._clock(), decision, scope)))
                session.flush()
            return _whole(session, row)


def _pieces(ids: Collection[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    for first in range(0, len(ordered), IDS_AT_ONCE):
        yield ordered[first : first + IDS_AT_ONCE]


def _within(scope: Scope) -> sa.ColumnElement[bool]:
    return sa.true() if scope.sites is None else col(AlertRow.site).in_(scope.sites)


def _in_state(state: AlertState) -> sa.ColumnElement[bool]:
    return col(AlertRow.cleared_at) == 0 if state is AlertState.OPEN else col(AlertRow.cleared_at) > 0


def _standing() -> tuple[sa.ColumnElement[bool], ...]:
    """Open, and somebody's business: neither hidden behind a cause, nor held back, nor silenced.

    What comes and goes stands while it is bad: who follows it by id sees one alert, and nobody is told of what is good.
    """
    good = sa.select(col(FlappingRow.alert)).where(col(FlappingRow.ended_at) == 0, ~col(FlappingRow.is_bad))
    return (_in_state(AlertState.OPEN), *_unhushed(), col(AlertRow.id).not_in(good))


def _unhushed() -> tuple[sa.ColumnElement[bool], ...]:
    return (col(AlertRow.cause) == 0, col(AlertRow.held_until) == 0, col(AlertRow.silence) == 0)


def _said(at: int, decision: str, scope: Scope) -> TrailStep:
    return TrailStep(at, "person", decision, f"by {scope.user}", f"操作人：{scope.user}")


def _seen(session: Session, scope: Scope, alert_id: int) -> AlertRow:
    row = session.get(AlertRow, alert_id)
    if row is None or not scope.sees(SiteId(row.site)):
        raise NotFound
    return row


def _whole(session: Session, row: AlertRow) -> Alert:
    trail = session.exec(select(TrailRow).where(col(TrailRow.alert) == row.id).order_by(col(TrailRow.id)))
    return alert_of(row, trail.all())
