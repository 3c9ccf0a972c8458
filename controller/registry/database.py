"""The registry's database: how it is opened, and the two kinds of session everyone uses.

SQLite by default (write-ahead log, foreign keys on, waits instead of failing), any SQLAlchemy URL otherwise. Statements
stay portable: nothing here or in the tables is for one engine only, except the pragmas.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import event
from sqlmodel import Session

from campus.errors import Transient
from controller.identity.scope import NotFound
from controller.registry.turns import Turns

BUSY_TIMEOUT_S: Final = 10.0
"""How long a writer waits for another before it gives up; writers here take milliseconds."""
_READING = "campanile_reading"
_TURNS: Final[WeakKeyDictionary[sa.Engine, Turns]] = WeakKeyDictionary()


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path}"


def sqlite_file(engine: sa.Engine) -> Path | None:
    """The file an engine keeps its tables in; None for a database server."""
    return Path(engine.url.database) if engine.dialect.name == "sqlite" and engine.url.database else None


def create_engine(url: str) -> sa.Engine:
    """An engine for `url`; inert, the first session opens the database."""
    engine = sa.create_engine(url, pool_pre_ping=not url.startswith("sqlite"), pool_size=16, max_overflow=32)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    _TURNS[engine] = Turns()
    return engine


@contextmanager
def reading(engine: sa.Engine) -> Iterator[Session]:
    """A session that only reads: sees one consistent state, never waits for writers. Rolled back at the end.

    Raises `Transient` when the database is away, `NotFound` when an id is asked for that no row can have.
    """
    with _told(), Session(engine.execution_options(**{_READING: True}), expire_on_commit=False) as session:
        yield session


@contextmanager
def writing(engine: sa.Engine) -> Iterator[Session]:
    """A session that is committed when the block ends well, rolled back when it raises.

    Takes the write lock at its first statement, so a read-then-write inside it cannot meet another writer half way.
    Writers of this process take turns in the order they came. Raises `Transient` when the database is locked, full or
    away, `NotFound` as `reading` does.
    """
    with _turn(engine), _told(), Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def _turn(engine: sa.Engine) -> Iterator[None]:
    turns = _TURNS[engine]
    if not turns.take(BUSY_TIMEOUT_S):
        raise Transient(f"the registry database cannot be used now: others have written for {BUSY_TIMEOUT_S:g} s")
    try:
        yield
    finally:
        turns.leave()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sa.exc.OperationalError as error:
        raise Transient(f"the registry database cannot be used now: {error.orig}") from error
    except OverflowError as error:  # SQLite has numbers of 64 bits, and addresses of pages any
        raise NotFound from error


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # the driver's own BEGIN leaves schema changes outside the transaction
    for pragma in (
        f"busy_timeout = {int(BUSY_TIMEOUT_S * 1000)}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    connection.exec_driver_sql("BEGIN" if options.get(_READING) else "BEGIN IMMEDIATE")
