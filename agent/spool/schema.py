"""The spool's SQLite file: tables, versions, pragmas, epochs, and one sentence for everything that can be wrong with it."""

import os
import secrets
import sqlite3
from pathlib import Path

from agent.spool.migrate import migrate_1, run_script
from agent.spool.model import DiskFull, SpoolDamaged
from campus.errors import CampusError, ConfigError

VERSION = 2
BUSY_TIMEOUT_S = 10.0
_CACHE_KIB = 1024
_EPOCH_DICE = 1 << 20
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

FRAME_TABLES = """
CREATE TABLE frames (
    number INTEGER PRIMARY KEY AUTOINCREMENT,  -- AUTOINCREMENT: a number is not used again after its row is gone
    epoch INTEGER NOT NULL,
    worth INTEGER NOT NULL,
    progress INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    points INTEGER NOT NULL,
    anchor_ms INTEGER,
    acknowledged_at INTEGER
);
CREATE INDEX frames_by_progress ON frames (progress, worth, number);
-- Apart, so that a frame's progress never rewrites its bytes.
CREATE TABLE payloads (number INTEGER PRIMARY KEY, payload BLOB NOT NULL);
CREATE TABLE epochs (epoch INTEGER PRIMARY KEY, boot_id TEXT NOT NULL);
"""
_TABLES = f"""
{FRAME_TABLES}
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


def open_database(path: Path) -> sqlite3.Connection:
    """Open, make or migrate the file for its one writer.

    Every commit is on the disk when it returns: WAL with ``synchronous=FULL`` (https://www.sqlite.org/pragma.html).
    The connection is in autocommit mode and may be handed to another thread, one at a time. Raises `SpoolDamaged`,
    `DiskFull`, and `ConfigError` when the file is newer than us, is no spool or may not be opened.
    """
    try:
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise trouble_at_opening(path, error) from error
    try:
        version = check_version(connection, path)
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute("PRAGMA journal_size_limit = 4194304")
        if version < VERSION:
            _bring_up(connection, version)
    except sqlite3.Error as error:
        connection.close()
        raise trouble_at_opening(path, error) from error
    except ConfigError:
        connection.close()
        raise
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open an existing spool read-only, also while its agent runs; `ConfigError` when there is none, others as above."""
    if not path.is_file():
        raise ConfigError(f"{path}: there is no spool yet: it is made when the agent first runs")
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S)
    except sqlite3.Error as error:
        raise trouble(path, error) from error
    try:
        check_version(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise trouble(path, error) from error
    except ConfigError:
        connection.close()
        raise
    return connection


def begin_epoch(connection: sqlite3.Connection, now: int, above: int) -> int:
    """A new epoch, greater than `above` and all that this file has seen, remembered with the boot in which it began.

    Clones of a file, and a file restored from a backup, therefore go on with different epochs: the clock comes first, and
    two that begin at the same time, or without one, still differ by chance.
    """
    epoch = max(now * 1024, last_epoch(connection) + 1, above + 1) + secrets.randbelow(_EPOCH_DICE)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT OR REPLACE INTO counts VALUES ('epoch', ?)", (epoch,))
    connection.execute("DELETE FROM epochs WHERE epoch NOT IN (SELECT epoch FROM frames)")
    connection.execute("INSERT INTO epochs VALUES (?, ?)", (epoch, boot_id()))
    connection.execute("COMMIT")
    return epoch


def last_epoch(connection: sqlite3.Connection) -> int:
    """The highest epoch that this file has seen; 0 when it is new."""
    (highest,) = connection.execute(
        "SELECT max(coalesce((SELECT value FROM counts WHERE name = 'epoch'), 0), "
        "coalesce((SELECT max(epoch) FROM frames), 0))"
    ).fetchone()
    return int(highest)


def epochs_of_this_boot(connection: sqlite3.Connection, epoch: int) -> frozenset[int]:
    """Epochs that began since the machine's last boot, the running one among them."""
    rows = connection.execute("SELECT epoch FROM epochs WHERE boot_id = ? AND boot_id != ''", (boot_id(),))
    return frozenset(row[0] for row in rows) | {epoch}


def boot_id() -> str:
    """The kernel's name of this boot (random(4)); empty where it gives none."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""


def trouble(path: Path, error: sqlite3.Error) -> CampusError:
    """The error of ours that stands for SQLite's: `SpoolDamaged`, `DiskFull`, else `ConfigError`."""
    code = getattr(error, "sqlite_errorname", "")
    if code.startswith(_DAMAGE):
        return SpoolDamaged(
            f"{path}: the spool file is damaged ({error}). The agent moves it aside by itself and goes on with a new one"
        )
    if code.startswith(_DISK_TROUBLE):
        return DiskFull(f"{path}: the disk is full or refuses writes ({error}). Make room on it")
    return ConfigError(f"{path}: the spool cannot be used: {error}")


def trouble_at_opening(path: Path, error: sqlite3.Error) -> CampusError:
    """As `trouble`; but what we may not open stays closed however long we wait."""
    usable = os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.R_OK | os.W_OK))
    if usable:
        return trouble(path, error)
    return ConfigError(f"{path}: the spool cannot be opened: {error}. Check spool.path and who owns the folder")


_DAMAGE = (
    "SQLITE_CORRUPT",
    "SQLITE_NOTADB",
    # What a bad sector gives: the file is there, and a part of it can never be read again.
    "SQLITE_IOERR_READ",
    "SQLITE_IOERR_SHORT_READ",
    "SQLITE_IOERR_CORRUPTFS",
    "SQLITE_IOERR_DATA",
)
_DISK_TROUBLE = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")


def check_version(connection: sqlite3.Connection, path: Path) -> int:
    """The version of an open file, 0 for an empty one; `ConfigError` when it is newer than us or no spool at all."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise ConfigError(
            f"{path}: this spool was written by a newer version of Campanile (format {version}, this version reads up to "
            f"{VERSION}). Install that version again, or move the file away to start an empty spool; nothing was changed"
        )
    if version == 0 and connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() != (0,):
        raise ConfigError(f"{path}: this is a database, but not a spool. Check spool.path; nothing was changed")
    return int(version)


def _bring_up(connection: sqlite3.Connection, version: int) -> None:
    """Make the tables, or bring them from an older version to ours: all or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    if version == 1:
        migrate_1(connection, FRAME_TABLES)
    else:
        run_script(connection, _TABLES)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")
