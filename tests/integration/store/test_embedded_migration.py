"""A store that an earlier version wrote is opened, brought up to date, and keeps what it holds."""

import hashlib
from pathlib import Path

import duckdb

from controller.store.embedded import EmbeddedStore, schema
from controller.store.port import Level
from tests.unit.store.stores import DAY, MIDNIGHT, MINUTE, asked, batch, embedded, ids, mark, names

VERSION_1 = """
CREATE TABLE old_part (
    id BIGINT, kind VARCHAR, day BIGINT, lowest INTEGER, highest INTEGER, samples BIGINT, size BIGINT
);
INSERT INTO old_part SELECT id, kind, day, lowest, highest, samples, size FROM part;
DROP TABLE part;
ALTER TABLE old_part RENAME TO part;
CREATE TABLE old_series (id INTEGER, site VARCHAR, device VARCHAR, metric VARCHAR, instance VARCHAR);
INSERT INTO old_series
    SELECT id, d.site, d.device, m.metric, i.instance FROM series
    JOIN device_word d ON d.number = series.device
    JOIN metric_word m ON m.number = series.metric
    JOIN instance_word i ON i.number = series.instance;
DROP TABLE series; DROP TABLE device_word; DROP TABLE metric_word; DROP TABLE instance_word;
ALTER TABLE old_series RENAME TO series;
UPDATE meta SET content = '1' WHERE name = 'version';
"""
"""The tables as version 1 made them, filled from what is there."""


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
    known = [*names(3), *names(2, "no-2")]
    store.series_ids(known)
    rows = [(i % 3, MIDNIGHT + i * MINUTE, float(i)) for i in range(90)]
    store.append(batch(rows, [mark(1)]))
    store.maintain(MIDNIGHT + 2 * DAY)
    store.close()
    file = tmp_path / "samples.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(VERSION_1)

    store = embedded(tmp_path)
    assert set(digests(store).values()) == {None}
    assert store.is_committed([mark(1), mark(2)]) == [True, False]
    assert store.series_names(ids(*range(5))) == known
    assert store.series_ids([*reversed(known), *names(1, "no-3")]).tolist() == [4, 3, 2, 1, 0, 5]
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
