"""One SNMP message of version 1 (RFC 1157) or 2c (RFC 1901, 3416): bytes to a request, an answer to bytes."""

from dataclasses import dataclass
from enum import IntEnum

from simulator.snmp import ber
from simulator.snmp.ber import BerError, Oid


class Version(IntEnum):
    """The version field on the wire."""

    V1 = 0
    V2C = 1


class Pdu(IntEnum):
    """PDU tags (context class, constructed)."""

    GET = 0xA0
    GET_NEXT = 0xA1
    RESPONSE = 0xA2
    SET = 0xA3
    GET_BULK = 0xA5


class ErrorStatus(IntEnum):
    """What a response can complain of (RFC 3416, section 3)."""

    NO_ERROR = 0
    TOO_BIG = 1
    NO_SUCH_NAME = 2
    GEN_ERR = 5
    AUTHORIZATION_ERROR = 16
    NOT_WRITABLE = 17


_REQUESTS = {Pdu.GET, Pdu.GET_NEXT, Pdu.SET, Pdu.GET_BULK}


@dataclass(frozen=True)
class Request:
    """What a manager asked. For GETBULK `field_1` is non-repeaters and `field_2` max-repetitions; otherwise both are ignored."""

    version: Version
    community: bytes
    pdu: Pdu
    request_id: int
    field_1: int
    field_2: int
    oids: tuple[Oid, ...]
    raw_varbinds: bytes
    """The variable bindings as they came, for error responses, which repeat them."""


def decode_request(datagram: bytes) -> Request:
    """Read a request; `BerError` for anything else, a version we do not speak included."""
    end = len(datagram)
    at, end = ber.read_element(datagram, 0, end, ber.SEQUENCE)
    number, at = _integer(datagram, at, end)
    if number not in (Version.V1, Version.V2C):
        raise BerError(f"SNMP version field {number}")
    start, at = ber.read_element(datagram, at, end, ber.OCTET_STRING)
    community = datagram[start:at]
    tag, at, end = ber.read_header(datagram, at, end)
    if tag not in _REQUESTS:
        raise BerError(f"PDU {tag:#04x} is not a request")
    request_id, at = _integer(datagram, at, end)
    field_1, at = _integer(datagram, at, end)
    field_2, at = _integer(datagram, at, end)
    start, stop = ber.read_element(datagram, at, end, ber.SEQUENCE)
    return Request(
        Version(number), community, Pdu(tag), request_id, field_1, field_2,
        _names(datagram, start, stop), datagram[at:stop],
    )  # fmt: skip


def encode_response(
    request: Request, varbinds: bytes, error: ErrorStatus = ErrorStatus.NO_ERROR, index: int = 0
) -> bytes:
    """Answer `request`; `varbinds` is the whole SEQUENCE OF, as `encode_varbinds` makes it."""
    content = ber.encode_integer(request.request_id) + ber.encode_integer(error) + ber.encode_integer(index) + varbinds
    return ber.encode_tlv(
        ber.SEQUENCE,
        ber.encode_integer(request.version)
        + ber.encode_octets(request.community)
        + ber.encode_tlv(Pdu.RESPONSE, content),
    )


def encode_varbind(name: bytes, value: bytes) -> bytes:
    """One binding of an encoded object identifier and an encoded value."""
    return ber.encode_tlv(ber.SEQUENCE, name + value)


def encode_varbinds(varbinds: list[bytes]) -> bytes:
    """The list of bindings."""
    return ber.encode_tlv(ber.SEQUENCE, b"".join(varbinds))


def _integer(buffer: bytes, at: int, end: int) -> tuple[int, int]:
    start, stop = ber.read_element(buffer, at, end, ber.INTEGER)
    return ber.decode_integer(buffer, start, stop), stop


def _names(buffer: bytes, at: int, end: int) -> tuple[Oid, ...]:
    names: list[Oid] = []
    while at < end:
        start, at = ber.read_element(buffer, at, end, ber.SEQUENCE)
        name_start, name_stop = ber.read_element(buffer, start, at, ber.OBJECT_IDENTIFIER)
        names.append(ber.decode_oid(buffer, name_start, name_stop))
        ber.read_header(buffer, name_stop, at)
    return tuple(names)
