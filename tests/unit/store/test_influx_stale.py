"""Which buckets' roll-ups must be made, and of which devices."""

import numpy as np

from controller.store.days import DayCutter
from controller.store.influx.stale import ROLLED_LEVELS, Bucket, StaleBucket, StaleBuckets
from controller.store.port import Level
from tests.unit.store.stores import DAY, HOUR, MIDNIGHT, MINUTE, SHANGHAI

FIVE = 5 * MINUTE


def fresh() -> StaleBuckets:
    return StaleBuckets(DayCutter(SHANGHAI))


def written(stale: StaleBuckets, *samples: tuple[int, int]) -> list[Bucket]:
    """Write samples, each an instant after midnight and a device; the buckets that were not stale before."""
    at = np.array([MIDNIGHT + at for at, _ in samples])
    device = np.array([device for _, device in samples], np.int32)
    buckets, new = stale.touch(at, device)
    stale.settle(buckets)
    return new


def taken(stale: StaleBuckets, level: Level = Level.FIVE_MINUTES) -> list[StaleBucket]:
    return stale.take(level, MIDNIGHT, MIDNIGHT + DAY)


def told(some: list[StaleBucket]) -> list[tuple[int, set[int] | None]]:
    return [(one.bucket.at - MIDNIGHT, None if one.devices is None else set(one.devices)) for one in some]


def keep_nothing(_: list[Bucket]) -> None:
    """No catalogue."""


def test_each_bucket_remembers_who_wrote_to_it() -> None:
    stale = fresh()
    new = written(stale, (0, 1), (FIVE, 2), (FIVE + 1, 3), (HOUR, 1))
    assert [bucket.at - MIDNIGHT for bucket in new] == [0, FIVE, HOUR, 0, HOUR, 0]
    assert written(stale, (1, 4)) == []
    assert told(taken(stale)) == [(0, {1, 4}), (FIVE, {2, 3}), (HOUR, {1})]
    assert told(taken(stale, Level.HOUR)) == [(0, {1, 2, 3, 4}), (HOUR, {1})]
    assert told(taken(stale, Level.DAY)) == [(0, {1, 2, 3, 4})]


def test_what_is_rolled_up_is_stale_no_more() -> None:
    stale = fresh()
    written(stale, (0, 1), (FIVE, 2))
    kept: list[list[Bucket]] = []
    first, _ = taken(stale)
    assert stale.forget([first], kept.append) == [first.bucket]
    assert kept == [[first.bucket]]
    assert not stale.is_stale(first.bucket)
    assert stale.starts(Level.FIVE_MINUTES) == [MIDNIGHT + FIVE]


def test_who_writes_while_it_is_rolled_up_is_rolled_up_next_and_nobody_else() -> None:
    stale = fresh()
    written(stale, (0, 1), (0, 2))
    now = taken(stale)
    written(stale, (1, 3))
    assert stale.forget(now, keep_nothing) == []
    assert told(taken(stale)) == [(0, {3})]


def test_a_round_that_failed_is_made_good_by_the_next() -> None:
    stale = fresh()
    written(stale, (0, 1))
    void = taken(stale)
    written(stale, (0, 2))
    again = taken(stale)
    assert told(again) == [(0, {1, 2})]
    assert stale.forget(void, keep_nothing) == []  # another round has taken it since
    assert stale.forget(again, keep_nothing) == [again[0].bucket]


def test_what_cannot_be_kept_stays_stale() -> None:
    stale = fresh()
    written(stale, (0, 1))

    def fail(_: list[Bucket]) -> None:
        raise OSError

    try:
        stale.forget(taken(stale), fail)
    except OSError:
        assert told(taken(stale)) == [(0, {1})]
    else:
        raise AssertionError


def test_a_bucket_that_is_being_written_to_waits() -> None:
    stale = fresh()
    written(stale, (0, 1))
    buckets, new = stale.touch(np.array([MIDNIGHT]), np.array([2], np.int32))
    assert new == []
    assert taken(stale) == []
    stale.settle(buckets)
    now = taken(stale)
    assert told(now) == [(0, {1, 2})]
    under_way, _ = stale.touch(np.array([MIDNIGHT]), np.array([2], np.int32))
    assert stale.forget(now, keep_nothing) == []
    stale.settle(under_way)
    assert told(taken(stale)) == [(0, {2})]


def test_too_many_to_remember_are_all() -> None:
    stale = fresh()
    written(stale, *((0, device) for device in range(250)))
    assert len(told(taken(stale))[0][1] or ()) == 250
    written(stale, (0, 250))
    assert told(taken(stale)) == [(0, None)]
    stale.forget(taken(stale), keep_nothing)
    written(stale, (0, 7))
    assert told(taken(stale)) == [(0, {7})]


def test_after_a_restart_nobody_knows_who_it_was() -> None:
    stale = fresh()
    stale.restore([Bucket(level, MIDNIGHT) for level in ROLLED_LEVELS])
    written(stale, (0, 1))
    assert told(taken(stale)) == [(0, None)]
    unknown = fresh()
    unknown.settle(unknown.touch(np.array([MIDNIGHT]))[0])
    assert told(taken(unknown)) == [(0, None)]


def test_what_was_never_written_leaves_no_trace() -> None:
    stale = fresh()
    written(stale, (0, 1))
    buckets, new = stale.touch(np.array([MIDNIGHT, MIDNIGHT + HOUR]), np.array([1, 2], np.int32))
    stale.withdraw(buckets, new)
    assert told(taken(stale)) == [(0, {1})]
    assert told(taken(stale, Level.HOUR)) == [(0, {1})]
