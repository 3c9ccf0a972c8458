"""Frames to bytes and safely back. Pure: no I/O, no clock.

The bytes are one zstd frame (RFC 8878) with its content size in the header and its checksum at the end, over one
MessagePack map. A payload that starts with ``{`` is the JSON form instead.
"""

import threading

import msgspec
import zstandard

from campus.ids import is_id
from campus.topics import WIRE_VERSION
from campus.wire.body_check import check_body, check_instant
from campus.wire.frame import (
    MAX_COMPRESSED_BYTES,
    MAX_FRAME_BYTES,
    MAX_FRAME_NUMBER,
    Frame,
    FrameError,
)
from campus.wire.json_form import decode_json

ZSTD_LEVEL = 3
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Frame)


class _Own(threading.local):
    """Each thread's own: making one costs as much as a frame, and it must not be shared (python-zstandard, "Thread safety")."""

    def __init__(self) -> None:
        # The checksum costs 4 bytes: without it a bit that flips in a literal gives another value and no error.
        self.compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_content_size=True, write_checksum=True)
        self.decompressor = zstandard.ZstdDecompressor(max_window_size=MAX_FRAME_BYTES)


_own = _Own()


def encode_frame(frame: Frame) -> bytes:
    """Pack one frame; the caller has kept `MAX_SAMPLES` and `MAX_FRAME_BYTES` (`FrameError` ``too_large`` otherwise)."""
    raw = _encoder.encode(frame)
    if len(raw) > MAX_FRAME_BYTES:
        raise FrameError(
            "too_large", f"a frame of {len(raw)} bytes is over {MAX_FRAME_BYTES}: send fewer samples in each"
        )
    payload = _own.compressor.compress(raw)
    if len(payload) > MAX_COMPRESSED_BYTES:
        raise FrameError(
            "too_large", f"{len(payload)} bytes on the wire is over {MAX_COMPRESSED_BYTES}: send fewer samples in each"
        )
    return payload


def decode_frame(payload: bytes) -> Frame:
    """Unpack and check one frame, zstd or JSON form.

    The columns of a samples body are *not* read here: `campus.wire.columns.read_columns` does that and raises the same
    error class. Raises `FrameError` for every other input, whatever the bytes; allocates at most `MAX_FRAME_BYTES` for
    the text plus a small multiple of it for the objects.
    """
    if len(payload) > MAX_COMPRESSED_BYTES:
        raise FrameError("too_large", f"{len(payload)} bytes on the wire, the limit is {MAX_COMPRESSED_BYTES}")
    if payload[:1] == b"{":
        return _checked(decode_json(payload))
    return _checked(_unpacked(_decompressed(payload)))


def _decompressed(payload: bytes) -> bytes:
    if payload[:4] != _ZSTD_MAGIC:
        raise FrameError("not_a_frame", "starts neither with the zstd magic number nor with '{'")
    try:
        size = zstandard.get_frame_parameters(payload).content_size
        if size == zstandard.CONTENTSIZE_UNKNOWN:
            raise FrameError("bad_shape", "the zstd header does not tell the content size: compress in one call")
        if size > MAX_FRAME_BYTES:
            raise FrameError("too_large", f"claims {size} bytes after decompression, the limit is {MAX_FRAME_BYTES}")
        raw = _own.decompressor.decompress(payload, allow_extra_data=False)
    except (zstandard.ZstdError, MemoryError) as error:
        raise FrameError("corrupt", f"zstd cannot read it: {error}") from error
    if len(raw) != size:
        raise FrameError("corrupt", f"{len(raw)} bytes after decompression, the header says {size}")
    return raw


def _unpacked(raw: bytes) -> Frame:
    try:
        return _decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise FrameError("bad_shape", str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FrameError("corrupt", f"MessagePack cannot read it: {error}") from error


def _checked(frame: Frame) -> Frame:
    if frame.v != WIRE_VERSION:
        raise FrameError("bad_version", f"frame version {frame.v}, this side speaks {WIRE_VERSION}")
    if not is_id(frame.site) or not is_id(frame.agent):
        raise FrameError("bad_id", f"{frame.site[:80]!r} / {frame.agent[:80]!r} cannot name a site and an agent")
    check_instant(frame.sent_at, "sent_at")
    if not (0 <= frame.epoch <= MAX_FRAME_NUMBER and 0 <= frame.number <= MAX_FRAME_NUMBER):
        raise FrameError("bad_shape", "epoch and number must be between 0 and 2^63 - 1")
    check_body(frame.body)
    return frame
