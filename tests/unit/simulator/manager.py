"""The manager's side of SNMP, small, so that dialogues can be tested without sockets."""

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.snmp import ber
from simulator.snmp.ber import Oid
from simulator.snmp.message import Pdu, Version


@dataclass(frozen=True)
class Reply:
    """A response: each varbind as its name and its encoded value."""

    request_id: int
    error_status: int
    error_index: int
    varbinds: tuple[tuple[Oid, bytes], ...]


def request_bytes(
    pdu: Pdu,
    oids: Sequence[Oid],
    field_1: int = 0,
    field_2: int = 0,
    request_id: int = 1,
    version: Version = Version.V2C,
    community: bytes = b"public",
) -> bytes:
    varbinds = b"".join(ber.encode_tlv(ber.SEQUENCE, ber.encode_oid(oid) + ber.NULL_VALUE) for oid in oids)
    numbers = b"".join(ber.encode_integer(number) for number in (request_id, field_1, field_2))
    content = ber.encode_tlv(pdu, numbers + ber.encode_tlv(ber.SEQUENCE, varbinds))
    return ber.encode_tlv(ber.SEQUENCE, ber.encode_integer(version) + ber.encode_octets(community) + content)


def read_reply(datagram: bytes) -> Reply:
    at, end = ber.read_element(datagram, 0, len(datagram), ber.SEQUENCE)
    _, at = ber.read_element(datagram, at, end, ber.INTEGER)
    _, at = ber.read_element(datagram, at, end, ber.OCTET_STRING)
    at, end = ber.read_element(datagram, at, end, Pdu.RESPONSE)
    numbers = []
    for _ in range(3):
        start, at = ber.read_element(datagram, at, end, ber.INTEGER)
        numbers.append(ber.decode_integer(datagram, start, at))
    at, end = ber.read_element(datagram, at, end, ber.SEQUENCE)
    varbinds = []
    while at < end:
        start, at = ber.read_element(datagram, at, end, ber.SEQUENCE)
        name_start, name_stop = ber.read_element(datagram, start, at, ber.OBJECT_IDENTIFIER)
        varbinds.append((ber.decode_oid(datagram, name_start, name_stop), datagram[name_stop:at]))
    return Reply(numbers[0], numbers[1], numbers[2], tuple(varbinds))
