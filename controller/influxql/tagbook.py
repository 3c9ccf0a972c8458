"""The tags of every series of the store, as columns: what the store knows of their names and the registry of their devices.

Kept per device, so that a million series cost no more than the devices they are of; renewed as facts come.
"""

from collections.abc import Sequence
from threading import Lock
from typing import NamedTuple

import numpy as np

from campus.influx import Tag
from controller.identity.scope import Scope
from controller.influxql.port import Registry
from controller.influxql.table import Series, Words
from controller.store.port import Ids, SampleStore, SeriesColumns

_GROWTH = 4096


class _Column:
    """One word for each device, by the device's number."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._code_of: dict[str, int] = {}
        self._codes = np.zeros(_GROWTH, np.int32)

    def put(self, number: int, word: str) -> None:
        code = self._code_of.get(word)
        if code is None:
            code = self._code_of[word] = len(self.words)
            self.words.append(word)
        if number >= len(self._codes):
            self._codes = np.concatenate([self._codes, np.zeros(len(self._codes), np.int32)])
        self._codes[number] = code

    def of(self, devices: Ids) -> Words:
        return Words(tuple(self.words), self._codes[devices])


class Stored(NamedTuple):
    """The series of all metrics together: `metric` has the place of each one's in `metrics`."""

    metrics: Sequence[str]
    metric: Ids
    series: Series


class TagBook:
    """Thread-safe; remembers words for as long as it lives, one for each device and tag."""

    def __init__(self, store: SampleStore, registry: Registry) -> None:
        self._store = store
        self._registry = registry
        self._lock = Lock()
        self._columns = {tag: _Column() for tag in (Tag.SITE, Tag.DEVICE, Tag.KIND, Tag.ROOM)}
        self._number_of: dict[tuple[str, str], int] = {}
        self._revision = 0

    def metrics(self, scope: Scope) -> list[str]:
        """Those of which the caller sees any series, by name."""
        names = self._store.series_columns()
        ids = self._seen(scope, names, np.arange(len(names.device), dtype=np.int32))
        return sorted(names.metrics[number] for number in np.unique(names.metric[ids]).tolist())

    def everything(self, scope: Scope) -> Stored:
        """All that the caller sees."""
        ids, series = self.find(scope, None)
        names = self._store.series_columns()  # of no fewer series than were found
        return Stored(names.metrics, names.metric[ids], series)

    def find(self, scope: Scope, metric: str | None) -> tuple[Ids, Series]:
        """The series of a metric (of all of them) that the caller sees, ascending, and their tags."""
        names = self._store.series_columns()
        wanted = np.arange(len(names.device), dtype=np.int32)
        if metric is not None:
            number = next((place for place, name in enumerate(names.metrics) if name == metric), -1)
            wanted = np.flatnonzero(names.metric == number).astype(np.int32)
        ids = self._seen(scope, names, wanted)
        devices = names.device[ids]
        with self._lock:
            self._renew(names)
            tags = {str(tag): column.of(devices) for tag, column in self._columns.items()}
        instances = names.instance[ids]
        used, codes = np.unique(instances, return_inverse=True)
        words = [names.instances[number] for number in used.tolist()]
        tags[str(Tag.INSTANCE)] = Words(words or [""], codes.astype(np.int32))
        return ids, Series(len(ids), {tag: column for tag, column in tags.items() if _has_any(column)})

    def _seen(self, scope: Scope, names: SeriesColumns, ids: Ids) -> Ids:
        if scope.sites is None or not len(ids):
            return ids
        with self._lock:
            self._renew(names)
            sites = self._columns[Tag.SITE].of(names.device[ids])
        is_seen = np.fromiter((site in scope.sites for site in sites.words), np.bool_, len(sites.words))
        return ids[is_seen[sites.codes]]

    def _renew(self, names: SeriesColumns) -> None:
        known = len(self._number_of)
        for number in range(known, len(names.devices)):
            site, device = names.devices[number]
            self._number_of[site, device] = number
            self._columns[Tag.SITE].put(number, site)
            self._columns[Tag.DEVICE].put(number, device)
            self._place(names, number)
        self._revision, changed = self._registry.changes_after(self._revision)
        for key in changed:
            if key in self._number_of:
                self._place(names, self._number_of[key])

    def _place(self, names: SeriesColumns, number: int) -> None:
        site, device = names.devices[number]
        is_known = self._registry.is_known(site, device)
        self._columns[Tag.KIND].put(number, str(self._registry.kind_of(site, device)) if is_known else "")
        self._columns[Tag.ROOM].put(number, self._registry.room_of(site, device))


def _has_any(column: Words) -> bool:
    """Whether any series has the tag."""
    nothing = column.words.index("") if "" in column.words else -1
    return bool((column.codes != nothing).any())
