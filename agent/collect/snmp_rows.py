"""Which rows of a device's tables a profile keeps."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from firmware_profiles.model import Filter
from firmware_profiles.raw import Raw
from firmware_profiles.select import keeps


class ColumnReader(Protocol):
    """Columns of one device, each fetched once."""

    async def column(self, oid: str) -> dict[str, Raw]:
        """Index to value."""


async def rows_kept(indices: Iterable[str], where: tuple[Filter, ...], columns: ColumnReader) -> list[str]:
    """Those of `indices` for which every condition holds, in their order."""
    kept = list(indices)
    for condition in where:
        if not kept:
            break
        values: Mapping[str, Raw] = await columns.column(condition.column) if condition.column else {i: i for i in kept}
        if condition.at_least:
            kept = kept if len(values) >= condition.at_least else []
        else:
            kept = [index for index in kept if keeps(condition, values.get(index))]
    return kept
