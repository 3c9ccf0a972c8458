"""The two kinds of session on SQLite."""

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from campus.errors import Transient
from controller.identity.scope import NotFound
from controller.registry.database import create_engine, reading, sqlite_url, writing


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    engine = create_engine(sqlite_url(tmp_path / "x.db"))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE tally (n INTEGER)")
        connection.exec_driver_sql("INSERT INTO tally VALUES (0)")
    return engine


def tally(session: Session) -> int:
    return int(session.connection().exec_driver_sql("SELECT n FROM tally").scalar_one())


def test_pragmas_are_set(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 10_000


def test_read_then_write_loses_no_update_between_threads(engine: sa.Engine) -> None:
    def count_up() -> None:
        for _ in range(20):
            with writing(engine) as session:
                session.connection().exec_driver_sql("UPDATE tally SET n = ?", (tally(session) + 1,))

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with reading(engine) as session:
        assert tally(session) == 80


def test_a_reader_sees_one_state_and_does_not_wait_for_the_writer(engine: sa.Engine) -> None:
    with reading(engine) as reader:
        assert tally(reader) == 0
        with writing(engine) as writer:
            writer.connection().exec_driver_sql("UPDATE tally SET n = 7")
            assert tally(reader) == 0
        assert tally(reader) == 0
    with reading(engine) as reader:
        assert tally(reader) == 7


def test_what_raises_is_rolled_back(engine: sa.Engine) -> None:
    def fail_half_way() -> None:
        with writing(engine) as session:
            session.connection().exec_driver_sql("UPDATE tally SET n = 9")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    with reading(engine) as session:
        assert tally(session) == 0


def test_a_database_that_cannot_be_used_is_transient(tmp_path: Path) -> None:
    with (
        pytest.raises(Transient, match="cannot be used now"),
        reading(create_engine(sqlite_url(tmp_path / "a" / "b"))) as s,
    ):
        tally(s)


def test_an_id_that_no_row_can_have_is_not_found(engine: sa.Engine) -> None:
    for session_of in (reading, writing):
        with pytest.raises(NotFound), session_of(engine) as session:
            session.execute(sa.select(sa.literal(1 << 64, sa.BigInteger)))
