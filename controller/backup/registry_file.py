"""The registry's SQLite file: a copy of one instant of it while others write, and whether one is sound.

Never reads the file's bytes beside SQLite: closing such a file would let go of the locks that this process holds on it.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from campus.errors import Transient
from controller.backup.model import Problem
from controller.registry.schema import known_revisions

_PAGES = 1_000
_DEVICES = "SELECT site, id FROM device"
_REVISION: Final = "SELECT version_num FROM alembic_version"
Copy = Callable[[Path, Callable[[], None]], None]
"""Copies to a path; the second argument is called now and then and may raise to end it."""


@contextmanager
def registry_snapshot(file: Path) -> Iterator[Copy]:
    """The registry of this instant, for as long as the block lasts; other connections go on writing."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as source:
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchall()  # the first read chooses the instant

            def copy(target: Path, breathe: Callable[[], None]) -> None:
                with closing(sqlite3.connect(target)) as written:
                    source.backup(written, pages=_PAGES, progress=lambda *_: breathe(), sleep=0)
                    written.execute("PRAGMA journal_mode = DELETE")  # one file, whole without a log beside it

            yield copy
    except sqlite3.Error as error:
        raise Transient(f"the registry {file} cannot be copied: {error}") from error


def registry_problems(file: Path) -> Iterator[Problem]:
    """What is wrong with a registry that nobody writes, or a copy. Changes nothing."""
    if not file.is_file():
        yield Problem(file.name, "is missing", "Restore it from a backup")
        return
    try:
        with closing(_opened(file)) as connection:
            for (said,) in connection.execute("PRAGMA integrity_check(10)"):
                if said != "ok":
                    yield Problem(file.name, str(said), "Restore it from a backup")
            for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
                yield Problem(file.name, f"row {row} of {table} belongs to a row of {parent} that is missing")
            revisions = {revision for (revision,) in connection.execute(_REVISION)}
            if not revisions <= known_revisions():
                advice = "Verify it with the version that wrote it"
                yield Problem(file.name, "was written by a newer version of Campanile", advice)
    except sqlite3.Error as error:
        yield Problem(file.name, f"cannot be read: {error}", "Restore it from a backup")


def devices_of(file: Path) -> set[tuple[str, str]]:
    """Site and id of every device the registry knows; empty when it cannot be read."""
    try:
        with closing(_opened(file)) as connection:
            return set(connection.execute(_DEVICES))
    except sqlite3.Error:
        return set()


def _opened(file: Path) -> sqlite3.Connection:
    """Read-only. A file without a log is opened as one that nobody changes, so that none is made beside it."""
    log = file.with_name(file.name + "-wal")
    frozen = "" if log.exists() else "&immutable=1"
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro{frozen}", uri=True)
