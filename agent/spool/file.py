"""The durable queue of frames: appended, handed out, acknowledged, offered again. Synchronous; one thread at a time.

A frame is encoded once, with a number and an epoch that name it for ever, and is on the disk when `append` returns. That a
frame may have reached a broker is on the disk too, before it can: what was not handed out by `read_from` or `read_backlog`
and not appended between `begin_sending` and `end_sending` was never sent, whatever happened to the process. Of a file that
is not the one that was last used in its place (a clone, a backup put back) everything counts as perhaps sent.

**Bounds.** All bytes here, acknowledged frames included, stay within `max_bytes` and what one call appends: acknowledged
frames, superseded facts and samples give way (`agent.spool.room`), down to none. Waiting events and answers never go, but
those that would make them more than a quarter of `max_bytes` are refused at the door and counted. Waiting facts are then at
most one frame for each device, the newest. After `max_bytes` was lowered the file shrinks to it by a part at each append.
"""

import json
import logging
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from itertools import product
from pathlib import Path

from agent.spool.database import Database
from agent.spool.model import (
    DiskFull,
    Moment,
    Progress,
    SpoolDamaged,
    SpoolState,
    StoredFrame,
    Wanted,
    Worth,
)
from agent.spool.remembered import Remembered
from agent.spool.room import Room
from agent.spool.rows import (
    SEALED_AT,
    Row,
    add_count,
    delete_frames,
    drop_frames,
    held_bytes,
    insert_frames,
    is_sound,
    next_number,
    read_state,
    row_of,
)
from agent.spool.salvage import move_aside, save_from_damaged
from agent.spool.schema import VERSION, begin_epoch, epochs_of_this_boot, last_epoch
from campus.topics import Address
from campus.wire.frame import MAX_FRAME_NUMBER, Body, EventsBody, SamplesBody

_MARK_AT_ONCE = 64
"""Frames of the backlog that one commit notes as perhaps sent."""
_CHANGE_AT_ONCE = 500
_TIDY_EVERY_MS = 60_000
_UNUSED_PAGES = 2048
_GIVE_BACK_PAGES = 512
EVENTS_SHARE = 4
"""Events may fill one part in so many of the file."""
_log = logging.getLogger(__name__)


