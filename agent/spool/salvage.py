"""A spool file that can no longer be read: moved aside, and what can still be read of it carried over."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from agent.spool.rows import Row, add_count, delete_frames, insert_frames, is_sound
from agent.spool.schema import BUSY_TIMEOUT_S

KEEP_DAMAGED = 3
"""Damaged files kept for a person to look at; older ones are deleted, or a dying disk would fill itself with them."""
_AT_ONCE = 200
_FAR = 1 << 20
"""After so many numbers without a readable frame there are no more."""
_FILES = ("", "-wal", "-shm")
_UNSAVED = "-unsaved"
"""Ends the name of a file whose frames have not been carried over yet."""
_log = logging.getLogger(__name__)
_WAITING = {
    1: "SELECT number, (SELECT value FROM counts WHERE name = 'epoch'), 3 * worth, 1, created_at, size_bytes, points, NULL, "
    "NULL, payload FROM frames WHERE TRUE",
    2: "SELECT number, epoch, worth, progress, created_at, size_bytes, points, anchor_ms, acknowledged_at, payload "
    "FROM frames JOIN payloads USING (number) WHERE progress < 2",
}
"""By version of the damaged file: its waiting frames as a `Row`. Those of version 1 may have been sent."""


def move_aside(path: Path, now: int) -> Path:
    """Rename the file with its log, for `save_from_damaged`; the new path. `OSError` when the folder refuses."""
    stamp = datetime.fromtimestamp(now / 1000, UTC).strftime("%Y%m%dT%H%M%S%f")[:-3]
    return _renamed(path, path.with_name(f"{path.name}.damaged-{stamp}Z{_UNSAVED}"))


def save_from_damaged(path: Path, into: sqlite3.Connection) -> dict[Path, int]:
    """Carry over what can be read of files that were moved aside; where each lies now, with the frames saved from it.

    Before anything else is put into the new file: what a killed process began is done again.
    """
    saved = {}
    for aside in sorted(path.parent.glob(f"{path.name}.damaged-*Z{_UNSAVED}")):
        frames = salvage(aside, into)
        with _transaction(into):
            add_count(into, "damaged_files", 1)
        saved[_renamed(aside, aside.with_name(aside.name.removesuffix(_UNSAVED)))] = frames
        _log.info("spool_salvaged from=%s saved_frames=%d", aside, frames)
    for old in sorted(path.parent.glob(f"{path.name}.damaged-*Z"))[:-KEEP_DAMAGED] if saved else ():
        for suffix in _FILES:
            old.with_name(old.name + suffix).unlink(missing_ok=True)
    return saved


def _renamed(path: Path, to: Path) -> Path:
    # The log first: a main file without it is old, but a log without its main file could be taken for a new one's.
    for suffix in reversed(_FILES):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(to.with_name(to.name + suffix))
    return to


def salvage(aside: Path, into: sqlite3.Connection) -> int:
    """Copy every waiting frame that can still be read from `aside` into a new file; how many.

    Frames keep number, epoch and progress; each is decoded, so that nothing is carried over that is not what was sealed.
    Counters and epochs come along where they can be read. Stops early when the disk is full.
    """
    saved = 0
    try:
        with closing(sqlite3.connect(aside, timeout=BUSY_TIMEOUT_S, isolation_level=None)) as damaged:
            (version,) = damaged.execute("PRAGMA user_version").fetchone()
            rows = _rows(damaged, _WAITING[version])
            while chunk := list(islice(rows, _AT_ONCE)):
                with _transaction(into):
                    delete_frames(into, [row.number for row in chunk])  # of an attempt that was killed
                    insert_frames(into, chunk)
                saved += len(chunk)
            for table in ("counts", "epochs", "sqlite_sequence"):
                _copy(table, damaged, into)
    except (sqlite3.DatabaseError, KeyError) as error:
        _log.warning("spool_salvage_ended_early saved_frames=%d error=%s", saved, error)
    return saved


def _copy(table: str, damaged: sqlite3.Connection, into: sqlite3.Connection) -> None:
    """Replace a small table of names or epochs and one number each."""
    rows = damaged.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
    with _transaction(into):
        into.execute(f"DELETE FROM {table}")  # noqa: S608
        into.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)  # noqa: S608


@contextmanager
def _transaction(into: sqlite3.Connection) -> Iterator[None]:
    into.execute("BEGIN IMMEDIATE")
    try:
        yield
        into.execute("COMMIT")
    except sqlite3.Error:
        if into.in_transaction:
            into.execute("ROLLBACK")
        raise


def _rows(damaged: sqlite3.Connection, waiting: str) -> Iterator[Row]:
    number, stride = 0, 1
    while stride < _FAR:
        try:
            found = damaged.execute(f"{waiting} AND number > ? ORDER BY number LIMIT 1", (number,)).fetchone()
        except sqlite3.DatabaseError:
            number += stride  # no way to ask which is the next that can be read
            stride *= 2
            continue
        if found is None:
            return
        row = Row(*found)
        number, stride = row.number, 1
        if is_sound(row.number, row.epoch, row.payload):
            yield row
