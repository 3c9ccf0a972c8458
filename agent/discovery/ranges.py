"""The addresses a person allows to be asked: ranges as written, to numbers and back. Pure."""

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from campus.errors import Poison

MAX_ADDRESSES: Final = 1 << 16
"""In one range: a school has hundreds; more is a slip of the pen that would be scanned for hours."""
_BITS: Final = 32
_NO_ENDS: Final = 31
"""From this prefix length on a network has no network and broadcast address (RFC 3021)."""


class Range(NamedTuple):
    """Addresses from `first` to `last`, both included, as numbers."""

    first: int
    last: int


def parse_range(text: str) -> Range:
    """Read ``10.20.1.0/24``, ``10.20.1.10-10.20.1.50``, ``10.20.1.10-50`` or ``10.20.1.9``; `Poison` ``bad_range`` otherwise.

    Of a network the network and the broadcast address are left out.

    >>> [str(each) for each in addresses([parse_range("10.20.1.0/30")])]
    ['10.20.1.1', '10.20.1.2']
    >>> len(list(addresses([parse_range("10.20.1.10-50"), parse_range("10.20.1.50")])))
    41
    """
    try:
        found = _parsed(text.strip())
    except ValueError as error:
        raise Poison(
            "bad_range", f"{text[:80]!r} is not a range: write 10.20.1.0/24, 10.20.1.10-10.20.1.50 or 10.20.1.9 (IPv4)"
        ) from error
    if found.last < found.first:
        raise Poison("bad_range", f"{text[:80]!r} ends before it begins")
    if found.last - found.first >= MAX_ADDRESSES:
        raise Poison(
            "bad_range", f"{text[:80]!r} has more than {MAX_ADDRESSES} addresses: name the school's own networks"
        )
    return found


def addresses(ranges: Iterable[Range]) -> Iterator[str]:
    """Every address of the ranges once, ascending."""
    following = 0
    for each in sorted(ranges):
        for number in range(max(each.first, following), each.last + 1):
            yield str(ipaddress.IPv4Address(number))
        following = max(following, each.last + 1)


def is_allowed(address: str, ranges: Iterable[Range]) -> bool:
    """Whether an address lies in one of the ranges; never for what is no IPv4 address."""
    try:
        number = int(ipaddress.IPv4Address(address))
    except ValueError:
        return False
    return any(each.first <= number <= each.last for each in ranges)


def is_within(inner: Range, outer: Iterable[Range]) -> bool:
    """Whether every address of `inner` lies in one of `outer`.

    >>> is_within(Range(3, 9), [Range(5, 20), Range(1, 4)]), is_within(Range(3, 9), [Range(1, 4), Range(6, 9)])
    (True, False)
    """
    following = inner.first
    for each in sorted(outer):
        if each.first <= following <= each.last:
            following = each.last + 1
    return following > inner.last


def _parsed(text: str) -> Range:
    if "/" in text:
        network = ipaddress.IPv4Network(text, strict=False)
        edge = 0 if network.prefixlen >= _NO_ENDS else 1
        return Range(int(network.network_address) + edge, int(network.broadcast_address) - edge)
    first, dash, last = text.partition("-")
    begin = ipaddress.IPv4Address(first.strip())
    if not dash:
        return Range(int(begin), int(begin))
    last = last.strip()
    end = f"{str(begin).rpartition('.')[0]}.{last}" if last.isdecimal() else last
    return Range(int(begin), int(ipaddress.IPv4Address(end)))
