"""BER (ITU-T X.690) as far as SNMP needs it: definite lengths, the types of RFC 2578 and the exceptions of RFC 3416.

Encoders return whole TLVs (tag, length, value); decoders take a buffer and bounds and never read past them.
"""

from functools import lru_cache
from typing import Final

from campus.errors import Poison

Oid = tuple[int, ...]

INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OBJECT_IDENTIFIER: Final = 0x06
SEQUENCE: Final = 0x30
IP_ADDRESS: Final = 0x40
COUNTER32: Final = 0x41
GAUGE32: Final = 0x42
TIME_TICKS: Final = 0x43
OPAQUE: Final = 0x44
COUNTER64: Final = 0x46

NULL_VALUE: Final = b"\x05\x00"
NO_SUCH_OBJECT: Final = b"\x80\x00"
NO_SUCH_INSTANCE: Final = b"\x81\x00"
END_OF_MIB_VIEW: Final = b"\x82\x00"

MAX_SUBIDS: Final = 128
MAX_SUBID: Final = 0xFFFF_FFFF


class BerError(Poison):
    """Bytes that are not BER, or not the BER that SNMP allows."""

    def __init__(self, message: str) -> None:
        super().__init__("bad_ber", message)


def encode_length(length: int) -> bytes:
    """Length octets in the shortest definite form.

    >>> encode_length(5).hex(), encode_length(200).hex(), encode_length(300).hex()
    ('05', '81c8', '82012c')
    """
    if length < 0x80:
        return bytes((length,))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def encode_tlv(tag: int, content: bytes) -> bytes:
    """One element with the given content."""
    if len(content) < 0x80:
        return bytes((tag, len(content))) + content
    return bytes((tag,)) + encode_length(len(content)) + content


def encode_integer(value: int, tag: int = INTEGER) -> bytes:
    """An integer in the fewest octets (two's complement); `tag` makes it a Counter32, Gauge32, TimeTicks or Counter64.

    >>> encode_integer(-1).hex(), encode_integer(128).hex(), encode_integer(2**64 - 1, COUNTER64).hex()
    ('0201ff', '02020080', '460900ffffffffffffffff')
    """
    size = (value + (value < 0)).bit_length() // 8 + 1
    return bytes((tag, size)) + value.to_bytes(size, "big", signed=True)


def encode_octets(value: bytes, tag: int = OCTET_STRING) -> bytes:
    """An octet string (or IpAddress, Opaque by `tag`)."""
    return encode_tlv(tag, value)


@lru_cache(maxsize=65_536)
def encode_oid(oid: Oid) -> bytes:
    """An object identifier of at least two arcs.

    >>> encode_oid((1, 3, 6, 1, 4, 1, 2011)).hex()
    '06072b060104018f5b'
    """
    content = bytearray(_base128(40 * oid[0] + oid[1]))
    for arc in oid[2:]:
        if arc < 0x80:
            content.append(arc)
        else:
            content += _base128(arc)
    return encode_tlv(OBJECT_IDENTIFIER, bytes(content))


def read_header(buffer: bytes, at: int, end: int) -> tuple[int, int, int]:
    """(tag, start, stop) of the element at `at`: its content is buffer[start:stop], stop <= end. `BerError` otherwise."""
    if at + 2 > end:
        raise BerError(f"an element is cut off at octet {at}")
    tag, length, start = buffer[at], buffer[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        if not 1 <= size <= 4 or start + size > end:
            raise BerError(f"a length of {size} octets at octet {at}")
        length = int.from_bytes(buffer[start : start + size], "big")
        start += size
    if start + length > end:
        raise BerError(f"an element at octet {at} claims {length} octets, {end - start} are left")
    return tag, start, start + length


def read_element(buffer: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """(start, stop) of the element at `at`, which must have `tag`."""
    found, start, stop = read_header(buffer, at, end)
    if found != tag:
        raise BerError(f"tag {found:#04x} at octet {at} where {tag:#04x} was due")
    return start, stop


def decode_integer(buffer: bytes, start: int, stop: int) -> int:
    """The integer whose content octets are buffer[start:stop], 1 to 9 of them."""
    if not 1 <= stop - start <= 9:
        raise BerError(f"an integer of {stop - start} octets")
    return int.from_bytes(buffer[start:stop], "big", signed=True)


def decode_oid(buffer: bytes, start: int, stop: int) -> Oid:
    """The object identifier whose content octets are buffer[start:stop]; at most `MAX_SUBIDS` arcs of 32 bits."""
    if start == stop:
        raise BerError("an empty object identifier")
    arcs: list[int] = []
    arc = 0
    for octet in buffer[start:stop]:
        arc = arc << 7 | octet & 0x7F
        if arc > MAX_SUBID:
            raise BerError("an arc over 32 bits")
        if octet < 0x80:
            arcs.append(arc)
            arc = 0
    if buffer[stop - 1] & 0x80 or len(arcs) > MAX_SUBIDS:
        raise BerError("an object identifier that does not end or is too long")
    first = min(arcs[0] // 40, 2)
    return (first, arcs[0] - 40 * first, *arcs[1:])


def parse_oid(text: str) -> Oid:
    """Read dotted decimal, with or without the leading dot.

    >>> parse_oid(".1.3.6.1")
    (1, 3, 6, 1)
    """
    try:
        oid = tuple(int(arc) for arc in text.strip().lstrip(".").split("."))
    except ValueError:
        raise BerError(f"{text[:80]!r} is not a dotted object identifier") from None
    if len(oid) < 2 or len(oid) > MAX_SUBIDS or not all(0 <= arc <= MAX_SUBID for arc in oid) or oid[0] > 2:
        raise BerError(f"{text[:80]!r} is not a dotted object identifier")
    return oid


def _base128(arc: int) -> bytes:
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(arc & 0x7F | 0x80)
    return bytes(reversed(octets))
