"""Writes what judgement and stages decided into the registry's database, and remembers what is open.

One transaction per call; when it fails nothing of it is remembered either, and the caller brings it again. One thread
at a time.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlmodel import Session, col, select

from controller.alerts.events import EVENT_PREFIX, FORGOTTEN_AFTER_S
from controller.alerts.model import Rule, TrailStep
from controller.alerts.rows import trail_row
from controller.alerts.rulebook import Rulebook
from controller.alerts.stages import (
    Case,
    Decision,
    Outcome,
    Situation,
    abandoned_step,
    cleared_step,
    decide,
    hidden_step,
    key_of,
    released_step,
)
from controller.alerts.tables import AlertRow
from controller.registry.database import reading, writing

AlertKey = tuple[str, str, str, str]
"""Rule id, site, device, instance."""

RELEASE_AFTER_MS: Final = 60_000
"""How long alerts stay hidden after their cause cleared: what only had no line is heard again by then."""


@dataclass(frozen=True)
class Cleared:
    """A case that ended at `at` with reading `value`."""

    key: AlertKey
    rule: Rule
    at: int
    value: float


class Recorder:
    """The engine's pen. `load` first; then `write` as things change and `tidy` now and then."""

    def __init__(self, engine: sa.Engine, rulebook: Rulebook) -> None:
        self._engine = engine
        self._rulebook = rulebook
        self._situation = Situation()
        self._releases: dict[int, int] = {}

    @property
    def open(self) -> dict[AlertKey, int]:
        """Ids of open alerts."""
        return self._situation.open

    def load(self, now: int) -> None:
        """Read what is open; `Transient` when the database is away."""
        situation = Situation()
        self._releases = {}
        with reading(self._engine) as session:
            rows = session.exec(select(AlertRow).where(col(AlertRow.cleared_at) == 0)).all()
        ids = {row.id for row in rows}
        for row in rows:
            situation.open[row.rule, row.site, row.device, row.instance] = row.id or 0
            if self._is_cause(row.rule):
                situation.causes.setdefault(row.site, []).append(row.id or 0)
            if row.cause and row.cause not in ids:
                self._releases[row.cause] = now + RELEASE_AFTER_MS
        self._situation = situation

    def write(self, changes: Sequence[Case | Cleared], now: int) -> list[Outcome | None]:
        """Bring changes through the stages and write them, in order; the outcome of each, None for what cleared."""
        with self._undone_on_failure(), writing(self._engine) as session:
            return [self._write(session, change, now) for change in changes]

    def abandon(self, keys: Iterable[AlertKey], now: int) -> None:
        """Close open alerts that nothing watches any more."""
        with self._undone_on_failure(), writing(self._engine) as session:
            for key in keys:
                self._close(session, key, now, abandoned_step(now))

    def tidy(self, now: int) -> None:
        """Show what outlived its cause; close events that were acknowledged or are a day old."""
        due = [cause for cause, at in self._releases.items() if now >= at]
        has_events = any(key[0].startswith(EVENT_PREFIX) for key in self._situation.open)
        if not due and not has_events:
            return
        with self._undone_on_failure(), writing(self._engine) as session:
            for cause in due:
                self._release(session, cause, now)
            if has_events:
                self._close_old_events(session, now)

    def _write(self, session: Session, change: Case | Cleared, now: int) -> Outcome | None:
        if isinstance(change, Cleared):
            self._close(session, change.key, change.at, cleared_step(change.at, change.rule, change.value))
            return None
        decision = decide(change, self._situation)
        if decision.outcome is Outcome.DROPPED:
            _note(session, self._situation.open[key_of(change)], decision.steps[-1:])
        else:
            self._raise(session, change, decision, now)
        return decision.outcome

    def _raise(self, session: Session, case: Case, decision: Decision, now: int) -> None:
        row = AlertRow(
            rule=case.rule.id,
            site=case.site,
            device=case.device,
            metric=case.rule.metric,
            instance=case.instance,
            severity=case.rule.severity,
            opened_at=case.at,
            value=0.0 if math.isnan(case.value) else case.value,
            cleared_at=now if decision.outcome is Outcome.KEPT else 0,
            cause=decision.cause,
        )
        session.add(row)
        session.flush()
        alert = row.id or 0
        _note(session, alert, decision.steps)
        if decision.outcome is Outcome.RAISED:
            self._situation.open[key_of(case)] = alert
            if case.rule.is_cause:
                self._situation.causes.setdefault(case.site, []).append(alert)
                self._hide_younger(session, case, alert)

    def _hide_younger(self, session: Session, case: Case, cause: int) -> None:
        """Silences of the site that began after the cause did were raised only because it took longer to judge."""
        for (rule_id, site, _, _), alert in self._situation.open.items():
            rule = self._rulebook.rule(rule_id)
            if site != case.site or alert == cause or rule is None or rule.is_cause or not rule.is_silence:
                continue
            row = session.get(AlertRow, alert)
            if row is not None and not row.cause and row.opened_at >= case.since:
                row.cause = cause
                _note(session, alert, [hidden_step(case.at, cause)])

    def _close(self, session: Session, key: AlertKey, at: int, step: TrailStep) -> None:
        alert = self._situation.open.pop(key, None)
        row = session.get(AlertRow, alert) if alert else None
        if alert is None or row is None:
            return
        row.cleared_at = max(at, row.opened_at)
        _note(session, alert, [step])
        causes = self._situation.causes.get(key[1], [])
        if alert in causes:
            causes.remove(alert)
            self._releases[alert] = at + RELEASE_AFTER_MS

    def _release(self, session: Session, cause: int, now: int) -> None:
        del self._releases[cause]
        statement = select(AlertRow).where(col(AlertRow.cause) == cause, col(AlertRow.cleared_at) == 0)
        for row in session.exec(statement).all():
            others = self._situation.causes.get(row.site, [])
            row.cause = others[0] if others else 0
            step = hidden_step(now, row.cause) if row.cause else released_step(now, cause)
            _note(session, row.id or 0, [step])

    def _close_old_events(self, session: Session, now: int) -> None:
        over = col(AlertRow.opened_at) < now - round(FORGOTTEN_AFTER_S * 1000)
        statement = select(AlertRow).where(
            col(AlertRow.cleared_at) == 0,
            col(AlertRow.rule).startswith(EVENT_PREFIX),
            sa.or_(over, col(AlertRow.acknowledged_at) > 0),
        )
        for row in session.exec(statement).all():
            reason = ("acknowledged", "已确认") if row.acknowledged_at else ("a day old", "已超过一天")
            self._close(session, _key(row), now, TrailStep(now, "cleared", "cleared", *reason))

    def _is_cause(self, rule_id: str) -> bool:
        rule = self._rulebook.rule(rule_id)
        return rule is not None and rule.is_cause

    @contextmanager
    def _undone_on_failure(self) -> Iterator[None]:
        before = self._situation.copy(), dict(self._releases)
        try:
            yield
        except BaseException:
            self._situation, self._releases = before
            raise


def _key(row: AlertRow) -> AlertKey:
    return row.rule, row.site, row.device, row.instance


def _note(session: Session, alert: int, steps: Iterable[TrailStep]) -> None:
    session.add_all([trail_row(alert, step) for step in steps])
