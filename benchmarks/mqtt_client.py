"""A small MQTT 3.1.1 client for many connections in one process: asyncio, QoS 1, no reconnecting.

paho would need a thread and about a megabyte for each of 800 agents. Section numbers are those of the OASIS standard.
"""

import asyncio
import ssl
import struct
from collections.abc import Callable
from typing import Final, cast

CONNECT_TIMEOUT_S: Final = 30.0
KEEPALIVE_S: Final = 600
_CONNACK, _PUBLISH, _SUBACK = 2, 3, 9


class MqttClient(asyncio.Protocol):
    """One connection. `heard` gets the payload of every message; call it from one event loop."""

    def __init__(self, heard: Callable[[bytes], None]) -> None:
        self._heard = heard
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[bytes] | None = None
        self._message = 0

    async def connect(
        self, host: str, port: int, tls: ssl.SSLContext, *, client_id: str, username: str, password: str
    ) -> None:
        """Dial and sign in; `RuntimeError` when the broker refuses."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, host, port, ssl=tls, server_hostname=host)
        body = _text("MQTT") + bytes([4, 0b1100_0010]) + struct.pack(">H", KEEPALIVE_S)  # section 3.1
        body += _text(client_id) + _text(username) + _text(password)
        answer = await self._ask(0x10, body)
        if answer[1]:
            raise RuntimeError(f"the broker refuses {username}: return code {answer[1]}")

    async def subscribe(self, topic: str) -> None:
        """With QoS 1."""
        await self._ask(0x82, self._next_message() + _text(topic) + b"\1")

    def publish(self, topic: str, payload: bytes) -> None:
        """With QoS 1. The broker's PUBACK is not waited for: what counts is the controller's acknowledgement."""
        self._send(0x32, _text(topic) + self._next_message() + payload)

    def close(self) -> None:
        """Leave."""
        if self._transport is not None:
            self._send(0xE0, b"")
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Of asyncio."""
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Of asyncio."""
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError(f"the broker ended the connection: {exc}"))

    def data_received(self, data: bytes) -> None:
        """Of asyncio."""
        self._buffer += data
        while (packet := self._next_packet()) is not None:
            self._take(*packet)

    def _take(self, head: int, body: bytes) -> None:
        kind = head >> 4
        if kind == _PUBLISH:
            topic_end = 2 + int.from_bytes(body[:2], "big")
            is_confirmed = head & 0b0110  # section 3.3.1.2
            if is_confirmed:
                self._send(0x40, body[topic_end : topic_end + 2])
            self._heard(body[topic_end + (2 if is_confirmed else 0) :])
        elif kind in (_CONNACK, _SUBACK) and self._answer is not None:
            self._answer.set_result(body)

    def _next_packet(self) -> tuple[int, bytes] | None:
        buffer, length, place = self._buffer, 0, 1
        while True:  # section 2.2.3
            if place >= len(buffer):
                return None
            length |= (buffer[place] & 0x7F) << (7 * (place - 1))
            place += 1
            if not buffer[place - 1] & 0x80:
                break
        if len(buffer) < place + length:
            return None
        head, body = buffer[0], bytes(buffer[place : place + length])
        del buffer[: place + length]
        return head, body

    async def _ask(self, head: int, body: bytes) -> bytes:
        self._answer = asyncio.get_running_loop().create_future()
        self._send(head, body)
        return await asyncio.wait_for(self._answer, CONNECT_TIMEOUT_S)

    def _next_message(self) -> bytes:
        self._message = self._message % 65_535 + 1
        return struct.pack(">H", self._message)

    def _send(self, head: int, body: bytes) -> None:
        if self._transport is None:
            return
        length, size = bytearray(), len(body)
        while True:
            size, digit = size >> 7, size & 0x7F
            length.append(digit | (0x80 if size else 0))
            if not size:
                break
        self._transport.write(bytes([head]) + length + body)


def _text(words: str) -> bytes:
    packed = words.encode()
    return struct.pack(">H", len(packed)) + packed
