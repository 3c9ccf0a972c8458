# ruff: noqa: S608 - the paths put into statements are our own
"""Parts lie by metric; those of earlier versions lie by series, and both are read, mixed and closed together."""

import hashlib
from pathlib import Path

import duckdb
import numpy as np
import pytest

from campus.ids import MetricId
from controller.store.embedded import EmbeddedStore
from controller.store.embedded.checking import check_store
from controller.store.embedded.part import Order, PartKind
from controller.store.embedded.sizes import Sizes
from controller.store.port import Level
from tests.unit.store.stores import DAY, HOUR, MIDNIGHT, MINUTE, Row, asked, batch, embedded, ids, names

SERIES = 240
SIZES = Sizes(chunk_rows=1_000, small_part_rows=1, hot_age_ms=1)
LEVELS = list(Level)


def rows_of_day(day: int) -> list[Row]:
    """Twelve samples of each series."""
    return [(n, MIDNIGHT + day * DAY + i * 25 * MINUTE, float(n + i)) for i in range(12) for n in range(SERIES)]


def filled(directory: Path, days: int = 2) -> EmbeddedStore:
    """A store with closed days."""
    store = embedded(directory, sizes=SIZES)
    store.series_ids(names(SERIES))
    for day in range(days):
        store.append(batch(rows_of_day(day)))
        store.maintain(MIDNIGHT + (day + 1) * DAY + HOUR)
        store.maintain(MIDNIGHT + (day + 1) * DAY + HOUR + 2)
    return store


def made_old(directory: Path) -> None:
    """The closed store as version 3 wrote it: parts sorted by series, without a column of metrics."""
    with duckdb.connect(str(directory / "samples.duckdb")) as connection:
        for part_id, kind in connection.execute("SELECT id, kind FROM part").fetchall():
            file = directory / kind / f"{part_id:010d}.parquet"
            at = "bucket_at" if kind == PartKind.ROLLUP else "measured_at"
            rows = f"SELECT * EXCLUDE metric FROM read_parquet('{file}') ORDER BY series, {at}"
            connection.execute(f"CREATE TEMP TABLE old_rows AS {rows}")
            connection.execute(f"COPY old_rows TO '{file}' (FORMAT parquet, COMPRESSION zstd); DROP TABLE old_rows")
            written = [file.stat().st_size, hashlib.sha256(file.read_bytes()).hexdigest(), part_id]
            connection.execute("UPDATE part SET size = ?, digest = ? WHERE id = ?", written)
        connection.execute("ALTER TABLE part DROP COLUMN sorted_by")
        connection.execute("UPDATE meta SET content = '3' WHERE name = 'version'")


def orders(store: EmbeddedStore, day: int) -> set[tuple[PartKind, Order]]:
    """How the parts of a day lie."""
    return {(part.kind, part.order) for part in store._shelf.layout.parts[MIDNIGHT + day * DAY]}


def everything(store: EmbeddedStore, days: int) -> list[list[tuple[float, ...]]]:
    """All rows of all levels, of all series and of those of one metric."""
    chosen = [np.arange(SERIES, dtype=np.int32), np.arange(1, SERIES, 3, dtype=np.int32), ids(4, 7, 200)]
    return [asked(store, some, MIDNIGHT, MIDNIGHT + days * DAY, level) for some in chosen for level in LEVELS]


def problems(directory: Path) -> list[tuple[str, str]]:
    """What a check of the closed store finds."""
    return check_store(directory, lambda _size: None).damages


def test_parts_lie_by_metric_and_say_so(tmp_path: Path) -> None:
    store = filled(tmp_path, 1)
    parts = list(store._shelf.layout.parts[MIDNIGHT])
    assert {part.order for part in parts} == {Order.METRIC}
    files = [part.path(tmp_path) for part in parts if part.kind is PartKind.RAW]
    assert len(files) == 3
    for file in files:
        found = duckdb.execute(f"SELECT metric, series, measured_at FROM read_parquet('{file}')").fetchall()
        assert found == sorted(found)
        assert {(metric, series % 3) for metric, series, _ in found} == {(0, 0), (1, 1), (2, 2)}
    store.close()
    assert problems(tmp_path) == []


@pytest.mark.parametrize("step", [1, 3, 6], ids=["all", "one metric", "half of a metric"])
@pytest.mark.parametrize("start", [MIDNIGHT, MIDNIGHT + HOUR], ids=["whole days", "cut days"])
def test_many_series_are_found_whatever_their_share_of_a_metric(tmp_path: Path, step: int, start: int) -> None:
    store = filled(tmp_path)
    chosen = np.arange(0, SERIES, step, dtype=np.int32)[:-1]
    assert len(chosen) > 32
    end = start + 2 * DAY
    wanted = sorted(
        (n, at, v)
        for day in range(2)
        for n, at, v in rows_of_day(day)
        if n in set(chosen.tolist()) and start <= at < end
    )
    assert [(row[0], row[1], row[3]) for row in asked(store, chosen, start, end, Level.RAW)] == wanted
    store.close()


