"""Signs of life of one address beside SNMP: ping, open TCP ports and what is said there. Small, slow, never signed in.

Nothing here proves what a device is; `agent.discovery.hints` says what it may be. All packets are paid for at the `Pace`.
"""

import asyncio
import ipaddress
import socket
from contextlib import suppress
from typing import Final, NamedTuple

from agent.discovery.pace import Pace
from agent.path.model import PathState
from agent.path.ping import pinged

TIMEOUT_S: Final = 1.0
GREETING_S: Final = 2.0
MAX_GREETING_BYTES: Final = 4096
NOBODY: Final = "127.255.255.254"
"""A loopback address that nobody listens on by itself: what answers there listens on every loopback address."""
_ANSWERED_PACKETS: Final = 3
"""What a connection costs beside its SYN: the acknowledgement, the question, the end."""

_QUESTIONS: Final = {
    "http": b"GET / HTTP/1.0\r\nHost: %(host)b\r\nConnection: close\r\n\r\n",
    "rtsp": b"OPTIONS rtsp://%(host)b/ RTSP/1.0\r\nCSeq: 1\r\n\r\n",
}
_LISTENS: Final = frozenset({"pjlink", "ssh"})
"""Protocols in which the server speaks first (PJLink 1.00, section 5.1; RFC 4253, section 4.2)."""


class Door(NamedTuple):
    """An open port and the beginning of what was said there."""

    service: str
    port: int
    said: bytes = b""


async def open_doors(host: str, ports: dict[str, int], pace: Pace) -> list[Door]:
    """The ports of `ports` (service to number) that take a connection, with their greetings."""
    knocks: list[asyncio.Task[Door | None]] = []
    async with asyncio.TaskGroup() as tasks:
        for service, port in ports.items():
            await pace.take()
            knocks.append(tasks.create_task(_door(host, service, port, pace)))
    return [door for knock in knocks if (door := knock.result()) is not None]


async def answers_ping(host: str, pace: Pace) -> bool:
    """Whether a ping is answered; False too where this system does not let us send one.

    Loopback addresses are not asked: Linux answers for all of them.
    """
    if ipaddress.ip_address(host).is_loopback:
        return False
    await pace.take()
    return (await pinged(host, 1, 0.0, TIMEOUT_S)).state is PathState.ANSWERS


def is_own(host: str) -> bool:
    """Whether an address is this machine's; a loopback address is whoever listens there."""
    address = ipaddress.ip_address(host)
    if address.is_loopback:
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link, suppress(OSError):
        link.bind((host, 0))
        return True
    return False


def own_address_towards(number: int) -> str:
    """This machine's address on the way to another, given as a number; empty where there is no way. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link, suppress(OSError):
        link.connect((str(ipaddress.IPv4Address(number)), 9))  # of a datagram socket this only looks up the route
        return str(link.getsockname()[0])
    return ""


async def ports_of_everybody(ports: dict[str, int], pace: Pace) -> frozenset[str]:
    """The services that this machine offers on every loopback address: they are no sign of a device on one of them."""
    return frozenset(door.service for door in await open_doors(NOBODY, ports, pace))


async def _door(host: str, service: str, port: int, pace: Pace) -> Door | None:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            reader, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return None
    try:
        await pace.take(_ANSWERED_PACKETS)
        return Door(service, port, await _greeting(host, service, reader, writer))
    finally:
        writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(TIMEOUT_S):
                await writer.wait_closed()


async def _greeting(host: str, service: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """What is said at an open port, at most `MAX_GREETING_BYTES`; empty where nothing is said in time."""
    question = _QUESTIONS.get(service)
    if question is None and service not in _LISTENS:
        return b""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(GREETING_S):
            if question:
                writer.write(question % {b"host": host.encode()})
            return await reader.read(MAX_GREETING_BYTES)
    return b""
