"""The DuckDB file: opening it, cursors for threads, and its errors in our words."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Condition
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
from numpy.typing import NDArray

from campus.errors import ConfigError, Transient
from controller.store.embedded import schema

Cursor = duckdb.DuckDBPyConnection

MEMORY_LIMIT = "96MB"
THREADS = 2
CLOSE_TIMEOUT_S = 30.0
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": MEMORY_LIMIT,
    "threads": THREADS,
    "autoinstall_known_extensions": False,
}
# Parts are never changed and their names never used again, so what is remembered of them stays true.
_SESSION = (
    "LOAD parquet; SET GLOBAL parquet_metadata_cache = true; SET GLOBAL validate_external_file_cache = 'NO_VALIDATION'"
)


class Database:
    """One open database. Constructed inert; `open` and `close` belong to one thread, cursors to any."""

    def __init__(self, path: Path, zone: ZoneInfo) -> None:
        self._path = path
        self._zone = zone
        self._connection: Cursor | None = None
        self._idle: list[Cursor] = []
        self._busy = 0
        self._is_broken = False
        self._lock = Condition()

    def open(self) -> None:
        """Open or create the file; `ConfigError` when it is not ours, newer, damaged or in use; `Transient` when full."""
        try:
            connection = duckdb.connect(str(self._path), config=dict(_SETTINGS))
        except (duckdb.Error, OSError) as error:
            raise self._refusal(error) from error
        try:
            connection.execute(_SESSION)
            schema.prepare(connection, str(self._path), self._zone)
        except duckdb.Error as error:
            connection.close()
            raise in_our_words(error) from error
        except ConfigError:
            connection.close()
            raise
        self._connection = connection

    @contextmanager
    def cursor(self) -> Iterator[Cursor]:
        """A connection of one's own for a while; library errors leave as `Transient`."""
        with self._lock:
            if self._connection is None:
                raise Transient("the sample store is not open")
            cursor = self._idle.pop() if self._idle else self._connection.cursor()
            self._busy += 1
        try:
            yield cursor
        except duckdb.ProgrammingError:  # a mistake in our own statement: waiting does not mend it
            raise
        except (duckdb.Error, OSError, MemoryError) as error:
            self._is_broken |= isinstance(error, duckdb.FatalException)
            raise in_our_words(error) from error
        finally:
            with self._lock:
                self._busy -= 1
                if self._connection is not None and not self._is_broken:
                    self._idle.append(cursor)
                else:
                    cursor.close()
                self._lock.notify_all()

    @property
    def is_broken(self) -> bool:
        """Whether the library has given up on the open database: it must be closed and opened again.

        That happens when the disk is full at a checkpoint. The transaction that met it may be durable all the same.
        It stays so until `note_mended`.
        """
        return self._is_broken

    def note_mended(self) -> None:
        """It was opened again, and all that is remembered of it was read anew."""
        self._is_broken = False

    @contextmanager
    def transaction(self) -> Iterator[Cursor]:
        """A cursor inside a transaction that is durable when the block ends, and undone when it raises."""
        with self.cursor() as cursor:
            cursor.begin()
            try:
                yield cursor
                cursor.commit()
            except BaseException:
                _roll_back(cursor)
                raise

    @property
    def size_bytes(self) -> int:
        """Of the database file and its log."""
        files = (self._path, self._path.with_name(self._path.name + ".wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def close(self) -> None:
        """Write everything into the one file and let go of it; harmless when called twice.

        Waits for cursors in use, at most `CLOSE_TIMEOUT_S`; `Transient` when one is still in use then.
        """
        with self._lock:
            connection, self._connection = self._connection, None
            idle, self._idle = self._idle, []
            for cursor in idle:
                cursor.close()
            if connection is not None:
                connection.close()
            if not self._lock.wait_for(lambda: not self._busy, CLOSE_TIMEOUT_S):
                raise Transient("the sample store is still answering somebody")

    def _refusal(self, error: Exception) -> ConfigError | Transient:
        text = str(error)
        if is_held(error):
            return ConfigError(f"{self._path} is in use: is another controller running on this data_dir? ({text})")
        if "newer" in text or "version number" in text:
            return ConfigError(
                f"{self._path} was written by a newer version of Campanile: install that one again ({text})"
            )
        if _is_full(text):
            return in_our_words(error)
        return ConfigError(
            f"{self._path} cannot be opened as a sample store: restore it from a backup, or set data_dir to an empty "
            f"directory ({text})"
        )


def insert(cursor: Cursor, table: str, columns: dict[str, Any]) -> None:
    """Add rows given as columns, in the table's column order."""
    cursor.execute(f"INSERT INTO {table} SELECT * FROM columns")  # noqa: S608 - the names are our own


def texts(words: Sequence[str]) -> NDArray[Any]:
    """Words as a column for `insert`."""
    column = np.empty(len(words), object)
    column[:] = words
    return column


def is_held(error: Exception) -> bool:
    """Whether the library could not open a file because another process has it open. (A damaged *block* is another thing.)"""
    return "Could not set lock" in str(error)


def in_our_words(error: Exception) -> Transient:
    """The library's error as one that says what to do."""
    if _is_full(str(error)):
        return Transient(f"the disk that holds the samples is full: make room, nothing is lost meanwhile ({error})")
    return Transient(f"the sample store cannot do this now: {error}")


def _is_full(text: str) -> bool:
    return "No space left" in text or "File too large" in text or "Disk quota exceeded" in text


def _roll_back(cursor: Cursor) -> None:
    try:
        cursor.rollback()
    except duckdb.Error:  # the transaction is gone already, which is what we want
        return
