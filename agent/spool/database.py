"""One process's hold on the spool file: lock, connection, transactions, and SQLite's errors turned into ours."""

import errno
import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from agent.spool.model import DiskFull
from agent.spool.schema import open_database, trouble
from campus.errors import ConfigError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Database:
    """Opened, used and closed by one thread at a time; may be opened again after `close`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._lock: IO[bytes] | None = None

    @property
    def is_open(self) -> bool:
        """Whether it may be used now."""
        return self._connection is not None

    def open(self) -> None:
        """Take the file for this process.

        `ConfigError` when another agent has it or it cannot be used, `DiskFull`, `SpoolDamaged`; it is closed then.
        """
        try:
            self._take_lock()
            self._connection = open_database(self.path)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the file back; harmless when it is not open."""
        if self._connection is not None:
            # A full disk must not keep us from ending; the log is recovered at the next opening.
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def is_where_it_was(self, epoch: int) -> bool:
        """Whether this is the very file that began `epoch` here, and no copy put in its place; False when that is unknown."""
        lock = self._held_lock()
        lock.seek(0)
        return lock.read() == self._trace(epoch)

    def note_epoch(self, epoch: int) -> None:
        """Remember, beside the file, that it began `epoch` here. What is not remembered counts as a copy, which is harmless."""
        lock = self._held_lock()
        with suppress(OSError):
            lock.truncate(0)
            lock.write(self._trace(epoch))
            lock.flush()

    def _trace(self, epoch: int) -> bytes:
        found = self.path.stat()
        return f"{epoch} {found.st_dev} {found.st_ino}\n".encode()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of the block or nothing of it, durable at its end. Raises `DiskFull`, `SpoolDamaged`."""
        with self.reading() as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # SQLite has rolled back by itself after some errors
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, with SQLite's errors as ours: `DiskFull`, `SpoolDamaged`."""
        if self._connection is None:
            raise RuntimeError("the spool is not open")
        try:
            yield self._connection
        except sqlite3.Error as error:
            raise trouble(self.path, error) from error

    def _held_lock(self) -> IO[bytes]:
        if self._lock is None:
            raise RuntimeError("the spool is not open")
        return self._lock

    def _take_lock(self) -> None:
        path = self.path.with_name(self.path.name + ".lock")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = path.open("a+b")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(
                f"{self.path}: another agent is using this spool. Stop it, or give this one its own spool.path"
            ) from error
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise DiskFull(f"{path}: the disk is full ({error}). Make room on it") from error
            raise ConfigError(
                f"{path}: the spool cannot be opened: {error}. Check spool.path and who owns the folder"
            ) from error
