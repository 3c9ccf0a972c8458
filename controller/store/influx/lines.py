"""Columns to InfluxDB's line protocol, many rows at a time. Owns no connection and decides nothing.

A line is put together from pieces that are escaped once for each *word*: the metric, the device with its kind and room, the
instance. So a million series cost no byte of their own, and a device that moves to another room changes one piece. Tags
stand in the order of their keys, as InfluxDB sorts them anyway. Numbers are the shortest that read back as the same ones.
"""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, Final, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from campus.ids import DeviceId, SiteId
from campus.influx import Field, Tag
from controller.store.influx.quoting import escaped_measurement, escaped_tag, printable_tag
from controller.store.port import Ids
from controller.store.rollup import Buckets, Rows
from controller.store.series_index import SeriesIndex

_NEVER: Final = np.iinfo(np.int64).min


class DeviceTags(NamedTuple):
    """What the registry says of a device at this moment; empty where it knows nothing."""

    kind: str = ""
    room: str = ""


TagsOf = Callable[[SiteId, DeviceId], DeviceTags]
"""Cheap and from memory: asked once for each device, and again for all by `Lines.refresh`."""


class _Column(NamedTuple):
    """Numbers of equal meaning, one a line, and what stands around each of them."""

    before: str
    numbers: NDArray[Any]
    after: str = ""

    def texts(self) -> list[bytes]:
        """Each as the shortest text that reads back as the same number, made all at once and cut apart."""
        if self.numbers.dtype.kind == "f" and not np.isfinite(self.numbers).all():
            raise ValueError("a sample that is not a finite number cannot be stored")
        text = orjson.dumps(np.ascontiguousarray(self.numbers), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1]
        between = f"{self.after}\0{self.before}".encode()
        return (self.before.encode() + text.replace(b",", between) + self.after.encode()).split(b"\0")


class _Pieces:
    """A growing column of pieces, by the number of the word. An entry is replaced whole."""

    def __init__(self) -> None:
        self._room = np.empty(256, object)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def append(self, piece: bytes) -> None:
        if self._size == len(self._room):
            self._room = np.concatenate((self._room, np.empty(self._size, object)))
        self._room[self._size] = piece
        self._size += 1

    def put(self, number: int, piece: bytes) -> None:
        self._room[number] = piece

    def of(self, numbers: Ids) -> list[bytes]:
        chosen: list[bytes] = self._room[numbers].tolist()
        return chosen


class Lines:
    """Writes the lines of one index's series. Any number of threads; who adds to the index may go on meanwhile."""

    def __init__(self, index: SeriesIndex, tags_of: TagsOf) -> None:
        self._index = index
        self._tags_of = tags_of
        self._growing = Lock()
        self._metrics, self._instances = _Pieces(), _Pieces()
        self._devices, self._places = _Pieces(), _Pieces()
        self._tags: list[DeviceTags] = []
        self._moved_at: dict[int, int] = {}

    def of_rows(self, rows: Rows) -> bytes:
        """A line for each sample, in their order, for the precision ms; empty for none.

        `ValueError` when a value is not finite: line protocol cannot say it, and nothing that was accepted is so.
        """
        value = _Column(f" {Field.VALUE}=", rows.value)
        return self._joined(rows.series, value, _Column(" ", rows.measured_at, "\n"))

    def of_buckets(self, buckets: Buckets, tags: DeviceTags | None = None) -> bytes:
        """A line for each bucket, like `of_rows`; its count is an integer, the rest are floats.

        `tags` take the place of what the registry says now; then all buckets are of one site.
        """
        return self._joined(
            buckets.series,
            _Column(f" {Field.COUNT}=", buckets.samples, "i"),
            _Column(f",{Field.MINIMUM}=", buckets.minimum),
            _Column(f",{Field.MEAN}=", buckets.mean),
            _Column(f",{Field.MAXIMUM}=", buckets.maximum),
            _Column(f",{Field.P95}=", buckets.p95),
            _Column(" ", buckets.at, "\n"),
            tags=tags,
        )

    def restore_moves(self, moved_at: dict[int, int]) -> None:
        """What `moves` told before a restart."""
        self._moved_at = dict(moved_at)

    @property
    def moves(self) -> dict[int, int]:
        """When kind or room of a device was last seen to have changed (UTC ms), by its number."""
        return dict(self._moved_at)

    def are_before_a_move(self, buckets: Buckets) -> NDArray[np.bool_]:
        """For each bucket whether it may stand under another kind or room than its device has now."""
        if not self._moved_at:
            return np.zeros(len(buckets.series), np.bool_)
        columns = self._index.columns(0)
        numbers = list(self._moved_at)  # perhaps of a device that a killed process knew, and this one does not yet
        moved_at = np.full(max(len(columns.devices), max(numbers) + 1), _NEVER, np.int64)
        moved_at[numbers] = list(self._moved_at.values())
        before: NDArray[np.bool_] = buckets.at <= moved_at[columns.device[buckets.series]]
        return before

    def site_of(self, series: int) -> SiteId:
        """Whose series it is."""
        columns = self._index.columns(0)
        return columns.devices[int(columns.device[series])][0]

    def refresh(self, now: int = 0) -> int:
        """Ask for kind and room of every device again; how many have changed. From then on lines carry the new ones."""
        self._follow()
        changed = 0
        for number, (site, device) in enumerate(self._index.columns(0).devices[: len(self._tags)]):
            tags = self._tags_of(site, device)
            if tags != self._tags[number]:
                self._tags[number] = tags
                self._places.put(number, _place(site, tags))
                self._moved_at[number] = now
                changed += 1
        return changed

    def _joined(self, series: Ids, *numbers: _Column, tags: DeviceTags | None = None) -> bytes:
        """All lines; the pieces of each stand in one long list, column after column of it filled at once."""
        if not len(series):
            return b""
        self._follow()
        columns = self._index.columns(0)
        device = columns.device[series]
        places = self._places.of(device)
        if tags is not None:
            places = [_place(self.site_of(int(series[0])), tags)] * len(series)
        written: list[Sequence[bytes]] = [
            self._metrics.of(columns.metric[series]),
            self._devices.of(device),
            self._instances.of(columns.instance[series]),
            places,
            *(column.texts() for column in numbers),
        ]
        pieces: list[bytes] = [b""] * (len(written) * len(series))
        for place, texts in enumerate(written):
            pieces[place :: len(written)] = texts
        return b"".join(pieces)

    def _follow(self) -> None:
        """Make the pieces of words that are new."""
        columns = self._index.columns(0)
        devices, metrics, instances = columns.devices, columns.metrics, columns.instances
        if (len(devices), len(metrics), len(instances)) == (len(self._tags), len(self._metrics), len(self._instances)):
            return
        with self._growing:
            for metric in metrics[len(self._metrics) :]:
                self._metrics.append(escaped_measurement(metric).encode())
            for instance in instances[len(self._instances) :]:
                self._instances.append(_tag(Tag.INSTANCE, instance))
            for site, device in devices[len(self._tags) :]:
                tags = self._tags_of(site, device)
                self._devices.append(_tag(Tag.DEVICE, device))
                self._places.append(_place(site, tags))
                self._tags.append(tags)


def _place(site: SiteId, tags: DeviceTags) -> bytes:
    """The tags behind the instance."""
    kind, room = printable_tag(tags.kind), printable_tag(tags.room)
    return _tag(Tag.KIND, kind) + _tag(Tag.ROOM, room) + _tag(Tag.SITE, site)


def _tag(key: Tag, value: str) -> bytes:
    return f",{key}={escaped_tag(value)}".encode() if value else b""
