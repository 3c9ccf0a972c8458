"""The rows of one transaction, written in bulk: a storm of fifty thousand alerts is a few statements, not as many."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from controller.alerts.hushing.flapping import Restless
from controller.alerts.model import Rule, TrailStep
from controller.alerts.tables import AlertRow, FlappingRow, SilencedRow, TrailRow


class Ledger:
    """Collects what one transaction writes; `flush` it at the end."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._closed: dict[int, int] = {}
        self._trail: list[dict[str, Any]] = []
        self._silenced: list[dict[str, Any]] = []
        self._flaps: dict[int, dict[str, Any]] = {}
        self._new_flaps: dict[int, dict[str, Any]] = {}

    def insert(self, rows: Sequence[dict[str, Any]]) -> list[int]:
        """New alerts, by column; their ids in the same order."""
        if not rows:
            return []
        self._write_closed()  # the same fault may have ended just before it begins again: only one may be open
        statement = sa.insert(AlertRow).returning(col(AlertRow.id), sort_by_parameter_order=True)
        return [int(alert or 0) for alert in self._session.execute(statement, list(rows)).scalars()]

    def close(self, alert: int, at: int) -> None:
        """An alert ended at `at`; never before it began."""
        self._closed[alert] = at

    def note(self, alert: int, steps: Iterable[TrailStep]) -> None:
        """Lines of its trail, in this order after all others."""
        self._trail += [
            {
                "alert": alert,
                "at": step.at,
                "stage": step.stage,
                "decision": step.decision,
                "reason": step.reason,
                "reason_zh": step.reason_zh,
            }
            for step in steps
        ]

    def flap(self, restless: Restless, ended_at: int = 0) -> None:
        """What an alert that comes and goes did so far; the first time it has done nothing yet."""
        columns = {
            "changes": restless.changes,
            "score": restless.score.value,
            "changed_at": restless.changed_at,
            "is_bad": restless.is_bad,
            "ended_at": ended_at,
        }
        is_new = restless.changes == 0 and not ended_at
        kept = self._new_flaps if is_new or restless.alert in self._new_flaps else self._flaps
        kept[restless.alert] = columns

    def rename(self, alert: int, rule: Rule, value: float) -> None:
        """An open alert is another rule's from now on."""
        named = {"rule": rule.id, "metric": rule.metric, "severity": rule.severity.value, "value": value}
        self.flush()
        self._session.execute(sa.update(AlertRow).where(col(AlertRow.id) == alert).values(**named))

    def steady(self, alert: int) -> None:
        """An open alert does not come and go any more."""
        self._session.execute(sa.update(AlertRow).where(col(AlertRow.id) == alert).values(flapping_since=0))

    def silence(self, alert: int, silence: int, at: int) -> None:
        """An alert is hidden by a window from `at` on."""
        self._silenced.append({"alert": alert, "silence": silence, "at": at, "released_at": 0})

    def unsilence(self, alert: int, silence: int, at: int) -> None:
        """It is hidden by that window no more."""
        self.flush()
        still = (
            col(SilencedRow.alert) == alert,
            col(SilencedRow.silence) == silence,
            col(SilencedRow.released_at) == 0,
        )
        self._session.execute(sa.update(SilencedRow).where(*still).values(released_at=at))

    def open_rows(self, *conditions: sa.ColumnElement[bool]) -> Sequence[AlertRow]:
        """Open alerts that meet the conditions, what was collected so far included; changes to them are written."""
        self.flush()
        return self._session.exec(select(AlertRow).where(col(AlertRow.cleared_at) == 0, *conditions)).all()

    def rows(self, *conditions: sa.ColumnElement[bool]) -> Sequence[AlertRow]:
        """Alerts that meet the conditions, open or over; as `open_rows`."""
        self.flush()
        return self._session.exec(select(AlertRow).where(*conditions)).all()

    def flush(self) -> None:
        """Write what was collected."""
        self._write_closed()
        if self._trail:
            self._session.execute(sa.insert(TrailRow), self._trail)
            self._trail = []
        if self._silenced:
            self._session.execute(sa.insert(SilencedRow), self._silenced)
            self._silenced = []
        if self._new_flaps:
            rows = [{"alert": alert, **columns} for alert, columns in self._new_flaps.items()]
            self._session.execute(sa.insert(FlappingRow), rows)
            self._new_flaps = {}
        if self._flaps:
            table = FlappingRow.__table__  # type: ignore[attr-defined]
            bound: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in next(iter(self._flaps.values()))}
            statement = sa.update(table).where(table.c.alert == sa.bindparam("of_alert")).values(**bound)
            rows = [
                {"of_alert": alert, **{f"new_{name}": value for name, value in columns.items()}}
                for alert, columns in self._flaps.items()
            ]
            self._session.connection().execute(statement, rows)
            self._flaps = {}

    def _write_closed(self) -> None:
        if self._closed:
            table = AlertRow.__table__  # type: ignore[attr-defined]
            ended = sa.bindparam("ended", type_=sa.BigInteger)
            not_before = sa.case((table.c.opened_at > ended, table.c.opened_at), else_=ended)
            statement = sa.update(table).where(table.c.id == sa.bindparam("alert")).values(cleared_at=not_before)
            rows = [{"alert": alert, "ended": at} for alert, at in self._closed.items()]
            self._session.connection().execute(statement, rows)
            self._closed = {}
