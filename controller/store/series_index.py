"""Names of series and their ids, in memory, as columns: a million series without an object for each.

Each word is kept once and has a number. A series is three numbers, and the three packed into one 64-bit key; the keys lie
sorted, so a whole dictionary of a frame is found by one binary search. What is new waits in a second, small sorted part
until that is large enough to be merged into the first.
"""

from collections.abc import Hashable, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from campus.ids import DeviceId, Instance, MetricId, SiteId
from campus.wire.dictionary import SeriesWords
from controller.store.port import DistrictSeries, Ids, SeriesColumns

Numbers = NDArray[np.int64]
DeviceWord = tuple[SiteId, DeviceId]
W = TypeVar("W", bound=Hashable)

_DEVICE_BITS, _METRIC_BITS, _INSTANCE_BITS = 24, 14, 25
"""63 together, so that a key is never negative: 16 million devices, 33 million names of parts."""
_METRIC_SHIFT = _INSTANCE_BITS
_DEVICE_SHIFT = _METRIC_SHIFT + _METRIC_BITS
_RECENT_KEYS = 16_384
"""Inserting into so many takes some 50 us, merging them into a million 20 ms."""


class Extent(NamedTuple):
    """How much there is: distinct words of each kind, and series."""

    devices: int = 0
    metrics: int = 0
    instances: int = 0
    series: int = 0


class _Words(Generic[W]):
    """Words and their numbers, from 0."""

    def __init__(self, bits: int) -> None:
        self.words: list[W] = []
        self._numbers: dict[W, int] = {}
        self._limit = 1 << bits

    def number(self, word: W) -> int:
        """The number of one word, -1 when it has none."""
        return self._numbers.get(word, -1)

    def numbers(self, words: Iterable[W]) -> Numbers:
        """The number of each word, -1 for one that has none."""
        get = self._numbers.get
        return np.array([get(word, -1) for word in words], np.int64)

    def intern(self, words: Sequence[W]) -> Numbers:
        """The number of each word; new ones are added."""
        for word in words:
            if word not in self._numbers:
                number = len(self.words)
                if number >= self._limit:
                    raise OverflowError(f"more than {self._limit} different words in the names of series")
                self.words.append(word)
                self._numbers[word] = number
        return self.numbers(words)


