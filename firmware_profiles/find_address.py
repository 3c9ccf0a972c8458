"""The addresses in a recording, wherever they stand: in values, within texts, in the indices of rows. Pure."""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from firmware_profiles.mask_address import is_own_mac, is_own_v4, is_own_v6, masked_macs, masked_v4, masked_v6
from firmware_profiles.walk import ADDRESS, Oid, Row, dotted

_V4: Final = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\.?\d)")
_AFTER_VERSION: Final = re.compile(r"(?i)(?:\bv|ver|version|release|firmware|software|rev|revision|build)[\s.:=(]*\Z")
_V6: Final = re.compile(r"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![0-9A-Fa-f:])")
MAC: Final = re.compile(
    r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{4}[.:-]){2}[0-9A-Fa-f]{4}"
    r"|[0-9A-Fa-f]{12})(?![0-9A-Fa-f])"
)
_MAC_COLUMNS: Final = tuple(
    tuple(int(arc) for arc in oid.split("."))
    for oid in (
        "1.3.6.1.2.1.2.2.1.6",
        "1.3.6.1.2.1.4.22.1.2",
        "1.3.6.1.2.1.4.35.1.4",
        "1.3.6.1.2.1.3.1.1.2",
        "1.3.6.1.2.1.17",
    )
)
"""Objects whose six octets are a MAC address even where all could be letters."""
_V4_VALUES: Final = ((1, 3, 6, 1, 4, 1, 9, 9, 23, 1, 2, 1, 1, 4),)
"""Four octets that are an address: cdpCacheAddress."""
_V4_INDICES: Final = {
    # how many arcs name the column, and where addresses begin behind it (RFC 1213, 2096, 4022, 4750, 4273)
    (1, 3, 6, 1, 2, 1, 3, 1, 1): (10, (2,)),
    (1, 3, 6, 1, 2, 1, 4, 20, 1): (10, (0,)),
    (1, 3, 6, 1, 2, 1, 4, 21, 1): (10, (0,)),
    (1, 3, 6, 1, 2, 1, 4, 22, 1): (10, (1,)),
    (1, 3, 6, 1, 2, 1, 4, 24, 4, 1): (11, (0, 9)),
    (1, 3, 6, 1, 2, 1, 6, 13, 1): (10, (0, 5)),
    (1, 3, 6, 1, 2, 1, 7, 5, 1): (10, (0,)),
    (1, 3, 6, 1, 2, 1, 14, 7, 1): (10, (0,)),
    (1, 3, 6, 1, 2, 1, 14, 10, 1): (10, (0,)),
    (1, 3, 6, 1, 2, 1, 15, 3, 1): (10, (0,)),
}
_MAC_INDICES: Final = {(1, 3, 6, 1, 2, 1, 17, 4, 3, 1): (11, 0), (1, 3, 6, 1, 2, 1, 17, 7, 1, 2, 2, 1): (13, 1)}
STANDARD_COLUMN: Final = 10
"""So many arcs name a column of a standard table, or more."""


@dataclass(frozen=True)
class AddressMasks:
    """What stands for each address of one recording."""

    v4: dict[bytes, bytes]
    v6: dict[bytes, bytes]
    macs: dict[bytes, bytes]

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "AddressMasks":
        """Masks for all addresses in the rows."""
        v4: set[bytes] = set()
        v6: set[bytes] = set()
        macs: set[bytes] = set()
        for row in rows:
            if row.tag == ADDRESS and isinstance(row.value, str):
                v4.add(packed(row.value))
            elif isinstance(row.value, bytes):
                v4 |= {row.value} if len(row.value) == 4 and row.oid[:14] in _V4_VALUES else set()
                v6 |= {row.value} if is_own_v6(row.value) and not is_plain(row.value) else set()
                macs |= {row.value} if is_own_mac(row.value) and not is_word(row.oid, row.value) else set()
                text = row.value.decode("utf-8", "replace")
                macs |= {_octets(found[0]) for found in MAC.finditer(text) if _is_mac_text(found[0])}
                v6 |= {found for match in _V6.finditer(text) if (found := _v6_in(match[0]))}
                v4 |= {packed(found[0]) for found in _V4.finditer(text) if _is_v4_text(found, text)}
            for at, size in _typed_addresses(row.oid):
                (v4 if size == 4 else v6).add(bytes(row.oid[at : at + size]))
            macs |= _mac_in_index(row.oid)
        return cls(masked_v4(v4), masked_v6(v6), masked_macs(macs))

    def value(self, oid: Oid, octets: bytes) -> bytes | None:
        """What stands for a value that is an address; None when it is none."""
        if octets in self.macs and not is_word(oid, octets):
            return self.macs[octets]
        if octets in self.v6 and not is_plain(octets):
            return self.v6[octets]
        return self.v4.get(octets) if oid[:14] in _V4_VALUES else None

    def within(self, octets: bytes) -> bytes:
        """Octets that are no text: a MAC address may stand within them (bridge identifiers, engine identifiers)."""
        for at in range(len(octets) - 5):
            if (other := self.macs.get(octets[at : at + 6])) is not None:
                return octets[:at] + other + self.within(octets[at + 6 :])
        return octets

    def in_text(self, text: str) -> list[tuple[int, int, str]]:
        """Addresses in a text: where from, where to, and what stands there instead."""
        found = [
            (*match.span(), _written_like(match[0], other))
            for match in MAC.finditer(text)
            if (other := self.macs.get(_octets(match[0])))
        ]
        found += [
            (*match.span(), str(ipaddress.IPv6Address(other)))
            for match in _V6.finditer(text)
            if (other := self.v6.get(_v6_in(match[0])))
        ]
        found += [
            (*match.span(), dotted(other))
            for match in _V4.finditer(text)
            if (other := self.v4.get(packed(match[0]))) and not _AFTER_VERSION.search(text[: match.start()])
        ]
        return sorted(found)

    def in_index(self, oid: Oid, at: int) -> bytes | None:
        """What stands for the arcs from `at` on where they are an address."""
        for size, masks in ((16, self.v6), (6, self.macs), (4, self.v4)):
            if max(oid[at : at + size]) < 256 and (other := masks.get(bytes(oid[at : at + size]))) is not None:
                return other
        return None


