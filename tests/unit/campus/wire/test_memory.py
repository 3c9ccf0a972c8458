"""No bytes make a reader allocate more than a small multiple of `MAX_FRAME_BYTES`."""

import struct
import tracemalloc
from collections.abc import Callable

import msgspec
import pytest
import zstandard

from campus.wire.codec import decode_frame
from campus.wire.columns import read_columns, read_dictionary
from campus.wire.frame import MAX_COMPRESSED_BYTES, MAX_FRAME_BYTES, Frame, FrameError, SamplesBody
from tests.unit.campus.wire.frames import compressed, raw_frame

LIMIT_BYTES = 16 * MAX_FRAME_BYTES
"""The text itself, and the objects a MessagePack byte or two can become: an empty map is 1 byte there and 64 here."""


def array(count: int, item: bytes, claim: int | None = None) -> msgspec.Raw:
    return msgspec.Raw(b"\xdd" + struct.pack(">I", count if claim is None else claim) + item * count)


def dictionary(words: msgspec.Raw) -> bytes:
    ones = {"metrics": ["a"], "instances": [""], "device": b"\0\0", "metric": b"\0\0", "instance": b"\0\0"}
    return msgspec.msgpack.encode({"devices": words} | ones)


def many_arguments() -> msgspec.Raw:
    pairs = b"".join(b"\xa6%06d\xa1a" % index for index in range(400_000))
    return msgspec.Raw(b"\xdf" + struct.pack(">I", 400_000) + pairs)


DEVICE = {"device": "a", "kind": "ups", "observed_at": 1}
PORT = b"\x81\xa8instance\xa1a"
JSON_START = b'{"site":"a","agent":"a","epoch":1,"number":1,"sent_at":1790000000000,"samples":['
JSON_ROW = b'{"device":"a","metric":"a","at":1790000000000,"value":1},'
JSON_ROWS = JSON_ROW * ((MAX_COMPRESSED_BYTES - 200) // len(JSON_ROW))


HOSTILE: dict[str, Callable[[], bytes]] = {
    "a bomb with its size": lambda: compressed(bytes(256 << 20)),
    "a bomb without its size": lambda: zstandard.ZstdCompressor(write_content_size=False).compress(bytes(256 << 20)),
    "a bomb just inside the limit": lambda: compressed(bytes(MAX_FRAME_BYTES)),
    "a size claim of 2^63 bytes": lambda: b"\x28\xb5\x2f\xfd\xe0" + (1 << 63).to_bytes(8, "little") + b"\0" * 20,
    "an empty claim of 4 MB": lambda: b"\x28\xb5\x2f\xfd\xa0" + MAX_FRAME_BYTES.to_bytes(4, "little") + b"\1\0\0",
    "4,294,967,295 events": lambda: raw_frame({"kind": "events", "events": array(0, b"", 0xFFFFFFFF)}),
    "a binary of 4 GB": lambda: raw_frame({"kind": "samples", "count": 1, "value": msgspec.Raw(b"\xc6\xff\xff\xff\xff")}),
    "a text of 4 GB": lambda: raw_frame({"kind": "result", "id": msgspec.Raw(b"\xdb\xff\xff\xff\xff")}),
    "a million runs": lambda: raw_frame({"kind": "ack", "epoch": 1, "runs": array(1_300_000, b"\x92\0\0")}),
    "many arguments": lambda: raw_frame({"kind": "command", "id": "", "name": "", "arguments": many_arguments()}),
    "many ports": lambda: raw_frame({"kind": "facts", "devices": [DEVICE | {"ports": array(340_000, PORT)}]}),
    "many empty neighbours": lambda: raw_frame({"kind": "facts", "devices": [DEVICE | {"neighbours": array(10**6, b"\x80")}]}),
    "deep nesting": lambda: raw_frame({"kind": "ack", "x": array(1, b"\x91" * 3_000_000 + b"\0")}),
    "deep JSON": lambda: b'{"a":' * 100_000,
    "as many JSON rows as fit, then rubbish": lambda: JSON_START + JSON_ROWS + b"?]}",
    "a JSON number of 400,000 digits": lambda: JSON_START.replace(b'"epoch":1', b'"epoch":' + b"9" * 400_000),
}  # fmt: skip


def refused_and_peak_bytes(read: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        with pytest.raises(FrameError):
            read()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def accepted_and_peak_bytes(payload: bytes) -> tuple[Frame, int]:
    tracemalloc.start()
    try:
        return decode_frame(payload), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_frames_are_refused_within_the_limit(name: str) -> None:
    payload = HOSTILE[name]()
    assert refused_and_peak_bytes(lambda: decode_frame(payload)) < LIMIT_BYTES


@pytest.mark.parametrize("words", [array(1_300_000, b"\xa2ab"), array(0, b"", 0xFFFFFFFF), array(65_535, b"\xa1!")])
def test_hostile_dictionaries_are_refused_within_the_limit(words: msgspec.Raw) -> None:
    packed = dictionary(words)
    assert refused_and_peak_bytes(lambda: read_dictionary(packed)) < LIMIT_BYTES


def test_columns_allocate_nothing_for_a_count_that_is_not_there() -> None:
    body = SamplesBody(count=65_536, dictionary=b"", series=b"", measured_at=b"", value=b"")
    assert refused_and_peak_bytes(lambda: read_columns(body, 1)) < 100_000


def test_four_million_unknown_maps_are_skipped_within_the_limit() -> None:
    payload = raw_frame({"kind": "ack", "epoch": 1, "runs": [], "x": array(4_000_000, b"\x80")})
    assert accepted_and_peak_bytes(payload)[1] < LIMIT_BYTES


def test_as_many_good_json_rows_as_fit_are_taken_within_the_limit() -> None:
    payload = JSON_START + JSON_ROWS.rstrip(b",") + b"]}"
    frame, peak = accepted_and_peak_bytes(payload)
    assert isinstance(frame.body, SamplesBody)
    assert frame.body.count > 18_000
    assert peak < LIMIT_BYTES
