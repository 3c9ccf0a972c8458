"""What a profile names and a recording never answered, and what the recording has where the profile reads and is not read."""

from firmware_profiles.model import Profile
from firmware_profiles.survey import ENTERPRISES, is_answered, named_oids, points_of, sample_of, unread
from firmware_profiles.walk import TYPE_NAMES, Oid, Walk, dotted

_MODULE_ARCS = (8, 9)
"""So many arcs from the root name one of a vendor's modules: enterprises, the vendor, and one or two of its own."""


def never_answered(profile: Profile, common: Profile, walk: Walk) -> list[str]:
    """``metric OID`` of the points whose OIDs, alternatives too, the walk does not have; without what `common` reads of all."""
    usual = {point.oid for point in points_of(common)}
    return list(
        dict.fromkeys(
            f"{point.metric} {point.oid}"
            for point in points_of(profile)
            if point.oid not in usual and not is_answered(point, walk)
        )
    )


def not_read(profile: Profile, walk: Walk) -> list[str]:
    """Objects of the vendors' modules that the profile reads something of, which it does not read, with a sample."""
    read = named_oids(profile)
    modules = {_module(oid) for oid in map(_numbers, read) if oid[: len(ENTERPRISES)] == ENTERPRISES}
    left = unread(walk, read)
    lines = [
        f"{dotted(row.oid)} {TYPE_NAMES[row.tag]} {sample_of(row)}" for row in left.scalars if _is_of(row.oid, modules)
    ]
    for entry in left.entries:
        if _is_of(entry.oid, modules):
            for column in entry.columns:
                rows = left.column(entry, column)
                lines.append(
                    f"{dotted((*entry.oid, column))} {len(rows)} rows, {TYPE_NAMES[rows[0].tag]} {sample_of(rows[0])}"
                )
    return lines


def _module(oid: Oid) -> Oid:
    """The module of an object: short OIDs leave less for it."""
    fewest, most = _MODULE_ARCS
    return oid[: max(fewest, min(most, len(oid) - 3))]


def _is_of(oid: Oid, modules: set[Oid]) -> bool:
    return any(oid[:arcs] in modules for arcs in _MODULE_ARCS)


def _numbers(oid: str) -> Oid:
    return tuple(int(arc) for arc in oid.split("."))
