# ruff: noqa: S608 - the names put into statements are our own
"""Parts: sorted Parquet files that never change. Writing them so that a power cut leaves either all or nothing."""

import hashlib
import os
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from controller.store.embedded.database import Cursor
from controller.store.port import Ids
from controller.store.rollup import Buckets, Rows

_ROW_GROUP = 20_480
"""A query for one series reads one group of each part: small enough to be quick, large enough to compress. Groups have
the lowest and highest number of each column, so those of other metrics are passed over."""
# Level 1 packs telemetry within 2 % of level 3 and takes two thirds of its time.
_FORMAT = f"(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE {_ROW_GROUP})"
PART_COLUMNS = "id, kind, sorted_by, day, lowest, highest, samples, size, digest"
"""Of the table `part`, in the order of the fields of a `Part`."""
Column = NDArray[np.int32] | NDArray[np.int64] | NDArray[np.float64]
ROWS_OF_PART = "series, measured_at, value"
"""Without the metric, which every series' name tells: it is there to be looked for."""
# A column that only repeats another one is left empty and costs nothing; most 5-minute buckets hold one sample.
_BUCKETS_TO_PART = (
    "metric, series, bucket_at, samples, nullif(minimum, mean) AS minimum, mean, nullif(maximum, mean) AS maximum, "
    "nullif(p95, maximum) AS p95"
)
BUCKETS_OF_PART = (
    "series, bucket_at, samples, coalesce(minimum, mean) AS minimum, mean, coalesce(maximum, mean) AS maximum, "
    "coalesce(p95, maximum, mean) AS p95"
)


class PartKind(StrEnum):
    """`SEGMENT`: rows of a day as they came, sorted. `RAW`: rows of a day, series ranges disjoint. `ROLLUP`: 5 minutes."""

    SEGMENT = "segment"
    RAW = "raw"
    ROLLUP = "5m"


class Order(StrEnum):
    """`METRIC`: by metric, series, time, with a column of metric numbers. `SERIES`: by series, time, without; until version 4."""

    SERIES = "series"
    METRIC = "metric"


@dataclass(frozen=True)
class Part:
    """One file: rows or buckets of one local day for series lowest..highest, sorted."""

    id: int
    kind: PartKind
    order: Order
    day: int
    lowest: int
    highest: int
    samples: int
    size: int
    digest: str | None = None
    """SHA-256 of the file, hex; None for a file written before digests were kept."""

    def path(self, directory: Path) -> Path:
        """Where it lies; `directory` is the store's."""
        return directory / str(self.kind) / f"{self.id:010d}.parquet"


def write_rows(
    cursor: Cursor, directory: Path, part_id: int, kind: PartKind, day: int, rows: Rows, metric_of: Ids
) -> Part:
    """Write rows of one day, not empty; durable on return, but counted only once the `part` table names it.

    `metric_of` has the metric's number for each series; rows are sorted by it (`sort_by_metric`).
    """
    columns: dict[str, Column] = {
        "metric": metric_of[rows.series],
        "series": rows.series,
        "measured_at": rows.measured_at,
        "value": rows.value,
    }
    return _write(
        cursor,
        directory,
        Part(part_id, kind, Order.METRIC, day, *_span(rows.series), len(rows.series), 0),
        "*",
        columns,
    )


def write_buckets(cursor: Cursor, directory: Path, part_id: int, day: int, buckets: Buckets, metric_of: Ids) -> Part:
    """Write 5-minute buckets of one day, not empty; like `write_rows`."""
    part = Part(part_id, PartKind.ROLLUP, Order.METRIC, day, *_span(buckets.series), int(buckets.samples.sum()), 0)
    columns = {"metric": metric_of[buckets.series], **as_columns(buckets)}
    return _write(cursor, directory, part, _BUCKETS_TO_PART, columns)


def as_columns(buckets: Buckets) -> dict[str, Column]:
    """Buckets by the column names of tables and parts."""
    return {
        "series": buckets.series,
        "bucket_at": buckets.at,
        "samples": buckets.samples,
        "minimum": buckets.minimum,
        "mean": buckets.mean,
        "maximum": buckets.maximum,
        "p95": buckets.p95,
    }


def _write(cursor: Cursor, directory: Path, part: Part, selected: str, columns: dict[str, Column]) -> Part:
    path = part.path(directory)
    path.parent.mkdir(exist_ok=True)
    unfinished = path.with_suffix(".new")
    try:
        cursor.execute(f"COPY (SELECT {selected} FROM columns) TO '{quoted(unfinished)}' {_FORMAT}")
        _flush(unfinished)
        digest = _digest(unfinished)
        unfinished.replace(path)
        _flush(path.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return replace(part, size=path.stat().st_size, digest=digest)


def quoted(path: Path) -> str:
    """A path for the inside of an SQL text."""
    return str(path).replace("'", "''")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _span(series: Ids) -> tuple[int, int]:
    return int(series.min()), int(series.max())
