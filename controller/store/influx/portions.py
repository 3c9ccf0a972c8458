"""Some series at a time, so that what is read of them stays bounded. No I/O; learns how often each metric is sampled."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from controller.store.influx.stale import Devices
from controller.store.port import Ids
from controller.store.series_index import SeriesIndex

ROWS_AT_ONCE: Final = 500_000
_FEWEST_SERIES: Final = 32
_MOST_SERIES: Final = 200_000
_FIRST_GUESS_MS: Final = 10_000.0
"""Between two samples of a series, until it is known: hardly any is asked more often."""
_MOST_GROWTH: Final = 2.0
"""A metric that was silent for a while may come back."""


class Portions:
    """Cuts an index's series. One thread at a time."""

    def __init__(self, index: SeriesIndex, rows_at_once: int = ROWS_AT_ONCE) -> None:
        self._index = index
        self._rows_at_once = rows_at_once
        self._order: Ids = np.empty(0, np.int32)
        self._interval_ms: NDArray[np.float64] = np.empty(0)

    def cut(self, span_ms: int, devices: Devices | None) -> Iterator[Ids]:
        """All series, or those of some devices, ascending in each portion; a metric and a school lie together, as in InfluxDB.

        Tell `learn` of each portion before the next is taken.
        """
        order = self._ordered()
        columns = self._index.columns(0)
        if devices is not None:
            order = order[np.isin(columns.device[order], list(devices))]
        first = 0
        while first < len(order):
            some = order[first : first + _MOST_SERIES]
            expected = np.cumsum(span_ms / self._interval_ms[columns.metric[some]])
            size = max(_FEWEST_SERIES, int(np.searchsorted(expected, self._rows_at_once)))
            yield np.sort(some[:size])
            first += size

    def learn(self, ids: Ids, found: Ids, span_ms: int) -> None:
        """A portion had rows of these series (`found` has one for each row)."""
        metric, metrics = self._index.columns(0).metric, len(self._interval_ms)
        series = np.bincount(metric[ids], minlength=metrics)
        rows = np.bincount(metric[found], minlength=metrics)
        present = np.flatnonzero(series)
        measured = span_ms * series[present] / np.maximum(rows[present], 1)
        self._interval_ms[present] = np.minimum(measured, self._interval_ms[present] * _MOST_GROWTH)

    def _ordered(self) -> Ids:
        """All series there are now, and a guess for each metric that is new."""
        columns = self._index.columns(0)
        if len(self._order) != len(columns.device):
            sites: dict[str, int] = {}
            site = np.array([sites.setdefault(site, len(sites)) for site, _ in columns.devices], np.int32)
            self._order = np.lexsort((columns.device, site[columns.device], columns.metric)).astype(np.int32)
            new = len(columns.metrics) - len(self._interval_ms)
            self._interval_ms = np.append(self._interval_ms, np.full(new, _FIRST_GUESS_MS))
        return self._order