class _Column:
    """Numbers that only grow in number. A view stays as it is when more are added."""

    def __init__(self) -> None:
        self._room = np.empty(1024, np.int32)
        self._size = 0

    def extend(self, numbers: Numbers | Ids) -> None:
        """Add numbers at the end."""
        size = self._size + len(numbers)
        if size > len(self._room):
            room = np.empty(max(size, len(self._room) * 3 // 2), np.int32)
            room[: self._size] = self._room[: self._size]
            self._room = room
        self._room[self._size : size] = numbers
        self._size = size

    def view(self) -> Ids:
        """All of them."""
        return self._room[: self._size]


class _Sorted(NamedTuple):
    """Keys, ascending, and their ids."""

    keys: Numbers
    ids: Ids

    def find(self, keys: Numbers) -> Ids:
        """The id of each key, -1 where it is not among them."""
        if not len(self.keys):
            return np.full(len(keys), -1, np.int32)
        place = np.searchsorted(self.keys, keys)
        place[place == len(self.keys)] = 0
        ids = self.ids[place]
        ids[self.keys[place] != keys] = -1
        return ids

    def with_added(self, other: "_Sorted") -> "_Sorted":
        """These and others; no key is in both."""
        places = np.searchsorted(self.keys, other.keys)
        return _Sorted(np.insert(self.keys, places, other.keys), np.insert(self.ids, places, other.ids))

    def between(self, lows: Numbers, highs: Numbers) -> Ids:
        """Ids of the keys in each [low, high)."""
        starts, ends = np.searchsorted(self.keys, lows), np.searchsorted(self.keys, highs)
        lengths = ends - starts
        before = np.cumsum(lengths) - lengths
        ids: Ids = self.ids[np.repeat(starts - before, lengths) + np.arange(lengths.sum())]
        return ids


_NO_KEYS = _Sorted(np.empty(0, np.int64), np.empty(0, np.int32))


class _Snapshot(NamedTuple):
    """What readers see; replaced whole, never changed. A row's words are there before the row is."""

    device: Ids
    metric: Ids
    instance: Ids
    settled: _Sorted
    recent: _Sorted

    def find(self, keys: Numbers) -> Ids:
        """The id of each key, -1 where there is none."""
        found = self.settled.find(keys)
        missing = np.flatnonzero(found < 0)
        if len(missing) and len(self.recent.keys):
            found[missing] = self.recent.find(keys[missing])
        return found

    def of_devices(self, devices: Numbers) -> Ids:
        """Ids, ascending, of all series of some devices."""
        low, high = devices << _DEVICE_SHIFT, (devices + 1) << _DEVICE_SHIFT
        return np.sort(np.concatenate([part.between(low, high) for part in (self.settled, self.recent)]))


class SeriesIndex:
    """Dense ids from 0 in the order of arrival. One thread adds, any thread may look."""

    def __init__(self) -> None:
        self._devices: _Words[DeviceWord] = _Words(_DEVICE_BITS)
        self._metrics: _Words[MetricId] = _Words(_METRIC_BITS)
        self._instances: _Words[Instance] = _Words(_INSTANCE_BITS)
        self._of_site: dict[SiteId, list[int]] = {}
        self._device, self._metric, self._instance = _Column(), _Column(), _Column()
        self._snapshot = self._taken(_NO_KEYS, _NO_KEYS)

    def __len__(self) -> int:
        return len(self._snapshot.device)

    @property
    def extent(self) -> Extent:
        """How much there is now; for the thread that adds."""
        return Extent(len(self._devices.words), len(self._metrics.words), len(self._instances.words), len(self))

    def restore(self, columns: SeriesColumns) -> None:
        """Begin with all names that were kept, from id 0."""
        self._intern_devices(columns.devices)
        self._metrics.intern(columns.metrics)
        self._instances.intern(columns.instances)
        keys = _keys(*(each.astype(np.int64) for each in (columns.device, columns.metric, columns.instance)))
        for column, numbers in zip((self._device, self._metric, self._instance), columns[1:4], strict=True):
            column.extend(numbers)
        order = np.argsort(keys).astype(np.int32)
        self._snapshot = self._taken(_Sorted(keys[order], order), _NO_KEYS)

    def known(self, site: SiteId, words: SeriesWords) -> Ids:
        """The id of each series of a frame's dictionary, -1 where it has none."""
        snapshot = self._snapshot
        device = self._devices.numbers([(site, device) for device in words.devices])
        metric, instance = self._metrics.numbers(words.metrics), self._instances.numbers(words.instances)
        return snapshot.find(_keys(device[words.device], metric[words.metric], instance[words.instance]))

    def add(self, site: SiteId, words: SeriesWords, places: NDArray[np.intp]) -> Ids:
        """New ids for the series at some places of a dictionary, none of which has one yet, in their order."""
        used, device = np.unique(words.device[places], return_inverse=True)
        devices = self._intern_devices([(site, words.devices[place]) for place in used.tolist()])
        used, metric = np.unique(words.metric[places], return_inverse=True)
        metrics = self._metrics.intern([words.metrics[place] for place in used.tolist()])
        used, instance = np.unique(words.instance[places], return_inverse=True)
        instances = self._instances.intern([words.instances[place] for place in used.tolist()])
        return self._append(devices[device], metrics[metric], instances[instance])

    def look_up(self, names: Sequence[DistrictSeries]) -> Ids:
        """Ids of `names` in their order, -1 where there is none."""
        snapshot = self._snapshot
        return snapshot.find(
            _keys(
                self._devices.numbers((name.site, name.device) for name in names),
                self._metrics.numbers(name.metric for name in names),
                self._instances.numbers(name.instance for name in names),
            )
        )

    def ids(self, names: Sequence[DistrictSeries]) -> Ids:
        """Ids of `names` in their order; new ones are added."""
        found = self.look_up(names)
        if (found < 0).any():
            new = list(dict.fromkeys(names[place] for place in np.flatnonzero(found < 0).tolist()))
            self._append(
                self._intern_devices([(name.site, name.device) for name in new]),
                self._metrics.intern([name.metric for name in new]),
                self._instances.intern([name.instance for name in new]),
            )
            found = self.look_up(names)
        return found

    def columns(self, first: int) -> SeriesColumns:
        """As the store's port says."""
        snapshot = self._snapshot
        return SeriesColumns(
            first,
            snapshot.device[first:],
            snapshot.metric[first:],
            snapshot.instance[first:],
            self._devices.words,
            self._metrics.words,
            self._instances.words,
        )

    def names(self, ids: Ids) -> list[DistrictSeries]:
        """The names of some series, in their order."""
        snapshot = self._snapshot
        devices = map(self._devices.words.__getitem__, snapshot.device[ids].tolist())
        metrics = map(self._metrics.words.__getitem__, snapshot.metric[ids].tolist())
        instances = map(self._instances.words.__getitem__, snapshot.instance[ids].tolist())
        rows = zip(devices, metrics, instances, strict=True)
        return [DistrictSeries(site, device, metric, instance) for (site, device), metric, instance in rows]

    def named(self, ids: Ids) -> dict[int, DistrictSeries]:
        """The names of some series by their ids."""
        return dict(zip(ids.tolist(), self.names(ids), strict=True))

    def find(
        self, site: SiteId | None, device: DeviceId | None, metric: MetricId | None, instance: Instance | None = None
    ) -> Ids:
        """Ids, ascending, of the series that match every argument that is not None."""
        snapshot = self._snapshot
        ids = None if site is None and device is None else snapshot.of_devices(self._matching_devices(site, device))
        if metric is not None:
            ids = _with_number(snapshot.metric, self._metrics.number(metric), ids)
        if instance is not None:
            ids = _with_number(snapshot.instance, self._instances.number(instance), ids)
        return np.arange(len(snapshot.device), dtype=np.int32) if ids is None else ids

    def _matching_devices(self, site: SiteId | None, device: DeviceId | None) -> Numbers:
        if site is not None and device is not None:
            number = self._devices.number((site, device))
            return np.array([number] if number >= 0 else [], np.int64)
        if site is not None:
            return np.array(self._of_site.get(site, []), np.int64)
        return np.array([n for n, word in enumerate(self._devices.words) if word[1] == device], np.int64)

    def _intern_devices(self, words: Sequence[DeviceWord]) -> Numbers:
        before = len(self._devices.words)
        numbers = self._devices.intern(words)
        for number in range(before, len(self._devices.words)):
            self._of_site.setdefault(self._devices.words[number][0], []).append(number)
        return numbers

    def _append(self, device: Numbers, metric: Numbers, instance: Numbers) -> Ids:
        ids = np.arange(len(self), len(self) + len(device), dtype=np.int32)
        keys = _keys(device, metric, instance)
        order = np.argsort(keys)
        recent = self._snapshot.recent.with_added(_Sorted(keys[order], ids[order]))
        settled = self._snapshot.settled
        if len(recent.keys) > _RECENT_KEYS:
            settled, recent = settled.with_added(recent), _NO_KEYS
        self._device.extend(device)
        self._metric.extend(metric)
        self._instance.extend(instance)
        self._snapshot = self._taken(settled, recent)
        return ids

    def _taken(self, settled: _Sorted, recent: _Sorted) -> _Snapshot:
        return _Snapshot(self._device.view(), self._metric.view(), self._instance.view(), settled, recent)


def _keys(device: Numbers, metric: Numbers, instance: Numbers) -> Numbers:
    """Packed keys; negative, and so found nowhere, where one of the three numbers is -1."""
    return device << _DEVICE_SHIFT | metric << _METRIC_SHIFT | instance


def _with_number(column: Ids, number: int, ids: Ids | None) -> Ids:
    """Of `ids` (None for all), those with a number in a column."""
    return np.flatnonzero(column == number).astype(np.int32) if ids is None else ids[column[ids] == number]
