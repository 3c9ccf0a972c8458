"""A copy of the registry is one instant of it, whoever writes meanwhile; what is wrong with one is told."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from campus.errors import Transient
from controller.backup.registry_file import devices_of, registry_problems, registry_snapshot
from controller.registry.database import sqlite_file
from tests.support.district import ready_registry


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    file = sqlite_file(ready_registry(tmp_path).engine)
    assert file is not None
    return file


def rename_sites(file: Path, name: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE site SET name_en = ?", [name])
        connection.execute("CREATE TABLE IF NOT EXISTS ballast (content BLOB)")
        connection.executemany("INSERT INTO ballast VALUES (zeroblob(4096))", [()] * 500)
        connection.commit()


def names_in(file: Path) -> set[str]:
    with closing(sqlite3.connect(file)) as connection:
        return {name for (name,) in connection.execute("SELECT name_en FROM site")}


def test_a_copy_holds_the_instant_it_was_begun_at(registry: Path, tmp_path: Path) -> None:
    before, copy_file = names_in(registry), tmp_path / "copy.db"
    breaths = []
    with registry_snapshot(registry) as copy:
        rename_sites(registry, "renamed before the first page")

        def breathe() -> None:
            breaths.append(1)
            rename_sites(registry, f"renamed {len(breaths)}")

        copy(copy_file, breathe)
    assert breaths
    assert names_in(copy_file) == before
    assert len(names_in(registry)) == 1
    assert list(registry_problems(copy_file)) == []
    assert devices_of(copy_file) == devices_of(registry) != set()
    assert [path.name for path in tmp_path.glob("copy.db*")] == ["copy.db"]


def test_who_breathes_may_end_it(registry: Path, tmp_path: Path) -> None:
    def end() -> None:
        raise KeyError

    with pytest.raises(KeyError), registry_snapshot(registry) as copy:
        copy(tmp_path / "copy.db", end)
    rename_sites(registry, "still writable")


def test_what_is_wrong_is_told(registry: Path, tmp_path: Path) -> None:
    assert [problem.what for problem in registry_problems(tmp_path / "nowhere.db")] == ["is missing"]
    (tmp_path / "text.db").write_bytes(b"no database " * 1_000)
    (said,) = registry_problems(tmp_path / "text.db")
    assert "cannot be read" in said.what
    with pytest.raises(Transient, match="cannot be copied"), registry_snapshot(tmp_path / "text.db"):
        pass
    with closing(sqlite3.connect(registry)) as connection:
        connection.execute("DELETE FROM organisation")
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    found = " ".join(problem.what for problem in registry_problems(registry))
    assert "belongs to a row of organisation that is missing" in found
    assert "was written by a newer version of Campanile" in found
