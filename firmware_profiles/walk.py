"""A walk of a device: every object it answered, with type and value. Read from `.snmprec` files and from what `snmpwalk` prints.

The `.snmprec` format is snmpsim's (https://docs.lextudio.com/snmpsim/documentation/simulation-data): ``OID|TAG|VALUE``, the
tag as in BER, an ``x`` behind it where the value is written in hexadecimal.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

from campus.errors import ConfigError, file_trouble
from firmware_profiles.raw import Raw
from firmware_profiles.walk_text import parse_printed

Oid = tuple[int, ...]
INTEGER, OCTETS, NULL, OBJECT_ID = 2, 4, 5, 6
ADDRESS, COUNTER32, GAUGE, TICKS, OPAQUE, COUNTER64 = 64, 65, 66, 67, 68, 70
TYPE_NAMES: Final = {
    INTEGER: "integer", OCTETS: "text", NULL: "null", OBJECT_ID: "OID", ADDRESS: "address", COUNTER32: "counter32",
    GAUGE: "gauge", TICKS: "timeticks", OPAQUE: "opaque", COUNTER64: "counter64",
}  # fmt: skip
NUMBERS: Final = frozenset({INTEGER, COUNTER32, GAUGE, TICKS, COUNTER64})
_OCTET_TAGS: Final = frozenset({OCTETS, OPAQUE})
MAX_BYTES: Final = 64_000_000
"""What a recording may have: the largest switch's walk is a tenth of it."""


class Row(NamedTuple):
    """One object: `value` is an int for numbers, bytes for octets, dotted text for OIDs and IPv4 addresses, None for null."""

    oid: Oid
    tag: int
    value: int | bytes | str | None


class Walk:
    """Rows in the order of their OIDs, each OID once."""

    def __init__(self, rows: Iterable[Row]) -> None:
        by_oid = {row.oid: row for row in rows}
        self.rows: tuple[Row, ...] = tuple(by_oid[oid] for oid in sorted(by_oid))

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def values(self) -> dict[str, Row]:
        """Rows by dotted OID."""
        return {dotted(row.oid): row for row in self.rows}

    @cached_property
    def prefixes(self) -> frozenset[str]:
        """Every dotted OID that something stands under, or at."""
        found: set[str] = set()
        for row in self.rows:
            text = ""
            for arc in row.oid:
                text = f"{text}.{arc}" if text else str(arc)
                found.add(text)
        return frozenset(found)

    def value(self, oid: str) -> Raw:
        """The value of a whole OID, None when there is none."""
        row = self.values.get(oid)
        return row.value if row else None

    def column(self, oid: str) -> dict[str, Row]:
        """Rows under an OID by what follows it."""
        prefix = tuple(int(arc) for arc in oid.split("."))
        size = len(prefix)
        return {dotted(row.oid[size:]): row for row in self.rows if row.oid[:size] == prefix and len(row.oid) > size}


def dotted(oid: Iterable[int]) -> str:
    """An OID as text.

    >>> dotted((1, 3, 6))
    '1.3.6'
    """
    return ".".join(map(str, oid))


def read_walk(path: Path) -> Walk:
    """A recording or a printed walk from a file; `ConfigError` with file and line when it is neither."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{path}: larger than {MAX_BYTES // 1_000_000} MB: is it the walk of one device?")
        text = path.read_bytes().decode("utf-8", errors="surrogateescape")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {file_trouble(error)}") from error
    return parse_walk(str(path), text)


def parse_walk(name: str, text: str) -> Walk:
    """A walk from its text; `name` stands in errors.

    >>> parse_walk("one", "1.3.6.1.2.1.1.3.0|67|4711").rows
    (Row(oid=(1, 3, 6, 1, 2, 1, 1, 3, 0), tag=67, value=4711),)
    """
    lines = text.split("\n")
    first = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    is_printed = first.count("|") < 2 or (" = " in first and first.index(" = ") < first.index("|"))
    rows = list(_printed(name, lines) if is_printed else _recorded(name, lines))
    if not rows:
        raise ConfigError(
            f"{name}: holds no object: a recording has lines such as 1.3.6.1.2.1.1.3.0|67|4711, and what "
            "`snmpbulkwalk -On` prints such as .1.3.6.1.2.1.1.3.0 = Timeticks: (4711) 0:00:47.11"
        )
    return Walk(rows)


def written(row: Row) -> str:
    """A row as a line of a recording, without the line break; octets that are not plain text in hexadecimal.

    >>> written(Row((1, 3), 4, b"CB-2")), written(Row((1, 3), 4, bytes(2)))
    ('1.3|4|CB-2', '1.3|4x|0000')
    """
    if isinstance(row.value, bytes):
        plain = row.value.isascii() and row.value.decode("ascii").isprintable() and row.value == row.value.strip()
        mark, text = ("", row.value.decode("ascii")) if plain else ("x", row.value.hex())
        return f"{dotted(row.oid)}|{row.tag}{mark}|{text}"
    return f"{dotted(row.oid)}|{row.tag}|{'' if row.value is None else row.value}"


def _recorded(name: str, lines: list[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            oid_text, tag_text, value = line.rstrip("\r").split("|", 2)
            yield _row(_oid(oid_text), tag_text, value)
        except ValueError as error:
            raise ConfigError(f"{name}:{number}: not an OID|TAG|VALUE line: {error}") from error


def _row(oid: Oid, tag_text: str, text: str) -> Row:
    is_hex = tag_text.endswith("x")
    number = tag_text.removesuffix("x")
    tag = int(number) if number.isdecimal() and len(number) < 4 else -1
    if tag not in TYPE_NAMES:
        raise ValueError(f"tag {tag_text!r} is not one of SNMP's")
    octets = bytes.fromhex(text) if is_hex else text.encode("utf-8", errors="surrogateescape")
    if tag in _OCTET_TAGS:
        return Row(oid, tag, octets)
    if tag in NUMBERS:
        return Row(oid, tag, int.from_bytes(octets, "big", signed=tag == INTEGER) if is_hex else int(text))
    if tag == OBJECT_ID:
        return Row(oid, tag, dotted(_oid(text)))
    if tag == ADDRESS:
        parts = octets if is_hex else bytes(int(part) for part in text.split("."))
        return Row(oid, tag, dotted(parts))
    return Row(oid, tag, None)


def _printed(name: str, lines: list[str]) -> Iterator[Row]:
    for number, oid_text, tag_text, text in parse_printed(lines):
        try:
            yield _row(_oid(oid_text), tag_text, text)
        except ValueError as error:
            raise ConfigError(
                f"{name}:{number}: not a line of `snmpbulkwalk -On`: {error}. Walk with -On, so that names are numbers"
            ) from error


def _oid(text: str) -> Oid:
    arcs = text.strip().lstrip(".").split(".")
    if len(arcs) < 2 or not all(arc.isdecimal() and len(arc) <= 10 and int(arc) < 1 << 32 for arc in arcs):
        raise ValueError(f"{text[:80]!r} is not an OID in numbers")
    return tuple(map(int, arcs))
