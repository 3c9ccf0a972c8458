"""What profiles know of a walk: which of their points it answers, which facts it tells, what nobody reads. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from firmware_profiles.catalogue import FALLBACK, Catalogue, Identity
from firmware_profiles.layout import Entry, layout_of
from firmware_profiles.model import Filter, Point, Profile, Source
from firmware_profiles.raw import Raw, text_of
from firmware_profiles.select import keeps, picked
from firmware_profiles.walk import Oid, Row, Walk, dotted

SYS_DESCR: Final = "1.3.6.1.2.1.1.1.0"
SYS_OBJECT_ID: Final = "1.3.6.1.2.1.1.2.0"
ENTERPRISES: Final = (1, 3, 6, 1, 4, 1)
_OID: Final = re.compile(r"[012](\.\d+){5,}")
_NO_OBJECTS: Final = frozenset({"match", "traps", "sources", "known_firmware", "title", "kind", "include"})
"""What of a profile names no object that is read."""
STANDARD_MIBS: Final = {
    "1.3.6.1.2.1.2.2": "IF-MIB",
    "1.3.6.1.2.1.31.1.1": "IF-MIB (ifXTable)",
    "1.3.6.1.2.1.4": "IP-MIB",
    "1.3.6.1.2.1.10.7": "EtherLike-MIB",
    "1.3.6.1.2.1.17": "BRIDGE-MIB",
    "1.3.6.1.2.1.25": "HOST-RESOURCES-MIB",
    "1.3.6.1.2.1.33": "UPS-MIB",
    "1.3.6.1.2.1.43": "Printer-MIB",
    "1.3.6.1.2.1.47": "ENTITY-MIB",
    "1.3.6.1.2.1.99": "ENTITY-SENSOR-MIB",
    "1.3.6.1.2.1.105": "POWER-ETHERNET-MIB",
    "1.0.8802.1.1.2": "LLDP-MIB",
    "1.3.6.1.4.1.2021": "UCD-SNMP-MIB",
    "1.3.6.1.4.1.9.9.23": "CISCO-CDP-MIB",
}


def identity_in(walk: Walk) -> Identity:
    """What the system group of a walk says, empty where it says nothing."""
    object_id, descr = walk.value(SYS_OBJECT_ID), walk.value(SYS_DESCR)
    return Identity(
        object_id if isinstance(object_id, str) else "",
        descr.decode("utf-8", "replace") if isinstance(descr, bytes) else "",
    )


def recognised(catalogue: Catalogue, walk: Walk) -> str:
    """The profile that would read the device, as an agent finds it."""
    for name in catalogue.candidates(identity_in(walk)):
        answers = catalogue.profiles[name].match.answers
        if not answers or answers in walk.prefixes:
            return name
    return FALLBACK


def points_of(profile: Profile) -> Iterator[Point]:
    """Every SNMP point, of tables too."""
    yield from profile.points
    for table in profile.tables.values():
        yield from table.points


def is_answered(point: Point, walk: Walk) -> bool:
    """Whether the walk has anything where the point is read, in one of its ways."""
    return any(oid in walk.prefixes for oid in (point.oid, *(way.oid for way in point.otherwise)))


def answered(profile: Profile, walk: Walk) -> set[str]:
    """OIDs of the points that the walk answers."""
    return {point.oid for point in points_of(profile) if is_answered(point, walk)}


def named_oids(profile: Profile) -> set[str]:
    """Every object that the profile looks at in any way: values, names, conditions, facts, neighbours."""
    plain = {key: part for key, part in msgspec.to_builtins(profile).items() if key not in _NO_OBJECTS}
    return set(_oids(plain))


def _oids(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        if _OID.fullmatch(part):
            yield part
    elif isinstance(part, dict):
        for each in part.values():
            yield from _oids(each)
    elif isinstance(part, list | tuple):
        for each in part:
            yield from _oids(each)


def fact_told(sources: Iterable[Source], walk: Walk) -> str:
    """What the first source that says anything in the walk says; empty when none does."""
    for source in sources:
        if source.text:
            return source.text
        raws = [walk.value(source.oid)] if source.oid else list(_kept(source, walk))
        if text := next((text for raw in raws if (text := picked(source, raw))), ""):
            return text
    return ""


def _kept(source: Source, walk: Walk) -> Iterator[Raw]:
    for index, row in walk.column(source.column).items():
        if all(_holds(condition, index, walk) for condition in source.where):
            yield row.value


def _holds(condition: Filter, index: str, walk: Walk) -> bool:
    if condition.at_least:
        return len(walk.column(condition.column)) >= condition.at_least
    return keeps(condition, walk.value(f"{condition.column}.{index}") if condition.column else index)


class Unread(msgspec.Struct, frozen=True):
    """What of a walk nobody reads: scalars, and tables with their columns that are left over."""

    scalars: list[Row]
    entries: list[Entry]
    rows: Mapping[Oid, Row]

    def column(self, entry: Entry, column: int) -> list[Row]:
        """The rows of one column."""
        return [self.rows[(*entry.oid, column, *index)] for index in entry.columns[column]]

    @property
    def objects(self) -> int:
        """How many scalars and columns there are."""
        return len(self.scalars) + sum(len(entry.columns) for entry in self.entries)


def unread(walk: Walk, read: set[str], root: Oid = ENTERPRISES) -> Unread:
    """What stands under `root` (by default what vendors define) and under none of the OIDs `read`."""
    rows = {row.oid: row for row in walk.rows if row.oid[: len(root)] == root}
    layout = layout_of({oid: row.tag for oid, row in rows.items()}, root)
    scalars = [rows[oid] for oid in layout.scalars if not _is_read(oid, read)]
    entries = []
    for entry in layout.entries:
        columns = {c: indices for c, indices in entry.columns.items() if not _is_read((*entry.oid, c), read)}
        columns = {c: [i for i in indices if dotted((*entry.oid, c, *i)) not in read] for c, indices in columns.items()}
        if columns := {c: indices for c, indices in columns.items() if indices}:
            entries.append(Entry(entry.oid, columns))
    return Unread(scalars, entries, rows)


def _is_read(oid: Oid, read: set[str]) -> bool:
    return any(dotted(oid[:size]) in read for size in range(7, len(oid) + 1))


def mibs_in(walk: Walk) -> list[str]:
    """Names of the standard modules that the walk answers."""
    return [name for oid, name in STANDARD_MIBS.items() if oid in walk.prefixes]


def sample_of(row: Row) -> str:
    """A value in a few characters, for a comment.

    >>> sample_of(Row((1, 3), 4, b"CB-2")), sample_of(Row((1, 3), 2, 48)), sample_of(Row((1, 3), 4, bytes(3)))
    ("'CB-2'", '48', '0x000000')
    """
    if not isinstance(row.value, bytes):
        return str(row.value)
    text = text_of(row.value)
    if text and "\ufffd" not in text and sum(byte < 32 for byte in row.value) <= 2:
        return f"'{text[:40]}'"
    return f"0x{row.value[:16].hex()}" if row.value else "''"
