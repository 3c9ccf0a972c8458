"""Other addresses for those of a recording: IPv4, IPv6 and MAC, the same for the same, none of them one that was there. Pure."""

import ipaddress
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Final

_KEPT_FIRST: Final = frozenset({0, 127, *range(224, 256)})
"""First octets of addresses that are nobody's: none, loopback, multicast, masks."""
_BLOCKS: Final = ((10,), (172,), (192, 168))
"""Private ranges (RFC 1918): an address of one becomes another of the same, written in as many characters where there is one."""
_SHARED: Final = "100.64.0.0/10"
"""RFC 6598: where those of the private ranges do not suffice, and for public addresses."""
_DOCUMENTS: Final = ipaddress.IPv6Address("2001:db8::").packed[:8]
_LINK_LOCAL: Final = bytes.fromhex("fe80000000000000")
OUI: Final = 3
"""The octets of a MAC address that name who made it: they stay."""


def is_own_v4(address: bytes) -> bool:
    """Whether it is somebody's address, and no mask, loopback or multicast.

    >>> is_own_v4(bytes([10, 1, 2, 3])), is_own_v4(bytes([255, 255, 255, 0]))
    (True, False)
    """
    return len(address) == 4 and address[0] not in _KEPT_FIRST


def is_own_v6(address: bytes) -> bool:
    """Whether it is a unicast address that somebody has: global, unique local or link-local."""
    if len(address) != 16:
        return False
    return address[0] >> 5 == 1 or address[0] in {0xFC, 0xFD} or (address[0] == 0xFE and address[1] >> 6 == 2)


def is_own_mac(address: bytes) -> bool:
    """Whether it is one network card's: no group address, no zeros, and more than its maker's part.

    >>> is_own_mac(bytes.fromhex("488eef7166e0")), is_own_mac(bytes.fromhex("0180c200000e"))
    (True, False)
    """
    return len(address) == 6 and not address[0] & 1 and any(address[:OUI]) and any(address[OUI:])


def masked_v4(originals: Iterable[bytes]) -> dict[bytes, bytes]:
    """Original to other IPv4 address, four octets each."""
    known = {each for each in originals if is_own_v4(each)}
    shared = (part.packed for part in ipaddress.IPv4Network(_SHARED).hosts() if part.packed not in known)
    pools: dict[tuple[int, ...], Iterator[bytes]] = {}
    found = {}
    for original in sorted(known):
        form = _form(original)
        if form not in pools:
            pools[form] = _alike(original, known)
        found[original] = next(pools[form], None) or next(shared)
    return found


def _form(address: bytes) -> tuple[int, ...]:
    """What addresses share that may stand for one another: the private range, and how many characters each octet takes."""
    return (*_block(address), -1, *(len(str(octet)) for octet in address))


def _block(address: bytes) -> tuple[int, ...]:
    return next((block for block in _BLOCKS if tuple(address[: len(block)]) == block), ())


def _alike(address: bytes, known: set[bytes]) -> Iterator[bytes]:
    """Addresses of the same private range, written in as many characters octet by octet, none of them known."""
    block = _block(address)
    if not block or (block == (172,) and not 16 <= address[1] < 32):
        return
    ranges = [_as_long(octet) for octet in address]
    for at, octet in enumerate(block):
        ranges[at] = range(octet, octet + 1)
    if block == (172,):
        ranges[1] = range(16, 32)
    for octets in product(*ranges):
        if (other := bytes(octets)) not in known and octets[3] not in {0, 255}:
            yield other


def _as_long(octet: int) -> range:
    """The octets written in as many characters."""
    return range(10) if octet < 10 else range(10, 100) if octet < 100 else range(100, 256)


def masked_v6(originals: Iterable[bytes]) -> dict[bytes, bytes]:
    """Original to other IPv6 address: of the documentation's range (RFC 3849), link-local ones stay so."""
    known = {each for each in originals if is_own_v6(each)}
    found, number = {}, 0
    for original in sorted(known):
        head = _LINK_LOCAL if original[0] == 0xFE else _DOCUMENTS
        other = original
        while other in known:
            number += 1
            other = head + number.to_bytes(8, "big")
        found[original] = other
    return found


def masked_macs(originals: Iterable[bytes]) -> dict[bytes, bytes]:
    """Original to other MAC address: who made it stays, and so does the order, so that tables stay in theirs."""
    known = sorted({each for each in originals if is_own_mac(each)})
    lows: dict[bytes, list[int]] = {}
    for each in known:
        lows.setdefault(each[:OUI], []).append(int.from_bytes(each[OUI:], "big"))
    return {
        oui + low.to_bytes(OUI, "big"): oui + other.to_bytes(OUI, "big")
        for oui, told in lows.items()
        for low, other in zip(told, _free_run(told), strict=True)
    }


def _free_run(taken: list[int]) -> range:
    """As many numbers in a row as there are in `taken` (sorted), none of them one of these.

    >>> _free_run([1, 2, 9])
    range(3, 6)
    """
    begin = 1
    for low in taken:
        if low >= begin + len(taken):
            break
        begin = max(begin, low + 1)
    return range(begin, begin + len(taken))
