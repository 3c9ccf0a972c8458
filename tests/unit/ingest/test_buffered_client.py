"""The buffers between paho and the line: nothing is lost, mixed up or sent twice, and a busy or broken line is told."""

import io
import socket
from collections.abc import Iterator
from contextlib import suppress

import paho.mqtt.client as mqtt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from controller.ingest.buffered_client import (
    READ_BYTES,
    UNSENT_BYTES,
    BufferedClient,
    BufferedSocket,
    publish_packet,
    receipt_packet,
)

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


def test_what_was_read_empties_the_line_or_leaves_more(pair: Pair) -> None:
    near, far = pair
    far.send(b"x")
    near.recv(1)
    assert near.is_drained
    far.send(bytes(READ_BYTES + 1))
    near.recv(1)
    assert not near.is_drained


@given(st.text(st.characters(min_codepoint=33, max_codepoint=400), min_size=1, max_size=60), st.binary(max_size=20_000))
def test_a_packet_is_what_paho_would_send(topic: str, payload: bytes) -> None:
    topic = topic.replace("#", "x").replace("+", "x")
    sent = io.BytesIO()

    class Paper(mqtt.Client):
        def _packet_queue(
            self, command: int, packet: bytes | bytearray, mid: int, qos: int, info: mqtt.MQTTMessageInfo | None = None
        ) -> MQTTErrorCode:
            sent.write(packet)
            return MQTTErrorCode.MQTT_ERR_SUCCESS

    client = Paper(CallbackAPIVersion.VERSION2, manual_ack=True)
    client._sock = socket.socket()
    client.publish(topic, payload, 0)
    client.ack(77, 1)
    client._sock.close()
    client._sock = None
    assert sent.getvalue() == publish_packet(topic, payload) + receipt_packet(77)


def test_without_a_connection_nothing_waits_to_be_sent() -> None:
    client = BufferedClient(CallbackAPIVersion.VERSION2)
    client.send_together([publish_packet("a/b", b"x")])
    assert client.waiting_bytes == 0
