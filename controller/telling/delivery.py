"""Carries waiting messages to their channels, tries again with back-off, and turns to people's next channel when one is down.

A message is noted as told after the channel has taken it: a kill in between sends that one message a second time rather
than never (mail keeps its Message-ID and a webhook its id, so that both can be recognised).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import sqlalchemy as sa
from sqlmodel import Session, col, select

from campus.errors import Poison, Transient
from controller.registry.database import reading, writing
from controller.telling.model import DOWN_AFTER, Person, Reason, Register, Standing, What
from controller.telling.port import Channel, Letter, Recipient
from controller.telling.tables import ChannelRow, EntryRow, MessageRow
from controller.telling.words import Words

AT_ONCE: Final = 100
MAX_TRIES: Final = 8
FIRST_PAUSE_MS: Final = 30_000
LONGEST_PAUSE_MS: Final = 900_000
_THREADS: Final = 8


class Delivery:
    """`deliver` is called by one thread; it sends on each channel in a thread of its own."""

    def __init__(
        self,
        engine: sa.Engine,
        register: Register,
        channels: Mapping[str, Channel],
        words: Words,
        clock: Callable[[], int],
    ) -> None:
        self._engine = engine
        self._people = {person.id: person for person in register.people}
        self._channels = channels
        self._words = words
        self._clock = clock
        self.outcomes: Counter[tuple[str, str]] = Counter()
        """Tries since start, by channel and what became of them."""

    def down(self) -> frozenset[str]:
        """Channels people are not reached by now."""
        failing = select(ChannelRow.channel).where(col(ChannelRow.failures) >= DOWN_AFTER)
        with reading(self._engine) as session:
            return frozenset(session.exec(failing))

    def deliver(self, now: int) -> None:
        """One round: everything that is due, oldest first."""
        waiting = select(MessageRow).where(
            col(MessageRow.standing) == Standing.WAITING.value, col(MessageRow.next_try_at) <= now
        )
        of_channel: dict[str, list[MessageRow]] = defaultdict(list)
        with reading(self._engine) as session:
            for row in session.exec(waiting.order_by(col(MessageRow.id)).limit(AT_ONCE)):
                of_channel[row.channel].append(row)
        if of_channel:
            with ThreadPoolExecutor(_THREADS, thread_name_prefix="telling") as pool:
                list(pool.map(self._deliver_all, of_channel.values()))

    def _deliver_all(self, rows: Sequence[MessageRow]) -> None:
        """Messages of one channel; when it is away the others need not wait for the same."""
        for row in rows:
            try:
                self._channels[row.channel].send(self.letter(row, self._clock()))
            except KeyError:
                self._failed(row, "this channel is not in the register any more", is_final=True)
            except Poison as error:
                self._failed(row, str(error), is_final=True)
            except Transient as error:
                self._failed(row, str(error), is_final=False)
                return
            else:
                self._sent(row)

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
        )

    def _sent(self, row: MessageRow) -> None:
        now = self._clock()
        self.outcomes[row.channel, "sent"] += 1
        with writing(self._engine) as session:
            kept = session.get_one(MessageRow, row.id)
            kept.standing, kept.sent_at, kept.tries, kept.detail = Standing.TOLD.value, now, kept.tries + 1, ""
            for entry in _entries(session, row):
                entry.standing = Standing.TOLD.value
            session.merge(ChannelRow(channel=row.channel, sent_at=now))

    def _failed(self, row: MessageRow, detail: str, *, is_final: bool) -> None:
        now = self._clock()
        self.outcomes[row.channel, "refused" if is_final else "failed"] += 1
        with writing(self._engine) as session:
            channel = session.get(ChannelRow, row.channel) or ChannelRow(channel=row.channel)
            channel.failures += 1
            channel.failing_since, channel.detail = channel.failing_since or now, detail
            session.add(channel)
            kept = session.get_one(MessageRow, row.id)
            kept.tries, kept.detail = kept.tries + 1, detail
            kept.next_try_at = now + min(FIRST_PAUSE_MS * 2 ** (kept.tries - 1), LONGEST_PAUSE_MS)
            entries = _entries(session, row)
            has_ways = bool(entries) and all(self._has_another_way(each) for each in entries)
            if is_final or kept.tries >= MAX_TRIES or (channel.failures >= DOWN_AFTER and has_ways):
                kept.standing = Standing.FAILED.value
                for entry in entries:
                    self._turn_to_next_way(entry, now)
            if channel.failures == DOWN_AFTER:
                session.add_all(self._warnings(row.channel, detail, now))

    def _has_another_way(self, entry: EntryRow) -> bool:
        person = self._people.get(entry.person)
        return person is not None and entry.reach + 1 < len(person.reach)

    def _turn_to_next_way(self, entry: EntryRow, now: int) -> None:
        if self._has_another_way(entry):
            entry.standing, entry.reason = Standing.HELD.value, Reason.CHANNEL_DOWN.value
            entry.reach, entry.message, entry.ready_at = entry.reach + 1, 0, now
        else:
            entry.standing, entry.reason = Standing.FAILED.value, Reason.CHANNEL_DOWN.value

    def _warnings(self, channel: str, detail: str, now: int) -> list[MessageRow]:
        """To those at the top of the tree who are reached by another channel."""
        found = []
        for person in self._people.values():
            others = [reach for reach in person.reach if reach.channel != channel]
            if person.place or not others:
                continue
            told = self._words.of_channel(channel, detail, person.language, now)
            found.append(
                MessageRow(
                    what=What.CHANNEL_DOWN.value,
                    channel=others[0].channel,
                    destination=f"{others[0].channel}:{others[0].to}",
                    people=person.id,
                    subject=told.subject,
                    text=told.text,
                    url=told.url,
                    standing=Standing.WAITING.value,
                    created_at=now,
                    next_try_at=now,
                )
            )
        return found


def _address(person: Person, channel: str) -> str:
    return next((reach.to for reach in person.reach if reach.channel == channel), "")


def _entries(session: Session, row: MessageRow) -> Sequence[EntryRow]:
    return session.exec(select(EntryRow).where(col(EntryRow.message) == row.id)).all()
