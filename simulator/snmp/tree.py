"""What a device knows: object identifiers in order, each with a value now."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from simulator.snmp.ber import Oid, encode_oid

Source = bytes | Callable[[int], bytes]
"""An encoded value, or what gives one at an instant (UTC ms)."""


class Binding(NamedTuple):
    """One object: its name, the name encoded, its value encoded."""

    oid: Oid
    name: bytes
    value: bytes


class MibView(Protocol):
    """What a dialogue asks of a device. Called from the event loop; must be quick and never raise for an unknown OID."""

    def value(self, oid: Oid, now: int) -> bytes | None:
        """The encoded value of exactly `oid`, None when there is none."""

    def successor(self, oid: Oid, now: int) -> Binding | None:
        """The first object after `oid` in lexicographic order, None at the end."""

    def has_object(self, oid: Oid) -> bool:
        """Whether `oid` names an instance of an object this device has (it decides noSuchInstance or noSuchObject)."""


class MibTree:
    """A fixed set of object identifiers; values may change with time."""

    def __init__(self, sources: Mapping[Oid, Source]) -> None:
        self._oids = sorted(sources)
        self._source_of = dict(sources)
        self._sources = [sources[oid] for oid in self._oids]
        self._names = [encode_oid(oid) for oid in self._oids]

    def __len__(self) -> int:
        return len(self._oids)

    def oids(self) -> tuple[Oid, ...]:
        """Every object identifier, in order."""
        return tuple(self._oids)

    def value(self, oid: Oid, now: int) -> bytes | None:
        """See `MibView`."""
        source = self._source_of.get(oid)
        return source(now) if callable(source) else source

    def successor(self, oid: Oid, now: int) -> Binding | None:
        """See `MibView`."""
        index = bisect_right(self._oids, oid)
        if index == len(self._oids):
            return None
        source = self._sources[index]
        return Binding(self._oids[index], self._names[index], source(now) if callable(source) else source)

    def has_object(self, oid: Oid) -> bool:
        """See `MibView`. Without MIB files the length of a column is unknown: a sibling that differs in the last arc decides."""
        column = oid[:-1]
        index = bisect_left(self._oids, column)
        return index < len(self._oids) and self._oids[index][: len(column)] == column
