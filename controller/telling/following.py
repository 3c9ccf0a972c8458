"""Follows alerts: whom each is owed to, who is asked next when nobody acknowledges, and that it is over.

Reads what alerts stand now and compares with the ledger, so nothing that happened while it was away is missed, and
nothing is owed twice.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from campus.samples import Severity
from controller.alerts.model import Alert, AlertState
from controller.identity.scope import SYSTEM
from controller.registry.database import reading, writing
from controller.telling.model import Policy, Reason, Register, Standing, What
from controller.telling.plan import Asked, Rung, ask, escalate_at, ladder
from controller.telling.port import Alerts, Registry
from controller.telling.rota import next_digest
from controller.telling.tables import CaseRow, EntryRow

AT_ONCE: Final = 2_000
"""Alerts taken up in one transaction: the rest of a storm comes in the rounds after."""


class Follower:
    """One thread at a time."""

    def __init__(
        self, engine: sa.Engine, alerts: Alerts, registry: Registry, register: Register, zone: ZoneInfo
    ) -> None:
        self._engine = engine
        self._alerts = alerts
        self._registry = registry
        self._people = register.people
        self._policy: Policy = register.policy
        self._zone = zone

    def follow(self, now: int) -> None:
        """One round; `Transient` when the database is away."""
        standing = self._alerts.standing(SYSTEM)
        with reading(self._engine) as session:
            open_cases = select(CaseRow.alert, CaseRow.escalate_at).where(col(CaseRow.closed_at) == 0)
            followed: dict[int, int] = {row[0]: row[1] for row in session.execute(open_cases)}
        fresh = sorted(standing.keys() - followed.keys())[:AT_ONCE]
        late = [alert for alert, at in followed.items() if 0 < at <= now and alert in standing][:AT_ONCE]
        gone = self._ended(followed.keys() - standing.keys())
        if not (fresh or late or gone):
            return
        ladders = self.ladders()
        alerts = self._alerts.by_ids(SYSTEM, fresh)
        with writing(self._engine) as session:
            for alert in alerts:
                self._take_up(session, alert, ladders.get(str(alert.site), []), now)
            for case in _rows(session, late):
                self._escalate(
                    session, case, ladders.get(case.site, []), now, is_acknowledged=bool(standing[case.alert])
                )
            self._close(session, gone, now)

    def _ended(self, ids: Collection[int]) -> list[int]:
        """Of those that stand no more, those that are over; the others only went behind a cause."""
        hidden = {each.id for each in self._alerts.by_ids(SYSTEM, ids) if each.state is AlertState.OPEN}
        return sorted(set(ids) - hidden)[:AT_ONCE]

    def ladders(self) -> dict[str, list[Rung]]:
        """Who is asked, by school, lowest rung first."""
        parents: Mapping[str, str | None] = {each.id: each.parent for each in self._registry.organisations(SYSTEM)}
        return {str(site.id): ladder(site, parents, self._people) for site in self._registry.sites(SYSTEM)}

    def _take_up(self, session: Session, alert: Alert, rungs: Sequence[Rung], now: int) -> None:
        case = CaseRow(alert=alert.id, site=str(alert.site), severity=alert.severity.value)
        session.add(case)
        session.flush()
        if rungs:
            self._note(session, case, rungs, ask(rungs, 0, alert.severity, now, self._zone, self._policy), now)

    def _escalate(
        self, session: Session, case: CaseRow, rungs: Sequence[Rung], now: int, *, is_acknowledged: bool
    ) -> None:
        case.escalate_at = 0
        above = case.level + 1
        if not is_acknowledged and above < len(rungs):
            asked = ask(rungs, above, Severity(case.severity), now, self._zone, self._policy)
            self._note(session, case, rungs, asked, now)

    def _note(self, session: Session, case: CaseRow, rungs: Sequence[Rung], asked: Asked, now: int) -> None:
        case.level = asked.level
        case.escalate_at = escalate_at(asked.level, rungs, Severity(case.severity), now, self._policy)
        told = select(EntryRow.person).where(col(EntryRow.alert) == case.alert, col(EntryRow.what) == What.OPENED.value)
        known = set(session.exec(told))  # somebody whose place was changed since stands on two rungs
        session.add_all(
            EntryRow(
                alert=case.alert,
                person=call.person.id,
                what=What.OPENED.value,
                standing=call.standing.value,
                reason=call.reason.value,
                level=call.level,
                at=now,
                ready_at=call.ready_at,
            )
            for call in asked.calls
            if call.person.id not in known
        )

    def _close(self, session: Session, alerts: Iterable[int], now: int) -> None:
        """They are over: who was told is owed the good news, who was not is spared."""
        cases = {case.alert: case for case in _rows(session, alerts)}
        entries: dict[int, list[EntryRow]] = defaultdict(list)
        for entry in session.exec(select(EntryRow).where(col(EntryRow.alert).in_(cases))):
            entries[entry.alert].append(entry)
        for alert, case in cases.items():
            case.closed_at, case.escalate_at = now, 0
            is_at_once = self._policy.is_at_once(Severity(case.severity))
            ready_at = now + round(self._policy.group_s * 1000)
            if not is_at_once:
                ready_at = next_digest(self._policy.digest, now, self._zone)
            for entry in entries[alert]:
                if entry.standing == Standing.HELD:
                    entry.standing, entry.reason = Standing.SPARED.value, _why_spared(entry.reason)
                elif entry.standing in (Standing.WAITING, Standing.TOLD) and entry.what == What.OPENED:
                    reason = Reason.GROUPING if is_at_once else Reason.DIGEST
                    session.add(_good_news(entry, reason, now, ready_at))


def _why_spared(reason: str) -> str:
    """It ended before it was told; what held it until then says more, where it was not mere waiting."""
    return reason if reason not in (Reason.GROUPING, Reason.DIGEST) else Reason.CLEARED.value


def _good_news(entry: EntryRow, reason: Reason, now: int, ready_at: int) -> EntryRow:
    return EntryRow(
        alert=entry.alert,
        person=entry.person,
        what=What.RESOLVED.value,
        standing=Standing.HELD.value,
        reason=reason.value,
        level=entry.level,
        reach=entry.reach,
        at=now,
        ready_at=ready_at,
    )


def _rows(session: Session, alerts: Iterable[int]) -> Sequence[CaseRow]:
    return session.exec(select(CaseRow).where(col(CaseRow.alert).in_(list(alerts)))).all()
