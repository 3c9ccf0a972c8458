"""What an engine says that no Debian daemon can be made to say: it finds every message outside of its time window."""

import asyncio
from typing import Any

from agent.address import HostPort
from agent.collect.snmp_refusal import Refusal, refusal_of
from agent.snmp_access import AuthProtocol, SnmpUser
from campus.secret import Secret
from simulator.snmp import ber

USM_STATS = (1, 3, 6, 1, 6, 3, 15, 1, 1)
NOT_IN_TIME_WINDOWS, UNKNOWN_ENGINE_IDS = 2, 4
ENGINE = bytes.fromhex("80001f8804626164636c6f636b")
USER = SnmpUser("nms", AuthProtocol.SHA256, Secret("a proof of it"))


class BadClock(asyncio.DatagramProtocol):
    """An SNMPv3 engine (RFC 3412, 3414) that answers the discovery, and whatever comes then with notInTimeWindows."""

    def __init__(self) -> None:
        self.transport: Any = None
        self.asked = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.asked += 1
        report = UNKNOWN_ENGINE_IDS if self.asked == 1 else NOT_IN_TIME_WINDOWS
        self.transport.sendto(reported(message_id(data), report), addr)


def message_id(datagram: bytes) -> int:
    at, end = ber.read_element(datagram, 0, len(datagram), ber.SEQUENCE)
    _, at = ber.read_element(datagram, at, end, ber.INTEGER)
    at, end = ber.read_element(datagram, at, end, ber.SEQUENCE)
    return ber.decode_integer(datagram, *ber.read_element(datagram, at, end, ber.INTEGER))


def reported(number: int, report: int) -> bytes:
    """An unproven report of one counter of usmStats."""

    def sequence(*parts: bytes, tag: int = ber.SEQUENCE) -> bytes:
        return ber.encode_tlv(tag, b"".join(parts))

    integer, octets = ber.encode_integer, ber.encode_octets
    counted = sequence(ber.encode_oid((*USM_STATS, report, 0)), integer(1, ber.COUNTER32))
    pdu = sequence(integer(0), integer(0), integer(0), sequence(counted), tag=0xA8)
    security = sequence(octets(ENGINE), integer(1), integer(100), octets(b""), octets(b""), octets(b""))
    header = sequence(integer(number), integer(65507), octets(b"\0"), integer(3))
    return sequence(integer(3), header, octets(security), sequence(octets(ENGINE), octets(b""), pdu))


def test_a_clock_that_cannot_be_met_is_told() -> None:
    async def run() -> tuple[Refusal, int]:
        engine = BadClock()
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: engine, local_addr=("127.0.0.1", 0)
        )
        try:
            place = HostPort("127.0.0.1", transport.get_extra_info("sockname")[1])
            return await refusal_of(place, USER, 0.3), engine.asked
        finally:
            transport.close()

    why, asked = asyncio.run(run())
    assert why is Refusal.CLOCK
    assert asked <= 4
