"""A device's MIB at one instant, asked as a manager asks: scalars and columns by dotted OID.

Numbers are int, object identifiers dotted str, octets bytes."""

from collections.abc import Callable

from firmware_profiles.raw import Raw
from simulator.life.columns import Columns
from simulator.life.noise import Floats
from simulator.mib.leaf import DeviceMib, Fixed, Gauge, Leaf
from simulator.snmp import ber
from simulator.snmp.ber import Oid


class Snapshot:
    """Leaves by OID, and what they say given the site's row of quantities. Counters and uptimes say 0: only rates are history."""

    def __init__(self, mib: DeviceMib, columns: Columns, row: Floats) -> None:
        self._mib = mib
        self._read: Callable[[Leaf], Raw] = lambda leaf: _raw(leaf, columns, row)
        self._oids = sorted(mib)

    def leaf(self, dotted: str) -> Leaf | None:
        """What stands behind a whole OID."""
        return self._mib.get(_arcs(dotted))

    def scalar(self, dotted: str) -> Raw:
        """The value of a whole OID."""
        leaf = self.leaf(dotted)
        return None if leaf is None else self._read(leaf)

    def column(self, dotted: str) -> dict[str, Raw]:
        """Index to value, in the device's order; empty when there is no such column."""
        prefix = _arcs(dotted)
        length = len(prefix)
        return {
            ".".join(map(str, oid[length:])): self._read(self._mib[oid])
            for oid in self._oids
            if oid[:length] == prefix and len(oid) > length
        }

    def has_any(self, dotted: str) -> bool:
        """Whether the device answers anything under an OID."""
        prefix = _arcs(dotted)
        return any(oid[: len(prefix)] == prefix for oid in self._oids)


def _arcs(dotted: str) -> Oid:
    return tuple(int(arc) for arc in dotted.split("."))


def _raw(leaf: Leaf, columns: Columns, row: Floats) -> Raw:
    match leaf:
        case Fixed(encoded=encoded, text=text):
            tag, start, stop = ber.read_header(encoded, 0, len(encoded))
            if tag == ber.OCTET_STRING:
                return encoded[start:stop]
            return text if tag == ber.OBJECT_IDENTIFIER else int(text)
        case Gauge(column=name, scale=scale, offset=offset):
            return round(float(row[columns[name]]) * scale + offset)
        case _:
            return 0