class SpoolFile:
    """The queue of one agent. `open` first; after `close` it may be opened again, which begins another epoch."""

    def __init__(
        self, path: Path, address: Address, max_bytes: int, max_age_s: int, keep_acknowledged_s: int = 0
    ) -> None:
        self.path = path
        self._address = address
        self._max_bytes = max_bytes
        self._keep_acknowledged_ms = keep_acknowledged_s * 1000
        self._database = Database(path)
        self.remembered = Remembered(self._database)
        self._room = Room(self._database, max_age_s * 1000, self._keep_acknowledged_ms)
        self._is_sending = False
        self._tidied_at: int | None = None
        self._size_bytes = 0
        self._events_bytes = 0
        self._this_boot: frozenset[int] = frozenset()
        self.epoch = 0
        self.next_number = 1
        """Above every number ever given."""

    @property
    def is_open(self) -> bool:
        """Whether it may be used now."""
        return self._database.is_open

    def open(self, now: int) -> None:
        """Take the file for this process and begin an epoch.

        Frames of a damaged file that a killed process had not carried over are carried over first. Raises `ConfigError` when
        another agent has it or it is none of ours, `DiskFull`, `SpoolDamaged`.
        """
        self._open(now)

    def close(self) -> None:
        """Give the file back; harmless when it is not open."""
        self._database.close()

    def replace_damaged(self, now: int) -> tuple[Path, int]:
        """Move the damaged file aside and open a new one with what can still be read; where it went, frames saved.

        Frames keep number and epoch. Raises `DiskFull` when there is no room for a new file: `open` makes it later, and saves
        what can be read then. So it does after a process that was killed meanwhile.
        """
        self._database.close()
        aside = move_aside(self.path, now)
        return next(reversed(self._open(now).items()), (aside, 0))

    def _open(self, now: int) -> dict[Path, int]:
        self._database.open()
        try:
            with self._database.reading() as connection:
                saved = save_from_damaged(self.path, connection)
                self._recall(connection, now)
        except BaseException:
            self._database.close()
            raise
        return saved

    def append(self, bodies: Sequence[Body], moment: Moment) -> list[int]:
        """Seal and keep `bodies`, all or none, in one durable commit; their numbers, ascending, without refused events.

        Then makes room, if it must: a number returned may already be gone again. Raises `DiskFull`; `FrameError`
        ``too_large`` when a body cannot be a frame.
        """
        first = self.next_number
        # Numbers of a failed commit are not used again: whether it failed before or after the disk is unknowable.
        self.next_number += len(bodies)
        progress = Progress.SENT if self._is_sending else Progress.WAITING
        rows = [
            row_of(self._address, self.epoch, number, body, moment, progress)
            for number, body in enumerate(bodies, start=first)
        ]
        kept = self._without_flood(rows)
        numbers = [row.number for row in kept]
        refused = [body for number, body in enumerate(bodies, start=first) if number not in numbers]
        with self._database.transaction() as connection:
            insert_frames(connection, kept)
            add_count(connection, "refused_events", sum(map(_event_count, refused)))
        self._size_bytes += sum(row.size_bytes for row in kept)
        self._events_bytes += sum(row.size_bytes for row in kept if row.worth == Worth.EVENTS)
        self._make_room(moment)
        return numbers

    def begin_sending(self) -> int:
        """From now on what is appended may be handed to a broker, and is noted so; the first number of which that holds.

        What is older is handed out by `read_backlog`.
        """
        self._is_sending = True
        return self.next_number

    def end_sending(self) -> None:
        """What is appended from now on is not sent before it was read: thinning stays possible."""
        self._is_sending = False

    def read_from(self, number: int, limit: int) -> list[StoredFrame]:
        """Up to `limit` waiting frames from `number` on, ascending, noted as perhaps sent.

        What is no longer what was sealed is dropped and counted; so below.
        """
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT number, progress FROM frames WHERE number >= ? AND progress < ? ORDER BY number LIMIT ?",
                (number, Progress.ACKNOWLEDGED, limit),
            ).fetchall()
        self._mark_sent([found for found, progress in rows if progress == Progress.WAITING])
        return self._read([found for found, _ in rows])

    def read_backlog(
        self, below: int, without: frozenset[int], limit: int, wanted: Wanted = Wanted.EVERYTHING
    ) -> list[StoredFrame]:
        """Up to `limit` waiting frames below `below`, leaving out the numbers `without`, noted as perhaps sent.

        Facts and events first, each oldest first. The note is made for a chunk of frames to come in one commit.
        """
        ahead = max(limit, _MARK_AT_ONCE)
        with self._database.reading() as connection:
            chosen = _backlog(connection, below, without, ahead, wanted)
        if any(progress == Progress.WAITING for _, progress in chosen[:limit]):
            self._mark_sent([number for number, progress in chosen if progress == Progress.WAITING])
        return self._read([number for number, _ in chosen[:limit]])

    def acknowledge(self, epoch: int, runs: Sequence[tuple[int, int]], now: int) -> int:
        """Take the frames of `runs` (inclusive, any order, gaps allowed) of `epoch` as stored; how many waited.

        They are kept for `keep_acknowledged_s`. Runs of an epoch that is not here, and numbers that were never given,
        change nothing. Raises `DiskFull`; a part may be taken then, and the rest is acknowledged again when it is resent.
        """
        return sum(self._acknowledge(epoch, max(first, 0), min(last, MAX_FRAME_NUMBER), now) for first, last in runs)

    def offer_again(self, since_ms: int, anchor_ms: int) -> int:
        """Let acknowledged frames wait again that were sealed or acknowledged at or after `since_ms`; how many.

        A controller that lost its memory since then lost what it acknowledged since then, however long it had waited.
        `anchor_ms` is the clock's. Raises `DiskFull`; a part may wait again then.
        """
        offered = 0
        while True:
            with self._database.transaction() as connection:
                rows = connection.execute(
                    "UPDATE frames SET progress = :sent, acknowledged_at = NULL WHERE number IN "  # noqa: S608
                    "(SELECT number FROM frames WHERE progress = :acknowledged "
                    f"AND (acknowledged_at >= :since OR {SEALED_AT} >= :since) LIMIT :limit) RETURNING worth, size_bytes",
                    {
                        "sent": Progress.SENT,
                        "acknowledged": Progress.ACKNOWLEDGED,
                        "since": since_ms,
                        "boot": self._boot,
                        "anchor_ms": anchor_ms,
                        "limit": _CHANGE_AT_ONCE,
                    },
                ).fetchall()
            self._events_bytes += _events_bytes(rows)
            offered += len(rows)
            if len(rows) < _CHANGE_AT_ONCE:
                return offered

    def state(self, anchor_ms: int | None = None) -> SpoolState:
        """What is here now; with the clock's anchor `oldest_at` is by the clock as it is now."""
        with self._database.reading() as connection:
            state = read_state(connection, VERSION, self._boot, anchor_ms)
            return state._replace(next_number=self.next_number)

    def _acknowledge(self, epoch: int, first: int, last: int, now: int) -> int:
        """Take a run, a bounded part in each commit, for the log holds every page that a commit touches."""
        taken = 0
        while True:
            with self._database.transaction() as connection:
                rows = connection.execute(
                    "UPDATE frames SET progress = :acknowledged, acknowledged_at = :now WHERE number IN "
                    "(SELECT number FROM frames WHERE number BETWEEN :first AND :last AND epoch = :epoch "
                    "AND progress < :acknowledged ORDER BY number LIMIT :limit) RETURNING worth, size_bytes, number",
                    {
                        "acknowledged": Progress.ACKNOWLEDGED,
                        "now": now,
                        "first": first,
                        "last": last,
                        "epoch": epoch,
                        "limit": _CHANGE_AT_ONCE,
                    },
                ).fetchall()
                if not self._keep_acknowledged_ms:
                    delete_frames(connection, [row[2] for row in rows])
            if not self._keep_acknowledged_ms:
                self._size_bytes -= sum(row[1] for row in rows)
            self._events_bytes -= _events_bytes(rows)
            taken += len(rows)
            if len(rows) < _CHANGE_AT_ONCE:
                return taken

    def _mark_sent(self, numbers: Sequence[int]) -> None:
        if numbers:
            with self._database.transaction() as connection:
                connection.executemany(
                    "UPDATE frames SET progress = ? WHERE number = ?", [(Progress.SENT, number) for number in numbers]
                )

    def _read(self, numbers: Iterable[int]) -> list[StoredFrame]:
        frames, damaged = [], []
        with self._database.reading() as connection:
            for number in numbers:
                epoch, anchor_ms, points, payload = connection.execute(
                    "SELECT epoch, anchor_ms, points, payload FROM frames JOIN payloads USING (number) WHERE number = ?",
                    (number,),
                ).fetchone()
                if is_sound(number, epoch, payload):
                    is_known = epoch in self._this_boot
                    frames.append(StoredFrame(number, epoch, payload, anchor_ms if is_known else None))
                else:
                    damaged.append((number, points))
        if damaged:
            self._drop_damaged(damaged)
        return frames

    def _drop_damaged(self, frames: Sequence[tuple[int, int]]) -> None:
        """Let frames go of whose bytes some flipped on the disk: nobody could store them, and they would be sent for ever."""
        with self._database.transaction() as connection:
            drop_frames(connection, frames)
            self._size_bytes, self._events_bytes = held_bytes(connection)
        _log.error("spool_frames_damaged numbers=%s", [number for number, _ in frames])

    def _without_flood(self, rows: Sequence[Row]) -> list[Row]:
        """`rows` without the events that would fill more than their share of the file."""
        kept = []
        room_bytes = self._max_bytes // EVENTS_SHARE - self._events_bytes
        for row in rows:
            if row.worth == Worth.EVENTS:
                if row.size_bytes > room_bytes:
                    continue
                room_bytes -= row.size_bytes
            kept.append(row)
        return kept

    def _make_room(self, moment: Moment) -> None:
        """After a commit that stands: what fails here is done at the next append."""
        try:
            if moment.is_confirmed and self._is_time_to_tidy(moment.at):
                freed_bytes = self._room.tidy(moment, self._boot)
                self._size_bytes -= freed_bytes
                self._tidied_at = None if freed_bytes else moment.at
            if self._size_bytes > self._max_bytes:
                over_bytes = self._size_bytes - self._max_bytes
                self._size_bytes -= self._room.make(over_bytes, moment, self._boot, partial(self._seal_thinned, moment))
            self._give_back()
        except (DiskFull, SpoolDamaged):
            with suppress(DiskFull, SpoolDamaged), self._database.reading() as connection:
                self._size_bytes, self._events_bytes = held_bytes(connection)

    def _is_time_to_tidy(self, now: int) -> bool:
        return self._tidied_at is None or abs(now - self._tidied_at) >= _TIDY_EVERY_MS

    def _seal_thinned(self, moment: Moment, body: SamplesBody, created_at: int, anchor_ms: int | None) -> Row:
        number = self.next_number
        self.next_number += 1
        progress = Progress.SENT if self._is_sending else Progress.WAITING
        row = row_of(self._address, self.epoch, number, body, moment, progress)
        return row._replace(worth=Worth.THINNED, created_at=created_at, anchor_ms=anchor_ms)

    def _give_back(self) -> None:
        """Return a part of the unused pages to the disk, when there are many: a long outage must not leave a large file."""
        with self._database.reading() as connection:
            (unused,) = connection.execute("PRAGMA freelist_count").fetchone()
            if unused > _UNUSED_PAGES:
                # Not `execute`: it takes one step, which gives back one page.
                connection.executescript(f"PRAGMA incremental_vacuum({_GIVE_BACK_PAGES})")

    @property
    def _boot(self) -> str:
        return json.dumps(sorted(self._this_boot))

    def _recall(self, connection: sqlite3.Connection, now: int) -> None:
        if not self._database.is_where_it_was(last_epoch(connection)):
            # A copy: another life of this file may have sent whatever waits in it.
            connection.execute("UPDATE frames SET progress = ? WHERE progress = ?", (Progress.SENT, Progress.WAITING))
        self.epoch = begin_epoch(connection, max(now, 0), self.epoch)
        self._database.note_epoch(self.epoch)
        self._this_boot = epochs_of_this_boot(connection, self.epoch)
        self.next_number = max(self.next_number, next_number(connection))
        self._size_bytes, self._events_bytes = held_bytes(connection)


def _backlog(
    connection: sqlite3.Connection, below: int, without: frozenset[int], limit: int, wanted: Wanted
) -> list[tuple[int, Progress]]:
    """Number and progress of up to `limit` waiting frames, in the order in which they are to be sent."""
    chosen: list[tuple[int, Progress]] = []
    for worths in wanted.value:
        of_equal_rank: list[tuple[int, Progress]] = []
        for worth, progress in product(worths, (Progress.WAITING, Progress.SENT)):
            rows = connection.execute(
                "SELECT number FROM frames INDEXED BY frames_by_progress WHERE progress = ? AND worth = ? AND number < ? "
                "ORDER BY number LIMIT ?",
                (progress, worth, below, limit + len(without)),
            )
            of_equal_rank += [(number, progress) for (number,) in rows if number not in without]
        chosen += sorted(of_equal_rank)
        if len(chosen) >= limit:
            break
    return chosen[:limit]


def _event_count(body: Body) -> int:
    return len(body.events) if isinstance(body, EventsBody) else 1


def _events_bytes(rows: Iterable[tuple[int, ...]]) -> int:
    """Sum of the second column where the first is `Worth.EVENTS`."""
    return sum(row[1] for row in rows if row[0] == Worth.EVENTS)
