"""Pings (ICMP echo, RFC 792 and 4443) by icmplib, without privileges where the system allows, else with CAP_NET_RAW."""

import asyncio
import socket
from functools import cache

from icmplib import (
    ICMPLibError,
    ICMPRequest,
    ICMPv4Socket,
    NameLookupError,
    SocketPermissionError,
    async_ping,
    async_resolve,
)

from agent.path.model import PathState, Pinged

HOW_TO_PERMIT = (
    "this system does not let the agent send pings: allow its group to with `sysctl -w net.ipv4.ping_group_range='0 2147483647'` "
    "(in /etc/sysctl.d for ever), or give the service AmbientCapabilities=CAP_NET_RAW"
)
LEAST_MTU = 576
"""Every host takes packets of that size (RFC 1122, section 3.3.3): the search begins there."""
_MOST_MTU = 1500
_HEADERS_BYTES = 28
"""IPv4 without options, and the header of an echo."""
_IP_MTU_DISCOVER, _IP_PMTUDISC_PROBE = 10, 3
"""linux/in.h: do not fragment, and do not believe what was learnt of the path before (ip(7))."""
_TRIES = 2


class NotPermitted(Exception):
    """Neither kind of ICMP socket may be opened here; the message says what to do."""


@cache
def needs_privilege() -> bool:
    """Whether only a raw socket will do; `NotPermitted` when neither will. Asked of the system once."""
    for is_raw in (False, True):
        try:
            ICMPv4Socket(privileged=is_raw).close()
        except SocketPermissionError:
            continue
        return is_raw
    raise NotPermitted(HOW_TO_PERMIT)


async def pinged(address: str, count: int, interval_s: float, timeout_s: float) -> Pinged:
    """Send `count` pings, one after another. Never raises for what the network does."""
    try:
        host = await async_ping(address, count, interval_s, timeout_s, privileged=needs_privilege())
    except NotPermitted:
        return Pinged(PathState.NOT_PERMITTED)
    except NameLookupError:
        return Pinged(PathState.NAME_NOT_FOUND)
    except (ICMPLibError, OSError):
        return Pinged(PathState.SILENT, count)
    rtts = tuple(host.rtts)
    return Pinged(PathState.ANSWERS if rtts else PathState.SILENT, count, rtts)


async def path_mtu(address: str, timeout_s: float) -> int | None:
    """The largest IPv4 packet (bytes, header included, at most an Ethernet's 1500) that gets there and back in one piece.

    Found by halving with pings that must not be fragmented, which also finds paths that drop large packets in silence
    (RFC 4821 calls them black holes). None when not even small ones are answered, and for IPv6.
    """
    try:
        host = address if _is_ipv4(address) else (await async_resolve(address, 4))[0]
        needs_privilege()
    except (ICMPLibError, NotPermitted):
        return None
    if not await _passes(host, LEAST_MTU, timeout_s):
        return None
    if await _passes(host, _MOST_MTU, timeout_s):
        return _MOST_MTU
    good, bad = LEAST_MTU, _MOST_MTU
    while bad - good > 1:
        middle = (good + bad) // 2
        if await _passes(host, middle, timeout_s):
            good = middle
        else:
            bad = middle
    return good


async def _passes(host: str, size: int, timeout_s: float) -> bool:
    """Whether a packet of `size` bytes is answered; a lost one gets a second chance."""
    for _ in range(_TRIES):
        if await asyncio.to_thread(_is_answered, host, size, timeout_s):
            return True
    return False


def _is_answered(host: str, size: int, timeout_s: float) -> bool:
    try:
        with ICMPv4Socket(privileged=needs_privilege()) as line:
            line.sock.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _IP_PMTUDISC_PROBE)
            request = ICMPRequest(host, id=size, sequence=size, payload_size=size - _HEADERS_BYTES)
            line.send(request)
            line.receive(request, timeout_s).raise_for_status()
    except (
        ICMPLibError,
        OSError,
    ):  # too large for this machine's own link, or told so by a router on the way, or silence
        return False
    return True


def _is_ipv4(address: str) -> bool:
    try:
        socket.inet_pton(socket.AF_INET, address)
    except OSError:
        return False
    return True
