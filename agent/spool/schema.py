"""Opening the spool's SQLite file: pragmas, tables, versions, and one sentence for everything that can be wrong with it."""

import secrets
import sqlite3
from pathlib import Path

from campus.errors import ConfigError

VERSION = 1
BUSY_TIMEOUT_S = 10.0
_CACHE_KIB = 1024

_TABLES = """
CREATE TABLE frames (
    number INTEGER PRIMARY KEY AUTOINCREMENT,  -- AUTOINCREMENT: a number is not used again after its row is gone
    worth INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    points INTEGER NOT NULL,
    payload BLOB NOT NULL
);
CREATE INDEX frames_by_worth ON frames (worth, number, created_at, size_bytes, points);
CREATE TABLE counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE facts (device TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE candidates (
    topic TEXT PRIMARY KEY,
    messages INTEGER NOT NULL,
    reason TEXT NOT NULL,
    last_at INTEGER NOT NULL,
    sample BLOB NOT NULL
) WITHOUT ROWID;
"""


def open_database(path: Path, now: int) -> sqlite3.Connection:
    """Open or make the file for its one writer. `ConfigError` when it is damaged, newer than us or cannot be opened.

    Every commit is on the disk when it returns: WAL with ``synchronous=FULL`` (https://www.sqlite.org/pragma.html).
    The connection is in autocommit mode and may be handed to another thread, one at a time.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise ConfigError(
            f"{path}: the spool cannot be opened: {error}. Check spool.path and who owns the folder"
        ) from error
    try:
        _check_version(connection, path)
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute("PRAGMA journal_size_limit = 4194304")
        if _version(connection) == 0:
            _create(connection, now)
    except sqlite3.Error as error:
        connection.close()
        raise ConfigError(explain(path, error)) from error
    except ConfigError:
        connection.close()
        raise
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open an existing spool read-only, also while its agent runs; `ConfigError` as above or when there is none."""
    if not path.is_file():
        raise ConfigError(f"{path}: there is no spool yet: it is made when the agent first runs")
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S)
        _check_version(connection, path)
    except sqlite3.Error as error:
        raise ConfigError(explain(path, error)) from error
    return connection


def explain(path: Path, error: sqlite3.Error) -> str:
    """What an error of SQLite means to the person who runs the agent."""
    code = getattr(error, "sqlite_errorname", "")
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return (
            f"{path}: the spool file is damaged ({error}). Move it away to start an empty one; "
            "what was not yet sent stays in the moved file"
        )
    if is_disk_trouble(error):
        return f"{path}: the disk is full or refuses writes ({error}). Make room on it"
    return f"{path}: the spool cannot be used: {error}"


def is_disk_trouble(error: sqlite3.Error) -> bool:
    """Whether the disk is full or refuses writes: a state that may pass, after which the file is as it was."""
    code = getattr(error, "sqlite_errorname", "")
    return code.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN"))


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    version = _version(connection)
    if version > VERSION:
        raise ConfigError(
            f"{path}: this spool was written by a newer version of Campanile (format {version}, this version reads up to "
            f"{VERSION}). Install that version again, or move the file away to start an empty spool; nothing was changed"
        )
    if version == 0 and connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() != (0,):
        raise ConfigError(f"{path}: this is a database, but not a spool. Check spool.path; nothing was changed")


def _create(connection: sqlite3.Connection, now: int) -> None:
    # Later files have higher epochs (the clock comes first), and two made in the same millisecond still differ.
    epoch = now * 1024 + secrets.randbelow(1024)
    connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {VERSION};")
    connection.execute("INSERT INTO counts VALUES ('epoch', ?)", (epoch,))
    connection.execute("COMMIT")
