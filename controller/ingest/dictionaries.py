"""Dictionaries of frames, looked up once: the bytes of a dictionary lead straight to its table of series."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from campus.ids import MetricId, SiteId
from campus.metrics import Metric
from campus.wire.columns import read_dictionary
from controller.ingest.accept import ACCEPTED, SeriesTable, build_table, takable
from controller.ingest.port import Registrar
from controller.store.port import DistrictSeries, SampleStore

CAPACITY: Final = 4_096
LOOK_AGAIN_MS: Final = 30_000
"""A dictionary with an unknown device is looked up anew after this long: someone may have registered it elsewhere."""


class Dictionaries:
    """A bounded cache, least recently used first out. One thread."""

    def __init__(self, store: SampleStore, registrar: Registrar, metrics: Mapping[MetricId, Metric]) -> None:
        self._store = store
        self._registrar = registrar
        self._metrics = metrics
        self._tables: OrderedDict[tuple[SiteId, bytes], SeriesTable] = OrderedDict()
        self._incomplete: dict[tuple[SiteId, bytes], int] = {}

    def table(self, site: SiteId, packed: bytes, now: int) -> SeriesTable:
        """The table of a frame's dictionary; `FrameError` when the bytes are not one."""
        key = (site, packed)
        table = self._tables.get(key)
        if table is not None and now - self._incomplete.get(key, now) < LOOK_AGAIN_MS:
            self._tables.move_to_end(key)
            return table
        table = self._look_up(site, packed)
        self._forget(key)
        self._tables[key] = table
        if (table.refusal != ACCEPTED).any():
            self._incomplete[key] = now
        if len(self._tables) > CAPACITY:
            self._forget(next(iter(self._tables)))
        return table

    def devices_learnt(self, site: SiteId) -> None:
        """The registry has new devices of a site: its incomplete dictionaries are looked up anew."""
        for key in [key for key in self._incomplete if key[0] == site]:
            self._forget(key)

    def _look_up(self, site: SiteId, packed: bytes) -> SeriesTable:
        keys = read_dictionary(packed)
        is_known = {device: self._registrar.is_known(site, device) for device in {key.device for key in keys}}
        known = [is_known[key.device] for key in keys]
        takes = takable(keys, known, self._metrics)
        names = [DistrictSeries(site, *key) for key, taken in zip(keys, takes, strict=True) if taken]
        return build_table(keys, known, self._store.series_ids(names), self._metrics)

    def _forget(self, key: tuple[SiteId, bytes]) -> None:
        self._tables.pop(key, None)
        self._incomplete.pop(key, None)
