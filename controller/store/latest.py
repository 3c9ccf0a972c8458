"""The newest value of every series, in memory."""

from threading import Lock

import numpy as np

from controller.store.port import Ids, Latest, Times, Values


class LatestValues:
    """Two arrays over series ids. One thread updates, any thread reads; a reader never sees half of an update."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._measured_at: Times = np.zeros(1024, np.int64)
        self._value: Values = np.full(1024, np.nan)

    def update(self, series: Ids, measured_at: Times, value: Values) -> None:
        """Take rows in arrival order; the newest wins, and of two at the same instant the one that came later."""
        if not len(series):
            return
        with self._lock:
            self._grow(int(series.max()) + 1)
            place = series.astype(np.intp)  # else each line below makes it anew
            np.maximum.at(self._measured_at, place, measured_at)
            newest = measured_at == self._measured_at[place]
            if newest.all():
                self._value[place] = value
            else:
                self._value[place[newest]] = value[newest]

    def of(self, ids: Ids) -> Latest:
        """Copies, aligned with `ids`; 0 and NaN where nothing came yet."""
        with self._lock:
            if len(ids):
                self._grow(int(ids.max()) + 1)
            return Latest(self._measured_at[ids], self._value[ids])

    def known(self) -> tuple[Ids, Times, Values]:
        """Everything that has a value, by ascending id."""
        with self._lock:
            ids = np.flatnonzero(self._measured_at).astype(np.int32)
            return ids, self._measured_at[ids], self._value[ids]

    def _grow(self, size: int) -> None:
        missing = size - len(self._measured_at)
        if missing > 0:
            missing = max(missing, len(self._measured_at))
            self._measured_at = np.concatenate((self._measured_at, np.zeros(missing, np.int64)))
            self._value = np.concatenate((self._value, np.full(missing, np.nan)))
