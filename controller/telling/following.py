"""Follows alerts: whom each is owed to, who is asked next when nobody acknowledges, and that it is over.

Reads what alerts stand now and compares with the ledger, so nothing that happened while it was away is missed, and
nothing is owed twice.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import sqlalchemy as sa
from sqlmodel import Session, col, select

from controller.alerts.model import Alert, AlertState, Owner, Rule
from controller.identity.scope import SYSTEM, NotFound
from controller.registry.database import reading, writing
from controller.telling.model import Reason, Register, Standing, What
from controller.telling.plan import Asked, Rung, Urgency, ask, by_owner, escalate_at, ladder, next_rung, urgency
from controller.telling.port import Alerts, Registry
from controller.telling.rota import Rota
from controller.telling.tables import CaseRow, EntryRow

AT_ONCE: Final = 2_000
"""Alerts taken up in one transaction: the rest of a storm comes in the rounds after."""


class Follower:
    """One thread at a time."""

    def __init__(self, engine: sa.Engine, alerts: Alerts, registry: Registry, register: Register, rota: Rota) -> None:
        self._engine = engine
        self._alerts = alerts
        self._registry = registry
        self._people = register.people
        self._policy = register.policy
        self._rota = rota
        self._is_first_round = True
        """What nobody could be told of by the register before may have somebody now."""

    def follow(self, now: int) -> None:
        """One round; `Transient` when the database is away."""
        standing = self._alerts.standing(SYSTEM)
        with reading(self._engine) as session:
            columns = select(CaseRow.alert, CaseRow.escalate_at, CaseRow.severity)
            open_cases = session.execute(columns.where(col(CaseRow.closed_at) == 0)).all()
            followed: dict[int, int] = {alert: at for alert, at, _ in open_cases}
            unasked = _unasked(session) if self._is_first_round else set()
        self._is_first_round = len(unasked) > AT_ONCE
        fresh = sorted(standing.keys() - followed.keys())[:AT_ONCE]
        late = [alert for alert, at in followed.items() if (0 < at <= now or alert in unasked) and alert in standing]
        absent = {each.id: each for each in self._alerts.by_ids(SYSTEM, followed.keys() - standing.keys())}
        gone = sorted(followed.keys() - standing.keys() - {id_ for id_, each in absent.items() if _is_open(each)})
        steady = sorted(self._alerts.steady(SYSTEM) & standing.keys() & followed.keys())
        changed = [alert for alert, _, told in open_cases if alert in standing and standing[alert].severity != told]
        if not (fresh or late or gone or steady or changed):
            return
        ladders = self.ladders()
        asked_about = [*fresh, *late[:AT_ONCE], *changed[:AT_ONCE]]
        alerts = absent | {each.id: each for each in self._alerts.by_ids(SYSTEM, asked_about)}
        with writing(self._engine) as session:
            taken = _cases_of(session, [alerts[each] for each in fresh if each in alerts])
            for case in taken:
                self._take_up(session, case, alerts[case.alert], ladders.get(case.site, []), now)
            overdue = _rows(session, [each for each in late[:AT_ONCE] if each in alerts])
            asked = _asked(session, [case.alert for case in overdue])
            for case in overdue:
                case.escalate_at = 0
                if not standing[case.alert].acknowledged_at:
                    places = ladders.get(case.site, [])
                    self._escalate(session, case, alerts[case.alert], places, asked[case.alert], now)
            self._hasten(session, [alerts[each] for each in changed[:AT_ONCE] if each in alerts], ladders, now)
            self._close(session, gone[:AT_ONCE], alerts, now)
            _note_steady(session, steady[:AT_ONCE], now + round(self._policy.group_s * 1000), now)

    def ladders(self) -> dict[str, list[Rung]]:
        """Who is asked, by school, lowest rung first."""
        parents: Mapping[str, str | None] = {each.id: each.parent for each in self._registry.organisations(SYSTEM)}
        return {str(site.id): ladder(site, parents, self._people) for site in self._registry.sites(SYSTEM)}

    def rungs_for(self, alert: Alert, rungs: Sequence[Rung]) -> list[Rung]:
        """The ladder of its school as whose work it is bends it."""
        return by_owner(rungs, self.owner_of(alert))

    def owner_of(self, alert: Alert) -> Owner:
        """Whose work it is; a technician's when its rule was removed."""
        rule = self._rule(alert)
        return rule.owner if rule else Owner.TECHNICIAN

    def urgency_of(self, alert: Alert) -> Urgency:
        """How it presses."""
        return urgency(alert.severity, self._rule(alert), self._policy)

    def _rule(self, alert: Alert) -> Rule | None:
        try:
            return self._alerts.rule(alert.rule, alert.site)
        except NotFound:
            return None

    def _hasten(
        self, session: Session, changed: Sequence[Alert], ladders: Mapping[str, Sequence[Rung]], now: int
    ) -> None:
        """Of alerts of another severity than before, what waited for a digest and presses now comes at once.

        As when a rule finds what an event only mentioned. It is escalated from now on.
        """
        ready_at = now + round(self._policy.group_s * 1000)
        by_id = {alert.id: alert for alert in changed}
        waiting = _that_wait_for_a_digest(session, by_id)
        for case in _rows(session, by_id):
            alert = by_id[case.alert]
            case.severity, pressing = alert.severity.value, self.urgency_of(alert)
            if not (pressing.is_at_once and waiting[case.alert]):
                continue
            rungs = self.rungs_for(alert, ladders.get(case.site, []))
            case.escalate_at = escalate_at(case.level, rungs, pressing, now, self._policy)
            for entry in waiting[case.alert]:
                entry.reason, entry.ready_at = Reason.GROUPING.value, ready_at

    def _take_up(self, session: Session, case: CaseRow, alert: Alert, places: Sequence[Rung], now: int) -> None:
        rungs = self.rungs_for(alert, places)
        if rungs:
            self._ask(session, case, alert, rungs, set(), now)

    def _escalate(
        self, session: Session, case: CaseRow, alert: Alert, places: Sequence[Rung], known: set[str], now: int
    ) -> None:
        rungs = self.rungs_for(alert, places)
        if next_rung(rungs, known) < len(rungs):
            self._ask(session, case, alert, rungs, known, now)

    def _ask(
        self, session: Session, case: CaseRow, alert: Alert, rungs: Sequence[Rung], known: set[str], now: int
    ) -> None:
        """Turn to the next rung above those who were asked already."""
        start = next_rung(rungs, known)
        pressing = self.urgency_of(alert)
        digest_at = self._rota.next_digest(self._policy.digest, now)
        group_ms = round(self._policy.group_s * 1000)
        asked = ask(rungs, start, pressing, now, lambda each: self._rota.is_on_duty(each, now), digest_at, group_ms)
        case.level = asked.level
        case.escalate_at = escalate_at(asked.level, rungs, pressing, now, self._policy)
        _note(session, case, asked, known, now)

    def _close(self, session: Session, gone: Collection[int], alerts: Mapping[int, Alert], now: int) -> None:
        """They are over: who was told is owed the good news, who was not is spared."""
        entries: dict[int, list[EntryRow]] = defaultdict(list)
        for entry in session.exec(select(EntryRow).where(col(EntryRow.alert).in_(gone))):
            entries[entry.alert].append(entry)
        for case in _rows(session, gone):
            case.closed_at, case.escalate_at = now, 0
            alert = alerts.get(case.alert)  # None: its history was deleted
            is_at_once = alert is None or self.urgency_of(alert).is_at_once
            reason = Reason.GROUPING if is_at_once else Reason.DIGEST
            ready_at = now + round(self._policy.group_s * 1000)
            if not is_at_once:
                ready_at = self._rota.next_digest(self._policy.digest, now)
            for entry in entries[case.alert]:
                if entry.standing == Standing.HELD:
                    entry.standing, entry.reason = Standing.SPARED.value, _why_spared(entry.reason)
                elif entry.standing in (Standing.WAITING, Standing.TOLD) and entry.what == What.OPENED:
                    session.add(_news(entry, What.RESOLVED, reason, now, ready_at))


