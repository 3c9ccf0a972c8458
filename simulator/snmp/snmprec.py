"""Recordings of devices in the snmprec format: one ``OID|TAG|VALUE`` per line, tags as in SNMP's BER.

A tag followed by ``x`` has its value in hexadecimal. `#` lines and empty ones are skipped. The format is the one of the
snmpsim project (https://docs.lextudio.com/snmpsim/documentation/simulation-data).
"""

from collections.abc import Iterable
from pathlib import Path

from campus.errors import ConfigError
from simulator.snmp import ber
from simulator.snmp.ber import BerError, Oid, parse_oid
from simulator.snmp.tree import MibTree, Source

_UNSIGNED_BITS = {ber.COUNTER32: 32, ber.GAUGE32: 32, ber.TIME_TICKS: 32, ber.COUNTER64: 64}


def read_snmprec(path: Path) -> MibTree:
    """The tree of a recording; `ConfigError` with file and line for the first line that cannot be read."""
    try:
        text = path.read_bytes().decode("utf-8", errors="surrogateescape")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    return parse_snmprec(str(path), text.split("\n"))


def parse_snmprec(name: str, lines: Iterable[str]) -> MibTree:
    """The tree of the lines of a recording; `name` stands in errors. The last of two equal OIDs wins.

    >>> parse_snmprec("one", ["1.3.6.1.2.1.1.3.0|67|4711"]).value((1, 3, 6, 1, 2, 1, 1, 3, 0), 0).hex()
    '43021267'
    """
    sources: dict[Oid, Source] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            oid_text, tag_text, value_text = line.rstrip("\r\n").split("|", 2)
            sources[parse_oid(oid_text)] = encode_recorded(tag_text, value_text)
        except (ValueError, BerError) as error:
            raise ConfigError(f"{name}:{number}: not an OID|TAG|VALUE line: {error}") from error
    if not sources:
        raise ConfigError(f"{name}: holds no object: a recording has lines such as 1.3.6.1.2.1.1.3.0|67|4711")
    return MibTree(sources)


def encode_recorded(tag_text: str, value_text: str) -> bytes:
    """One value as it goes on the wire; `ValueError` or `BerError` when tag and value do not fit.

    >>> encode_recorded("4x", "00ff").hex(), encode_recorded("2", "-5").hex()
    ('040200ff', '0201fb')
    """
    is_hex = tag_text.endswith("x")
    tag = int(tag_text.removesuffix("x"))
    octets = bytes.fromhex(value_text) if is_hex else value_text.encode("utf-8", errors="surrogateescape")
    if tag == ber.INTEGER:
        return ber.encode_integer(_integer(octets, value_text, is_hex=is_hex))
    if tag in _UNSIGNED_BITS:
        number = int.from_bytes(octets, "big") if is_hex else int(value_text)
        return ber.encode_integer(number % (1 << _UNSIGNED_BITS[tag]), tag)
    if tag == ber.OBJECT_IDENTIFIER:
        return ber.encode_oid(parse_oid(value_text))
    if tag == ber.IP_ADDRESS:
        return ber.encode_octets(octets if is_hex else bytes(int(part) for part in value_text.split(".")), tag)
    if tag == ber.NULL:
        return ber.NULL_VALUE
    if tag in (ber.OCTET_STRING, ber.OPAQUE):
        return ber.encode_octets(octets, tag)
    raise ValueError(f"tag {tag_text!r} is not one of SNMP's")


def _integer(octets: bytes, text: str, *, is_hex: bool) -> int:
    return int.from_bytes(octets, "big", signed=True) if is_hex else int(text)
