"""Frames in a file or a pipe: for carrying a spool by hand, for dead letters, for history.

Layout: the 8 bytes ``CAMPUS1\\n``, then for each frame its length as u32 little-endian and its payload as on the wire.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from campus.wire.frame import MAX_COMPRESSED_BYTES, FrameError

MAGIC = b"CAMPUS1\n"
_LENGTH = struct.Struct("<I")


class FrameWriter:
    """Appends frames to an open binary file, after the magic."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._started = False

    @classmethod
    def continuing(cls, file: BinaryIO) -> "FrameWriter":
        """A writer for a file that has its magic already, open at its end."""
        writer = cls(file)
        writer._started = True
        return writer

    def write_frame(self, payload: bytes) -> None:
        """Append one encoded frame; durability is the file owner's matter."""
        if not self._started:
            self._file.write(MAGIC)
            self._started = True
        self._file.write(_LENGTH.pack(len(payload)))
        self._file.write(payload)


def read_frames(file: BinaryIO) -> Iterator[bytes]:
    """Payloads in order. `FrameError` on a file that is not ours (``not_a_frame``) or ends early (``corrupt``).

    Reads one frame at a time and believes no length above `MAX_COMPRESSED_BYTES`.
    """
    if file.read(len(MAGIC)) != MAGIC:
        raise FrameError("not_a_frame", "not a frame file: it does not start with CAMPUS1")
    while header := file.read(_LENGTH.size):
        if len(header) < _LENGTH.size:
            raise FrameError("corrupt", "the file ends inside a length")
        (length,) = _LENGTH.unpack(header)
        if length > MAX_COMPRESSED_BYTES:
            raise FrameError("too_large", f"a frame of {length} bytes, the limit is {MAX_COMPRESSED_BYTES}")
        payload = file.read(length)
        if len(payload) < length:
            raise FrameError("corrupt", f"the file ends {length - len(payload)} bytes before its last frame does")
        yield payload
