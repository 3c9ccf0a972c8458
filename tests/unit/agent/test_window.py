"""What is under way to the controller: bounded per lane in frames and bytes, expired, held, capped in bandwidth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.reconnect import Pauses
from agent.uplink.bucket import Bucket
from agent.uplink.hold import LATER_BY, LATEST_S, Hold
from agent.uplink.window import MOST_WAITS, UNCONFIRMED_BYTES, Lane, Window

EPOCH = 5


def sent(window: Window, *numbers: int, lane: Lane = Lane.LIVE, size_bytes: int = 100, at_s: float = 0.0) -> None:
    for number in numbers:
        window.send(number, EPOCH, size_bytes, lane, at_s)


def test_a_full_lane_does_not_block_the_other() -> None:
    window = Window(2, ack_timeout_s=30)
    sent(window, 1, 2, lane=Lane.BACKLOG)
    assert not window.has_room(Lane.BACKLOG)
    assert window.has_room(Lane.LIVE)


@pytest.mark.parametrize("lane", Lane)
def test_a_lane_holds_few_bytes_that_the_broker_has_not_confirmed_but_always_one_frame(lane: Lane) -> None:
    window = Window(1000, ack_timeout_s=30)
    sent(window, 1, lane=lane, size_bytes=1 << 20)
    assert not window.has_room(lane)
    window.confirm(1, 1)
    taken = 0
    while window.has_room(lane):
        taken += 1
        sent(window, 1 + taken, lane=lane, size_bytes=1000)
    assert taken == -(-UNCONFIRMED_BYTES[lane] // 1000)
    window.confirm(2, 1)
    assert window.has_room(lane)


def test_acknowledged_runs_of_their_epoch_make_room_and_tell_when_the_last_was_sent() -> None:
    window = Window(8, ack_timeout_s=30)
    for number in range(1, 7):
        sent(window, number, at_s=number)
    assert (window.last_sent_s(EPOCH - 1, [(1, 900)]), window.acknowledge(EPOCH - 1, [(1, 900)])) == (None, 0)
    assert (window.last_sent_s(EPOCH, [(1, 2), (5, 900)]), window.acknowledge(EPOCH, [(1, 2), (5, 900)])) == (6, 4)
    assert window.numbers == {3, 4}
    assert (window.last_sent_s(EPOCH, [(1, 2)]), window.acknowledge(EPOCH, [(1, 2)])) == (None, 0)


def test_what_the_broker_has_and_the_controller_does_not_acknowledge_is_let_go_later_each_time() -> None:
    window, now_s, waits = Window(8, ack_timeout_s=30), 0.0, []
    for _ in range(7):
        sent(window, 1, at_s=now_s)
        window.confirm(1, now_s)
        began_s = now_s
        while not window.expire(now_s):
            now_s += 1
        waits.append(now_s - began_s)
    assert waits == [30, 60, 120, 240, 30 * MOST_WAITS, 30 * MOST_WAITS, 30 * MOST_WAITS]
    assert not window.numbers


def test_what_the_broker_has_not_confirmed_is_never_let_go() -> None:
    window = Window(8, ack_timeout_s=30)
    sent(window, 1, 2)
    window.confirm(2, 1_000_000)
    assert window.expire(1_000_029) == 0
    assert window.expire(1_000_030) == 1
    assert window.numbers == {1}


@given(st.lists(st.tuples(st.sampled_from(["send", "confirm", "acknowledge", "expire"]), st.integers(1, 6))))
def test_no_frame_is_under_way_twice_and_none_is_let_go_unconfirmed(steps: list[tuple[str, int]]) -> None:
    window, confirmed, now_s = Window(4, ack_timeout_s=3), set[int](), 0.0
    for step, number in steps:
        now_s += 1
        before = window.numbers
        if step == "send" and number not in before and window.has_room(Lane.LIVE):
            sent(window, number, at_s=now_s)
            confirmed.discard(number)
        elif step == "confirm":
            window.confirm(number, now_s)
            confirmed.add(number)
        elif step == "acknowledge":
            window.acknowledge(EPOCH, [(number, number)])
            assert window.numbers == before - {number}
        else:
            gone = window.expire(now_s)
            assert len(before) - len(window.numbers) == gone
            assert before - window.numbers <= confirmed
        assert len(window.numbers) <= 4


def test_a_hold_ends_by_itself_not_at_once_for_everybody_and_the_next_answer_replaces_it() -> None:
    hold = Hold()
    assert hold.left_s(Lane.BACKLOG, 100) == 0
    ends = set()
    for _ in range(50):
        hold.replace(0, 40, now_s=100)
        assert hold.left_s(Lane.LIVE, 100) == 0
        assert 40 <= hold.left_s(Lane.BACKLOG, 100) <= 40 * (1 + LATER_BY)
        assert hold.left_s(Lane.BACKLOG, 100 + 40 * (1 + LATER_BY)) == 0
        ends.add(hold.left_s(Lane.BACKLOG, 100))
    assert len(ends) > 10
    hold.replace(0, 3600, now_s=100)
    assert hold.left_s(Lane.BACKLOG, 100) <= 3600 + LATEST_S
    hold.replace(60, 0, now_s=100)  # nothing at all: the backlog neither
    assert min(hold.left_s(lane, 100) for lane in Lane) >= 60
    hold.replace(0, 0, now_s=101)
    assert max(hold.left_s(lane, 101) for lane in Lane) == 0


def test_a_bucket_lets_its_rate_through_whatever_the_size_of_the_pieces() -> None:
    bucket, now_s, sent_bytes = Bucket(1000, 0), 0.0, 0
    while now_s < 100:
        if bucket.is_open(now_s):
            bucket.take(3700)
            sent_bytes += 3700
        assert bucket.wait_s() <= 3.7
        now_s += max(bucket.wait_s(), 0.01)
    assert sent_bytes == pytest.approx(100_000, rel=0.06)


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
