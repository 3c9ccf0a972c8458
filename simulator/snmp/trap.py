"""A notification as a datagram: SNMPv2-Trap by SNMP v2c (RFC 3416, section 4.2.6), with nothing but what it must carry."""

import itertools
import socket
import time

from simulator.snmp import ber

_SYS_UPTIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)
_TRAP_OID = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)
_V2C = 1
_TRAP_PDU = 0xA7
_SEQUENCE = 0x30
_numbers = itertools.count(1)


def encode_trap(community: str, oid: ber.Oid, uptime_ms: int, number: int) -> bytes:
    """The message; `number` is its request id."""
    pairs = (
        (_SYS_UPTIME, ber.encode_integer(uptime_ms // 10 % (1 << 32), ber.TIME_TICKS)),
        (_TRAP_OID, ber.encode_oid(oid)),
    )
    bindings = b"".join(ber.encode_tlv(_SEQUENCE, ber.encode_oid(name) + value) for name, value in pairs)
    head = ber.encode_integer(number) + ber.encode_integer(0) * 2
    pdu = ber.encode_tlv(_TRAP_PDU, head + ber.encode_tlv(_SEQUENCE, bindings))
    return ber.encode_tlv(_SEQUENCE, ber.encode_integer(_V2C) + ber.encode_octets(community.encode()) + pdu)


def send_trap(source: str, target: tuple[str, int], community: str, oid: ber.Oid) -> None:
    """Send one from the address `source`; `OSError` when the machine does not let it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((source, 0))
        sender.sendto(encode_trap(community, oid, time.monotonic_ns() // 1_000_000, next(_numbers)), target)
