"""A store that an earlier version wrote is opened, brought up to date, and keeps what it holds."""

import hashlib
from pathlib import Path

import duckdb

from controller.store.embedded import EmbeddedStore, schema
from controller.store.port import Level
from tests.unit.store.stores import DAY, MIDNIGHT, MINUTE, asked, batch, embedded, ids, mark, names

VERSION_1_PART = "id BIGINT, kind VARCHAR, day BIGINT, lowest INTEGER, highest INTEGER, samples BIGINT, size BIGINT"


def back_to_version_1(file: Path) -> None:
    """Undo what later versions changed, as version 1 would have written it."""
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"CREATE TABLE old_part ({VERSION_1_PART})")
        connection.execute("INSERT INTO old_part SELECT id, kind, day, lowest, highest, samples, size FROM part")
        connection.execute("DROP TABLE part")
        connection.execute("ALTER TABLE old_part RENAME TO part")
        connection.execute("UPDATE meta SET content = '1' WHERE name = 'version'")


def digests(store: EmbeddedStore) -> dict[Path, str | None]:
    """What the store says of each file."""
    return {part.path(store._directory): part.digest for part in store._shelf.layout.all_parts()}


def test_every_file_has_the_digest_of_its_bytes(tmp_path: Path) -> None:
    store = embedded(tmp_path)
    store.series_ids(names(3))
    store.append(batch([(i % 3, MIDNIGHT + i * MINUTE, float(i)) for i in range(90)]))
    store.maintain(MIDNIGHT + 2 * DAY)
    store.close()
    store = embedded(tmp_path)
    found = digests(store)
    assert found == {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.rglob("*.parquet")}
    assert len(found) > 1
    store.close()


def test_a_store_of_version_1_is_brought_up_to_date(tmp_path: Path) -> None:
    store = embedded(tmp_path)
    store.series_ids(names(3))
    rows = [(i % 3, MIDNIGHT + i * MINUTE, float(i)) for i in range(90)]
    store.append(batch(rows, [mark(1)]))
    store.maintain(MIDNIGHT + 2 * DAY)
    store.close()
    file = tmp_path / "samples.duckdb"
    back_to_version_1(file)

    store = embedded(tmp_path)
    assert set(digests(store).values()) == {None}
    assert store.is_committed([mark(1), mark(2)]) == [True, False]
    assert store.series_names(ids(2, 0)) == [names(3)[2], names(3)[0]]
    assert len(asked(store, ids(0, 1, 2), MIDNIGHT, MIDNIGHT + DAY, Level.RAW)) == 90
    store.append(batch([(0, MIDNIGHT + 3 * DAY, 1.0)]))
    store.maintain(MIDNIGHT + 5 * DAY)
    assert None in digests(store).values()
    assert any(digests(store).values())
    store.close()
    with duckdb.connect(str(file)) as connection:
        assert connection.execute("SELECT content FROM meta WHERE name = 'version'").fetchall() == [
            (str(schema.VERSION),)
        ]