def is_word(oid: Oid, octets: bytes) -> bool:
    """Whether octets are letters that stand where no MAC address does."""
    return is_plain(octets) and not any(oid[: len(column)] == column for column in _MAC_COLUMNS)


def is_plain(octets: bytes) -> bool:
    """Whether octets are printable ASCII, filled up with NULs or not."""
    return octets.isascii() and octets.rstrip(b"\0").decode("ascii").isprintable()


def packed(text: str) -> bytes:
    """The octets of a dotted IPv4 address; empty when it is none.

    >>> packed("10.1.2.3").hex(), packed("10.10.1030.1")
    ('0a010203', b'')
    """
    parts = [int(part) for part in text.split(".")]
    return bytes(parts) if all(part < 256 for part in parts) else b""


def _typed_addresses(oid: Oid) -> Iterator[tuple[int, int]]:
    """(where, octets) of the addresses in a standard table's index: in fixed places, or behind type and length (RFC 4001)."""
    if oid[:6] != (1, 3, 6, 1, 2, 1) and oid[:5] != (1, 0, 8802, 1, 1):
        return
    for head, (size, places) in _V4_INDICES.items():
        if oid[: len(head)] == head and max(oid[size:], default=256) < 1 << 32:
            for place in places:
                if len(oid) >= size + place + 4 and max(oid[size + place : size + place + 4]) < 256:
                    yield size + place, 4
            return
    for at in range(STANDARD_COLUMN, len(oid) - 5):
        kind, size = oid[at : at + 2]
        if (kind, size) in {(1, 4), (2, 16), (3, 8), (4, 20)} and len(oid) >= at + 2 + size:
            octets = 4 if kind in {1, 3} else 16
            if max(oid[at + 2 : at + 2 + octets]) < 256:
                yield at + 2, octets


def _mac_in_index(oid: Oid) -> set[bytes]:
    for head, (size, place) in _MAC_INDICES.items():
        arcs = oid[size + place : size + place + 6]
        if oid[: len(head)] == head and len(arcs) == 6 and max(arcs) < 256:
            return {bytes(arcs)}
    return set()


def _is_v4_text(found: re.Match[str], text: str) -> bool:
    """Whether four numbers with dots between are an address, and not a version."""
    if _AFTER_VERSION.search(text[: found.start()]) or any(int(part) > 255 for part in found[0].split(".")):
        return False
    octets = packed(found[0])
    is_private = octets[0] == 10 or (octets[0] == 172 and 16 <= octets[1] < 32) or octets[:2] == bytes([192, 168])
    return is_own_v4(octets) and (is_private or (octets[0] > 20 and len(found[0]) > 9))


def _is_mac_text(text: str) -> bool:
    """Whether twelve hexadecimal figures are a MAC address: parted as one, or not figures alone."""
    return is_own_mac(_octets(text)) and (len(text) > 12 or not (text.isdecimal() or text.isalpha()))


def _octets(text: str) -> bytes:
    return bytes.fromhex(re.sub(r"[^0-9A-Fa-f]", "", text))


def _written_like(text: str, octets: bytes) -> str:
    """A MAC address written as another is: its marks and its case."""
    figures = iter(octets.hex().upper() if text.upper() == text else octets.hex())
    return "".join(next(figures) if char.isalnum() else char for char in text)


def _v6_in(text: str) -> bytes:
    """The octets of an IPv6 address in a text; empty when it is none, such as a time of day."""
    try:
        octets = ipaddress.IPv6Address(text).packed
    except ValueError:
        return b""
    return octets if is_own_v6(octets) else b""
