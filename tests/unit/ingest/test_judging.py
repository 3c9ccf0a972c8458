"""Groups are judged beside ingest: all of them, in order, whatever one of them does."""

import threading

import numpy as np

from controller.ingest.counters import IngestCounters
from controller.ingest.judging import GROUPS_WAITING, Judging
from controller.ingest.port import Committed
from tests.servers.daemon import wait_until

LONG_S = 10.0


class _Judge:
    """Remembers what it judged; stands still while `may_go` is not set."""

    def __init__(self) -> None:
        self.judged: list[int] = []
        self.may_go = threading.Event()
        self.may_go.set()
        self.fails_at = -1

    def judge(self, committed: Committed) -> None:
        """As the port says, but for what is told to fail."""
        assert self.may_go.wait(LONG_S)
        if committed.received_at == self.fails_at:
            raise ZeroDivisionError("nobody foresaw this")
        self.judged.append(committed.received_at)


def _group(number: int) -> Committed:
    return Committed(np.array([1], np.int32), np.array([1]), np.array([1.0]), number)


def test_stop_returns_when_all_groups_are_judged_in_order() -> None:
    judge = _Judge()
    judging = Judging(judge, IngestCounters())
    judging.start()
    for number in range(5):
        judging.hand_over(_group(number))
    judging.stop(LONG_S)
    judging.stop(LONG_S)
    assert judge.judged == [0, 1, 2, 3, 4]
    assert judging.waiting == 0


def test_a_group_that_fails_is_counted_and_the_next_is_judged() -> None:
    judge, counters = _Judge(), IngestCounters()
    judge.fails_at = 0
    judging = Judging(judge, counters)
    judging.start()
    judging.hand_over(_group(0))
    judging.hand_over(_group(1))
    judging.stop(LONG_S)
    assert judge.judged == [1]
    assert counters.unexpected["judge"] == 1


def test_who_brings_more_than_is_judged_waits() -> None:
    judge = _Judge()
    judge.may_go.clear()
    judging = Judging(judge, IngestCounters())
    judging.start()
    brought: list[int] = []

    def bring() -> None:
        for number in range(GROUPS_WAITING + 3):
            judging.hand_over(_group(number))
            brought.append(number)

    thread = threading.Thread(target=bring)
    thread.start()
    wait_until(lambda: len(brought) == GROUPS_WAITING + 1, "the queue to be full")  # one is being judged
    assert judging.waiting >= GROUPS_WAITING + 1
    judge.may_go.set()
    thread.join(LONG_S)
    judging.stop(LONG_S)
    assert judge.judged == list(range(GROUPS_WAITING + 3))


def test_it_can_be_started_again() -> None:
    judge = _Judge()
    judging = Judging(judge, IngestCounters())
    for number in range(2):
        judging.start()
        judging.hand_over(_group(number))
        judging.stop(LONG_S)
    assert judge.judged == [0, 1]
