"""Writers take turns: nobody starves behind one who never pauses."""

from threading import Thread

from controller.registry.turns import Turns
from tests.servers.daemon import wait_until


def test_turns_come_in_the_order_they_were_asked_for() -> None:
    turns, had = Turns(), list[str]()

    def take(name: str) -> None:
        assert turns.take(10)
        had.append(name)
        turns.leave()

    assert turns.take(10)
    threads = []
    for name in ("first", "second", "third"):
        threads.append(Thread(target=take, args=(name,)))
        threads[-1].start()
        wait_until(lambda: turns.waiting == len(threads), "a thread to queue up")
    turns.leave()
    take("last")
    for thread in threads:
        thread.join(10)
    assert had == ["first", "second", "third", "last"]


def test_a_turn_that_does_not_come_is_given_up() -> None:
    turns = Turns()
    assert turns.take(10)
    assert not turns.take(0.01)
    assert turns.waiting == 0
    turns.leave()
    assert turns.take(0.01)
