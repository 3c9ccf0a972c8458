"""The ledger as it is read: who was told what, how channels are, what waits; and what is old forgotten."""

from collections.abc import Collection, Mapping, Set
from typing import Final

import sqlalchemy as sa
from sqlmodel import Session, col, select

from campus.ids import SiteId
from controller.registry.database import reading, writing
from controller.telling.model import ChannelHealth, Message, Reason, Register, Standing, Telling, What, kind_of_channel
from controller.telling.tables import CaseRow, ChannelRow, EntryRow, MessageRow

KEEP_MS: Final = 90 * 86_400_000
KEEP_MESSAGES: Final = 200_000


class Ledger:
    """Thread-safe. `names` are people's by their ids; who is not among them is called by the id.

    `letterboxes` are the channels by which nothing leaves.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def told_of(self, alert: int, names: Mapping[str, str], letterboxes: Set[str]) -> list[Telling]:
        """Every line of one alert; those asked first come first."""
        found = select(EntryRow, MessageRow).join(MessageRow, col(MessageRow.id) == col(EntryRow.message), isouter=True)
        with reading(self._engine) as session:
            rows = session.exec(found.where(col(EntryRow.alert) == alert).order_by(col(EntryRow.id))).all()
            return [_telling(entry, message, names, letterboxes) for entry, message in rows]

    def case(self, alert: int) -> CaseRow | None:
        """How far an alert has climbed; None while nobody has taken it up."""
        with reading(self._engine) as session:
            return session.get(CaseRow, alert)

    def messages(
        self, sites: Collection[SiteId] | None, limit: int, names: Mapping[str, str], letterboxes: Set[str]
    ) -> list[Message]:
        """The last ones, newest first; of some schools alone, or all."""
        newest = select(MessageRow).order_by(col(MessageRow.id).desc()).limit(limit)
        if sites is not None:
            newest = newest.where(col(MessageRow.site).in_(sites))
        with reading(self._engine) as session:
            return [_message(row, names, letterboxes) for row in session.exec(newest)]

    def health(self, register: Register) -> list[ChannelHealth]:
        """How each channel of the register is."""
        with reading(self._engine) as session:
            rows = {row.channel: row for row in session.exec(select(ChannelRow))}
        found = []
        for name, settings in register.channels.items():
            row = rows.get(name) or ChannelRow(channel=name)
            health = (row.failures, row.failing_since, row.sent_at, row.detail)
            found.append(ChannelHealth(name, kind_of_channel(settings), *health))
        return found

    def held(self) -> dict[str, int]:
        """Alerts times people that are not told yet, by reason."""
        is_held = col(EntryRow.standing) == Standing.HELD.value
        counted = sa.select(col(EntryRow.reason), sa.func.count()).where(is_held).group_by(col(EntryRow.reason))
        with reading(self._engine) as session:
            return {str(reason): int(count) for reason, count in session.execute(counted)}

    def unsent(self) -> int:
        """Messages that are not sent yet."""
        waiting = sa.select(sa.func.count()).where(col(MessageRow.standing) == Standing.WAITING.value)
        with reading(self._engine) as session:
            return int(session.execute(waiting).scalar_one())

    def tidy(self, now: int) -> None:
        """Forget what is old and over."""
        is_old = (col(CaseRow.closed_at) > 0, col(CaseRow.closed_at) < now - KEEP_MS)
        with writing(self._engine) as session:
            old = sa.select(col(CaseRow.alert)).where(*is_old)
            session.execute(sa.delete(EntryRow).where(col(EntryRow.alert).in_(old)))
            session.execute(sa.delete(CaseRow).where(*is_old))
            _tidy_messages(session, now)


def _tidy_messages(session: Session, now: int) -> None:
    newest = session.execute(sa.select(sa.func.max(col(MessageRow.id)))).scalar() or 0
    is_old = sa.or_(col(MessageRow.created_at) < now - KEEP_MS, col(MessageRow.id) <= newest - KEEP_MESSAGES)
    is_over = col(MessageRow.standing) != Standing.WAITING.value
    session.execute(sa.delete(MessageRow).where(is_old, is_over))


def _telling(entry: EntryRow, message: MessageRow | None, names: Mapping[str, str], letterboxes: Set[str]) -> Telling:
    return Telling(
        alert=entry.alert,
        person=entry.person,
        name=names.get(entry.person, entry.person),
        what=What(entry.what),
        standing=Standing(entry.standing),
        reason=Reason(entry.reason) if entry.reason else None,
        channel=message.channel if message else "",
        level=entry.level,
        at=entry.at,
        due_at=entry.ready_at if entry.standing == Standing.HELD else 0,
        sent_at=message.sent_at if message else 0,
        tries=message.tries if message else 0,
        next_try_at=message.next_try_at if message else 0,
        detail=message.detail if message else "",
        is_kept=bool(message and message.channel in letterboxes),
    )


def _message(row: MessageRow, names: Mapping[str, str], letterboxes: Set[str]) -> Message:
    return Message(
        what=What(row.what),
        site=SiteId(row.site) if row.site else None,
        channel=row.channel,
        names=tuple(names.get(each, each) for each in row.people.split("\n")),
        subject=row.subject,
        text=row.text,
        standing=Standing(row.standing),
        created_at=row.created_at,
        sent_at=row.sent_at,
        tries=row.tries,
        next_try_at=row.next_try_at,
        detail=row.detail,
        is_kept=row.channel in letterboxes,
    )
