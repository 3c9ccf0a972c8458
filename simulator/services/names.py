"""A name server that knows one name, and says nothing when it is down or the asker's fibre is cut."""

import asyncio
from collections import Counter
from typing import cast

import dns.exception
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from campus.errors import ConfigError
from simulator.district.centre import TEACHING
from simulator.services.shape import ADDRESS, host_name


class NameServer:
    """One socket on one address. Life: inert; `start` binds, `is_silent` at will, `close`."""

    def __init__(self, host: str, port: int) -> None:
        self.counts: Counter[str] = Counter()
        self.is_silent = False
        self._host = host
        self._port = port
        self._transport: asyncio.BaseTransport | None = None

    async def start(self) -> None:
        """Bind; `ConfigError` when the address is taken."""
        loop = asyncio.get_running_loop()
        try:
            self._transport, _ = await loop.create_datagram_endpoint(
                lambda: _Ear(self), local_addr=(self._host, self._port)
            )
        except OSError as error:
            raise ConfigError(
                f"the name server cannot listen on {self._host}:{self._port}: {error.strerror}"
            ) from error

    async def close(self) -> None:
        """Let the socket go; harmless when called twice."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None


class _Ear(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._server.is_silent:
            return
        self._server.counts["asked"] += 1
        try:
            self._transport.sendto(answer(data), addr)
        except dns.exception.DNSException:
            self._server.counts["not_understood"] += 1


def answer(question: bytes) -> bytes:
    """The answer to a question as it came; `DNSException` for bytes that are none."""
    asked = dns.message.from_wire(question)
    reply = dns.message.make_response(asked)
    wanted = asked.question[0] if asked.question else None
    if wanted is not None and wanted.name.to_text().lower() == f"{host_name(TEACHING)}.":
        if wanted.rdtype == dns.rdatatype.A:
            reply.answer.append(dns.rrset.from_text(wanted.name, 60, "IN", "A", ADDRESS))
    else:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply.to_wire()
