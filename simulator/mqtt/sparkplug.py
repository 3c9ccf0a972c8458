"""Sparkplug B as an edge node writes it: payloads of plain values (Eclipse Sparkplug 3.0, section 6.4; Protocol Buffers)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

INT64, DOUBLE, BOOLEAN, STRING = 4, 10, 11, 12
Value = bool | int | float | str


@dataclass(frozen=True)
class Told:
    """One value. Births tell name, alias and type of each; data tell the alias alone. 0 is no alias."""

    name: str
    value: Value
    alias: int = 0
    unit: str = ""


def birth(told: Sequence[Told], now: int, seq: int | None) -> bytes:
    """A birth, or with no `seq` a death: everything by name."""
    return _payload([_metric(each, is_birth=True) for each in told], now, seq)


def data(told: Sequence[Told], now: int, seq: int) -> bytes:
    """Values by alias."""
    return _payload([_metric(each, is_birth=False) for each in told], now, seq)


def _payload(metrics: Sequence[bytes], now: int, seq: int | None) -> bytes:
    body = _number(1, now) + b"".join(_block(2, metric) for metric in metrics)
    return body if seq is None else body + _number(3, seq)


def _metric(told: Told, *, is_birth: bool) -> bytes:
    kind, value = _valued(told.value)
    written = _block(1, told.name.encode()) if is_birth or not told.alias else b""
    written += _number(2, told.alias) if told.alias else b""
    if is_birth:
        written += _number(4, kind)
        unit = _block(1, b"engUnit") + _block(2, _number(1, STRING) + _block(8, told.unit.encode()))
        written += _block(9, unit) if told.unit else b""
    return written + value


def _valued(value: Value) -> tuple[int, bytes]:
    """(data type, value field)."""
    match value:
        case bool():
            return BOOLEAN, _number(14, int(value))
        case int():
            return INT64, _number(11, value % (1 << 64))
        case float():
            return DOUBLE, _varint(13 << 3 | 1) + struct.pack("<d", value)
        case str():
            return STRING, _block(15, value.encode())


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _block(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    written = bytearray()
    while value >= 0x80:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])
