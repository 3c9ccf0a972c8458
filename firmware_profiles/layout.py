"""Which part of an OID names the column, and which the row: found without MIB files, from how the OIDs of a walk hang together.

SMIv2 makes a table ``table.1.column.index`` (RFC 2578, section 7.1.12): the node above the columns is numbered 1, and columns
of one table mostly have the same indices.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from firmware_profiles.walk import Oid

ALIKE = 0.5
"""What two columns must share of their indices to be of one table."""
_MAX_INDICES = 400
"""Columns are compared by so many of their first indices: enough to tell, and a walk may have 100 000."""


class Entry(NamedTuple):
    """A table's row object: `oid` ends in 1; `columns` has the indices of each column, in order."""

    oid: Oid
    columns: dict[int, list[Oid]]


class Layout(NamedTuple):
    """Scalars (whole OIDs, ending in 0) and tables, each in the order of OIDs."""

    scalars: list[Oid]
    entries: list[Entry]

    def split_at(self) -> dict[Oid, int]:
        """How many arcs of each OID of a table name its column."""
        return {
            (*entry.oid, column, *index): len(entry.oid) + 1
            for entry in self.entries
            for column, indices in entry.columns.items()
            for index in indices
        }


def layout_of(tags: Mapping[Oid, int], root: Oid) -> Layout:
    """The tables and scalars among OIDs and the types of their values; all begin with `root`, which is no table itself."""
    return _Finder(tags).under(root)


class _Finder:
    """Walks down from a root; `tags` tells the type of each object, for a column has one."""

    def __init__(self, tags: Mapping[Oid, int]) -> None:
        self._tags = tags
        self._found = Layout([], [])

    def under(self, root: Oid) -> Layout:
        for arc, oids in sorted(_children(root, sorted(self._tags)).items()):
            self._divide((*root, arc), oids)
        return self._found

    def _divide(self, node: Oid, oids: list[Oid]) -> None:
        """Sort what stands under `node`: scalars, a table's columns, or nodes to look into."""
        children = _children(node, oids)
        if self._is_entry(node, children):
            size = len(node) + 1
            self._found.entries.append(Entry(node, {arc: [o[size:] for o in under] for arc, under in children.items()}))
            return
        for arc, under in sorted(children.items()):
            below = (*node, arc)
            if under == [below]:
                self._found.scalars.append(below)
            else:
                self._divide(below, under)

    def _is_entry(self, node: Oid, children: dict[int, list[Oid]]) -> bool:
        """Whether the children are columns: of several with like indices, or of a single one."""
        if len(children) != 1:
            return self._is_wide_entry(node, children)
        ((column, under),) = children.items()
        return self._may_be_entry(node, children) and self._is_lone_column((*node, column), under)

    def _may_be_entry(self, node: Oid, children: dict[int, list[Oid]]) -> bool:
        """The node is numbered 1, columns are not numbered 0 and are of one type each, indices are not scalars' zeros.

        A row may be numbered 0 where there are others, or where the rows are numbered by one figure.
        """
        if node[-1] != 1 or not children or 0 in children:
            return False
        indices = {oid[len(node) + 1 :] for under in children.values() for oid in under}
        if () in indices or indices == {(0,)}:
            return False
        if any(len({self._tags[oid] for oid in under}) > 1 for under in children.values()):
            return False
        size = len(node) + 1
        return not any(all(oid[-1] == 0 for oid in under) for under in children.values()) or all(
            len(oid) == size + 1 for under in children.values() for oid in under
        )

    def _is_wide_entry(self, node: Oid, children: dict[int, list[Oid]]) -> bool:
        if len(children) < 2 or not self._may_be_entry(node, children):
            return False
        size = len(node) + 1
        indices = [{oid[size:] for oid in under[:_MAX_INDICES]} for under in children.values()]
        largest = max(indices, key=len)
        alike = sum(1 for each in indices if len(each & largest) >= ALIKE * len(each))
        return alike >= max(2, ALIKE * len(indices))

    def _is_lone_column(self, column: Oid, oids: list[Oid]) -> bool:
        """Whether no table stands further down: of the nodes numbered 1 on a single way the last is the row object."""
        if self._holds_wide_entry(column[:-1], oids):
            return False
        first, shortest = oids[0], min(len(oid) for oid in oids)
        for at in range(len(column) - 1, shortest - 2):
            if any(oid[at] != first[at] for oid in oids):
                break
            if first[at] == 1:
                return False
        return True

    def _holds_wide_entry(self, node: Oid, oids: list[Oid]) -> bool:
        return any(
            self._is_wide_entry(below := (*node, arc), _children(below, under)) or self._holds_wide_entry(below, under)
            for arc, under in _children(node, oids).items()
        )


def _children(node: Oid, oids: Iterable[Oid]) -> dict[int, list[Oid]]:
    size = len(node)
    children: dict[int, list[Oid]] = defaultdict(list)
    for oid in oids:
        if len(oid) > size:
            children[oid[size]].append(oid)
    return children