def test_series_of_very_many_metrics_are_told_apart(tmp_path: Path) -> None:
    store = embedded(tmp_path, sizes=SIZES)
    store.series_ids([name._replace(metric=MetricId(f"metric_{n}")) for n, name in enumerate(names(SERIES))])
    store.append(batch(rows_of_day(0)))
    store.maintain(MIDNIGHT + DAY + HOUR)
    store.maintain(MIDNIGHT + DAY + HOUR + 2)
    chosen = [n for n in range(SERIES) if n % 3]
    found = store.window(ids(*chosen), MIDNIGHT, MIDNIGHT + DAY, Level.RAW)
    assert found.series.tolist() == [n for n in chosen for _ in range(12)]
    store.close()


def test_old_parts_are_read_beside_new_ones(tmp_path: Path) -> None:
    store = filled(tmp_path)
    before = everything(store, 2)
    store.close()
    made_old(tmp_path)
    store = embedded(tmp_path, sizes=SIZES)
    assert orders(store, 0) == {(PartKind.RAW, Order.SERIES), (PartKind.ROLLUP, Order.SERIES)}
    assert everything(store, 2) == before
    store.append(batch(rows_of_day(2)))
    store.maintain(MIDNIGHT + 3 * DAY + HOUR)
    store.maintain(MIDNIGHT + 3 * DAY + HOUR + 2)
    assert orders(store, 2) == {(PartKind.RAW, Order.METRIC), (PartKind.ROLLUP, Order.METRIC)}
    mixed = everything(store, 3)
    store.close()
    assert problems(tmp_path) == []
    again = filled(tmp_path / "again", 3)
    assert mixed == everything(again, 3)
    again.close()


def test_late_samples_of_an_old_day_turn_only_their_part(tmp_path: Path) -> None:
    filled(tmp_path, 1).close()
    made_old(tmp_path)
    store = embedded(tmp_path, sizes=SIZES)
    store.append(batch([(5, MIDNIGHT + 9 * HOUR, 1_000.0)]))
    store.maintain(MIDNIGHT + DAY + 2 * HOUR)
    store.maintain(MIDNIGHT + DAY + 2 * HOUR + 2)
    assert MIDNIGHT in store.settled_days(MIDNIGHT, MIDNIGHT + DAY)
    parts = store._shelf.layout.parts[MIDNIGHT]
    assert {part.lowest for part in parts if part.order is Order.METRIC} == {0}
    assert len({part.lowest for part in parts if part.order is Order.SERIES}) == 2
    for level in LEVELS:
        found = asked(store, ids(5), MIDNIGHT, MIDNIGHT + DAY, level)
        assert (sum(row[2] for row in found), max(row[5] for row in found)) == (13, 1_000.0)
    store.close()
    assert problems(tmp_path) == []


def test_segments_of_an_old_day_are_turned_when_it_is_closed(tmp_path: Path) -> None:
    sizes = Sizes(chunk_rows=10_000, small_part_rows=1, bulk_rows=1_000)
    store = embedded(tmp_path, sizes=sizes)
    store.series_ids(names(SERIES))
    store.append(batch(rows_of_day(0)))
    assert orders(store, 0) == {(PartKind.SEGMENT, Order.METRIC)}
    store.close()
    made_old(tmp_path)
    store = embedded(tmp_path, sizes=sizes)
    before = everything(store, 1)
    assert orders(store, 0) == {(PartKind.SEGMENT, Order.SERIES)}
    store.maintain(MIDNIGHT + DAY + HOUR)
    assert orders(store, 0) == {(PartKind.RAW, Order.METRIC), (PartKind.ROLLUP, Order.METRIC)}
    assert everything(store, 1) == before
    store.close()


@pytest.mark.parametrize(
    ("kind", "selected", "said"),
    [
        ("raw", "SELECT metric + 1 AS metric, * EXCLUDE metric FROM rows", "under the metric of another"),
        ("raw", "SELECT * FROM rows ORDER BY series, measured_at", "is not sorted by metric, series and time"),
        (
            "5m",
            "SELECT * FROM rows ORDER BY metric, series, bucket_at DESC",
            "is not sorted by metric, series and time",
        ),
        ("raw", "SELECT * REPLACE (measured_at - 86400000 AS measured_at) FROM rows", "holds rows of another day"),
    ],
)
def test_what_lies_in_a_wrong_order_is_found(tmp_path: Path, kind: str, selected: str, said: str) -> None:
    store = filled(tmp_path, 1)
    part = next(part for part in store._shelf.layout.parts[MIDNIGHT] if part.kind == kind)
    store.close()
    file = part.path(tmp_path)
    with duckdb.connect(str(tmp_path / "samples.duckdb")) as connection:
        connection.execute(f"CREATE TEMP TABLE rows AS SELECT * FROM read_parquet('{file}')")
        connection.execute(f"COPY ({selected}) TO '{file}' (FORMAT parquet)")
        connection.execute("UPDATE part SET digest = NULL, size = ? WHERE id = ?", [file.stat().st_size, part.id])
    ((where, found),) = problems(tmp_path)
    assert where == part.path(Path()).as_posix()
    assert said in found
