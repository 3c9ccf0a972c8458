"""The durable queue of frames: appended, read, acknowledged, dropped. Synchronous; one thread at a time.

A frame is encoded once, with a number that is never used again, and is on the disk when `append` returns. Over its
bounds the oldest samples go first; facts and events are never dropped. What is dropped is counted, in the file too.
"""

import fcntl
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import IntEnum
from pathlib import Path
from typing import IO, NamedTuple

import msgspec

from agent.candidates import Candidate
from agent.spool.schema import explain, is_disk_trouble, open_database
from campus.errors import ConfigError, Transient
from campus.ids import DeviceId
from campus.samples import DeviceFacts
from campus.topics import Address
from campus.wire.codec import encode_frame
from campus.wire.frame import LATEST_MS, MAX_FRAME_NUMBER, Body, Frame, SamplesBody

FRAME_OVERHEAD_BYTES = 128
"""What a row and its index entry cost on disk beside the payload."""
_DROP_AT_ONCE = 64
_DELETE_AT_ONCE = 500
_UNUSED_PAGES = 2048
_GIVE_BACK_PAGES = 512


class DiskFull(Transient):
    """Nothing of this call was kept; the file is as it was before. The same call works when there is room."""


class Worth(IntEnum):
    """What a frame is worth when something must go; the lowest goes first."""

    SAMPLES = 0
    KEEP = 1


class StoredFrame(NamedTuple):
    """One frame as it goes on the wire."""

    number: int
    payload: bytes


class SpoolState(NamedTuple):
    """What the file holds. `size_bytes` counts payloads and overhead; `oldest_at` is None when it is empty."""

    epoch: int
    frames: int
    size_bytes: int
    oldest_at: int | None
    oldest_kept: int
    """The lowest number still here, or the next one when it is empty."""
    next_number: int
    dropped_frames: int
    dropped_points: int


