"""What is under way to the controller: bounded per lane, expired, capped in bandwidth."""

import pytest

from agent.reconnect import Pauses
from agent.uplink.bucket import Bucket
from agent.uplink.window import Lane, Window


def test_a_full_lane_does_not_block_the_other() -> None:
    window = Window(2, ack_timeout_s=30)
    window.send(1, Lane.BACKLOG, 0)
    window.send(2, Lane.BACKLOG, 0)
    assert window.room(Lane.BACKLOG) == 0
    assert window.room(Lane.LIVE) == 2


def test_acknowledged_runs_make_room() -> None:
    window = Window(8, ack_timeout_s=30)
    for number in range(1, 7):
        window.send(number, Lane.LIVE, 0)
    assert window.acknowledge([(1, 2), (5, 900)]) == 4
    assert window.numbers == {3, 4}
    assert window.room(Lane.LIVE) == 6


def test_what_is_not_acknowledged_in_time_is_let_go() -> None:
    window = Window(8, ack_timeout_s=30)
    window.send(1, Lane.LIVE, 0)
    window.send(2, Lane.LIVE, 10)
    assert window.expire(29.9) == 0
    assert window.expire(30) == 1
    assert window.numbers == {2}


def test_a_bucket_lets_its_rate_through_whatever_the_size_of_the_pieces() -> None:
    bucket, now_s, sent = Bucket(1000, 0), 0.0, 0
    while now_s < 100:
        if bucket.is_open(now_s):
            bucket.take(3700)
            sent += 3700
        assert bucket.wait_s() <= 3.7
        now_s += max(bucket.wait_s(), 0.01)
    assert sent == pytest.approx(100_000, rel=0.06)


def test_a_bucket_that_rested_gives_no_more_than_a_second_at_once() -> None:
    bucket = Bucket(1000, 0)
    assert bucket.is_open(1_000_000)
    bucket.take(1000)
    assert not bucket.is_open(1_000_000)


def test_pauses_double_within_their_bounds_and_differ() -> None:
    pauses = Pauses(1, 60)
    for failures, at_most in ((1, 1), (2, 2), (6, 32), (7, 60), (5000, 60)):
        drawn = [pauses.after(failures) for _ in range(50)]
        assert at_most / 2 <= min(drawn)
        assert max(drawn) <= at_most
        assert len(set(drawn)) > 1
