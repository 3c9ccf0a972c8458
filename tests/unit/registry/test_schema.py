"""Migrations: from nothing to now, again without effect, and never over a stranger's or a newer database."""

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.schema import CreateTable
from sqlmodel import SQLModel

from campus.errors import ConfigError
from controller.registry.database import create_engine, sqlite_url
from controller.registry.schema import alembic_config, migrate

_POSTGRESQL = PGDialect()  # type: ignore[no-untyped-call]


def content(path: Path) -> list[str]:
    with sqlite3.connect(path) as connection:
        dump = list(connection.iterdump())
    connection.close()
    return dump


def test_from_nothing_to_now_and_again(tmp_path: Path) -> None:
    engine = create_engine(sqlite_url(tmp_path / "registry.db"))
    migrate(engine)
    made = set(sa.inspect(engine).get_table_names())
    assert made == {*SQLModel.metadata.tables, "alembic_version"}
    assert len(made) >= 14
    before = content(tmp_path / "registry.db")
    migrate(engine)
    assert content(tmp_path / "registry.db") == before


def test_the_tables_in_the_code_are_the_ones_migrations_make(tmp_path: Path) -> None:
    engine = create_engine(sqlite_url(tmp_path / "registry.db"))
    migrate(engine)
    with engine.begin() as connection:
        command.check(alembic_config(connection))


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    engine = create_engine(sqlite_url(path))
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    before = content(path)
    with pytest.raises(ConfigError, match=r"newer version of Campanile .*Nothing was changed"):
        migrate(engine)
    assert content(path) == before


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE pupils (name TEXT)")
    connection.close()
    before = content(path)
    with pytest.raises(ConfigError, match="another program"):
        migrate(create_engine(sqlite_url(path)))
    assert content(path) == before


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    path.write_bytes(b"a letter, not a database" * 50)
    with pytest.raises(ConfigError, match="cannot be used"):
        migrate(create_engine(sqlite_url(path)))
    assert path.read_bytes() == b"a letter, not a database" * 50


def test_a_folder_that_does_not_exist_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="its folder may be written"):
        migrate(create_engine(sqlite_url(tmp_path / "nowhere" / "registry.db")))


def test_a_migration_that_breaks_leaves_nothing_behind(tmp_path: Path) -> None:
    """The driver must not commit schema changes half way: one statement goes through, the next one fails."""
    engine = create_engine(sqlite_url(tmp_path / "registry.db"))

    def break_half_way() -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE half (id INTEGER)")
            connection.exec_driver_sql("CREATE TABLE half (id INTEGER)")

    with pytest.raises(sa.exc.OperationalError):
        break_half_way()
    assert sa.inspect(engine).get_table_names() == []


def test_every_table_can_be_made_on_postgresql_too(tmp_path: Path) -> None:
    """Names and types only; a statement that PostgreSQL has no word for fails here."""
    migrate(create_engine(sqlite_url(tmp_path / "registry.db")))
    made = [str(CreateTable(table).compile(dialect=_POSTGRESQL)) for table in SQLModel.metadata.sorted_tables]
    assert len(made) >= 13
    assert [text for text in made if "BIGINT" in text]
