"""Other models of a vendor, made of one: a recording with columns and rows missing, other indices, other types."""

import random
from collections.abc import Callable
from typing import Final

from firmware_profiles.layout import layout_of
from firmware_profiles.walk import GAUGE, INTEGER, NULL, NUMBERS, OCTETS, Oid, Row, Walk

_SYSTEM: Final = (1, 3, 6, 1, 2, 1, 1)
_NAMED: Final = 11
"""Arcs of a standard column and one of its index."""


def _column(row: Row, at: dict[Oid, int]) -> Oid:
    return row.oid[: at.get(row.oid, 10)]


def without_columns(walk: Walk, dice: random.Random) -> Walk:
    """A third of all columns and scalars missing."""
    at = _starts(walk)
    gone = {column for column in {_column(row, at) for row in walk.rows} if dice.random() < 1 / 3}
    return Walk(row for row in walk.rows if row.oid[:7] == _SYSTEM or _column(row, at) not in gone)


def without_rows(walk: Walk, dice: random.Random) -> Walk:
    """A third of all objects missing, here and there."""
    return Walk(row for row in walk.rows if row.oid[:7] == _SYSTEM or dice.random() > 1 / 3)


def with_other_indices(walk: Walk, dice: random.Random) -> Walk:
    """Every index longer by an arc in front, as where a device is stacked, in half of a vendor's tables."""
    at = _starts(walk)
    chosen = {
        head for head in {row.oid[: at[row.oid] - 1] for row in walk.rows if row.oid in at} if dice.random() < 0.5
    }
    return Walk(
        row._replace(oid=(*row.oid[: at[row.oid]], 1, *row.oid[at[row.oid] :]))
        if row.oid in at and row.oid[: at[row.oid] - 1] in chosen
        else row
        for row in walk.rows
    )


def with_other_types(walk: Walk, dice: random.Random) -> Walk:
    """One object in five told as something else: numbers as text, texts as numbers, nothing, nonsense."""
    return Walk(row if row.oid[:7] == _SYSTEM or dice.random() > 0.2 else _other(row, dice) for row in walk.rows)


def _other(row: Row, dice: random.Random) -> Row:
    oid = row.oid
    if row.tag in NUMBERS and isinstance(row.value, int):
        return dice.choice([
            Row(oid, OCTETS, str(row.value).encode()), Row(oid, OCTETS, b"N/A"), Row(oid, INTEGER, -1), Row(oid, NULL, None),
            Row(oid, GAUGE, 4_294_967_295), Row(oid, INTEGER, -2_147_483_648),
        ])  # fmt: skip
    return dice.choice(
        [Row(oid, INTEGER, 7), Row(oid, OCTETS, b""), Row(oid, OCTETS, b"\xff\xfe\x00"), Row(oid, NULL, None)]
    )


def _starts(walk: Walk) -> dict[Oid, int]:
    root = (1, 3, 6, 1, 4, 1)
    return layout_of({row.oid: row.tag for row in walk.rows if row.oid[:6] == root}, root).split_at()


MUTATIONS: Final[dict[str, Callable[[Walk, random.Random], Walk]]] = {
    "columns missing": without_columns,
    "rows missing": without_rows,
    "other indices": with_other_indices,
    "other types": with_other_types,
}
