"""Carries waiting messages to their channels, tries again with back-off, and turns to people's next channel when one is down.

A message is noted as told after the channel has taken it: a kill in between sends that one message a second time rather
than never (mail keeps its Message-ID and a webhook its id, so that both can be recognised).
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import sqlalchemy as sa
from sqlmodel import Session, col, select

from campus.errors import Poison, Transient
from campus.ids import SiteId
from controller.registry.database import reading, writing
from controller.telling.model import DOWN_AFTER, Person, Reason, Register, Standing, What, most_per_minute
from controller.telling.outbox import waiting
from controller.telling.port import Busy, Channel, Letter, Recipient, Unreached
from controller.telling.tables import CaseRow, ChannelRow, EntryRow, MessageRow
from controller.telling.words import Told, Words
from controller.wording import Language

AT_ONCE: Final = 100
MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
"""No message is tried for longer."""
TRY_AGAIN_MS: Final = 900_000
"""How long people are told another way before the next message tries a channel that is down."""
MAX_TRIES: Final = 8
FIRST_PAUSE_MS: Final = 30_000
LONGEST_PAUSE_MS: Final = 900_000
_THREADS: Final = 8
_log = logging.getLogger(__name__)


class Delivery:
    """`deliver` is called by one thread; it sends on each channel in a thread of its own.

    Counts tries into `outcomes`, by channel and what became of them.
    """

    def __init__(
        self,
        engine: sa.Engine,
        register: Register,
        channels: Mapping[str, Channel],
        words: Words,
        clock: Callable[[], int],
        outcomes: Counter[tuple[str, str]],
    ) -> None:
        self._engine = engine
        self._register = register
        self._people = {person.id: person for person in register.people}
        self._channels = channels
        self._words = words
        self._clock = clock
        self._outcomes = outcomes

    def down(self, now: int) -> frozenset[str]:
        """Channels people are not reached by now. Some time after its last try a channel gets the next message again."""
        is_down = (col(ChannelRow.failures) >= DOWN_AFTER, col(ChannelRow.tried_at) > now - TRY_AGAIN_MS)
        failing = select(ChannelRow.channel).where(*is_down)
        with reading(self._engine) as session:
            return frozenset(session.exec(failing))

    def deliver(self, now: int) -> None:
        """One round: everything that is due, oldest first, no more to a robot than its vendor takes in a minute."""
        is_waiting = col(MessageRow.standing) == Standing.WAITING.value
        due = select(MessageRow).where(is_waiting, col(MessageRow.next_try_at) <= now)
        of_channel: dict[str, list[MessageRow]] = defaultdict(list)
        with reading(self._engine) as session:
            for row in session.exec(due.order_by(col(MessageRow.id)).limit(AT_ONCE)):
                of_channel[row.channel].append(row)
            allowed = [rows[: self._free(session, name, now)] for name, rows in of_channel.items()]
        if allowed:
            with ThreadPoolExecutor(_THREADS, thread_name_prefix="telling") as pool:
                list(pool.map(self._deliver_all, allowed))

    def _free(self, session: Session, channel: str, now: int) -> int | None:
        """How many more messages a channel takes in this minute; None for as many as there are."""
        settings = self._register.channels.get(channel)
        most = most_per_minute(settings) if settings else 0
        if not most:
            return None
        # All that goes to a robot has its channel for destination: two columns that are looked up together.
        of_robot = (col(MessageRow.destination) == channel, col(MessageRow.created_at) > now - DAY_MS)
        lately = sa.select(sa.func.count()).where(*of_robot, col(MessageRow.sent_at) > now - MINUTE_MS)
        return max(0, most - int(session.execute(lately).scalar_one()))

    def _deliver_all(self, rows: Sequence[MessageRow]) -> None:
        """Messages of one channel; when it is away the others need not wait for the same."""
        for row in rows:
            try:
                self._channel_of(row).send(self.letter(row, self._clock()))
            except Poison as error:
                self._failed(row, error)
            except Transient as error:
                self._failed(row, error)
                return
            except Exception as error:  # noqa: BLE001 - the edge of one message: those behind it are sent
                _log.exception("a message cannot be sent", extra={"message_id": row.id, "channel": row.channel})
                self._failed(row, Poison("unforeseen", f"cannot be sent: {type(error).__name__}; the log says more"))
            else:
                self._sent(row)

    def _channel_of(self, row: MessageRow) -> Channel:
        channel = self._channels.get(row.channel)
        if channel is None or not any(each in self._people for each in row.people.split("\n")):
            raise Unreached("the register names this channel or these people no more")
        return channel

    def letter(self, row: MessageRow, now: int) -> Letter:
        """A message as its channel carries it."""
        found = [self._people[each] for each in row.people.split("\n") if each in self._people]
        return Letter(
            id=row.id or 0,
            what=What(row.what),
            subject=row.subject,
            text=row.text,
            url=row.url,
            recipients=tuple(Recipient(each.id, each.name, _address(each, row.channel)) for each in found),
            at=now,
            sites=self._sites_of(row),
        )

    def _sites_of(self, row: MessageRow) -> frozenset[SiteId]:
        told = sa.select(col(CaseRow.site)).join(EntryRow, col(EntryRow.alert) == col(CaseRow.alert))
        with reading(self._engine) as session:
            found = session.execute(told.where(col(EntryRow.message) == row.id).distinct())
            return frozenset(SiteId(site) for (site,) in found)

    def _sent(self, row: MessageRow) -> None:
        now = self._clock()
        self._outcomes[row.channel, "sent"] += 1
        with writing(self._engine) as session:
            kept = session.get_one(MessageRow, row.id)
            kept.standing, kept.sent_at, kept.tries, kept.detail = Standing.TOLD.value, now, kept.tries + 1, ""
            for entry in _entries(session, row):
                entry.standing = Standing.TOLD.value
            before = session.get(ChannelRow, row.channel)
            if before is not None and before.failures >= DOWN_AFTER:
                told = partial(self._words.of_channel, What.CHANNEL_UP, row.channel, "", now)
                session.add_all(self._to_the_top(What.CHANNEL_UP, row.channel, told, now))
            session.merge(ChannelRow(channel=row.channel, sent_at=now))

    def _failed(self, row: MessageRow, trouble: Transient | Poison) -> None:
        now, is_final = self._clock(), isinstance(trouble, Poison)
        self._outcomes[row.channel, "refused" if is_final else "failed"] += 1
        with writing(self._engine) as session:
            channel = session.get(ChannelRow, row.channel) or ChannelRow(channel=row.channel)
            if not isinstance(trouble, Unreached):
                channel.failures += 1
                channel.failing_since, channel.tried_at = channel.failing_since or now, now
                channel.detail = str(trouble)
                session.add(channel)
                if channel.failures == DOWN_AFTER:
                    told = partial(self._words.of_channel, What.CHANNEL_DOWN, row.channel, str(trouble), now)
                    session.add_all(self._to_the_top(What.CHANNEL_DOWN, row.channel, told, now))
            kept = session.get_one(MessageRow, row.id)
            kept.tries, kept.detail = kept.tries + 1, str(trouble)
            kept.next_try_at = now + _pause_ms(kept.tries, trouble)
            if is_final or kept.tries >= MAX_TRIES:
                self._give_up(session, kept, trouble, now)
            elif channel.failures >= DOWN_AFTER:
                for other in _unsent(session, row.channel):
                    entries = _entries(session, other)
                    if entries and all(self._has_another_way(each) for each in entries):
                        self._give_up(session, other, trouble, now)

    def _give_up(self, session: Session, row: MessageRow, trouble: Transient | Poison, now: int) -> None:
        """This message is not sent; people are told another way, where they have one."""
        row.standing = Standing.FAILED.value
        for entry in _entries(session, row):
            self._turn_to_next_way(entry, trouble, now)

    def _has_another_way(self, entry: EntryRow) -> bool:
        person = self._people.get(entry.person)
        return person is not None and entry.reach + 1 < len(person.reach)

    def _turn_to_next_way(self, entry: EntryRow, trouble: Transient | Poison, now: int) -> None:
        entry.reason = (Reason.UNREACHED if isinstance(trouble, Unreached) else Reason.CHANNEL_DOWN).value
        if self._has_another_way(entry):
            entry.standing = Standing.HELD.value
            entry.reach, entry.message, entry.ready_at = entry.reach + 1, 0, now
        else:
            entry.standing = Standing.FAILED.value

    def _to_the_top(self, what: What, channel: str, told: Callable[[Language], Told], now: int) -> Iterator[MessageRow]:
        """About a channel, to those at the top of the tree who are reached by another; to a group once."""
        to: dict[str, tuple[str, list[Person]]] = {}
        for person in self._people.values():
            way = next((reach for reach in person.reach if reach.channel != channel), None)
            if way is not None and not person.place:
                to.setdefault(self._register.destination(way), (way.channel, []))[1].append(person)
        for destination, (by, people) in to.items():
            yield waiting(what, by, destination, [each.id for each in people], told(people[0].language), now)


def _pause_ms(tries: int, trouble: Transient | Poison) -> int:
    """Twice as long after every try, and never shorter than the other side asked for."""
    asked_ms = round(trouble.retry_after_s * 1000) if isinstance(trouble, Busy) else 0
    return max(asked_ms, min(FIRST_PAUSE_MS << (tries - 1), LONGEST_PAUSE_MS))


def _address(person: Person, channel: str) -> str:
    return next((reach.to for reach in person.reach if reach.channel == channel), "")


def _unsent(session: Session, channel: str) -> Sequence[MessageRow]:
    waits = (col(MessageRow.standing) == Standing.WAITING.value, col(MessageRow.channel) == channel)
    return session.exec(select(MessageRow).where(*waits)).all()


def _entries(session: Session, row: MessageRow) -> Sequence[EntryRow]:
    return session.exec(select(EntryRow).where(col(EntryRow.message) == row.id)).all()
