"""paho's client with fewer system calls: what lies in the socket is read at once, what is to be sent goes out together.

paho reads a message in four steps, wakes for each that comes, and sends every receipt and every message by itself; at
hundreds of messages a second that is most of its time, and each call hands the interpreter to another thread. Nothing else
is changed: paho parses, paho decides. Packets are those of MQTT 3.1.1; section numbers are of the OASIS standard.
"""

import ssl
import struct
import time
from collections.abc import Iterable
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import MQTTErrorCode

READ_BYTES: Final = 1 << 16
UNSENT_BYTES: Final = 1 << 18
"""So much waits here at most; beyond it paho is told that the line is busy, and keeps the rest."""
GATHER_S: Final = 0.02
"""After a read that emptied the line, what comes within this long is read together."""
_BUSY = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class BufferedSocket:
    """A connected non-blocking socket, plain or TLS, with a buffer for each direction, for the one thread that loops."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._read = b""
        self._at = 0
        self._unsent = bytearray()
        self.is_drained = False
        """Whether the last read took all that had come."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @property
    def buffered(self) -> int:
        """Bytes that were read and not asked for yet."""
        return len(self._read) - self._at

    def recv(self, size: int) -> bytes:
        """Up to `size` bytes; raises as the socket does when there are none."""
        if not self.buffered:
            # TLS gives a record at a time and tells too late that there is no other: then nothing is gathered.
            self._read, self._at = self._inner.recv(READ_BYTES), 0
            self.is_drained = len(self._read) < READ_BYTES and not isinstance(self._inner, ssl.SSLSocket)
        start, self._at = self._at, min(self._at + size, len(self._read))
        return self._read[start : self._at]

    def send(self, data: bytes) -> int:
        """Take all of `data`, to be sent with the next `flush`; `BlockingIOError` when too much waits already."""
        if len(self._unsent) >= UNSENT_BYTES:
            self.flush()
            if len(self._unsent) >= UNSENT_BYTES:
                raise BlockingIOError
        self._unsent += data
        return len(data)

    def pending(self) -> int:
        """Bytes that can be read without waiting. paho asks before each wait, so this is where everything goes out."""
        self._flush_if_whole()
        inner = self._inner.pending() if isinstance(self._inner, ssl.SSLSocket) else 0
        return self.buffered + inner

    def flush(self) -> None:
        """Send what waits, as much as the line takes; `OSError` when it is broken."""
        while self._unsent:
            try:
                sent = self._inner.send(self._unsent)
            except _BUSY:
                return
            del self._unsent[:sent]

    def close(self) -> None:
        """Send what the line still takes and close."""
        self._flush_if_whole()
        self._inner.close()

    def _flush_if_whole(self) -> None:
        """A broken line is told by the next `recv`, where paho expects it."""
        try:
            self.flush()
        except OSError:
            self._unsent.clear()


def publish_packet(topic: str, payload: bytes) -> bytes:
    """A message of QoS 0 as it goes over the line (3.3).

    >>> publish_packet("a/b", b"x").hex()
    '30060003612f6278'
    """
    name = topic.encode()
    left, length = 2 + len(name) + len(payload), bytearray()
    while left > 0x7F:  # 2.2.3
        length.append(left & 0x7F | 0x80)
        left >>= 7
    length.append(left)
    return b"".join((b"\x30", length, struct.pack(">H", len(name)), name, payload))


def receipt_packet(message: int) -> bytes:
    """That a message of QoS 1 was dealt with (PUBACK, 3.4)."""
    return struct.pack(">BBH", mqtt.PUBACK, 2, message)


class BufferedClient(mqtt.Client):
    """A client whose socket is buffered."""

    _line: BufferedSocket | None = None

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read one packet, and all that came with it; then wait a moment for more to come, unless there is something to send."""
        code = super().loop_read(max_packets)
        while code == MQTTErrorCode.MQTT_ERR_SUCCESS and self._sock is not None and self._line and self._line.buffered:
            code = super().loop_read(max_packets)
        if self._line is not None and self._line.is_drained and not self.want_write():
            time.sleep(GATHER_S)
        return code

    @property
    def waiting_bytes(self) -> int:
        """What is to be sent and paho has not handed to the line yet."""
        waiting = self._out_packet.copy()  # paho's thread takes out of it meanwhile
        return sum(packet["to_process"] for packet in waiting)

    def send_together(self, packets: Iterable[bytes]) -> bool:
        """Send whole packets of QoS 0 or receipts, in their order. Any thread.

        Tells whether they were taken: without a connection they are dropped. What is taken may still be lost with the line.
        """
        if not self.is_connected():
            return False
        joined = b"".join(packets)
        if joined:
            self._packet_queue(mqtt.PUBACK, joined, 0, 0)  # paho does nothing more once a packet of this kind is sent
        return True

    def _create_socket(self) -> Any:
        self._line = BufferedSocket(super()._create_socket())
        return self._line
