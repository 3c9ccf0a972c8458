"""Sparkplug B payloads, read and written. Pure.

Source: Eclipse Sparkplug 3.0, section 6.4, and the encoding of Protocol Buffers. The message is small and its sender is not
trusted, so it is read field by field within bounds; what a monitor has no use for (data sets, templates, files) is passed over.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from campus.errors import Poison
from firmware_profiles.raw import Raw

MAX_METRICS = 5000
MAX_NAME_BYTES = 500
MAX_TEXT_BYTES = 1000
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_SIGNED_BITS = {1: 8, 2: 16, 3: 32, 4: 64}
"""Int8 to Int64 travel as two's complement in unsigned fields."""
_UNSIGNED_BITS = {5: 8, 6: 16, 7: 32, 8: 64, 13: 64}
_BOOLEAN = 11
_PLAIN_TYPES = frozenset({*_SIGNED_BITS, *_UNSIGNED_BITS, 9, 10, _BOOLEAN, 12, 14, 15})
"""Integers, Float, Double, Boolean, String, DateTime, Text and UUID."""
_VALUES = (10, 11, 12, 13, 14, 15)
"""Fields of a metric: integers of 32 and 64 bits, float, double, boolean, text."""
_NO_VALUES = frozenset({16, 17, 18, 19})
"""Bytes, data set, template, extension."""
_REBIRTH = "Node Control/Rebirth"

_Field = tuple[int, int | bytes]


class Metric(NamedTuple):
    """One metric as it travels: `raw` means what its data type says, which only births tell (`typed`)."""

    name: str = ""
    alias: int | None = None
    told_at: int = 0
    """UTC ms; 0 where it has no moment of its own."""
    datatype: int = 0
    is_null: bool = False
    raw: Raw = None
    unit: str = ""


class Payload(NamedTuple):
    """One payload. `seq` is None where there is none, as in deaths of nodes; `skipped` counts metrics that are not plain."""

    told_at: int
    seq: int | None
    metrics: list[Metric]
    skipped: int


def decode_payload(data: bytes) -> Payload:
    """Read a payload; `Poison` ``not_sparkplug`` when it is not encoded as one, ``too_many_metrics`` beyond `MAX_METRICS`."""
    told_at, skipped = 0, 0
    seq: int | None = None
    metrics: list[Metric] = []
    for number, value in _fields(data):
        if number == 1 and isinstance(value, int):
            told_at = value
        elif number == 3 and isinstance(value, int):
            seq = value
        elif number == 2 and isinstance(value, bytes):
            if len(metrics) + skipped >= MAX_METRICS:
                raise Poison("too_many_metrics", f"more than {MAX_METRICS} metrics")
            metric = _metric(value)
            if metric is None:
                skipped += 1
            else:
                metrics.append(metric)
    return Payload(told_at, seq, metrics, skipped)


def typed(raw: Raw, datatype: int) -> Raw:
    """A metric's value as its data type has it; None for types that are no plain value.

    >>> typed(0xFFFFFFFB, 1), typed(0xFFFFFFFB, 7), typed(1, 11)
    (-5, 4294967291, True)
    """
    if datatype not in _PLAIN_TYPES:
        return None
    if isinstance(raw, int) and not isinstance(raw, bool):
        if bits := _SIGNED_BITS.get(datatype):
            raw &= (1 << bits) - 1
            return raw - (1 << bits) if raw >> (bits - 1) else raw
        if bits := _UNSIGNED_BITS.get(datatype):
            return raw & ((1 << bits) - 1)
        if datatype == _BOOLEAN:
            return bool(raw)
    return raw


def rebirth_command(now: int) -> bytes:
    """The payload of an NCMD that asks a node to tell its births again; `now` in UTC ms."""
    name = _REBIRTH.encode()
    metric = b"\x0a" + bytes([len(name)]) + name + b"\x20" + bytes([_BOOLEAN]) + b"\x70\x01"
    return b"\x08" + _written(now) + b"\x12" + bytes([len(metric)]) + metric


def _metric(data: bytes) -> Metric | None:
    """One metric; None when it is a data set, a template, bytes or an extension."""
    told = dict(_fields(data))  # of a field that stands twice the last counts
    if not _NO_VALUES.isdisjoint(told):
        return None
    name, unit = told.get(1), told.get(9)
    return Metric(
        _text(name, MAX_NAME_BYTES) if isinstance(name, bytes) else "",
        _integer(told, 2) if 2 in told else None,
        _integer(told, 3),
        _integer(told, 4),
        bool(_integer(told, 7)),
        next((raw for number in _VALUES if (raw := _value(number, told.get(number))) is not None), None),
        _engineering_unit(unit) if isinstance(unit, bytes) else "",
    )


def _value(number: int, told: int | bytes | None) -> Raw:
    """What a value field holds: an unsigned integer, a float of either size, or text."""
    if isinstance(told, int):
        return told
    if told is None or number in {10, 11, 14}:
        return None
    if number == 15:
        return _text(told, MAX_TEXT_BYTES)
    size = len(told)
    return float(struct.unpack("<f" if size == 4 else "<d", told)[0]) if size in {4, 8} else None


def _integer(told: dict[int, int | bytes], number: int) -> int:
    value = told.get(number)
    return value if isinstance(value, int) else 0


def _engineering_unit(data: bytes) -> str:
    """The property ``engUnit`` of a property set: keys and values stand in the same order, apart."""
    keys: list[str] = []
    values: list[bytes] = []
    for number, value in _fields(data):
        if isinstance(value, bytes) and number in {1, 2} and len(keys) + len(values) < 2 * MAX_METRICS:
            if number == 1:
                keys.append(_text(value, MAX_NAME_BYTES))
            else:
                values.append(value)
    if "engUnit" not in keys or keys.index("engUnit") >= len(values):
        return ""
    told = [value for number, value in _fields(values[keys.index("engUnit")]) if number == 8]
    return _text(told[0], MAX_NAME_BYTES) if told and isinstance(told[0], bytes) else ""


def _fields(data: bytes) -> Iterator[_Field]:
    """(number, value) of every field; numbers of fixed size stay bytes. `Poison` where the encoding is broken."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind, size = key & 7, 0
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            size, at = _varint(data, at)
        elif kind in {_FIXED64, _FIXED32}:
            size = 8 if kind == _FIXED64 else 4
        else:
            raise Poison("not_sparkplug", f"a field of kind {kind}")
        if not key >> 3 or at + size > len(data):
            raise Poison("not_sparkplug", "the payload is cut short")
        yield key >> 3, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & ((1 << 64) - 1), at
        shift += 7
    raise Poison("not_sparkplug", "a number without an end")


def _written(value: int) -> bytes:
    written = bytearray()
    while value >= 0x80:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def _text(data: bytes, most: int) -> str:
    return data[:most].decode("utf-8", "replace")
