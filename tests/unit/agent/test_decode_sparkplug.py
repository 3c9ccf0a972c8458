"""Sparkplug B payloads as Protocol Buffers encode them, and everything that is none."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.decode.sparkplug import MAX_METRICS, decode_payload, rebirth_command, typed
from campus.errors import Poison
from tests.support import sparkplug as tahu
from tests.support.sparkplug import PAYLOAD, metric, payload

NOW = 1_790_000_000_000


@pytest.mark.parametrize(
    ("datatype", "value"),
    [
        (tahu.INT8, -5),
        (tahu.INT16, -300),
        (tahu.INT32, -70_000),
        (tahu.INT64, -(1 << 40)),
        (tahu.UINT8, 250),
        (tahu.UINT16, 65_000),
        (tahu.UINT32, 4_000_000_000),
        (tahu.UINT64, (1 << 64) - 1),
        (tahu.FLOAT, 21.5),
        (tahu.DOUBLE, -1e300),
        (tahu.BOOLEAN, True),
        (tahu.BOOLEAN, False),
        (tahu.STRING, "Acme 温室"),
        (tahu.DATETIME, NOW),
        (tahu.TEXT, ""),
    ],
)
def test_every_plain_type(datatype: int, value: Any) -> None:
    (read,) = decode_payload(payload(metric("m", value, datatype, alias=7, timestamp=NOW))).metrics
    assert (read.name, read.alias, read.told_at, read.datatype) == ("m", 7, NOW, datatype)
    assert typed(read.raw, read.datatype) == value
    assert type(typed(read.raw, read.datatype)) is type(value)


def test_a_narrow_signed_integer_may_be_told_in_its_own_width() -> None:
    assert typed(0xFB, tahu.INT8) == -5
    assert typed(0xFFFFFFFB, tahu.INT8) == -5


def test_sequence_time_nulls_and_units() -> None:
    whole = decode_payload(
        payload(metric("t", 4.0, tahu.DOUBLE, unit="°C"), metric("n", is_null=True), timestamp=NOW, seq=255)
    )
    assert (whole.told_at, whole.seq, whole.skipped) == (NOW, 255, 0)
    assert [(m.unit, m.is_null, m.raw) for m in whole.metrics] == [("°C", False, 4.0), ("", True, None)]
    assert decode_payload(payload(timestamp=NOW)).seq is None


def test_what_is_no_plain_value_is_passed_over_and_counted() -> None:
    whole = decode_payload(
        payload(
            metric("d", datatype=tahu.DATASET, dataset_value={"num_of_columns": 1, "columns": ["a"], "types": [3]}),
            metric("t", datatype=tahu.TEMPLATE, template_value={"template_ref": "x", "metrics": [{"name": "inner"}]}),
            metric("b", b"\x00" * 1000, tahu.BYTES),
            metric("v", 1, tahu.INT32),
        )
    )
    assert ([m.name for m in whole.metrics], whole.skipped) == (["v"], 3)


@pytest.mark.parametrize(
    "broken",
    [
        b"\xff\xff",
        b"\x12\xff\x01\x0a",
        b"\x0a",
        b"\x0b\x00",
        b"\x08" + b"\xff" * 11,
        b"\x02\x01a",
        b'{"timestamp": 1}',
    ],
)
def test_what_is_no_payload(broken: bytes) -> None:
    with pytest.raises(Poison) as refusal:
        decode_payload(broken)
    assert refusal.value.reason == "not_sparkplug"


def test_a_payload_of_countless_metrics_is_refused() -> None:
    with pytest.raises(Poison) as refusal:
        decode_payload(b"\x12\x00" * (MAX_METRICS + 1))
    assert refusal.value.reason == "too_many_metrics"


@given(st.binary(max_size=200))
def test_whatever_arrives_is_read_or_refused(data: bytes) -> None:
    try:
        for each in decode_payload(data).metrics:
            typed(each.raw, each.datatype)
    except Poison:
        pass


VALUES = st.one_of(
    st.tuples(st.just(tahu.INT32), st.integers(-(1 << 31), (1 << 31) - 1)),
    st.tuples(st.just(tahu.INT64), st.integers(-(1 << 63), (1 << 63) - 1)),
    st.tuples(st.just(tahu.DOUBLE), st.floats(allow_nan=False)),
    st.tuples(st.just(tahu.STRING), st.text(max_size=100)),
)


@given(st.lists(st.tuples(st.text(max_size=50), VALUES), max_size=20), st.integers(0, 255))
def test_what_the_other_encoder_writes_is_read_whole(told: list[tuple[str, tuple[int, Any]]], seq: int) -> None:
    whole = decode_payload(payload(*(metric(name, value, kind) for name, (kind, value) in told), seq=seq))
    assert whole.seq == seq
    assert [(m.name, typed(m.raw, m.datatype)) for m in whole.metrics] == [(n, v) for n, (_, v) in told]


def test_a_float_that_is_no_number_stays_none() -> None:
    (read,) = decode_payload(payload(metric("f", math.nan, tahu.FLOAT))).metrics
    assert math.isnan(read.raw)  # type: ignore[arg-type]


def test_the_command_to_tell_births_is_what_the_specification_wants() -> None:
    command = PAYLOAD.FromString(rebirth_command(NOW))
    assert command.timestamp == NOW
    (only,) = command.metrics
    assert (only.name, only.datatype, only.boolean_value) == ("Node Control/Rebirth", tahu.BOOLEAN, True)
