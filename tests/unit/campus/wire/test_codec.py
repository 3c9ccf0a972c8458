"""Any frame round-trips; whatever else arrives is refused with a named reason."""

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from campus.wire.codec import decode_frame, encode_frame
from campus.wire.frame import (
    FRAME_ERRORS,
    MAX_COMPRESSED_BYTES,
    MAX_DOCUMENT_BYTES,
    MAX_FRAME_BYTES,
    AckBody,
    DocumentBody,
    EventsBody,
    FactsBody,
    Frame,
    FrameError,
    HelloBody,
)
from campus.wire.pack import pack_samples
from tests.unit.campus.wire.frames import (
    AT,
    check_reason,
    compressed,
    frame_of,
    frames,
    raw_frame,
    read_whole,
    refusal,
    sample,
)


@given(frames)
def test_any_frame_round_trips(frame: Frame) -> None:
    assert read_whole(encode_frame(frame)) == frame


@given(frames, st.data())
def test_a_flipped_bit_is_refused_or_changes_nothing(frame: Frame, data: st.DataObject) -> None:
    payload = bytearray(encode_frame(frame))
    bit = data.draw(st.integers(0, len(payload) * 8 - 1))
    payload[bit // 8] ^= 1 << bit % 8
    try:
        assert read_whole(bytes(payload)) == frame
    except FrameError as error:
        check_reason(error)


@given(frames, st.data())
def test_a_truncated_frame_is_refused(frame: Frame, data: st.DataObject) -> None:
    payload = encode_frame(frame)
    length = data.draw(st.integers(0, len(payload) - 1))
    assert refusal(payload[:length]) in {"not_a_frame", "corrupt", "bad_shape"}


@given(st.binary(max_size=300), st.sampled_from([b"", b"{", b"\x28\xb5\x2f\xfd", b"CAMPUS1\n"]))
def test_random_bytes_are_refused(noise: bytes, start: bytes) -> None:
    assert refusal(start + noise) in FRAME_ERRORS


@given(st.binary(max_size=300))
def test_random_bytes_inside_zstd_are_refused(noise: bytes) -> None:
    assert refusal(compressed(noise)) in FRAME_ERRORS


@given(frames, st.data())
def test_a_changed_byte_before_compression_is_refused_or_still_a_checked_frame(
    frame: Frame, data: st.DataObject
) -> None:
    raw = bytearray(msgspec.msgpack.encode(frame))
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        changed = read_whole(compressed(bytes(raw)))
    except FrameError as error:
        check_reason(error)
    else:
        assert read_whole(encode_frame(changed)) == changed


def test_a_frame_carries_its_content_size_and_a_checksum() -> None:
    parameters = zstandard.get_frame_parameters(encode_frame(frame_of(pack_samples([sample()]))))
    assert parameters.has_checksum
    assert parameters.content_size > 0


def test_a_sender_without_checksum_is_taken() -> None:
    frame = frame_of(pack_samples([sample()]))
    assert decode_frame(compressed(msgspec.msgpack.encode(frame))) == frame


def test_unknown_fields_are_skipped_so_that_the_format_can_grow() -> None:
    body = {"kind": "hello", "version": "9.1", "oldest_kept": 3, "mood": {"good": [1, 2]}}
    assert decode_frame(raw_frame(body)).body == HelloBody(version="9.1", oldest_kept=3)


def test_a_payload_over_the_limit_is_refused_unread() -> None:
    assert refusal(b"{" + b" " * MAX_COMPRESSED_BYTES) == "too_large"


def test_a_size_claim_over_the_limit_is_refused() -> None:
    assert refusal(compressed(bytes(MAX_FRAME_BYTES + 1))) == "too_large"


def test_a_bomb_that_hides_its_size_is_refused() -> None:
    hidden = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(64 << 20))
    assert refusal(hidden) == "bad_shape"


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    payload = bytearray(compressed(bytes(64 << 20)))
    # RFC 8878, section 3.1.1.1: magic, descriptor, window descriptor, then the content size, 4 bytes here.
    assert payload[6:10] == (64 << 20).to_bytes(4, "little")
    payload[6:10] = (1000).to_bytes(4, "little")
    assert refusal(bytes(payload)) == "corrupt"


def test_bytes_after_the_frame_are_refused() -> None:
    payload = encode_frame(frame_of(pack_samples([sample()])))
    assert refusal(payload + payload) == "corrupt"


def test_too_much_for_one_frame_is_refused_when_packing() -> None:
    with pytest.raises(FrameError, match="send fewer") as caught:
        encode_frame(frame_of(HelloBody(version="x" * MAX_FRAME_BYTES, oldest_kept=0)))
    assert caught.value.reason == "too_large"


