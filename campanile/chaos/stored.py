"""What the store holds at the end: every raw row that agents sent, every frame's mark. Opened when no controller runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import duckdb
import numpy as np

from campanile.chaos.reconcile import Row
from campus.metrics import made_by_centre
from campus.wire.frame import EARLIEST_MS, LATEST_MS
from controller.store.embedded.store import EmbeddedStore
from controller.store.port import FrameMark, Level, Retention

_SERIES_AT_ONCE: Final = 500


class Stored(NamedTuple):
    """Rows in the order of their series, and the frames they came in. What the controller itself made is left out."""

    rows: list[Row]
    marks: frozenset[FrameMark]


def read_store(data: Path, timezone: str) -> Stored:
    """Everything in a controller's data folder."""
    folder = data / "samples"
    store = EmbeddedStore(folder, timezone=ZoneInfo(timezone), retention=Retention())
    store.start()
    try:
        rows = list(_rows(store))
    finally:
        store.close()
    return Stored(rows, frozenset(_marks(folder / "samples.duckdb")))


def _rows(store: EmbeddedStore) -> Iterator[Row]:
    own = made_by_centre()
    names = {number: name for number, name in store.find_series().items() if name.metric not in own}
    ids = sorted(names)
    for start in range(0, len(ids), _SERIES_AT_ONCE):
        some = np.array(ids[start : start + _SERIES_AT_ONCE], np.int32)
        window = store.window(some, EARLIEST_MS, LATEST_MS, Level.RAW)
        columns = (window.series.tolist(), window.at.tolist(), window.mean.tolist())
        yield from (Row(names[series], at, value) for series, at, value in zip(*columns, strict=True))


def _marks(database: Path) -> Iterator[FrameMark]:
    with duckdb.connect(str(database), read_only=True) as connection:
        runs = connection.execute("SELECT site, agent, epoch, first, last FROM frame_runs").fetchall()
    for site, agent, epoch, first, last in runs:
        for number in range(first, last + 1):
            yield FrameMark(site, agent, epoch, number)
