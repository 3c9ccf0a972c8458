"""Which series belong to which device, as arrays: made anew when the store knows more series than before."""

import threading
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from campus.ids import DeviceId, SiteId
from controller.store.port import DistrictSeries, Ids, SampleStore

DeviceKey = tuple[SiteId, DeviceId]


@dataclass(frozen=True)
class SeriesIndex:
    """All series of a moment: `ids` ascending, aligned with `names` and `device_number`, which counts `devices`."""

    ids: Ids
    names: list[DistrictSeries]
    device_number: NDArray[np.intp]
    devices: list[DeviceKey]

    @cached_property
    def by_metric(self) -> dict[str, dict[int, DistrictSeries]]:
        """Series by id, by metric."""
        found: dict[str, dict[int, DistrictSeries]] = {}
        for series, name in zip(self.ids.tolist(), self.names, strict=True):
            found.setdefault(name.metric, {})[series] = name
        return found

    def newest(self, measured_at: NDArray[np.int64]) -> dict[DeviceKey, int]:
        """Newest instant of each device, from the instants of `ids`; devices without any are left out."""
        newest = np.zeros(len(self.devices), dtype=np.int64)
        np.maximum.at(newest, self.device_number, measured_at)
        return {key: at for key, at in zip(self.devices, newest.tolist(), strict=True) if at > 0}


class SeriesIndexCache:
    """Keeps the newest `SeriesIndex`. Thread-safe; series are only ever added, so their number tells if it is old."""

    def __init__(self, store: SampleStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._index: SeriesIndex | None = None

    def index(self) -> SeriesIndex:
        """The index of every series there is now."""
        count = self._store.figures().series
        with self._lock:
            if self._index is None or len(self._index.ids) != count:
                self._index = make_index(self._store.find_series())
            return self._index


def make_index(series: dict[int, DistrictSeries]) -> SeriesIndex:
    """Arrays out of the store's names."""
    ids = sorted(series)
    names = [series[each] for each in ids]
    number_of: dict[DeviceKey, int] = {}
    numbers = [number_of.setdefault((name.site, name.device), len(number_of)) for name in names]
    return SeriesIndex(np.array(ids, dtype=np.int32), names, np.array(numbers, dtype=np.intp), list(number_of))