WRONG_FIELDS = [
    ({"site": "第三小学"}, "bad_id"),
    ({"agent": "a" * 64}, "bad_id"),
    ({"sent_at": 1_790_000_000}, "bad_time"),
    ({"sent_at": 1 << 63}, "bad_time"),
    ({"epoch": -1}, "bad_shape"),
    ({"number": 1 << 63}, "bad_shape"),
    ({"v": 2}, "bad_version"),
    ({"number": "7"}, "bad_shape"),
    ({"body": {"kind": "weather"}}, "bad_shape"),
    ({"body": None}, "bad_shape"),
]


@pytest.mark.parametrize(("change", "reason"), WRONG_FIELDS)
def test_a_wrong_header_field_is_named(change: dict[str, object], reason: str) -> None:
    good = {"site": "a", "agent": "a", "epoch": 1, "number": 1, "sent_at": AT, "v": 1}
    content = good | {"body": {"kind": "ack", "epoch": 1, "runs": []}} | change
    assert refusal(compressed(msgspec.msgpack.encode(content))) == reason


GOOD_DEVICE = {"device": "a", "kind": "ups", "observed_at": AT}
GOOD_EVENT = {"device": "a", "occurred_at": AT, "kind": "restart"}
GOOD_DOCUMENT = {"device": "a", "kind": "configuration", "observed_at": AT, "content": b"sysname a"}
WRONG_BODIES = [
    ({"kind": "facts", "devices": [GOOD_DEVICE | {"device": "UPS 1"}]}, "bad_id"),
    ({"kind": "facts", "devices": [GOOD_DEVICE, GOOD_DEVICE | {"observed_at": 5}]}, "bad_time"),
    ({"kind": "facts", "devices": [GOOD_DEVICE | {"uplink_capacity_bps": float("inf")}]}, "not_finite"),
    ({"kind": "facts", "devices": [GOOD_DEVICE | {"uplinks": ["eth\n0"]}]}, "bad_id"),
    ({"kind": "facts", "devices": [GOOD_DEVICE | {"ports": [{"instance": "e" * 129}]}]}, "bad_id"),
    ({"kind": "facts", "devices": [GOOD_DEVICE | {"kind": "toaster"}]}, "bad_shape"),
    ({"kind": "facts", "devices": [GOOD_DEVICE] * 4097}, "bad_shape"),
    ({"kind": "events", "events": [GOOD_EVENT | {"device": ""}]}, "bad_id"),
    ({"kind": "events", "events": [GOOD_EVENT | {"occurred_at": -1}]}, "bad_time"),
    ({"kind": "events", "events": [GOOD_EVENT | {"instance": "\x00"}]}, "bad_id"),
    ({"kind": "document", "document": GOOD_DOCUMENT | {"device": "SW 1"}}, "bad_id"),
    ({"kind": "document", "document": GOOD_DOCUMENT | {"kind": "../secrets"}}, "bad_id"),
    ({"kind": "document", "document": GOOD_DOCUMENT | {"observed_at": 5}}, "bad_time"),
    ({"kind": "document", "document": GOOD_DOCUMENT | {"content": bytes(MAX_DOCUMENT_BYTES + 1)}}, "too_large"),
    ({"kind": "hello", "version": "1", "oldest_kept": -1}, "bad_shape"),
    ({"kind": "ack", "epoch": 1, "runs": [[5, 4]]}, "bad_shape"),
    ({"kind": "ack", "epoch": 1, "runs": [[1, 4], [4, 6]]}, "bad_shape"),
    ({"kind": "ack", "epoch": 1, "runs": [[1, 2, 3]]}, "bad_shape"),
    ({"kind": "ack", "epoch": -1, "runs": []}, "bad_shape"),
]


@pytest.mark.parametrize(("body", "reason"), WRONG_BODIES)
def test_a_body_that_cannot_be_meant_is_refused(body: dict[str, object], reason: str) -> None:
    assert refusal(raw_frame(body)) == reason


def test_good_bodies_are_taken_so_that_the_cases_above_fail_for_their_own_reason() -> None:
    assert isinstance(decode_frame(raw_frame({"kind": "facts", "devices": [GOOD_DEVICE]})).body, FactsBody)
    assert isinstance(decode_frame(raw_frame({"kind": "events", "events": [GOOD_EVENT]})).body, EventsBody)
    largest = GOOD_DOCUMENT | {"content": bytes(MAX_DOCUMENT_BYTES)}
    assert isinstance(decode_frame(raw_frame({"kind": "document", "document": largest})).body, DocumentBody)
    assert decode_frame(raw_frame({"kind": "ack", "epoch": 1, "runs": [[1, 4], [6, 6]]})).body == AckBody(
        1, [(1, 4), (6, 6)]
    )
