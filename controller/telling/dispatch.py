"""Makes messages of what is owed: one for each school and destination, a digest for what can wait, a summary when it is too much.

Too much is more than an hour's cap, or news of many schools at once: a storm is one summary now and one each `again_s`.

Everything that stands in the way leaves its reason on the ledger and is looked at again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col, select

from campus.samples import Severity
from controller.alerts.model import Alert, AlertState
from controller.identity.scope import SYSTEM
from controller.registry.database import reading, writing
from controller.telling.model import Person, Reason, Register, Standing, What, hushed_by
from controller.telling.outbox import waiting
from controller.telling.plan import Urgency
from controller.telling.port import Alerts
from controller.telling.rota import Rota
from controller.telling.tables import EntryRow, MessageRow
from controller.telling.words import Words

AT_ONCE: Final = 20_000
AGAIN_MS: Final = 60_000
"""How long until what stands in the way is looked at again."""
HOUR_MS: Final = 3_600_000
MANY_SCHOOLS: Final = 3
"""News of more schools than these at once is told in one message."""
URGENT_IN_A_ROW: Final = 4
"""Urgent messages about one school in an hour, after which the next wait longer and longer, `again_s` at most."""
_RANK: Final = {severity: place for place, severity in enumerate(Severity)}


class Owed(NamedTuple):
    """One entry that may go out."""

    entry: EntryRow
    alert: Alert
    pressing: Urgency
    person: Person
    channel: str
    destination: str


class Group(NamedTuple):
    """What goes into one message. `site` is empty for a digest or a summary."""

    destination: str
    what: What
    site: str
    owed: list[Owed]


class Dispatcher:
    """One thread at a time."""

    def __init__(
        self,
        engine: sa.Engine,
        alerts: Alerts,
        register: Register,
        rota: Rota,
        words: Words,
        urgency_of: Callable[[Alert], Urgency],
    ) -> None:
        self._engine = engine
        self._alerts = alerts
        self._urgency_of = urgency_of
        self._register = register
        self._people = {person.id: person for person in register.people}
        self._policy = register.policy
        self._rota = rota
        self._words = words

    def dispatch(self, now: int, down: frozenset[str]) -> None:
        """One round; `down` are channels that people are not reached by now."""
        held = col(EntryRow.standing) == Standing.HELD.value
        with reading(self._engine) as session:
            if session.exec(select(EntryRow.id).where(held, col(EntryRow.ready_at) <= now).limit(1)).first() is None:
                return
            may_go = sa.or_(col(EntryRow.ready_at) <= now, col(EntryRow.reason) == Reason.GROUPING.value)
            wanted = select(EntryRow.alert).where(held, may_go).order_by(col(EntryRow.id)).limit(AT_ONCE)
            ids = set(session.exec(wanted))
        alerts = {alert.id: alert for alert in self._alerts.by_ids(SYSTEM, ids)}
        behind = self._alerts.hidden_counts(SYSTEM, ids)
        with writing(self._engine) as session:
            entries = session.exec(select(EntryRow).where(held, may_go).order_by(col(EntryRow.id)).limit(AT_ONCE))
            owed = [each for entry in entries if (each := self._owed(entry, alerts, now, down))]
            of_destination: dict[str, list[Group]] = defaultdict(list)
            for group in self._grouped(owed):
                of_destination[group.destination].append(group)
            for destination, groups in of_destination.items():
                self._send(session, destination, groups, behind, now)

    def _owed(self, entry: EntryRow, alerts: Mapping[int, Alert], now: int, down: frozenset[str]) -> Owed | None:
        """What may go; None for what is spared or held, with its reason."""
        alert, person = alerts.get(entry.alert), self._people.get(entry.person)
        if person is None or alert is None:
            _spare(entry, Reason.LEFT)
            return None
        if entry.what in (What.OPENED, What.STEADY):
            if spared := _needless(alert):
                _spare(entry, spared)
                return None
            if hushed := hushed_by(alert):
                _hold(entry, hushed, now + AGAIN_MS)
                return None
        pressing = self._urgency_of(alert)
        if not pressing.is_critical and (kept := self._kept_back(entry, person, now)):
            _hold(entry, kept, now + AGAIN_MS)
            return None
        open_ways = [n for n in range(entry.reach, len(person.reach)) if person.reach[n].channel not in down]
        entry.reach = min(open_ways[0] if open_ways else entry.reach, len(person.reach) - 1)
        way = person.reach[entry.reach]
        return Owed(entry, alert, pressing, person, way.channel, self._register.destination(way))

    def _kept_back(self, entry: EntryRow, person: Person, now: int) -> Reason | None:
        """What keeps anything that is not critical from somebody now."""
        if self._rota.is_quiet(person, now):
            return Reason.QUIET_HOURS
        if entry.reason == Reason.NOT_ON_DUTY and not self._rota.is_on_duty(person, now):
            return Reason.NOT_ON_DUTY
        return None

    def _grouped(self, owed: Iterable[Owed]) -> list[Group]:
        groups: dict[tuple[str, What, str], Group] = {}
        for each in owed:
            site = str(each.alert.site) if each.pressing.is_at_once else ""
            key = (each.destination, What(each.entry.what), site)
            groups.setdefault(key, Group(*key, [])).owed.append(each)
        return sorted(groups.values(), key=lambda group: (group.what is not What.OPENED, _worst(group)))

    def _send(
        self, session: Session, destination: str, groups: Sequence[Group], behind: Mapping[int, int], now: int
    ) -> None:
        """Messages for one destination, within its cap."""
        sent = _sent_lately(session, destination, now)
        due = [group for group in _summed_up(groups) if any(each.entry.ready_at <= now for each in group.owed)]
        for place, group in enumerate(due):
            free = self._policy.per_hour - len(sent)
            if free <= 0 and (full_until := self._full_until(group, sent)) > now:
                _hold_all(group, Reason.CAP, full_until)
            elif (again_at := self._again_at(group, sent)) > now:
                _hold_all(group, Reason.GROUPING, again_at)
            else:
                alike = [other for other in due[place + 1 :] if free <= 1 and other.what is group.what]
                rest = [other for other in alike if free == 1 or _is_urgent(other)]
                whole = Group(destination, group.what, "" if rest else group.site, group.owed + _all(rest))
                self._write(session, whole, behind, now)
                sent.append((now, whole.site))
                due[place + 1 :] = [other for other in due[place + 1 :] if other not in rest]

    def _full_until(self, group: Group, sent: Sequence[tuple[int, str]]) -> int:
        """Until when a destination that had its share of the hour gets no more; what is urgent gets through now and then."""
        full_until = min(at for at, _ in sent) + HOUR_MS
        if not _is_urgent(group):
            return full_until
        return min(full_until, max(at for at, _ in sent) + round(self._policy.again_s * 1000))

    def _again_at(self, group: Group, sent: Sequence[tuple[int, str]]) -> int:
        """Until when news waits because of messages about the same; what is urgent waits longer each time of the hour."""
        about = [at for at, site in sent if site == group.site]
        if not about or not (group.site or _is_of_many(group)):
            return 0
        wait_s = self._policy.again_s
        if group.site and _is_urgent(group):
            wait_s = min(wait_s, self._policy.group_s * 2.0 ** max(len(about) - URGENT_IN_A_ROW, 0))
        return max(about) + round(wait_s * 1000)

    def _write(self, session: Session, group: Group, behind: Mapping[int, int], now: int) -> None:
        first = group.owed[0]
        people = list(dict.fromkeys(each.person.id for each in group.owed))
        alerts = list({each.alert.id: each.alert for each in group.owed}.values())
        alerts.sort(key=lambda alert: (_RANK[alert.severity], alert.opened_at))
        told = self._words.of_alerts(group.what, alerts, behind, first.person.language, now)
        row = waiting(group.what, first.channel, group.destination, people, told, now, site=group.site)
        session.add(row)
        session.flush()
        for each in group.owed:
            each.entry.standing, each.entry.reason = Standing.WAITING.value, ""
            each.entry.message = row.id or 0


def _summed_up(groups: Sequence[Group]) -> list[Group]:
    """The same, with news of too many schools as one group, what only waits for more of its school included."""
    found: list[Group] = []
    for what in dict.fromkeys(group.what for group in groups):
        mine = [group for group in groups if group.what is what]
        of_schools = [group for group in mine if group.site]
        if len(of_schools) > MANY_SCHOOLS:
            summary = Group(groups[0].destination, what, "", _all(of_schools))
            found += [summary, *(group for group in mine if not group.site)]
        else:
            found += mine
    return found


def _is_of_many(group: Group) -> bool:
    """Whether it is a summary, not a digest."""
    return not group.site and any(each.pressing.is_at_once for each in group.owed)


def _sent_lately(session: Session, destination: str, now: int) -> list[tuple[int, str]]:
    lately = select(MessageRow.created_at, MessageRow.site).where(
        col(MessageRow.destination) == destination,
        col(MessageRow.created_at) > now - HOUR_MS,
        col(MessageRow.what).in_([What.OPENED.value, What.STEADY.value, What.RESOLVED.value]),
    )
    return [(at, site) for at, site in session.execute(lately)]


def _needless(alert: Alert) -> Reason | None:
    """Why nobody need be told any more that it opened."""
    if alert.state is AlertState.CLEARED:
        return Reason.CLEARED
    return Reason.ACKNOWLEDGED if alert.acknowledged_at else None


def _spare(entry: EntryRow, reason: Reason) -> None:
    entry.standing, entry.reason = Standing.SPARED.value, reason.value


def _hold(entry: EntryRow, reason: Reason, ready_at: int) -> None:
    entry.reason, entry.ready_at = reason.value, ready_at


def _hold_all(group: Group, reason: Reason, ready_at: int) -> None:
    for each in group.owed:
        _hold(each.entry, reason, ready_at)


def _all(groups: Iterable[Group]) -> list[Owed]:
    return [each for group in groups for each in group.owed]


def _worst(group: Group) -> int:
    return min(_RANK[each.alert.severity] for each in group.owed)


def _is_urgent(group: Group) -> bool:
    return group.what is What.OPENED and any(each.alert.severity is Severity.CRITICAL for each in group.owed)
