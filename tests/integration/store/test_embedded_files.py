"""What the embedded store says of data it must not touch, and what it does with leftovers."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from campus.errors import ConfigError
from controller.store.embedded.part import PartKind
from controller.store.embedded.sizes import Sizes
from controller.store.port import Level
from tests.unit.store.stores import DAY, HOUR, MIDNIGHT, MINUTE, SHANGHAI, asked, batch, embedded, ids, names

ROOT = Path(__file__).resolve().parents[3]


def filled(directory: Path) -> Path:
    """A closed store with one closed day."""
    store = embedded(directory)
    store.series_ids(names(3))
    store.append(batch([(i % 3, MIDNIGHT + i * MINUTE, float(i)) for i in range(90)]))
    store.maintain(MIDNIGHT + 2 * DAY)
    store.close()
    return directory / "samples.duckdb"


def test_a_newer_version_is_refused_untouched(tmp_path: Path) -> None:
    file = filled(tmp_path)
    with duckdb.connect(str(file)) as connection:
        connection.execute("UPDATE meta SET content = '99' WHERE name = 'version'")
    before = file.read_bytes()
    with pytest.raises(ConfigError, match="newer version of Campanile"):
        embedded(tmp_path)
    assert file.read_bytes() == before


def test_a_strange_database_is_refused_untouched(tmp_path: Path) -> None:
    file = tmp_path / "samples.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE TABLE pets (name VARCHAR)")
    before = file.read_bytes()
    with pytest.raises(ConfigError, match="not one of this store"):
        embedded(tmp_path)
    assert file.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_untouched(tmp_path: Path) -> None:
    file = tmp_path / "samples.duckdb"
    file.write_bytes(b"not a database, " * 1_000)
    with pytest.raises(ConfigError, match=r"backup, or set data_dir to an empty"):
        embedded(tmp_path)
    assert file.read_bytes() == b"not a database, " * 1_000


def test_another_time_zone_is_refused(tmp_path: Path) -> None:
    filled(tmp_path)
    with pytest.raises(ConfigError, match=r"set district\.timezone back to Asia/Shanghai"):
        embedded(tmp_path, ZoneInfo("Europe/Berlin"))
    embedded(tmp_path, SHANGHAI).close()


def test_a_store_in_use_is_refused(tmp_path: Path) -> None:
    store = embedded(tmp_path)
    code = f"from pathlib import Path; from tests.unit.store.stores import embedded; embedded(Path({str(tmp_path)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "is another controller running" in done.stderr
    store.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ConfigError, match="cannot be made"):
        embedded(tmp_path / "data")


def test_a_missing_part_is_told(tmp_path: Path) -> None:
    filled(tmp_path)
    part = next(tmp_path.rglob("*.parquet"))
    part.unlink()
    with pytest.raises(ConfigError, match=rf"{part.parent.name}/{part.name} and \d+ more files are missing"):
        embedded(tmp_path)


def test_leftovers_are_removed(tmp_path: Path) -> None:
    filled(tmp_path)
    wanted = set(tmp_path.rglob("*.parquet"))
    (tmp_path / "segment" / "0000009999.parquet").write_bytes(b"written, and killed before the commit")
    (tmp_path / "5m" / "0000009998.new").write_bytes(b"half")
    store = embedded(tmp_path)
    assert set(tmp_path.rglob("*.parquet")) == wanted
    assert not list(tmp_path.rglob("*.new"))
    assert len(asked(store, ids(0, 1, 2), MIDNIGHT, MIDNIGHT + DAY, Level.RAW)) == 90
    store.close()


def test_one_day_becomes_parts_of_disjoint_series(tmp_path: Path) -> None:
    store = embedded(tmp_path, sizes=Sizes(chunk_rows=30, small_part_rows=1))
    store.series_ids(names(3))
    store.append(batch([(i % 3, MIDNIGHT + i * MINUTE, float(i)) for i in range(90)]))
    store.maintain(MIDNIGHT + 2 * DAY)
    parts = store._shelf.layout.parts[MIDNIGHT]
    assert sorted((part.kind.value, part.lowest, part.highest, part.samples) for part in parts) == [
        *(("5m", series, series, 30) for series in range(3)),
        *(("raw", series, series, 30) for series in range(3)),
    ]
    store.close()


def test_late_samples_cost_only_the_series_around_them(tmp_path: Path) -> None:
    store = embedded(tmp_path, sizes=Sizes(chunk_rows=60, small_part_rows=1, hot_age_ms=1))
    store.series_ids(names(9))
    rows = [(series, MIDNIGHT + i * MINUTE, float(i)) for series in (0, 1, 3, 4, 6, 7) for i in range(30)]
    store.append(batch(rows))
    store.maintain(MIDNIGHT + 2 * DAY)
    before = store._shelf.layout.parts[MIDNIGHT]
    assert sorted((part.kind.value, part.lowest, part.highest) for part in before) == [
        *(("5m", lowest, lowest + 1) for lowest in (0, 3, 6)),
        *(("raw", lowest, lowest + 1) for lowest in (0, 3, 6)),
    ]
    late = [(series, MIDNIGHT + HOUR, 100.0) for series in (4, 5)]  # 5 had no samples: it belongs to those before it
    store.append(batch(late))
    store.maintain(MIDNIGHT + 2 * DAY + 5)
    store.maintain(MIDNIGHT + 2 * DAY + 10)
    after = store._shelf.layout.parts[MIDNIGHT]
    assert {part.lowest for part in set(before) & set(after)} == {0, 6}
    assert sum(part.samples for part in after if part.kind is PartKind.RAW) == 182
    assert MIDNIGHT in store.settled_days(MIDNIGHT, MIDNIGHT + DAY)
    found = asked(store, ids(*range(9)), MIDNIGHT, MIDNIGHT + DAY, Level.DAY)
    assert [(row[0], row[2], row[5]) for row in found] == [
        *((series, 30, 29.0) for series in (0, 1, 3)),
        (4, 31, 100.0),
        (5, 1, 100.0),
        *((series, 30, 29.0) for series in (6, 7)),
    ]
    store.close()


def test_a_busy_day_is_merged_while_it_runs(tmp_path: Path) -> None:
    store = embedded(tmp_path, sizes=Sizes(hot_age_ms=1, most_segments=3))
    store.series_ids(names(3))
    for n in range(9):
        store.append(batch([(series, MIDNIGHT + n * HOUR + series, float(n)) for series in range(3)]))
        store.maintain(MIDNIGHT + n * HOUR + 10)
        store.maintain(MIDNIGHT + n * HOUR + 20)
    assert len(store._shelf.layout.parts[MIDNIGHT]) <= 4
    assert len(asked(store, ids(0, 1, 2), MIDNIGHT, MIDNIGHT + DAY, Level.RAW)) == 27
    assert set(tmp_path.rglob("*.parquet")) == {part.path(tmp_path) for part in store._shelf.layout.all_parts()}
    store.close()


def test_a_long_busy_day_stays_in_few_layers(tmp_path: Path) -> None:
    sizes = Sizes(hot_age_ms=1, most_segments=2, most_layers=2, chunk_rows=4, small_part_rows=1)
    store = embedded(tmp_path, sizes=sizes)
    store.series_ids(names(3))
    written: set[Path] = set()
    for n in range(40):
        store.append(batch([(series, MIDNIGHT + n * MINUTE + series, float(n)) for series in range(3)]))
        store.maintain(MIDNIGHT + n * MINUTE + 10)
        store.maintain(MIDNIGHT + n * MINUTE + 20)
        raw = [part for part in store._shelf.layout.parts[MIDNIGHT] if part.kind is PartKind.RAW]
        layers = max((sum(part.lowest <= series <= part.highest for part in raw) for series in range(3)), default=0)
        assert layers <= 3
        written |= {part.path(tmp_path) for part in raw}
    assert len(asked(store, ids(0, 1, 2), MIDNIGHT, MIDNIGHT + DAY, Level.RAW)) == 120
    assert len(written) > 40
    store.close()


@pytest.mark.slow
def test_reading_writing_and_upkeep_at_once(tmp_path: Path) -> None:
    store = embedded(tmp_path)
    store.series_ids(names(4))
    done = threading.Event()
    problems: list[str] = []
    frames = 120

    def read() -> None:
        seen = 0
        while not done.is_set():
            for level in (Level.RAW, Level.HOUR, Level.DAY):
                window = store.window(ids(0, 1, 2, 3), MIDNIGHT, MIDNIGHT + 100 * DAY, level)
                total = int(window.count.sum())
                if total < seen or total % 4:
                    problems.append(f"{level}: {total} after {seen}")
                seen = max(seen, total - 4)

    def maintain() -> None:
        while not done.is_set():
            store.maintain(MIDNIGHT + 30 * DAY)

    def guarded(work: object) -> None:
        try:
            work()  # type: ignore[operator]
        except Exception as error:  # noqa: BLE001 - the edge of a test's thread: told by the assertion below
            problems.append(repr(error))

    threads = [threading.Thread(target=guarded, args=(work,)) for work in (read, read, maintain)]
    for thread in threads:
        thread.start()
    for n in range(frames):
        store.append(batch([(series, MIDNIGHT + n * HOUR, float(n)) for series in range(4)]))
    done.set()
    for thread in threads:
        thread.join(60)
    assert problems == []
    store.maintain(MIDNIGHT + 30 * DAY)
    assert len(asked(store, ids(0, 1, 2, 3), MIDNIGHT, MIDNIGHT + 100 * DAY, Level.RAW)) == 4 * frames
    store.close()
