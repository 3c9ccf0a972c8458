"""What a device answers before it means anything: one raw value, as text, as a name, as an address. Pure."""

import ipaddress
from collections.abc import Sequence

from campus.ids import MAX_INSTANCE_CHARS
from firmware_profiles.charset import readable

Raw = int | float | str | bytes | bool | None
"""What protocols hand over: SNMP values through gufo-snmp (str for OIDs and addresses, bytes for strings), JSON scalars."""


def text_of(raw: Raw) -> str:
    r"""Readable text of a raw value, without what strings are padded with; `charset` says in which characters.

    >>> text_of(b"RG-S6220 \x00\x00"), text_of(7)
    ('RG-S6220', '7')
    """
    if raw is None:
        return ""
    text = readable(raw.partition(b"\0")[0]) if isinstance(raw, bytes) else str(raw).partition("\0")[0]
    return text.strip() if text.isprintable() else "".join(c if c.isprintable() else " " for c in text).strip()


def instance_of(name: str) -> str:
    """A name as an instance: printable, at most 128 characters."""
    return "".join(c if c.isprintable() else " " for c in name).strip()[:MAX_INSTANCE_CHARS]


def mac_text(raw: Raw) -> str:
    """A MAC address as text: six bytes are written with colons, text stays as it is.

    >>> mac_text(bytes.fromhex("488eef7166e0")), mac_text(b"")
    ('48:8e:ef:71:66:e0', '')
    """
    return raw.hex(":") if isinstance(raw, bytes) and len(raw) == 6 else text_of(raw)


def port_id_text(raw: Raw) -> str:
    """An LLDP id, which may be a MAC address or a name that has six letters.

    >>> port_id_text(b"GE0/24"), port_id_text(bytes.fromhex("488eef7166e0"))
    ('GE0/24', '48:8e:ef:71:66:e0')
    """
    is_name = isinstance(raw, bytes) and raw.isascii() and raw.decode("ascii").isprintable()
    return text_of(raw) if is_name else mac_text(raw)


def ip_text(octets: bytes) -> str:
    """An IP address as text; empty when there are not as many octets as one has.

    >>> ip_text(bytes([10, 1, 2, 3])), ip_text(b"")
    ('10.1.2.3', '')
    """
    return str(ipaddress.ip_address(octets)) if len(octets) in {4, 16} else ""


def indexed_ip(arcs: Sequence[str]) -> str:
    """The IP address that an index tells as kind, length and octets (RFC 4001; IEEE 802.1AB does alike); else empty.

    >>> indexed_ip(["1", "4", "10", "1", "2", "3"]), indexed_ip(["6", "6", "0", "1", "2", "3", "4", "5"])
    ('10.1.2.3', '')
    """
    if len(arcs) < 2 or arcs[0] not in {"1", "2", "3", "4"} or arcs[1] != str(len(arcs) - 2):
        return ""
    octets = bytes_of(arcs[2:])
    return ip_text(octets[:-4] if arcs[0] in {"3", "4"} else octets)  # the last four are a zone there


def bytes_of(arcs: Sequence[str]) -> bytes:
    """Arcs of an index as octets; empty when one of them is none."""
    numbers = [int(arc) for arc in arcs]
    return bytes(numbers) if all(0 <= number < 256 for number in numbers) else b""
