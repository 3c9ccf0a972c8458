"""What a sample store promises. Two stores implement it, one contract test suite holds both to it.

Series ids are small integers given by the store, stable for the life of the data, dense from 0, and never reused; they
index numpy arrays everywhere in the controller. All instants are UTC milliseconds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from campus.ids import AgentId, DeviceId, Instance, MetricId, SiteId
from campus.wire.dictionary import SeriesWords

Ids = NDArray[np.int32]
Times = NDArray[np.int64]
Values = NDArray[np.float64]


class DistrictSeries(NamedTuple):
    """A series named district-wide."""

    site: SiteId
    device: DeviceId
    metric: MetricId
    instance: Instance


class SeriesColumns(NamedTuple):
    """The names of series first, first + 1, ... as columns of word numbers: names of a million series without an object each.

    `device`, `metric` and `instance` have equal length and count `devices`, `metrics` and `instances`. While the store is
    open a word keeps its number, the three lists only ever grow (at their end), and nobody changes the arrays.
    """

    first: int
    device: Ids
    metric: Ids
    instance: Ids
    devices: Sequence[tuple[SiteId, DeviceId]]
    metrics: Sequence[MetricId]
    instances: Sequence[Instance]


class FrameMark(NamedTuple):
    """Names one frame for ever; a store keeps each at most once."""

    site: SiteId
    agent: AgentId
    epoch: int
    number: int


@dataclass(frozen=True)
class Batch:
    """What is committed together: rows of any number of frames and the marks of those frames.

    The three arrays have equal length and may be empty (frames of facts have marks and no rows). Rows are in arrival order.
    """

    marks: Sequence[FrameMark]
    series: Ids
    measured_at: Times
    value: Values


class Level(StrEnum):
    """How finely data is kept. Roll-ups carry count, min, mean, max and p95 of the raw samples they cover."""

    RAW = "raw"
    FIVE_MINUTES = "5m"
    HOUR = "1h"
    DAY = "1d"


class Retention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many local days each level is kept; the day that is running is never dropped."""

    raw_days: int = 35
    five_minutes_days: int = 400
    hour_days: int = 1_200
    day_days: int = 4_000

    @property
    def by_level(self) -> dict[Level, int]:
        """The same by what is kept."""
        return {
            Level.RAW: self.raw_days,
            Level.FIVE_MINUTES: self.five_minutes_days,
            Level.HOUR: self.hour_days,
            Level.DAY: self.day_days,
        }


class Latest(NamedTuple):
    """The newest value of each series asked for, aligned with the ids asked; `measured_at` 0 and NaN where there is none."""

    measured_at: Times
    value: Values


@dataclass(frozen=True)
class Window:
    """Rows of a time window, sorted by series, then time; columns of equal length.

    For `Level.RAW` all five aggregates hold the sample itself and `count` is 1. `at` is the start of the bucket; days
    are cut at midnight of the district's time zone, hours and five minutes are counted from that midnight (which makes
    them UTC multiples wherever the zone is whole hours from UTC). `mean` is the arithmetic mean. `p95` is the nearest-rank
    95th percentile: of n samples in ascending order the one at rank ceil(0.95 n), always a value that was measured.
    """

    level: Level
    series: Ids
    at: Times
    count: NDArray[np.int64]
    minimum: Values
    mean: Values
    maximum: Values
    p95: Values


@dataclass(frozen=True)
class StoreFigures:
    """What `/metrics` and the health page say of a store."""

    series: int
    samples_stored: int
    size_bytes: int
    samples_too_late: int = 0
    """Since the start: not kept, for raw data of their day had been rolled up and dropped."""
    points_refused: int = 0
    """Since the start: samples set aside, for a database server will never take them."""
    rollups_refused: int = 0
    """Since the start: roll-ups set aside for the same reason; charts of long ranges lack them."""


OnClosed = Callable[[int, int], None]
"""Days closed so far, days to close in all."""


def note_nothing(_closed: int, _due: int) -> None:
    """For whoever need not watch."""


