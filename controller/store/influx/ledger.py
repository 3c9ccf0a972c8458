"""What the store knows of its days, in memory and in the catalogue at once: what is stale, settled, dropped."""

from collections.abc import Collection, Mapping, Sequence
from threading import Lock
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from controller.store.days import WIDTH_MS, DayCutter
from controller.store.influx.catalogue import Catalogue
from controller.store.influx.stale import ROLLED_LEVELS, Bucket, StaleBucket, StaleBuckets
from controller.store.port import Ids, Level, Times
from controller.store.series_index import Extent, SeriesIndex

_ERAS: Final = len(ROLLED_LEVELS) + 1


class Ledger:
    """Any thread. `restore` comes first; one writer at a time stands between `touch` and `settle`."""

    def __init__(self, catalogue: Catalogue, cutter: DayCutter) -> None:
        self._catalogue = catalogue
        self._cutter = cutter
        self._stale = StaleBuckets(cutter)
        self._lock = Lock()
        self._days: dict[int, int] = {}
        self._floors: dict[Level, int] = {}
        self._final: frozenset[int] = frozenset()
        """Days that were settled and dropped before the floor sank below them."""
        self._next_number = 1

    def restore(self) -> None:
        """Read the catalogue."""
        meta = self._catalogue.meta()
        self._floors = {level: int(meta[f"floor_{level}"]) for level in Level if f"floor_{level}" in meta}
        self._final = frozenset(msgspec.json.decode(meta.get("final", "[]"), type=list[int]))
        self._days = self._catalogue.days()
        self._next_number = max(self._days.values(), default=0) + 1
        self._stale.restore(self._catalogue.stale())

    def doubt(self, start: int, end: int) -> None:
        """Samples of [start, end) may stand in InfluxDB that the catalogue was not told of: all their buckets are stale."""
        instants = np.arange(start, end, WIDTH_MS[Level.FIVE_MINUTES])
        buckets, fresh = self.touch(np.append(instants, end))
        try:
            self._catalogue.announce(SeriesIndex(), Extent(), fresh)
        except BaseException:
            self.withdraw(buckets, fresh)
            raise
        self.settle(buckets)

    # What writing says.

    def touch(self, measured_at: Times, device: Ids | None = None) -> tuple[list[Bucket], list[Bucket]]:
        """As `StaleBuckets.touch`: all buckets of some samples, and those that the catalogue must be told of first."""
        return self._stale.touch(measured_at, device)

    def settle(self, buckets: Collection[Bucket]) -> None:
        """The writing that `touch` announced is over."""
        with self._lock:
            for level, at in buckets:
                if level is Level.DAY:
                    self._days.setdefault(at, 0)
        self._stale.settle(buckets)

    def withdraw(self, buckets: Collection[Bucket], fresh: Collection[Bucket]) -> None:
        """The writing that `touch` announced will not be: the catalogue could not be told."""
        self._stale.withdraw(buckets, fresh)

    # What upkeep asks and says.

    def take_stale(self, level: Level, start: int, end: int) -> list[StaleBucket]:
        """Buckets of a level that begin in [start, end) and are to be rolled up, ascending; take them before you read."""
        return self._stale.take(level, start, end)

    def note_rolled(self, made: Sequence[StaleBucket]) -> None:
        """The roll-ups of these stand in InfluxDB. Durable; a bucket that was written to meanwhile stays stale.

        A day is settled with its `Level.DAY` bucket: roll up its hours and five minutes before.
        """
        numbered: dict[int, int] = {}

        def keep(done: list[Bucket]) -> None:
            for level, at in done:
                if level is Level.DAY:
                    numbered[at] = self._next_number + len(numbered)
            self._catalogue.keep_rolled(done, numbered)

        self._stale.forget(made, keep)
        with self._lock:
            self._next_number += len(numbered)
            self._days |= numbered

    def note_adopted(self, days: Collection[int]) -> None:
        """Roll-ups of these days stand in InfluxDB, and samples never will: they and all before them are final. Durable."""
        if not days:
            return
        with self._lock:
            numbered = {day: number for number, day in enumerate(sorted(days), self._next_number)}
        self._catalogue.keep_rolled([], numbered)
        with self._lock:
            self._next_number += len(numbered)
            self._days |= numbered
        self.raise_floors({Level.RAW: self._cutter.end_of(max(days))})

    def raise_floors(self, floors: Mapping[Level, int]) -> None:
        """Nothing before these instants is told any more. Durable; one that stands higher already stays."""
        rises = {level: floor for level, floor in floors.items() if floor > self._floors.get(level, 0)}
        if not rises:
            return
        with self._lock:
            gone = [day for day in self._days if day < rises.get(Level.DAY, 0)]
        self._catalogue.keep_floors(rises, gone)
        with self._lock:
            self._floors = self._floors | rises
            for day in gone:
                del self._days[day]
        self._keep_final(frozenset(day for day in self._final if day >= self.floor(Level.RAW)))

    def lower_floors(self, floors: Mapping[Level, int], now: int) -> None:
        """Put these in the place of floors that are still to come: a clock that was wrong has raised them. Durable.

        Or it is this one that is wrong, and behind: what is below the floors now stays closed, its samples are gone.
        """
        sinks = {level: floors[level] for level, floor in self._floors.items() if floor > now}
        if not sinks:
            return
        with self._lock:
            final = self._final | {day for day, number in self._days.items() if number and day < self.floor(Level.RAW)}
        self._keep_final(final)
        self._catalogue.keep_floors(sinks, [])
        with self._lock:
            self._floors = self._floors | sinks

    def _keep_final(self, days: frozenset[int]) -> None:
        if days != self._final:
            self._catalogue.keep_meta(final=msgspec.json.encode(sorted(days)).decode())
            self._final = days

    def keep_moves(self, moved_at: Mapping[int, int]) -> None:
        """When kind or room of devices changed, by their numbers. Durable."""
        self._catalogue.keep_meta(moved=msgspec.json.encode(moved_at).decode())

    def moves(self) -> dict[int, int]:
        """What was kept of that."""
        return msgspec.json.decode(self._catalogue.meta().get("moved", "{}"), type=dict[int, int])

    # What reading asks.

    def floor(self, level: Level) -> int:
        """Before this instant nothing of a level is told."""
        return self._floors.get(level, 0)

    def are_kept(self, measured_at: Times) -> NDArray[np.bool_]:
        """For each instant whether samples of it can be kept: else their day is closed for good."""
        kept: NDArray[np.bool_] = measured_at >= self.floor(Level.RAW)
        if self._final:
            kept &= ~np.isin(self._cutter.bucket_of(measured_at, Level.DAY), list(self._final))
        return kept

    def kept_days(self) -> dict[int, bool]:
        """Days that have rows, ascending, and whether samples of them are kept."""
        days = self.days()
        return dict(zip(days, self.are_kept(np.array(days, np.int64)).tolist(), strict=True))

    def floors(self) -> dict[Level, int]:
        """All of them."""
        return dict(self._floors)

    def stale_starts(self, level: Level, start: int, end: int) -> list[int]:
        """Where the stale buckets of a level that begin in [start, end) begin, ascending."""
        return [at for at in self._stale.starts(level) if start <= at < end]

    def span(self) -> tuple[int, int]:
        """From the start of the first day that has rows to the end of the last one; (0, 0) when there are none."""
        with self._lock:
            if not self._days:
                return (0, 0)
            return min(self._days), self._cutter.end_of(max(self._days))

    def days(self) -> list[int]:
        """Days that have rows, ascending."""
        with self._lock:
            return sorted(self._days)

    def settled(self, start: int, end: int) -> dict[int, int]:
        """As `SampleStore.settled_days`: a number also changes when retention drops a level of the day."""
        with self._lock:
            days = {day: number for day, number in self._days.items() if number and day < end}
        return {
            day: number * _ERAS + sum(day < self.floor(level) for level in ROLLED_LEVELS)
            for day, number in days.items()
            if self._cutter.end_of(day) > start and not self._stale.is_stale(Bucket(Level.DAY, day))
        }
