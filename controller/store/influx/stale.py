"""Which buckets' roll-ups must be made (again), and which days are settled. In memory; the catalogue keeps it durable.

A bucket is stale from the moment before a sample of it is written until its roll-up has been made of all that was written.
What is not stale is either stored as a roll-up or has no samples, so a reader asks the stored roll-ups for it.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from itertools import count
from threading import Lock
from typing import Final, NamedTuple

import numpy as np

from controller.store.days import DayCutter
from controller.store.port import Level, Times

ROLLED_LEVELS: Final = (Level.FIVE_MINUTES, Level.HOUR, Level.DAY)


class Bucket(NamedTuple):
    """One bucket of time of all series: its level, and where it begins."""

    level: Level
    at: int


class StaleBucket(NamedTuple):
    """A bucket to be rolled up. `change` names the state of its samples: it is another one once more are written."""

    bucket: Bucket
    change: int


class StaleBuckets:
    """Any thread. One writer at a time stands between `touch` and `settle`."""

    def __init__(self, cutter: DayCutter) -> None:
        self._cutter = cutter
        self._lock = Lock()
        self._changes = count(1)
        self._stale: dict[Level, dict[int, int]] = {level: {} for level in ROLLED_LEVELS}
        self._written: Counter[Bucket] = Counter()

    def restore(self, buckets: Iterable[Bucket]) -> None:
        """Begin with what was stale when the store was closed or killed."""
        with self._lock:
            for level, at in buckets:
                self._stale[level][at] = next(self._changes)

    def touch(self, measured_at: Times) -> tuple[list[Bucket], list[Bucket]]:
        """Samples of these instants are about to be written: all their buckets, and those of them that were not stale before.

        The latter must be made durable before the samples are; `settle` is called when the writing is over, `withdraw`
        when it never began.
        """
        buckets = self.buckets_of(measured_at)
        with self._lock:
            fresh = [bucket for bucket in buckets if bucket.at not in self._stale[bucket.level]]
            for bucket in buckets:
                self._stale[bucket.level][bucket.at] = next(self._changes)
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

    def all(self, level: Level) -> list[StaleBucket]:
        """The stale buckets of a level, ascending, as they are now: take this before reading their samples."""
        with self._lock:
            return [StaleBucket(Bucket(level, at), change) for at, change in sorted(self._stale[level].items())]

    def starts(self, level: Level) -> list[int]:
        """Where the stale buckets of a level begin, ascending."""
        with self._lock:
            return sorted(self._stale[level])

    def is_stale(self, bucket: Bucket) -> bool:
        """Whether the stored roll-up of a bucket may not be believed."""
        with self._lock:
            return bucket.at in self._stale[bucket.level]

    def forget(self, made: Iterable[StaleBucket], keep: Callable[[list[Bucket]], None]) -> list[Bucket]:
        """Roll-ups of these were made: they are stale no more, but for those whose samples changed since or are being written.

        `keep` makes durable what the result says, while nobody can touch a bucket; what it raises leaves all as it was.
        """
        with self._lock:
            done = [
                bucket
                for bucket, change in made
                if self._stale[bucket.level].get(bucket.at) == change and bucket not in self._written
            ]
            keep(done)
            for level, at in done:
                del self._stale[level][at]
        return done

    def buckets_of(self, measured_at: Times) -> list[Bucket]:
        """The buckets of all levels that hold some instants, each once."""
        found: list[Bucket] = []
        starts = measured_at
        for level in ROLLED_LEVELS:  # each level nests in the next
            starts = np.unique(self._cutter.bucket_of(starts, level))
            found += [Bucket(level, at) for at in starts.tolist()]
        return found
