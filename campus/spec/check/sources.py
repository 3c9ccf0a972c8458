"""Messages out of a file or a pipe, whatever a vendor has at hand: a frame file, one packed frame, JSON, JSON lines."""

from collections.abc import Iterator
from typing import BinaryIO

from campus.spec.check.message import Message
from campus.wire.frame import MAX_COMPRESSED_BYTES, FrameError
from campus.wire.frame_file import MAGIC, read_frames

_ENOUGH_BYTES = MAX_COMPRESSED_BYTES + 1
"""One more than the limit, so that the reader of the frame sees that it is too large."""


class _Rewound:
    """A stream whose first bytes have been read already; a pipe cannot be turned back."""

    def __init__(self, start: bytes, stream: BinaryIO) -> None:
        self._start = start
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        """As of a file."""
        if size < 0:
            start, self._start = self._start, b""
            return start + self._stream.read()
        start, self._start = self._start[:size], self._start[size:]
        return start + (self._stream.read(size - len(start)) if len(start) < size else b"")


def read_messages(stream: BinaryIO) -> Iterator[Message]:
    """Every frame of `stream`, in order, never more than one in memory.

    Raises `FrameError` at the place where a frame file is damaged: what follows cannot be found any more.
    """
    first = stream.readline(_ENOUGH_BYTES)
    if first.startswith(MAGIC):
        for payload in read_frames(_Rewound(first, stream)):  # type: ignore[arg-type]  # it needs only read()
            yield Message(payload)
    elif first.strip().startswith(b"{") and first.strip().endswith(b"}"):
        yield from _lines(first, stream)
    elif first:
        yield Message(first + stream.read(_ENOUGH_BYTES - len(first)))


def _lines(first: bytes, stream: BinaryIO) -> Iterator[Message]:
    line = first
    while line:
        if len(line) >= _ENOUGH_BYTES:
            raise FrameError("too_large", f"a line of more than {MAX_COMPRESSED_BYTES} bytes")
        if line.strip():
            yield Message(line.strip())
        line = stream.readline(_ENOUGH_BYTES)
