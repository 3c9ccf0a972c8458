"""The moments agents reported, on disk: durable before their frame is acknowledged, and marked once they are judged.

Bounded twice: by age, and by how many of a site are kept; what goes is the oldest, and counted.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlmodel import Session, col, select

from campus.ids import AgentId, DeviceId, SiteId
from campus.samples import Event, Severity
from controller.alerts.model import EventKey, Report
from controller.alerts.tables import EventRow
from controller.registry.database import reading, writing

KEPT_DAYS: Final = 400
KEPT_OF_SITE: Final = 10_000
DELETED_AT_ONCE: Final = 2_000
"""Rows of one clean-up: short enough that nobody waits for it."""
TIDY_INTERVAL_MS: Final = 60_000
MAX_KIND_CHARS: Final = 128
MAX_TEXT_CHARS: Final = 1_000
_DAY_MS: Final = 86_400_000
_KEY: Final = ("site", "agent", "epoch", "number", "position")


class EventLog:
    """The event table. `keep` and `tidy` may be called by two threads, each by one at a time."""

    def __init__(self, engine: sa.Engine, kept_of_site: int = KEPT_OF_SITE) -> None:
        self._engine = engine
        self._kept_of_site = kept_of_site
        self._tidy_at = 0
        self._grown: set[SiteId] = set()
        """Sites that have more events than at the last clean-up."""
        self.forgotten = 0
        """Events deleted since start."""

    def keep(self, reports: Sequence[tuple[Report, bool]]) -> bool:
        """Keep the events of one frame, each with whether it is still to be judged; False when they are kept already.

        Durable on return; `Transient` when the database is away.
        """
        if not reports:
            return False
        site, agent, epoch, number, _ = reports[0][0].key
        mark = (EventRow.site == site, EventRow.agent == agent, EventRow.epoch == epoch, EventRow.number == number)
        with writing(self._engine) as session:
            if session.exec(select(EventRow.position).where(*mark).limit(1)).first() is not None:
                return False
            session.execute(sa.insert(EventRow), [_columns(report, is_due=is_due) for report, is_due in reports])
        self._grown.add(site)
        return True

    def unjudged(self) -> list[Report]:
        """What is still to be judged, in the order it was received."""
        return self._read(select(EventRow).where(col(EventRow.judged_at) == 0).order_by(*_in_order()))

    def newest_judged(self, limit: int) -> list[Report]:
        """The `limit` events received last that were judged, in the order they were received."""
        newest = [column.desc() for column in _in_order()]
        judged = select(EventRow).where(col(EventRow.judged_at) > 0)
        return self._read(judged.order_by(*newest).limit(limit))[::-1]

    def settle(self, keys: Sequence[EventKey], now: int) -> None:
        """Mark events as judged that nothing follows from."""
        if keys:
            with writing(self._engine) as session:
                mark_judged(session, keys, now)

    def tidy(self, now: int) -> None:
        """Forget what is too old or too much of one site: about once a minute, a bounded piece each time."""
        if now < self._tidy_at:
            return
        self._tidy_at = now + TIDY_INTERVAL_MS
        self._forget(col(EventRow.received_at) < now - KEPT_DAYS * _DAY_MS, DELETED_AT_ONCE)
        for site in self._grown.copy():
            self._grown.discard(site)
            self._forget_surplus(site)

    def _forget_surplus(self, site: SiteId) -> None:
        of_site = col(EventRow.site) == site
        with reading(self._engine) as session:
            surplus = session.exec(select(sa.func.count()).where(of_site)).one() - self._kept_of_site
        if surplus > 0:
            self._forget(of_site, min(surplus, DELETED_AT_ONCE))
        if surplus > DELETED_AT_ONCE:
            self._grown.add(site)

    def _forget(self, which: sa.ColumnElement[bool], limit: int) -> None:
        oldest = select(*(col(getattr(EventRow, name)) for name in _KEY)).where(which).order_by(*_in_order())
        with reading(self._engine) as session:
            keys = [EventKey(*row) for row in session.execute(oldest.limit(limit))]
        if keys:
            with writing(self._engine) as session:
                session.connection().execute(sa.delete(EventRow).where(*_key_is_bound()), _bound(keys))
            self.forgotten += len(keys)

    def _read(self, statement: Any) -> list[Report]:
        with reading(self._engine) as session:
            return [report_of(row) for row in session.exec(statement)]


def mark_judged(session: Session, keys: Iterable[EventKey], now: int) -> None:
    """Note, in a caller's transaction, that nothing more follows from these events."""
    bound = _bound(keys)
    if bound:
        statement = sa.update(EventRow.__table__).where(*_key_is_bound()).values(judged_at=now)  # type: ignore[attr-defined]
        session.connection().execute(statement, bound)


def report_of(row: EventRow) -> Report:
    """The report a stored row stands for."""
    event = Event(
        device=DeviceId(row.device),
        occurred_at=row.occurred_at,
        kind=row.kind,
        text=row.text,
        severity=Severity(row.severity),
        instance=row.instance,
    )
    key = EventKey(SiteId(row.site), AgentId(row.agent), row.epoch, row.number, row.position)
    return Report(key, event, row.received_at)


def _columns(report: Report, *, is_due: bool) -> dict[str, Any]:
    event = report.event
    return {
        **report.key._asdict(),
        "device": event.device,
        "kind": event.kind[:MAX_KIND_CHARS],
        "text": event.text[:MAX_TEXT_CHARS],
        "severity": event.severity.value,
        "instance": event.instance,
        "occurred_at": event.occurred_at,
        "received_at": report.received_at,
        "judged_at": 0 if is_due else report.received_at,
    }


def _in_order() -> list[sa.ColumnElement[Any]]:
    columns = EventRow.__table__.c  # type: ignore[attr-defined]
    return [columns[name] for name in ("received_at", *_KEY)]


def _key_is_bound() -> list[sa.ColumnElement[bool]]:
    columns = EventRow.__table__.c  # type: ignore[attr-defined]
    return [columns[name] == sa.bindparam(f"key_{name}") for name in _KEY]


def _bound(keys: Iterable[EventKey]) -> list[dict[str, Any]]:
    return [{f"key_{name}": value for name, value in key._asdict().items()} for key in keys]
