"""What fails in the middle of an append or of upkeep, and how the store finds its way again without a restart."""

from pathlib import Path

import duckdb
import pytest

from controller.store.embedded import EmbeddedStore
from controller.store.port import Level
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