class SampleStore(Protocol):
    """Life: constructed inert, `start` opens (and recovers) the data, `close` flushes. `append`, `series_ids` and
    `add_series` are called by one writer thread at a time, `maintain` by one thread at a time (it may be another one, and
    does not hold up `append`); the rest by any thread at any time between `start` and `close`.

    Every method raises `campus.errors.Transient` when the store is busy, full or away, and then nothing of that
    call has been kept.

    A store in a database server (`controller.store.influx`) differs in two things: of samples of one series at one instant
    it keeps the last, and of an `append` that failed a window may tell samples already. Brought again they change nothing.
    """

    def start(self) -> None:
        """Open and recover; `ConfigError` when the data is from a newer version or is not ours."""

    def series_ids(self, names: Sequence[DistrictSeries]) -> Ids:
        """Ids of `names`, in their order; series seen for the first time get ids, durable with the next `append`."""

    def ids_of(self, names: Sequence[DistrictSeries]) -> Ids:
        """The id of each name, in their order, -1 where it has none; nothing is added. From memory."""

    def known_series(self, site: SiteId, words: SeriesWords) -> Ids:
        """The id of each series of a frame's dictionary, -1 where it has none. Cheap: no object for any series."""

    def add_series(self, site: SiteId, words: SeriesWords, places: NDArray[np.intp]) -> Ids:
        """New ids for the series at some places of a dictionary, in their order; durable with the next `append`.

        The places are distinct and `known_series` has just said -1 of each.
        """

    def find_ids(
        self,
        site: SiteId | None = None,
        device: DeviceId | None = None,
        metric: MetricId | None = None,
        instance: Instance | None = None,
    ) -> Ids:
        """Ids of known series that match every argument given, ascending. From memory; cheap for a million."""

    def find_series(
        self, site: SiteId | None = None, device: DeviceId | None = None, metric: MetricId | None = None
    ) -> dict[int, DistrictSeries]:
        """As `find_ids`, with the name of each: for few."""

    def series_columns(self, first: int = 0) -> SeriesColumns:
        """The names of all series whose id is at least `first`. From memory; cheap for a million."""

    def series_names(self, ids: Ids) -> list[DistrictSeries]:
        """The names of some series, in their order."""

    def append(self, batch: Batch) -> None:
        """Make rows and marks durable in one commit, or raise and keep nothing. Later calls see them."""

    def is_committed(self, marks: Sequence[FrameMark]) -> list[bool]:
        """For each mark, whether its frame is stored already. From memory; cheap."""

    def latest(self, ids: Ids) -> Latest:
        """Newest values by `measured_at`. From memory; cheap for 100,000 ids."""

    def window(self, ids: Ids, start: int, end: int, level: Level | None = None, max_points: int = 2_000) -> Window:
        """Samples, or buckets that begin, at start <= at < end (milliseconds). `ids` are distinct.

        Without `level`, the finest that keeps each series within `max_points` and is still kept back to `start`: raw when
        the window is at most `max_points` x 5 minutes long and no series has more samples in it; otherwise the finest
        roll-up with at most `max_points` buckets in the window, or days. Buckets that are not rolled up yet are computed
        from raw, so that every level is complete up to what is committed.
        """

    def settled_days(self, start: int, end: int) -> dict[int, int]:
        """Local days that overlap [start, end), by their start, whose roll-ups are made and true; from memory, cheap.

        With each day goes a number: as long as the store is open and gives the same one for a day, `window` tells the same
        of that day at five minutes and coarser. Days that run, wait for upkeep or have no rows are left out.
        """

    def maintain(self, now: int, on_closed: OnClosed = note_nothing, *, drop_as_of: int | None = None) -> None:
        """Roll up what is new, close days that ended, drop what retention says. Idempotent; called about once a minute.

        `on_closed` hears in this thread, when days are to be closed, how many are: (0, due) first, (due, due) at last.
        Retention counts from `drop_as_of` instead where the clock is in doubt: an instant before `now`. Where something had
        been dropped up to an instant that is still to come, as by a clock that was wrong, it counts anew from `now`.
        """

    def figures(self) -> StoreFigures:
        """Counts and size. From memory; cheap."""

    def close(self) -> None:
        """Flush and release; harmless when called twice."""
