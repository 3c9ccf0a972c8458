"""What a person wants set, `OID=TYPE:VALUE`, and what a device says of it, in words. Pure."""

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum

from campus.errors import ConfigError
from firmware_profiles.raw import text_of

_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]{0,9})){1,127}")
MAX_TEXT_BYTES = 65_000


class ValueType(StrEnum):
    """SNMP's types that can be set (RFC 2578, section 7.1)."""

    INTEGER = "integer"
    UNSIGNED = "unsigned"
    TIMETICKS = "timeticks"
    STRING = "string"
    HEX = "hex"
    """A string of bytes that are no text."""
    OID = "oid"
    ADDRESS = "address"


_BOUNDS = {
    ValueType.INTEGER: (-(1 << 31), (1 << 31) - 1),
    ValueType.UNSIGNED: (0, (1 << 32) - 1),
    ValueType.TIMETICKS: (0, (1 << 32) - 1),
}
_HOW = "write OID=TYPE:VALUE, such as 1.3.6.1.2.1.1.4.0=string:office"


@dataclass(frozen=True)
class Assignment:
    """One object and what it shall hold: a number, bytes, or an OID or address as text."""

    oid: str
    type: ValueType
    value: int | bytes | str


@dataclass(frozen=True)
class Held:
    """What an object holds now: its type in SNMP's words, and its value; both None where there is no such object."""

    type: str | None
    value: int | bytes | str | None

    def __str__(self) -> str:
        return "nothing: there is no such object" if self.type is None else f"{self.type} {shown(self.value)}"


def parse_assignment(text: str) -> Assignment:
    """Read one assignment; `ConfigError` says what is wrong with it.

    >>> parse_assignment("1.3.6.1.2.1.2.2.1.7.3=integer:2")
    Assignment(oid='1.3.6.1.2.1.2.2.1.7.3', type=<ValueType.INTEGER: 'integer'>, value=2)
    """
    name, equals, rest = text.partition("=")
    word, colon, value = rest.partition(":")
    oid = name.strip().removeprefix(".")
    if not (equals and colon):
        raise ConfigError(f"{text[:80]!r} sets nothing: {_HOW}")
    if not _OID.fullmatch(oid):
        raise ConfigError(f"{name[:80]!r} is not an object's number: {_HOW}")
    if word not in set(ValueType):
        raise ConfigError(f"{word[:40]!r} is not a type: one of {', '.join(ValueType)}")
    return Assignment(oid, ValueType(word), _value(ValueType(word), value))


def shown(value: int | bytes | str | None) -> str:
    """A value for a person: text in quotes, bytes that are no text in hexadecimal.

    >>> shown(b"office"), shown(bytes([0, 255])), shown(2)
    ('"office"', '00ff', '2')
    """
    if not isinstance(value, bytes):
        return str(value)
    text = text_of(value)
    is_text = all(byte >= 0x20 or byte in b"\t\r\n" for byte in value) and "\N{REPLACEMENT CHARACTER}" not in text
    return f'"{text}"' if is_text else value.hex()


ERRORS = {
    1: "the answer would be too big: set less at once",
    2: "there is no such object (noSuchName)",
    3: "it does not take this value (badValue)",
    4: "it can only be read (readOnly)",
    5: "the device could not (genErr), and says no more",
    6: "this community or user may not reach it (noAccess): give it a write view on the device",
    7: "it is of another type (wrongType): look at the type it holds now",
    8: "the value is too long or too short (wrongLength)",
    9: "the device cannot read the value (wrongEncoding)",
    10: "it never takes this value (wrongValue): its MIB says which it takes",
    11: "there is no such object, and none can be made (noCreation)",
    12: "it does not take this value now (inconsistentValue)",
    13: "the device has no room for it (resourceUnavailable)",
    14: "the device tried and failed (commitFailed); what was set before is as it was",
    15: "the device tried, failed, and could not take everything back (undoFailed): look at what it holds",
    16: "this user may not do so (authorizationError): it needs a view of it on the device, or a higher level",
    17: "it cannot be set at all, or not by this community or user (notWritable)",
    18: "its name does not fit what is there (inconsistentName)",
}
"""error-status of RFC 1157 and RFC 3416."""


def _value(kind: ValueType, text: str) -> int | bytes | str:
    try:
        match kind:
            case ValueType.STRING:
                raw = text.encode()
            case ValueType.HEX:
                raw = bytes.fromhex(text.removeprefix("0x").replace(":", " "))
            case ValueType.OID:
                if not _OID.fullmatch(text.removeprefix(".")):
                    raise ValueError
                return text.removeprefix(".")
            case ValueType.ADDRESS:
                return str(ipaddress.IPv4Address(text))
            case ValueType.INTEGER | ValueType.UNSIGNED | ValueType.TIMETICKS:
                number, (least, most) = int(text), _BOUNDS[kind]
                if not least <= number <= most:
                    raise ValueError
                return number
    except ValueError as error:
        raise ConfigError(f"{text[:80]!r} is no value of the type {kind}") from error
    if len(raw) > MAX_TEXT_BYTES:
        raise ConfigError(f"a value of {len(raw)} bytes does not fit into a message")
    return raw
