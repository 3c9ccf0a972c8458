"""The JSON form means the same as the packed form, and its oddities are refused, not guessed at."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.samples import DeviceFacts, DeviceKind, Sample
from campus.wire.codec import decode_frame, encode_frame
from campus.wire.frame import Frame, FrameError, SamplesBody
from campus.wire.pack import pack_samples
from tests.unit.campus.wire.frames import (
    AT,
    check_reason,
    frame_of,
    instants,
    read_whole,
    refusal,
    sample,
    sample_lists,
)

ROW = {"device": "cold-1", "metric": "temperature_cel", "at": AT, "value": 4.2}
HEADER = {"site": "no-3-primary", "agent": "acme", "epoch": 1, "number": 1, "sent_at": AT}


def form(samples: list[dict[str, Any]] | None = None, **changes: Any) -> bytes:
    return json.dumps(HEADER | {"samples": [ROW] if samples is None else samples} | changes).encode()


def row_of(sample: Sample) -> dict[str, Any]:
    key = sample.key._asdict()
    return key | {"at": sample.measured_at, "value": sample.value}


@given(sample_lists)
def test_the_json_form_decodes_to_the_packed_frame(samples: list[Sample]) -> None:
    packed = frame_of(pack_samples(samples))
    assert decode_frame(form([row_of(sample) for sample in samples])) == decode_frame(encode_frame(packed))


@given(instants, st.integers(-14 * 60, 14 * 60))
def test_an_rfc_3339_time_is_the_same_instant(at: int, offset_min: int) -> None:
    zone = timezone(timedelta(minutes=offset_min))
    text = (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at)).astimezone(zone).isoformat()
    assert decode_frame(form([ROW | {"at": text}], sent_at=text)).sent_at == at


def test_devices_become_facts_observed_when_sent() -> None:
    device = {"device": "cold-1", "kind": "kitchen_monitor", "name": "冷库 1"}
    frame = decode_frame(json.dumps(HEADER | {"devices": [device]}).encode())
    want = DeviceFacts(device="cold-1", kind=DeviceKind.KITCHEN_MONITOR, observed_at=AT, name="冷库 1")  # type: ignore[arg-type]
    assert frame.body.devices == [want]  # type: ignore[union-attr]


def test_the_default_instance_is_the_whole_device() -> None:
    body = decode_frame(form()).body
    assert isinstance(body, SamplesBody)
    assert body == pack_samples([sample()])


ODDITIES: dict[str, tuple[bytes, str]] = {
    "a key twice in a row": (form().replace(b'"value"', b'"at": 1, "value"'), "bad_shape"),
    "a key twice in the frame": (form().replace(b'"epoch"', b'"number": 9, "epoch"'), "bad_shape"),
    "NaN": (form([ROW | {"value": float("nan")}]), "corrupt"),
    "Infinity": (form([ROW | {"value": float("inf")}]), "corrupt"),
    "1e999": (form().replace(b"4.2", b"1e999"), "bad_shape"),
    "a value of 400 digits": (form([ROW | {"value": 10**400}]), "bad_shape"),
    "a value as text": (form([ROW | {"value": "4.2"}]), "bad_shape"),
    "a value that is true": (form([ROW | {"value": True}]), "bad_shape"),
    "a value of null": (form([ROW | {"value": None}]), "bad_shape"),
    "an epoch over 2^63": (form(epoch=1 << 63), "bad_shape"),
    "an epoch of 5000 digits": (form().replace(b'"epoch": 1', b'"epoch": ' + b"1" * 5000), "bad_shape"),
    "a number with a point": (form(number=1.5), "bad_shape"),
    "a time in seconds": (form([ROW | {"at": AT // 1000}]), "bad_time"),
    "a time over 2^63": (form([ROW | {"at": 1 << 63}]), "bad_time"),
    "a time over 2^64": (form([ROW | {"at": 1 << 64}]), "bad_time"),
    "a time with a point": (form([ROW | {"at": AT + 0.5}]), "bad_shape"),
    "a time without an offset": (form([ROW | {"at": "2026-09-21T22:13:20"}]), "bad_time"),
    "sent_at without an offset": (form(sent_at="2026-09-21T22:13:20"), "bad_time"),
    "a date": (form([ROW | {"at": "2026-09-21"}]), "bad_shape"),
    "the year 1 in Beijing": (form([ROW | {"at": "0001-01-01T00:00:00+08:00"}]), "bad_time"),
    "the year 9999 in Honolulu": (form([ROW | {"at": "9999-12-31T23:59:59-10:00"}]), "bad_time"),
    "a leap second": (form([ROW | {"at": "2016-12-31T23:59:60Z"}]), "bad_shape"),
    "an unknown key": (form([ROW | {"unit": "Cel"}]), "bad_shape"),
    "a missing key": (form([{"device": "cold-1", "metric": "m", "at": AT}]), "bad_shape"),
    "no samples": (form([]), "bad_shape"),
    "samples and devices": (form(devices=[{"device": "a", "kind": "ups"}]), "bad_shape"),
    "a device kind nobody knows": (form(None, devices=[{"device": "a", "kind": "toaster"}]), "bad_shape"),
    "a Chinese site": (form(site="第三小学"), "bad_id"),
    "a Chinese device": (form([ROW | {"device": "冷库"}]), "bad_dictionary"),
    "half a surrogate pair": (form().replace(b"cold-1", b"\\ud800"), "corrupt"),
    "bytes that are not UTF-8": (form().replace(b"cold-1", b"\xff\xfe"), "corrupt"),
    "a comma too many": (form().replace(b"]}", b",]}"), "corrupt"),
    "text after the end": (form() + b" {}", "corrupt"),
    "half a frame": (form()[:-3], "corrupt"),
    "version 2": (form(v=2), "bad_version"),
    "a byte order mark": (b"\xef\xbb\xbf" + form(), "not_a_frame"),
}


@pytest.mark.parametrize("name", ODDITIES)
def test_an_oddity_is_refused_with_its_reason(name: str) -> None:
    payload, reason = ODDITIES[name]
    assert refusal(payload) == reason


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists),
    st.sampled_from([*ROW, *HEADER]),
)
def test_any_json_value_in_any_field_is_refused_or_taken(value: Any, field: str) -> None:  # fmt: skip
    payload = form([ROW | {field: value}]) if field in ROW else form(**{field: value})
    try:
        frame: Frame = read_whole(payload)
    except FrameError as error:
        check_reason(error)
    else:
        assert read_whole(encode_frame(frame)) == frame


@given(st.data())
def test_a_changed_byte_of_the_text_is_refused_or_still_a_checked_frame(data: st.DataObject) -> None:
    text = bytearray(form([ROW, ROW | {"instance": "东", "at": "2026-09-21T22:13:20+08:00"}]))
    text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    try:
        frame = read_whole(bytes(text))
    except FrameError as error:
        check_reason(error)
    else:
        assert read_whole(encode_frame(frame)) == frame
