"""`InfluxStore`: the pieces put together, and finding one's way again at start."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from campus.errors import ConfigError, Transient
from campus.influx import Policy
from controller.store.days import DAY_MS, DayCutter
from controller.store.influx.adopting import adopt
from controller.store.influx.catalogue import CATALOGUE, Catalogue, instant_of
from controller.store.influx.client import Forbidden, InfluxClient
from controller.store.influx.delivery import Delivery
from controller.store.influx.identity import IDENTITY, identify, require_found, write_identity
from controller.store.influx.ledger import Ledger
from controller.store.influx.lines import Lines, TagsOf
from controller.store.influx.measuring import size_bytes
from controller.store.influx.preparing import fit, prepare
from controller.store.influx.reading import Reader
from controller.store.influx.settings import InfluxSettings
from controller.store.influx.snapshot import CatalogueSnapshot
from controller.store.influx.upkeep import Upkeep
from controller.store.influx.writing import Writer
from controller.store.marks import Run, Stream, runs_of
from controller.store.named_series import NamedSeries
from controller.store.port import (
    Batch,
    FrameMark,
    Ids,
    Latest,
    Level,
    OnClosed,
    Retention,
    StoreFigures,
    Window,
    note_nothing,
)
from controller.store.rollup import NO_ROWS, Buckets, Rows

_SHORT_SLEEP_MS: Final = 60_000


class InfluxStore(NamedSeries):
    """A `SampleStore` in an InfluxDB server, with a catalogue of its own in one directory. One process at a time has it open."""

    def __init__(
        self, directory: Path, settings: InfluxSettings, tags_of: TagsOf, *, timezone: ZoneInfo, retention: Retention
    ) -> None:
        super().__init__()
        self._directory = directory
        self._retention = retention
        self._cutter = DayCutter(timezone)
        self._client = InfluxClient(settings)
        self._catalogue = Catalogue(directory / CATALOGUE, timezone)
        self._ledger = Ledger(self._catalogue, self._cutter)
        lines = self._lines = Lines(self._series, tags_of)
        self._delivery = Delivery(self._client, directory, lambda policy: self._ledger.floor(Level(policy.level)))
        self._writer = Writer(self._catalogue, self._ledger, self._delivery, self._series, lines)
        self._reader = Reader(self._client, self._ledger, self._series, self._cutter)
        self._upkeep = Upkeep(
            self._reader, self._writer, self._delivery, lines, self._ledger, self._series, self._cutter, retention
        )
        self._identified_on = 0
        self._size_bytes = 0

    def start(self) -> None:
        """Open and recover: server, catalogue, whose samples these are, names, marks, latest values."""
        try:
            self._client.open()
            prepare(self._client, self._retention)
            self._catalogue.open()
            is_lost = identify(self._client, self._catalogue)
            fit(self._client, self._retention)
            require_found(self._client, self._catalogue.meta().get(IDENTITY) or self._client.settings.adopt)
            if is_lost:
                adopt(self._client, self._catalogue, self._cutter)
        except Forbidden as error:
            raise ConfigError(f"influxdb: {error}") from error
        self._series.restore(self._catalogue.names())
        self._ledger.restore()
        self._lines.restore_moves(self._ledger.moves())
        self._writer.restore()
        self._doubt_what_we_slept_through()
        self._measure()

    def append(self, batch: Batch) -> None:
        """Write the points, then make the marks durable. A batch whose marks are all stored already is left alone."""
        self._writer.append(batch)

    def is_committed(self, marks: Sequence[FrameMark]) -> list[bool]:
        """From memory."""
        return self._writer.frames.is_committed(marks)

    def latest(self, ids: Ids) -> Latest:
        """From memory."""
        return self._writer.latest.of(ids)

    def window(self, ids: Ids, start: int, end: int, level: Level | None = None, max_points: int = 2_000) -> Window:
        """As the port says."""
        return self._reader.window(ids, start, end, level, max_points)

    def settled_days(self, start: int, end: int) -> dict[int, int]:
        """From memory."""
        return self._ledger.settled(start, end)

    def maintain(self, now: int, on_closed: OnClosed = note_nothing, *, drop_as_of: int | None = None) -> None:
        """As the port says; kind and room of every device are looked up again, too."""
        self._upkeep.run(now, on_closed, now if drop_as_of is None else drop_as_of)
        if now // DAY_MS != self._identified_on:
            write_identity(self._client, self._catalogue.meta()[IDENTITY])
            self._identified_on = now // DAY_MS
        self._measure()

    @property
    def keeps_twins(self) -> bool:
        """InfluxDB does not."""
        return False

    def kept_days(self) -> dict[int, bool]:
        """From memory."""
        return self._ledger.kept_days()

    def frame_runs(self) -> list[tuple[Stream, Run]]:
        """From memory."""
        return self._writer.frames.runs()

    def append_buckets(self, level: Level, buckets: Buckets, marks: Sequence[FrameMark]) -> None:
        """As `MovableStore` says: the points, then that their days are final, then the marks."""
        if marks and all(self.is_committed(marks)):
            return
        self._upkeep.write(level, buckets)
        self._ledger.note_adopted(set(self._cutter.bucket_of(buckets.at, Level.DAY).tolist()))
        samples = int(buckets.samples.sum()) if level is Level.DAY else 0  # days are kept longest, and count
        self._writer.inherit(runs_of(marks), NO_ROWS, samples)

    def floors(self) -> Mapping[Level, int]:
        """From memory."""
        return self._ledger.floors()

    def inherit(self, frames: Sequence[tuple[Stream, Run]], latest: Rows, floors: Mapping[Level, int]) -> None:
        """As `MovableStore` says."""
        self._ledger.raise_floors(floors)
        self._writer.inherit(frames, latest, 0)

    def figures(self) -> StoreFigures:
        """From memory; the size is that of the last upkeep, 0 where InfluxDB does not tell."""
        written, refused = self._writer, self._delivery.refused
        of_samples = refused[Policy.RAW]
        return StoreFigures(
            len(self._series),
            written.samples,
            self._size_bytes,
            written.too_late,
            points_refused=of_samples,
            rollups_refused=refused.total() - of_samples,
        )

    def close(self) -> None:
        """Keep what the next start reads short, and release."""
        with suppress(Transient):  # then it is longer
            self._writer.tidy(entirely=True)
        self._writer.close()
        self._catalogue.close()
        self._client.close()

    @contextmanager
    def snapshot(self) -> Iterator[CatalogueSnapshot]:
        """The catalogue as it is at this instant, for a backup; the samples are InfluxDB's own to back up."""
        with instant_of(self._directory / CATALOGUE) as copy:
            yield CatalogueSnapshot(copy)

    def _doubt_what_we_slept_through(self) -> None:
        """After a restore InfluxDB may hold samples of frames that were acknowledged since the backup was taken."""
        now, committed_at = round(time.time() * 1000), int(self._catalogue.meta().get("committed_at", 0))
        if committed_at and now - committed_at > _SHORT_SLEEP_MS:
            kept_since = self._cutter.days_back(now, self._retention.raw_days)
            self._ledger.doubt(max(committed_at - _SHORT_SLEEP_MS, kept_since), now)

    def _measure(self) -> None:
        self._size_bytes = (size_bytes(self._client) or 0) + self._catalogue.size_bytes
