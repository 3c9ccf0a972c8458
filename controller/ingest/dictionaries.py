"""Dictionaries of frames, looked up once: the bytes of a dictionary lead straight to its table of series.

Agents seal what has arrived, so that dictionaries differ from frame to frame: looking one up must be cheap too, and is
done in whole columns.
"""

from collections import OrderedDict
from typing import Final, NamedTuple

import numpy as np

from campus.ids import SiteId
from campus.topics import Address
from campus.wire.dictionary import read_series
from controller.ingest.accept import ACCEPTED, MetricLimits, SeriesTable, build_table, refusals
from controller.ingest.counters import IngestCounters
from controller.ingest.limits import SeriesQuota
from controller.ingest.port import Registrar
from controller.store.port import SampleStore

CAPACITY_BYTES: Final = 128 << 20
"""Of all tables that are kept: room for every dictionary of a large district, whose agents seal the same sets poll after
poll. Devices that tell of themselves whenever they like make small ones, ever new."""
_TABLE_BYTES: Final = 600
_SERIES_BYTES: Final = 25
"""What a table and each of its series cost, keys included (measured: 1.0 kB for 15 series, 2.6 kB for 100)."""
LOOK_AGAIN_MS: Final = 30_000
"""A dictionary of which something is refused is looked up anew after this long: the registry may know the device by now,
or the agent may have been granted more series."""


class _Kept(NamedTuple):
    table: SeriesTable
    until: int | None
    """When it must be looked up anew (ms); None for as long as it is kept."""


class Dictionaries:
    """A bounded cache, least recently used first out. One thread."""

    def __init__(
        self,
        store: SampleStore,
        registrar: Registrar,
        limits: MetricLimits,
        quota: SeriesQuota | None = None,
        capacity_bytes: int = CAPACITY_BYTES,
        counters: IngestCounters | None = None,
    ) -> None:
        self._counters = counters or IngestCounters()
        self._store = store
        self._registrar = registrar
        self._limits = limits
        self._quota = quota
        self._capacity_bytes = capacity_bytes
        self._kept: OrderedDict[tuple[Address, bytes], _Kept] = OrderedDict()
        self._size_bytes = 0
        self._incomplete: dict[SiteId, set[tuple[Address, bytes]]] = {}

    def table(self, address: Address, packed: bytes, now: int) -> SeriesTable:
        """The table of a frame's dictionary; `FrameError` when the bytes are not one.

        Series never seen before are made, as far as the agent's quota goes.
        """
        key = (address, packed)
        kept = self._kept.get(key)
        if kept is not None and (kept.until is None or now < kept.until):
            self._kept.move_to_end(key)
            return kept.table
        self._counters.dictionaries_met += 1
        table = self._look_up(address, packed)
        self._forget(key)
        self._keep(key, table, now)
        return table

    def devices_learnt(self, site: SiteId) -> None:
        """The registry has new devices of a site: its incomplete dictionaries are looked up anew."""
        for key in list(self._incomplete.get(site, ())):
            self._forget(key)

    def _look_up(self, address: Address, packed: bytes) -> SeriesTable:
        words = read_series(packed)
        site = address.site
        known = np.array([self._registrar.is_known(site, device) for device in words.devices])
        refusal = refusals(words, known, self._limits)
        series = self._store.known_series(site, words)
        new = np.flatnonzero((series < 0) & (refusal == ACCEPTED))
        if len(new):
            granted = new if self._quota is None else new[: self._quota.grant(address, len(new))]
            series[granted] = self._store.add_series(site, words, granted)
        return build_table(words, refusal, series, self._limits)

    def _keep(self, key: tuple[Address, bytes], table: SeriesTable, now: int) -> None:
        is_incomplete = bool((table.series < 0).any())
        self._kept[key] = _Kept(table, now + LOOK_AGAIN_MS if is_incomplete else None)
        self._size_bytes += _size_bytes(table)
        if is_incomplete:
            self._incomplete.setdefault(key[0].site, set()).add(key)
        while self._size_bytes > self._capacity_bytes and len(self._kept) > 1:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: tuple[Address, bytes]) -> None:
        kept = self._kept.pop(key, None)
        if kept is None:
            return
        self._size_bytes -= _size_bytes(kept.table)
        if kept.until is not None:
            self._incomplete[key[0].site].discard(key)
            if not self._incomplete[key[0].site]:
                del self._incomplete[key[0].site]


def _size_bytes(table: SeriesTable) -> int:
    return _TABLE_BYTES + _SERIES_BYTES * len(table.series)
