"""The buffers between paho and the line: nothing is lost, mixed up or sent twice, and a busy or broken line is told."""

import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.ingest.buffered_client import UNSENT_BYTES, BufferedSocket

Pair = tuple[BufferedSocket, socket.socket]


def connected() -> Pair:
    """A buffered end and the other one, both without waiting."""
    near, far = socket.socketpair()
    near.setblocking(False)
    far.setblocking(False)
    return BufferedSocket(near), far


@pytest.fixture
def pair() -> Iterator[Pair]:
    near, far = connected()
    yield near, far
    near.close()
    far.close()


@given(st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=20), st.integers(1, 40))
def test_bytes_come_in_their_order_however_many_are_asked_for(sent: list[bytes], at_once: int) -> None:
    near, far = connected()
    for part in sent:
        far.send(part)
    wanted = b"".join(sent)
    got = b""
    while len(got) < len(wanted):
        got += near.recv(at_once)
        assert near.pending() == near.buffered
    assert got == wanted
    with pytest.raises(BlockingIOError):
        near.recv(1)
    near.close()
    far.close()


def test_what_is_sent_goes_out_together_before_the_next_wait(pair: Pair) -> None:
    near, far = pair
    assert [near.send(part) for part in (b"one", b"two")] == [3, 3]
    with pytest.raises(BlockingIOError):
        far.recv(10)
    assert near.pending() == 0
    assert far.recv(10) == b"onetwo"


def test_a_busy_line_is_told_once_enough_waits_and_takes_the_rest_later(pair: Pair) -> None:
    near, far = pair
    part = bytes(range(256)) * 64
    sent = 0
    with suppress(BlockingIOError):
        while sent < 64 * UNSENT_BYTES:
            sent += near.send(part)
    assert UNSENT_BYTES <= sent < 64 * UNSENT_BYTES
    got = b""
    while len(got) < sent:
        near.pending()
        got += far.recv(1 << 20)
    assert got == part * (sent // len(part))


def test_a_broken_line_is_told_by_the_next_read(pair: Pair) -> None:
    near, far = pair
    near.send(b"lost")
    far.close()
    assert near.pending() == 0
    assert near.recv(1) == b""


def test_what_waits_goes_out_before_the_end(pair: Pair) -> None:
    near, far = pair
    near.send(b"goodbye")
    near.close()
    assert far.recv(10) == b"goodbye"
