"""What may stand behind an object identifier."""

from dataclasses import dataclass

from simulator.life.columns import ColumnName, Quantity
from simulator.snmp import ber
from simulator.snmp.ber import Oid


@dataclass(frozen=True)
class Fixed:
    """A value that never changes: the encoded form, and what a reader makes of it (text, OID or number)."""

    encoded: bytes
    text: str


@dataclass(frozen=True)
class Gauge:
    """A quantity now: round(quantity x scale + offset), as `tag`."""

    column: ColumnName
    tag: int = ber.INTEGER
    scale: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True)
class Sum:
    """What a rate has summed up to since the device started, as a counter of `tag` that wraps; `share` of the rate is counted."""

    column: ColumnName
    tag: int = ber.COUNTER64
    share: float = 1.0


@dataclass(frozen=True)
class Uptime:
    """Hundredths of a second since the device started."""


Leaf = Fixed | Gauge | Sum | Uptime
DeviceMib = dict[Oid, Leaf]


def fixed_integer(value: int, tag: int = ber.INTEGER) -> Fixed:
    """A constant number."""
    return Fixed(ber.encode_integer(value, tag), str(value))


def fixed_text(value: str) -> Fixed:
    """A constant text, UTF-8."""
    return Fixed(ber.encode_octets(value.encode()), value)


def fixed_bytes(value: bytes) -> Fixed:
    """Constant octets; a reader writes them as text where they are text."""
    return Fixed(ber.encode_octets(value), value.decode("utf-8", "replace"))


def fixed_oid(dotted: str) -> Fixed:
    """A constant object identifier."""
    return Fixed(ber.encode_oid(ber.parse_oid(dotted)), dotted)


def at(prefix: str, *index: int) -> Oid:
    """An object identifier: dotted prefix and index arcs.

    >>> at("1.3.6.1.2.1.2.2.1.8", 7)
    (1, 3, 6, 1, 2, 1, 2, 2, 1, 8, 7)
    """
    return (*(int(arc) for arc in prefix.split(".")), *index)


def gauge(device: str, quantity: Quantity, part: str = "", tag: int = ber.INTEGER, scale: float = 1.0) -> Gauge:
    """A quantity of a device, now."""
    return Gauge(ColumnName(device, quantity, part), tag, scale)
