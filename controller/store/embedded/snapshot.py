# ruff: noqa: S608 - the names put into statements are our own
"""The store as it was at one instant, for backups: read in a transaction, while appends and upkeep go on.

The tables go through Parquet files: what fails while a copy is written (a full disk) then fails in a database of its own
and never in the one that is being filled.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from campus.errors import ConfigError, Transient
from controller.store.embedded.database import THREADS, Cursor, in_our_words, is_held
from controller.store.embedded.part import PART_COLUMNS, Order, Part, PartKind, quoted
from controller.store.embedded.schema import VERSION

DATABASE = "samples.duckdb"
TABLES = "tables"
_CHUNK_ROWS = 1_000_000
_MEMORY_LIMIT = "256MB"
_EVERY_TABLE = "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND NOT temporary"
Advance = Callable[[int, int], None]
"""Hears how much is done and how much there is in all; may raise to end the work."""


@dataclass(frozen=True)
class Snapshot:
    """One instant of a store. Lives as long as the transaction of `cursor`; one thread at a time."""

    cursor: Cursor
    directory: Path

    def link_parts(self, folder: Path) -> list[Path]:
        """Give every part a second name under `folder`; those that are missing, relative to the store's directory."""
        missing = []
        for kind in PartKind:
            (folder / kind).mkdir(parents=True)
        for part in read_parts(self.cursor):
            try:
                os.link(part.path(self.directory), part.path(folder))
            except FileNotFoundError:
                missing.append(part.path(Path()))
            except OSError:  # a file system without links
                shutil.copyfile(part.path(self.directory), part.path(folder))
        return missing

    def write_tables(self, folder: Path, advance: Advance) -> None:
        """Write every table that counts as Parquet files in `folder`, which `build_database` reads; counted in rows."""
        folder.mkdir()
        tables = self._tables()
        rows = {table: self._highest_row(table) + 1 for table in tables}
        done, total = 0, sum(rows.values())
        for table, there in rows.items():
            for number, first in enumerate(range(0, max(there, 1), _CHUNK_ROWS)):
                file = folder / f"{table}.{number:06d}.parquet"
                chosen = f"SELECT * FROM {table} WHERE rowid >= {first} AND rowid < {first + _CHUNK_ROWS}"
                self.cursor.execute(f"COPY ({chosen}) TO '{quoted(file)}' (FORMAT parquet, COMPRESSION zstd)")
                advance(min(done + first + _CHUNK_ROWS, done + there), total)
            done += there

    def _tables(self) -> list[str]:
        hot = {f"hot_{number}" for (number,) in self.cursor.execute("SELECT number FROM hot").fetchall()}
        names = [name for (name,) in self.cursor.execute(_EVERY_TABLE).fetchall()]
        return sorted(name for name in names if not name.startswith("hot_") or name in hot)

    def _highest_row(self, table: str) -> int:
        found = self.cursor.execute(f"SELECT max(rowid) FROM {table}").fetchone()
        return -1 if found is None or found[0] is None else int(found[0])


@contextmanager
def begun(cursor: Cursor, directory: Path) -> Iterator[Snapshot]:
    """A snapshot of this instant on a cursor of one's own; the cursor is as before when the block ends."""
    cursor.begin()
    try:
        cursor.execute(
            "SELECT count(*) FROM meta"
        ).fetchall()  # a transaction sees what was there at its first statement
        yield Snapshot(cursor, directory)
    finally:
        cursor.rollback()


@contextmanager
def reading_closed(directory: Path) -> Iterator[Cursor]:
    """A cursor on the database of a store that nobody has open; nothing in it is changed, nobody can open it meanwhile.

    `ConfigError` when there is none, when another process has it open, and when it cannot be read. What goes wrong inside
    the block leaves as `Transient`.
    """
    file = directory / DATABASE
    if not file.is_file():
        raise ConfigError(f"{file} is missing: there are no samples here")
    try:
        connection = duckdb.connect(
            str(file), read_only=True, config={"memory_limit": _MEMORY_LIMIT, "threads": THREADS}
        )
    except (duckdb.Error, OSError) as error:
        if is_held(error):
            raise ConfigError(f"{file} is in use by another process: stop that one first ({error})") from error
        raise ConfigError(f"{file} is damaged and cannot be opened: restore it from a backup ({error})") from error
    try:
        yield connection
    except (duckdb.Error, MemoryError) as error:
        raise in_our_words(error) from error
    finally:
        connection.close()


@contextmanager
def closed_snapshot(directory: Path) -> Iterator[Snapshot]:
    """Like `EmbeddedStore.snapshot`, of a store that nobody has open."""
    with reading_closed(directory) as cursor:
        cursor.execute("LOAD parquet")
        _require_version(cursor, directory)
        with begun(cursor, directory) as snapshot:
            yield snapshot


def is_in_use(directory: Path) -> bool:
    """Whether another process has the store open; one that is damaged is in nobody's use."""
    try:
        duckdb.connect(str(directory / DATABASE), read_only=True, config={"threads": THREADS}).close()
    except (duckdb.Error, OSError) as error:
        return is_held(error)
    return False


def build_database(folder: Path, count: Callable[[int], None]) -> None:
    """Make the database out of `folder`/tables, which are then removed. Counts bytes of those.

    `Transient` when the disk is full; nothing is left then.
    """
    file, tables = folder / DATABASE, folder / TABLES
    names = sorted({path.name.partition(".")[0] for path in tables.iterdir()})
    try:
        with duckdb.connect(str(file), config={"memory_limit": _MEMORY_LIMIT, "threads": THREADS}) as connection:
            connection.execute(f"LOAD parquet; SET temp_directory = '{quoted(tables / 'spill')}'")
            for name in names:
                pieces = sorted(tables.glob(f"{name}.*.parquet"))
                listed = ", ".join(f"'{quoted(path)}'" for path in pieces)
                connection.execute(f"CREATE TABLE {name} AS SELECT * FROM read_parquet([{listed}])")
                count(sum(path.stat().st_size for path in pieces))
            connection.execute("CHECKPOINT")
    except (duckdb.Error, OSError, MemoryError) as error:
        file.unlink(missing_ok=True)
        raise Transient(f"{file} cannot be written: {error}") from error
    shutil.rmtree(tables)


def parts_of(directory: Path) -> list[Part]:
    """What a store that nobody has open says of its parts, by number; `ConfigError` too when another version wrote it."""
    with reading_closed(directory) as cursor:
        _require_version(cursor, directory)
        return read_parts(cursor)


def _require_version(cursor: Cursor, directory: Path) -> None:
    written = cursor.execute("SELECT content FROM meta WHERE name = 'version'").fetchall()
    if written != [(str(VERSION),)]:
        raise ConfigError(
            f"{directory / DATABASE} was written by another version of Campanile: start this version's controller on "
            "it once, or use the version that wrote it"
        )


def read_parts(cursor: Cursor) -> list[Part]:
    """The parts that count, by number."""
    rows = cursor.execute(f"SELECT {PART_COLUMNS} FROM part ORDER BY id").fetchall()
    return [Part(part_id, PartKind(kind), Order(order), *rest) for part_id, kind, order, *rest in rows]
