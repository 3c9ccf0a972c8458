"""paho's client with fewer system calls: what lies in the socket is read at once, what is to be sent goes out together.

paho reads a message in four steps and sends every receipt by itself; at thousands of messages a second that is most of its
time, and each call hands the interpreter to another thread. Nothing else is changed: paho parses, paho decides.
"""

import ssl
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import MQTTErrorCode

READ_BYTES: Final = 1 << 16
UNSENT_BYTES: Final = 1 << 18
"""So much waits here at most; beyond it paho is told that the line is busy, and keeps the rest."""
_BUSY = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class BufferedSocket:
    """A connected non-blocking socket, plain or TLS, with a buffer for each direction, for the one thread that loops."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._read = b""
        self._at = 0
        self._unsent = bytearray()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @property
    def buffered(self) -> int:
        """Bytes that were read and not asked for yet."""
        return len(self._read) - self._at

    def recv(self, size: int) -> bytes:
        """Up to `size` bytes; raises as the socket does when there are none."""
        if not self.buffered:
            self._read, self._at = self._inner.recv(READ_BYTES), 0
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


class BufferedClient(mqtt.Client):
    """A client whose socket is buffered."""

    _line: BufferedSocket | None = None

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read one packet, and all that came with it."""
        code = super().loop_read(max_packets)
        while code == MQTTErrorCode.MQTT_ERR_SUCCESS and self._sock is not None and self._line and self._line.buffered:
            code = super().loop_read(max_packets)
        return code

    def _create_socket(self) -> Any:
        self._line = BufferedSocket(super()._create_socket())
        return self._line
