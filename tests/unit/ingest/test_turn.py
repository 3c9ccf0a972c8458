"""Who goes first when a group is committed and a report is worked out."""

from threading import Lock, Thread

from controller.ingest.turn import give_way
from tests.servers.daemon import wait_until


def test_whoever_gives_way_leaves_the_turn_free() -> None:
    turn = Lock()
    give_way(turn)
    assert not turn.locked()


def test_goes_on_though_the_turn_is_never_given_back() -> None:
    turn = Lock()
    with turn:
        give_way(turn)
        assert turn.locked()


def test_nobody_goes_on_before_the_turn_is_over() -> None:
    turn, order = Lock(), []
    turn.acquire()

    def report() -> None:
        give_way(turn, longest_s=60)
        order.append("report")

    thread = Thread(target=report)
    thread.start()
    order.append("commit")
    turn.release()
    wait_until(lambda: len(order) == 2, "the report goes on")
    thread.join()
    assert order == ["commit", "report"]
