"""What the store holds of boards over a period, cut into one piece per board."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from campus.ids import DeviceId, MetricId, SiteId
from controller.store.port import Ids, Level, SampleStore, Times, Window
from controller.utilisation.rules import Evidence, evidence

POWER: Final = MetricId("power_state")
TOUCH: Final = MetricId("touch_per_min")
INPUT: Final = MetricId("input_state")

BoardKey = tuple[SiteId, DeviceId]


def read_evidence(store: SampleStore, boards: Iterable[BoardKey], start: int, end: int) -> dict[BoardKey, Evidence]:
    """Evidence of each board over [start, end), from one window for all; boards without a power state are left out."""
    wanted = set(boards)
    series = {metric: _series(store, metric, wanted) for metric in (POWER, TOUCH, INPUT)}
    ids = np.array(sorted({each for found in series.values() for each in found.values()}), dtype=np.int32)
    if not len(ids) or end <= start:
        return {}
    window = store.window(ids, start, end, Level.FIVE_MINUTES)
    pieces = _pieces(ids, window)
    found = {}
    for board, power in series[POWER].items():
        rows = pieces[power]
        active = [_active(window, pieces, series[metric].get(board)) for metric in (TOUCH, INPUT)]
        found[board] = evidence(window.at[rows], window.minimum[rows], window.maximum[rows], *active)
    return found


def _series(store: SampleStore, metric: MetricId, boards: set[BoardKey]) -> dict[BoardKey, int]:
    named = store.find_series(metric=metric).items()
    return {key: number for number, name in named if (key := (name.site, name.device)) in boards}


def _pieces(ids: Ids, window: Window) -> dict[int, slice]:
    firsts = np.searchsorted(window.series, ids).tolist()
    lasts = np.searchsorted(window.series, ids, side="right").tolist()
    return {number: slice(first, last) for number, first, last in zip(ids.tolist(), firsts, lasts, strict=True)}


def _active(window: Window, pieces: dict[int, slice], series: int | None) -> Times:
    """Starts of the buckets in which the series was above 0 at some reading."""
    if series is None:
        return np.empty(0, dtype=np.int64)
    rows = pieces[series]
    return window.at[rows][window.maximum[rows] > 0]
