"""What a network device knows of the stations around it: the content of a document of kind ``stations``.

A station is whoever has a MAC address. Addresses are twelve lower-case hexadecimal digits, ports are instances as in
`campus.samples.PortFacts`. Tables are whole and bounded by who reads them; `left_out` counts what was too much.
"""

import re
from collections.abc import Iterable

import msgspec

from campus.errors import Poison
from campus.ids import MAX_INSTANCE_CHARS

MAX_STATIONS = 20_000
_HEX = re.compile(r"[0-9a-f]{12}\Z")
_PARTED = re.compile(r"[0-9A-Fa-f]{1,2}(?:([:\-. ])[0-9A-Fa-f]{1,2})(?:\1[0-9A-Fa-f]{1,2}){4}\Z")
_LOCAL_OR_GROUP = 0x03


class Heard(msgspec.Struct, frozen=True, array_like=True):
    """The stations a bridge heard behind one port in one VLAN (0: the device does not tell), in order."""

    port: str
    vlan: int
    macs: tuple[str, ...]


class Resolved(msgspec.Struct, frozen=True, array_like=True):
    """The MAC address of one IP address, as a router or host found out; `port` is empty where it is no port we know."""

    address: str
    mac: str
    port: str = ""


class StationTables(msgspec.Struct, frozen=True, omit_defaults=True):
    """The forwarding and the address table of one device, each in order."""

    forwarding: tuple[Heard, ...] = ()
    addresses: tuple[Resolved, ...] = ()
    left_out: int = 0


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(StationTables)


def encoded(tables: StationTables) -> bytes:
    """The content of the document."""
    return _encoder.encode(tables)


def decoded(content: bytes) -> StationTables:
    """The tables a document tells; `Poison` with reason ``bad_stations`` when it is none of ours or too large.

    >>> decoded(encoded(StationTables((Heard("GE0/1", 10, ("00e0fc123456",)),)))).forwarding[0].macs
    ('00e0fc123456',)
    """
    try:
        tables = _decoder.decode(content)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Poison("bad_stations", f"not the tables of a device: {error}") from error
    macs = [mac for heard in tables.forwarding for mac in heard.macs] + [each.mac for each in tables.addresses]
    if len(macs) > 2 * MAX_STATIONS:
        raise Poison("bad_stations", f"{len(macs)} stations of one device, {2 * MAX_STATIONS} at most")
    if not all(map(_HEX.match, macs)):
        raise Poison("bad_stations", "a station without a MAC address of twelve hexadecimal digits")
    ports = [heard.port for heard in tables.forwarding] + [each.port for each in tables.addresses]
    if max(map(len, [*ports, *(each.address for each in tables.addresses)]), default=0) > MAX_INSTANCE_CHARS:
        raise Poison("bad_stations", f"the name of a port or an address is longer than {MAX_INSTANCE_CHARS} characters")
    return tables


def mac_of(text: str) -> str:
    """A MAC address however it is written, as twelve digits; empty when it is none, or all zeros.

    >>> mac_of("00-E0-FC-12-34-56"), mac_of("0:e0:fc:12:34:56"), mac_of("00e0.fc12.3456"), mac_of("GE0/0/1")
    ('00e0fc123456', '00e0fc123456', '00e0fc123456', '')
    """
    bare = text.strip()
    if _PARTED.match(bare):
        digits = "".join(part.rjust(2, "0") for part in re.split(r"[:\-. ]", bare)).lower()
    else:
        digits = bare.replace(".", "").replace("-", "").lower()
    return digits if _HEX.match(digits) and digits != "0" * 12 else ""


def is_fixed(mac: str) -> bool:
    """Whether a maker gave the address (IEEE 802): one made up, as phones do to stay unknown, or of a group, is not.

    >>> is_fixed("00e0fc123456"), is_fixed("da10b2c3d4e5")
    (True, False)
    """
    return not int(mac[:2], 16) & _LOCAL_OR_GROUP


def substance(tables: StationTables) -> Iterable[str]:
    """What makes tables other tables, in order: stations with an address of their maker and where they are.

    Who comes and goes under made-up addresses changes nothing.
    """
    for heard in tables.forwarding:
        yield from (f"{heard.port} {heard.vlan} {mac}" for mac in heard.macs if is_fixed(mac))
    for resolved in tables.addresses:
        if is_fixed(resolved.mac):
            yield f"{resolved.address} {resolved.mac} {resolved.port}"
