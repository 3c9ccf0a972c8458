"""What was received and is not settled is bounded in messages and in bytes."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from controller.ingest.inbox import Inbox


@given(st.lists(st.tuples(st.sampled_from(["put", "get", "settle"]), st.integers(1, 60))))
def test_neither_bound_is_ever_passed(steps: list[tuple[str, int]]) -> None:
    inbox: Inbox[int] = Inbox(5, 100)
    inside: list[int] = []
    taken: list[int] = []
    for act, size in steps:
        if act == "put" and inbox.put(size, size, 1, 0):
            inside.append(size)
        elif act == "get":
            got = inbox.get(0)
            assert got == (inside.pop(0) if inside else None)
            taken += [got] if got is not None else []
        elif act == "settle" and taken:
            inbox.settle(taken.pop())
        assert inbox.waiting == len(inside) <= 5
        assert inbox.unsettled_bytes == sum(inside) + sum(taken) <= 100
        assert inbox.fill == max(len(inside) / 5, inbox.unsettled_bytes / 100)


def test_a_message_larger_than_the_bound_comes_in_alone() -> None:
    inbox: Inbox[str] = Inbox(5, 100)
    assert inbox.put("large", 400, 7, 0)
    assert not inbox.put("small", 1, 8, 0)
    assert (inbox.get(0), inbox.oldest_at) == ("large", 0)
    assert not inbox.put("small", 1, 8, 0), "what is being stored counts too"
    inbox.settle(400)
    assert inbox.put("small", 1, 8, 0)
    assert inbox.oldest_at == 8


def test_who_waits_for_room_goes_on_when_there_is_some() -> None:
    inbox: Inbox[str] = Inbox(1, 100)
    assert inbox.put("first", 1, 1, 0)
    came: list[bool] = []
    waiting = threading.Thread(target=lambda: came.append(inbox.put("second", 1, 2, 60)))
    waiting.start()
    assert inbox.get(0) == "first"
    waiting.join(60)
    assert (came, inbox.get(60)) == ([True], "second")
