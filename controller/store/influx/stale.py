"""Which buckets' roll-ups must be made (again), and of which devices. In memory; the catalogue keeps the buckets durable.

A bucket is stale from the moment before a sample of it is written until its roll-up has been made of all that was written.
What is not stale is either stored as a roll-up or has no samples, so a reader asks the stored roll-ups for it. While few
devices have written to a bucket since it was last rolled up they are remembered, so that a school that comes back after a
night without a line does not cost the whole district's night. A restart forgets which they were: then it is all of them.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from itertools import count
from threading import Lock
from typing import Final, NamedTuple

import numpy as np

from controller.store.days import DayCutter
from controller.store.port import Ids, Level, Times

ROLLED_LEVELS: Final = (Level.FIVE_MINUTES, Level.HOUR, Level.DAY)
_MOST_DEVICES: Final = 250
"""Of one bucket; two schools' are fewer. A thousand buckets of as many take 20 MB."""
Devices = frozenset[int]
"""Numbers of devices as the index gives them."""


class Bucket(NamedTuple):
    """One bucket of time: its level, and where it begins."""

    level: Level
    at: int


class StaleBucket(NamedTuple):
    """A bucket to be rolled up for some devices (None: for all). `taken` tells this taking from all others."""

    bucket: Bucket
    taken: int
    devices: Devices | None = None


class _Changes:
    """Who has written to one bucket, before it was taken to be rolled up and since."""

    def __init__(self) -> None:
        self.before: set[int] | None = set()
        self.since: set[int] | None = set()
        self.taken = 0

    @property
    def is_changed(self) -> bool:
        """Whether anybody has since it was taken."""
        return self.since is None or bool(self.since)

    def note(self, devices: Iterable[int] | None) -> None:
        """These write to it."""
        self.since = _joined(self.since, devices)

    def take(self, number: int) -> Devices | None:
        """All who have written, as they are now."""
        self.before, self.since, self.taken = _joined(self.before, self.since), set(), number
        return None if self.before is None else frozenset(self.before)

    def drop(self) -> None:
        """What was taken is rolled up."""
        self.before = set()


class StaleBuckets:
    """Any thread. One writer at a time stands between `touch` and `settle`."""

    def __init__(self, cutter: DayCutter) -> None:
        self._cutter = cutter
        self._lock = Lock()
        self._takings = count(1)
        self._stale: dict[Level, dict[int, _Changes]] = {level: {} for level in ROLLED_LEVELS}
        self._written: Counter[Bucket] = Counter()

    def restore(self, buckets: Iterable[Bucket]) -> None:
        """Begin with what was stale when the store was closed or killed."""
        with self._lock:
            for level, at in buckets:
                self._stale[level].setdefault(at, _Changes()).note(None)

    def touch(self, measured_at: Times, device: Ids | None = None) -> tuple[list[Bucket], list[Bucket]]:
        """Samples are about to be written: all their buckets, and those of them that were not stale before.

        `device` has the number of each sample's device; without it any may have samples. The fresh buckets must be made
        durable before the samples are; `settle` is called when the writing is over, `withdraw` when it never began.
        """
        buckets = self.buckets_of(measured_at)
        with self._lock:
            fresh = [bucket for bucket in buckets if bucket.at not in self._stale[bucket.level]]
            for level, at in fresh:
                self._stale[level][at] = _Changes()
            self._note(buckets, measured_at, device)
            self._written.update(buckets)
        return buckets, fresh

    def settle(self, buckets: Collection[Bucket]) -> None:
        """The writing that `touch` announced is over, whether it went well or not."""
        with self._lock:
            self._written -= Counter(buckets)

    def withdraw(self, buckets: Collection[Bucket], fresh: Collection[Bucket]) -> None:
        """Nothing will be written to what `touch` has just said."""
        with self._lock:
            for level, at in fresh:
                del self._stale[level][at]
            self._written -= Counter(buckets)

    def take(self, level: Level, start: int, end: int) -> list[StaleBucket]:
        """The stale buckets of a level that begin in [start, end), ascending, to be rolled up of what is read from now on.

        Those that are being written to are left for the next time: a reader may or may not see those samples.
        """
        with self._lock:
            return [
                StaleBucket(bucket, number := next(self._takings), changes.take(number))
                for bucket, changes in sorted((Bucket(level, at), each) for at, each in self._stale[level].items())
                if start <= bucket.at < end and bucket not in self._written
            ]

    def starts(self, level: Level) -> list[int]:
        """Where the stale buckets of a level begin, ascending."""
        with self._lock:
            return sorted(self._stale[level])

    def is_stale(self, bucket: Bucket) -> bool:
        """Whether the stored roll-up of a bucket may not be believed."""
        with self._lock:
            return bucket.at in self._stale[bucket.level]

    def forget(self, made: Iterable[StaleBucket], keep: Callable[[list[Bucket]], None]) -> list[Bucket]:
        """What was taken is rolled up: these buckets are stale no more, or only for those who have written since.

        `keep` makes durable what the result says, while nobody can touch a bucket; what it raises leaves all as it was.
        """
        with self._lock:
            ours = [
                (one.bucket, changes)
                for one in made
                if (changes := self._stale[one.bucket.level].get(one.bucket.at)) and changes.taken == one.taken
            ]
            done = [bucket for bucket, changes in ours if not changes.is_changed]
            keep(done)
            for _, changes in ours:
                changes.drop()
            for level, at in done:
                del self._stale[level][at]
        return done

    def _note(self, buckets: Collection[Bucket], measured_at: Times, device: Ids | None) -> None:
        """Remember who writes to each of the buckets, where it is not everybody already."""
        for level in ROLLED_LEVELS:
            some = {at: self._stale[level][at] for each, at in buckets if each is level}
            some = {at: changes for at, changes in some.items() if changes.since is not None}
            if device is None:
                for changes in some.values():
                    changes.note(None)
            elif some:
                starts, place = np.unique(self._cutter.bucket_of(measured_at, level), return_inverse=True)
                pairs = np.unique(place.astype(np.int64) << 32 | device)
                cuts = np.searchsorted(pairs >> 32, np.arange(1, len(starts)))
                for at, of_bucket in zip(starts.tolist(), np.split(pairs & 0xFFFFFFFF, cuts), strict=True):
                    if at in some:
                        some[at].note(of_bucket.tolist())

    def buckets_of(self, measured_at: Times) -> list[Bucket]:
        """The buckets of all levels that hold some instants, each once."""
        found: list[Bucket] = []
        starts = measured_at
        for level in ROLLED_LEVELS:  # each level nests in the next
            starts = np.unique(self._cutter.bucket_of(starts, level))
            found += [Bucket(level, at) for at in starts.tolist()]
        return found


def _joined(some: set[int] | None, others: Iterable[int] | None) -> set[int] | None:
    """All of both; None, which is everybody, when they are too many to be remembered."""
    if some is None or others is None:
        return None
    some.update(others)
    return some if len(some) <= _MOST_DEVICES else None
