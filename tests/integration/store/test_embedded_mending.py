"""What fails in the middle of an append or of upkeep, and how the store finds its way again without a restart."""

import threading
from pathlib import Path

import duckdb
import pytest

from controller.store.embedded import EmbeddedStore
from controller.store.embedded.part import PartKind
from controller.store.port import Level, Retention
from tests.servers.daemon import wait_until
from tests.unit.store.stores import DAY, MIDNIGHT, MINUTE, SMALL, batch, embedded, ids, mark, names


def stored(store: EmbeddedStore) -> int:
    """Rows of the first day."""
    return len(store.window(ids(*range(3)), MIDNIGHT, MIDNIGHT + DAY, Level.RAW).mean)


def test_a_batch_whose_commit_lasted_is_not_stored_again_when_the_next_table_cannot_be_made(tmp_path: Path) -> None:
    store = embedded(tmp_path)
    store.series_ids(names(3))
    full = batch([(i % 3, MIDNIGHT + i * MINUTE, float(i)) for i in range(SMALL.hot_rows)], marks=[mark(1)])
    with store._database.transaction() as cursor:
        cursor.execute("CREATE TABLE hot_2 (in_the_way INTEGER)")
    with pytest.raises(duckdb.Error):
        store.append(full)
    with store._database.transaction() as cursor:
        cursor.execute("DROP TABLE hot_2")
    store.append(full)
    assert stored(store) == SMALL.hot_rows
    store.close()


def test_what_is_too_late_is_counted_once_however_often_the_append_is_tried(tmp_path: Path) -> None:
    store = embedded(tmp_path, retention=Retention(raw_days=3))
    store.series_ids(names(1))
    store.append(batch([(0, MIDNIGHT, 1.0)], marks=[mark(1)]))
    store.maintain(MIDNIGHT + 4 * DAY)
    late = batch([(0, MIDNIGHT + MINUTE, 5.0), (0, MIDNIGHT + 4 * DAY, 2.0)], marks=[mark(2)])
    with store._database.transaction() as cursor:
        cursor.execute("ALTER TABLE frame_runs RENAME TO away")
    for _ in range(3):
        with pytest.raises(duckdb.Error):
            store.append(late)
    assert store.figures().samples_too_late == 0
    with store._database.transaction() as cursor:
        cursor.execute("ALTER TABLE away RENAME TO frame_runs")
    store.append(late)
    assert store.figures().samples_too_late == 1
    store.close()


def test_upkeep_under_way_while_the_library_is_opened_anew_loses_nothing(tmp_path: Path) -> None:
    store = embedded(tmp_path)
    store.series_ids(names(3))
    store.append(batch([(i % 3, MIDNIGHT + i * MINUTE, float(i)) for i in range(SMALL.hot_rows)]))
    upkeep = threading.Thread(target=store.maintain, args=(MIDNIGHT + 2 * DAY,))
    with store._shelf._changing:  # the part is written, and the table is not told of it yet
        upkeep.start()
        wait_until(lambda: any((tmp_path / PartKind.SEGMENT).glob("*.parquet")), "a part")
        store._database._is_broken = True
        assert stored(store) == SMALL.hot_rows
    upkeep.join()
    assert stored(store) == SMALL.hot_rows
    store.close()
    again = embedded(tmp_path)
    assert stored(again) == SMALL.hot_rows
    again.close()


def test_a_store_that_could_not_be_opened_anew_takes_nothing(tmp_path: Path) -> None:
    store = embedded(tmp_path)
    store.series_ids(names(3))
    one = batch([(0, MIDNIGHT, 1.0)], marks=[mark(1)])
    store.append(one)
    with store._database.transaction() as cursor:
        cursor.execute("ALTER TABLE latest RENAME TO away")
    store._database._is_broken = True
    for _ in range(2):
        with pytest.raises(duckdb.Error):
            store.append(batch([(1, MIDNIGHT, 1.0)], marks=[mark(2)]))
    store.close()
    with duckdb.connect(str(tmp_path / "samples.duckdb")) as connection:
        connection.execute("ALTER TABLE away RENAME TO latest")
    store.append(one)
    store.append(batch([(1, MIDNIGHT, 1.0)], marks=[mark(2)]))
    assert stored(store) == 2
    store.close()


def test_tables_that_a_killed_upkeep_left_are_removed_at_the_next_start(tmp_path: Path) -> None:
    store = embedded(tmp_path)
    store.series_ids(names(3))
    store.append(batch([(i % 3, MIDNIGHT + i * MINUTE, float(i)) for i in range(SMALL.hot_rows)]))
    with store._database.transaction() as cursor:  # flushed and not swept: nothing names it any more
        cursor.execute("CREATE TABLE hot_0 AS FROM hot_1")
    store.close()
    embedded(tmp_path).close()
    with duckdb.connect(str(tmp_path / "samples.duckdb")) as connection:
        found = connection.execute("SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'hot\\_%' ESCAPE '\\'")
        assert sorted(found.fetchall()) == [("hot_1",), ("hot_2",)]
