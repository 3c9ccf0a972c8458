"""A name server over UDP on a loopback port that answers as a test wants, by dnspython's own messages."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

import dns.message
import dns.rcode
import dns.rrset

Answer = Callable[[dns.message.Message], dns.message.Message | None]
"""None stays silent."""


@asynccontextmanager
async def name_server(answer: Answer) -> AsyncIterator[int]:
    """Serve until the block ends; gives the port."""

    class Ear(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = cast("asyncio.DatagramTransport", transport)

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            reply = answer(dns.message.from_wire(data))
            if reply is not None:
                self.transport.sendto(reply.to_wire(), addr)

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Ear, local_addr=("127.0.0.1", 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


def telling(*records: str) -> Answer:
    """Answers every question with these records, such as ``A 10.0.0.5``."""

    def answer(question: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(question)
        for record in records:
            kind, value = record.split(" ", 1)
            reply.answer.append(dns.rrset.from_text(question.question[0].name, 60, "IN", kind, value))
        return reply

    return answer


def refusing(rcode: dns.rcode.Rcode) -> Answer:
    """Answers every question with that code and nothing else."""

    def answer(question: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(question)
        reply.set_rcode(rcode)
        return reply

    return answer