class SpoolFile:
    """The queue of one agent. `open` first; after `close` it may be opened again."""

    def __init__(self, path: Path, address: Address, max_bytes: int, max_age_s: int) -> None:
        self.path = path
        self._address = address
        self._max_bytes = max_bytes
        self._max_age_ms = max_age_s * 1000
        self._database: sqlite3.Connection | None = None
        self._lock: IO[bytes] | None = None
        self._next_number = 1
        self._size_bytes = 0
        self.epoch = 0

    def open(self, now: int) -> None:
        """Take the file for this process; `ConfigError` when another agent has it or it cannot be used (`schema`)."""
        self._take_lock()
        try:
            self._database = open_database(self.path, now)
            try:
                self._recall(self._database)
            except sqlite3.Error as error:
                raise ConfigError(explain(self.path, error)) from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the file back; harmless when it is not open."""
        if self._database is not None:
            with suppress(
                sqlite3.Error
            ):  # a full disk must not keep us from ending; the WAL is recovered at the next open
                self._database.close()
            self._database = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def append(self, bodies: Sequence[Body], now: int) -> list[int]:
        """Seal and keep `bodies`, all or none, in one durable commit; their numbers, ascending.

        Then drops what is over the bounds, in the same commit: a number returned may already be gone again.
        Raises `DiskFull`; `FrameError` ``too_large`` when a body cannot be a frame.
        """
        numbers = list(range(self._next_number, self._next_number + len(bodies)))
        # Numbers of a failed commit are not used again: whether it failed before or after the disk is unknowable.
        self._next_number += len(bodies)
        rows = [self._row(number, body, now) for number, body in zip(numbers, bodies, strict=True)]
        size_bytes = self._size_bytes + sum(row[3] for row in rows)
        with self._transaction() as database:
            database.executemany("INSERT INTO frames VALUES (?, ?, ?, ?, ?, ?)", rows)
            size_bytes -= self._drop(database, made_before=now - self._max_age_ms, enough_bytes=size_bytes)
            size_bytes -= self._drop(database, made_before=LATEST_MS, enough_bytes=size_bytes - self._max_bytes)
        self._size_bytes = size_bytes
        return numbers

    def acknowledge(self, epoch: int, runs: Sequence[tuple[int, int]]) -> int:
        """Delete the frames of `runs` (inclusive, any order, gaps allowed); how many were still here.

        Runs of another epoch, and numbers that were never given, change nothing. Raises `DiskFull`; a part may be deleted
        then, and the rest is acknowledged again when it is resent.
        """
        if epoch != self.epoch:
            return 0
        deleted = sum(self._delete(max(first, 0), min(last, MAX_FRAME_NUMBER)) for first, last in runs)
        self._give_back(self._open())
        return deleted

    def read_from(self, number: int, limit: int) -> list[StoredFrame]:
        """Up to `limit` frames from `number` on, ascending."""
        with self._reading() as database:
            rows = database.execute(
                "SELECT number, payload FROM frames WHERE number >= ? ORDER BY number LIMIT ?", (number, limit)
            )
            return [StoredFrame(*row) for row in rows]

    def read_below(self, number: int, without: frozenset[int], limit: int) -> list[StoredFrame]:
        """Up to `limit` frames below `number`, leaving out the numbers `without`: facts and events first, each oldest first."""
        with self._reading() as database:
            chosen: list[int] = []
            for worth in (Worth.KEEP, Worth.SAMPLES):
                rows = database.execute(
                    "SELECT number FROM frames INDEXED BY frames_by_worth WHERE worth = ? AND number < ? "
                    "ORDER BY number LIMIT ?",
                    (worth, number, limit + len(without)),
                )
                chosen += [row[0] for row in rows if row[0] not in without]
            return [self._read(wanted) for wanted in chosen[:limit]]

    def state(self) -> SpoolState:
        """What is here now."""
        with self._reading() as database:
            return read_state(database, self._next_number)

    def save_facts(self, facts: Sequence[DeviceFacts]) -> None:
        """Remember what was last said about these devices. Raises `DiskFull`."""
        with self._transaction() as database:
            rows = [(each.device, msgspec.msgpack.encode(each)) for each in facts]
            database.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", rows)

    def load_facts(self) -> list[DeviceFacts]:
        """What `save_facts` remembers, across restarts; entries of another version's shape are left out."""
        facts = []
        with self._reading() as database:
            for (body,) in database.execute("SELECT body FROM facts ORDER BY device"):
                with suppress(msgspec.DecodeError):
                    facts.append(msgspec.msgpack.decode(body, type=DeviceFacts))
        return facts

    def forget_facts(self, devices: Sequence[DeviceId]) -> None:
        """The reverse of `save_facts`, for devices that are gone. Raises `DiskFull`."""
        with self._transaction() as database:
            database.executemany("DELETE FROM facts WHERE device = ?", [(device,) for device in devices])

    def save_candidates(self, candidates: Sequence[Candidate]) -> None:
        """Remember these publishers instead of those before. Raises `DiskFull`."""
        with self._transaction() as database:
            database.execute("DELETE FROM candidates")
            database.executemany("INSERT INTO candidates VALUES (?, ?, ?, ?, ?)", candidates)

    def load_candidates(self) -> list[Candidate]:
        """What `save_candidates` remembers, the loudest first."""
        with self._reading() as database:
            return read_candidates(database)

    def _delete(self, first: int, last: int) -> int:
        """Delete a run, a bounded part in each commit, for the log holds every page that a commit touches."""
        deleted = 0
        while True:
            with self._transaction() as database:
                rows = database.execute(
                    "DELETE FROM frames WHERE number IN "
                    "(SELECT number FROM frames WHERE number BETWEEN ? AND ? ORDER BY number LIMIT ?) RETURNING size_bytes",
                    (first, last, _DELETE_AT_ONCE),
                ).fetchall()
            self._size_bytes -= sum(row[0] for row in rows)
            deleted += len(rows)
            if len(rows) < _DELETE_AT_ONCE:
                return deleted

    @staticmethod
    def _give_back(database: sqlite3.Connection) -> None:
        """Return a part of the unused pages to the disk, when there are many: a long outage must not leave a large file."""
        (unused,) = database.execute("PRAGMA freelist_count").fetchone()
        if unused > _UNUSED_PAGES:
            with suppress(sqlite3.OperationalError):  # on a full disk the file stays as large as it is
                # Not `execute`: it takes one step, which gives back one page.
                database.executescript(f"PRAGMA incremental_vacuum({_GIVE_BACK_PAGES})")

    def _read(self, number: int) -> StoredFrame:
        row = self._open().execute("SELECT number, payload FROM frames WHERE number = ?", (number,)).fetchone()
        return StoredFrame(*row)

    def _row(self, number: int, body: Body, now: int) -> tuple[int, int, int, int, int, bytes]:
        frame = Frame(self._address.site, self._address.agent, self.epoch, number, now, body)
        payload = encode_frame(frame)
        samples = isinstance(body, SamplesBody)
        points = body.count if isinstance(body, SamplesBody) else 0
        worth = Worth.SAMPLES if samples else Worth.KEEP
        return number, worth, now, len(payload) + FRAME_OVERHEAD_BYTES, points, payload

    @staticmethod
    def _drop(database: sqlite3.Connection, *, made_before: int, enough_bytes: int) -> int:
        """Delete the oldest samples sealed before that moment until `enough_bytes` are freed; the bytes freed."""
        freed_bytes = frames = points = 0
        while freed_bytes < enough_bytes:
            worst = database.execute(
                "SELECT number, size_bytes, points FROM frames INDEXED BY frames_by_worth "
                "WHERE worth = ? AND created_at < ? ORDER BY number LIMIT ?",
                (Worth.SAMPLES, made_before, _DROP_AT_ONCE),
            ).fetchall()
            if not worst:
                break
            for number, size_bytes, its_points in worst:
                database.execute("DELETE FROM frames WHERE number = ?", (number,))
                freed_bytes, frames, points = freed_bytes + size_bytes, frames + 1, points + its_points
                if freed_bytes >= enough_bytes:
                    break
        if frames:
            for name, value in (("dropped_frames", frames), ("dropped_points", points)):
                database.execute(
                    "INSERT INTO counts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
                    (name, value),
                )
        return freed_bytes

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as database:
            try:
                database.execute("BEGIN IMMEDIATE")
                yield database
                database.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # SQLite has rolled back by itself after some errors
                    database.execute("ROLLBACK")
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._open()
        except sqlite3.Error as error:
            kind = DiskFull if is_disk_trouble(error) else ConfigError
            raise kind(explain(self.path, error)) from error

    def _recall(self, database: sqlite3.Connection) -> None:
        (self.epoch,) = database.execute("SELECT value FROM counts WHERE name = 'epoch'").fetchone()
        last = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'frames'").fetchone()
        self._next_number = max(self._next_number, (last[0] if last else 0) + 1)
        (self._size_bytes,) = database.execute("SELECT coalesce(sum(size_bytes), 0) FROM frames").fetchone()

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            raise RuntimeError("the spool is not open")
        return self._database

    def _take_lock(self) -> None:
        path = self.path.with_name(self.path.name + ".lock")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = path.open("ab")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.close()
            raise ConfigError(
                f"{self.path}: another agent is using this spool. Stop it, or give this one its own spool.path"
            ) from error
        except OSError as error:
            raise ConfigError(
                f"{path}: the spool cannot be opened: {error}. Check spool.path and who owns the folder"
            ) from error


def read_candidates(database: sqlite3.Connection) -> list[Candidate]:
    """The unknown publishers that an open spool remembers, the loudest first."""
    rows = database.execute(
        "SELECT topic, messages, reason, last_at, sample FROM candidates ORDER BY messages DESC, topic"
    )
    return [Candidate(*row) for row in rows]


def read_state(database: sqlite3.Connection, next_number: int | None = None) -> SpoolState:
    """What an open spool holds; `next_number` is looked up when it is not given."""
    counts = dict(database.execute("SELECT name, value FROM counts"))
    frames, size_bytes, oldest_at, oldest_number = database.execute(
        "SELECT count(*), coalesce(sum(size_bytes), 0), min(created_at), min(number) FROM frames"
    ).fetchone()
    if next_number is None:
        last = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'frames'").fetchone()
        next_number = (last[0] if last else 0) + 1
    return SpoolState(
        epoch=counts["epoch"],
        frames=frames,
        size_bytes=size_bytes,
        oldest_at=oldest_at,
        oldest_kept=oldest_number or next_number,
        next_number=next_number,
        dropped_frames=counts.get("dropped_frames", 0),
        dropped_points=counts.get("dropped_points", 0),
    )