def _that_wait_for_a_digest(session: Session, alerts: Collection[int]) -> defaultdict[int, list[EntryRow]]:
    """The lines of some alerts that a digest will tell."""
    found: defaultdict[int, list[EntryRow]] = defaultdict(list)
    held = select(EntryRow).where(
        col(EntryRow.alert).in_(list(alerts)),
        col(EntryRow.standing) == Standing.HELD.value,
        col(EntryRow.reason) == Reason.DIGEST.value,
        col(EntryRow.what) == What.OPENED.value,
    )
    for entry in session.exec(held):
        found[entry.alert].append(entry)
    return found


def _is_open(alert: Alert) -> bool:
    """It stands for itself no more, but only went behind something."""
    return alert.state is AlertState.OPEN


def _unasked(session: Session) -> set[int]:
    """Open cases of which nobody was told anything."""
    has_line = sa.exists().where(col(EntryRow.alert) == col(CaseRow.alert))
    return set(session.exec(select(CaseRow.alert).where(col(CaseRow.closed_at) == 0, ~has_line)))


def _cases_of(session: Session, alerts: Sequence[Alert]) -> list[CaseRow]:
    """New cases, written before anything that names them."""
    found = [CaseRow(alert=each.id, site=str(each.site), severity=each.severity.value) for each in alerts]
    session.add_all(found)
    session.flush()
    return found


def _asked(session: Session, alerts: Sequence[int]) -> defaultdict[int, set[str]]:
    """Who was asked of each of some alerts."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    told = select(EntryRow.alert, EntryRow.person).where(
        col(EntryRow.alert).in_(alerts), col(EntryRow.what) == What.OPENED.value
    )
    for alert, person in session.exec(told):
        found[alert].add(person)
    return found


def _note(session: Session, case: CaseRow, asked: Asked, known: set[str], now: int) -> None:
    """Lines for those who were not asked yet: somebody whose place was changed since stands on two rungs."""
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


def _note_steady(session: Session, alerts: Collection[int], ready_at: int, now: int) -> None:
    """Who was told that it comes and goes is owed, once, that it stays bad."""
    entries = session.exec(select(EntryRow).where(col(EntryRow.alert).in_(alerts))).all()
    known = {(entry.alert, entry.person) for entry in entries if entry.what == What.STEADY}
    for entry in entries:
        if entry.what == What.OPENED and entry.standing == Standing.TOLD and (entry.alert, entry.person) not in known:
            session.add(_news(entry, What.STEADY, Reason.GROUPING, now, ready_at))


def _why_spared(reason: str) -> str:
    """It ended before it was told; what held it until then says more, where it was not mere waiting."""
    return reason if reason not in (Reason.GROUPING, Reason.DIGEST) else Reason.CLEARED.value


def _news(entry: EntryRow, what: What, reason: Reason, now: int, ready_at: int) -> EntryRow:
    return EntryRow(
        alert=entry.alert,
        person=entry.person,
        what=what.value,
        standing=Standing.HELD.value,
        reason=reason.value,
        level=entry.level,
        reach=entry.reach,
        at=now,
        ready_at=ready_at,
    )


def _rows(session: Session, alerts: Collection[int]) -> Sequence[CaseRow]:
    return session.exec(select(CaseRow).where(col(CaseRow.alert).in_(list(alerts)))).all()
