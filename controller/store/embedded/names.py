# ruff: noqa: S608 - the names put into statements are our own
"""Names of series in the database: each word once, and a series as the numbers of its words.

So a commit that brings many series writes small integers, and a start reads a million names as a few columns.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from campus.ids import DeviceId, Instance, MetricId, SiteId
from controller.store.embedded.database import Cursor, insert, texts
from controller.store.port import Ids, SeriesColumns
from controller.store.series_index import Extent, SeriesIndex


def read_names(cursor: Cursor) -> SeriesColumns:
    """All names that are kept, from id 0."""
    sites: dict[str, str] = {}
    devices = [
        (SiteId(sites.setdefault(site, site)), DeviceId(device))
        for site, device in zip(*_words(cursor, "device_word", "site", "device"), strict=True)
    ]
    (metrics,) = _words(cursor, "metric_word", "metric")
    (instances,) = _words(cursor, "instance_word", "instance")
    found = cursor.execute("SELECT id, device, metric, instance FROM series").fetchnumpy()
    ids, *columns = (np.asarray(found[name]) for name in ("id", "device", "metric", "instance"))
    device, metric, instance = (_placed(ids, column) for column in columns)
    return SeriesColumns(
        0, device, metric, instance, devices, list(map(MetricId, metrics)), list(map(Instance, instances))
    )


def extent_of(kept: SeriesColumns) -> Extent:
    """How much `read_names` found."""
    return Extent(len(kept.devices), len(kept.metrics), len(kept.instances), len(kept.device))


def insert_names(cursor: Cursor, index: SeriesIndex, kept: Extent) -> Extent:
    """Write what the index has beyond `kept`, and say how much there is then; by the thread that adds to the index."""
    now = index.extent
    names = index.columns(kept.series)
    if now.devices > kept.devices:
        sites, devices = zip(*names.devices[kept.devices :], strict=True)
        _insert_words(cursor, "device_word", kept.devices, site=sites, device=devices)
    if now.metrics > kept.metrics:
        _insert_words(cursor, "metric_word", kept.metrics, metric=names.metrics[kept.metrics :])
    if now.instances > kept.instances:
        _insert_words(cursor, "instance_word", kept.instances, instance=names.instances[kept.instances :])
    if now.series > kept.series:
        ids = np.arange(kept.series, now.series, dtype=np.int32)
        columns = {"id": ids, "device": names.device, "metric": names.metric, "instance": names.instance}
        insert(cursor, "series", columns)
    return now


def _words(cursor: Cursor, table: str, *columns: str) -> list[list[str]]:
    found = cursor.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY number").fetchnumpy()
    return [np.asarray(found[column]).tolist() for column in columns]


def _insert_words(cursor: Cursor, table: str, first: int, **columns: Sequence[str]) -> None:
    size = len(next(iter(columns.values())))
    numbers = np.arange(first, first + size, dtype=np.int32)
    insert(cursor, table, {"number": numbers} | {name: texts(words) for name, words in columns.items()})


def _placed(ids: Ids, column: NDArray[np.int32]) -> Ids:
    placed = np.empty(len(ids), np.int32)
    placed[ids] = column
    return placed
