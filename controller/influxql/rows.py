"""What a SELECT is worked out from, and the rows that come of it. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from controller.influxql import syntax
from controller.influxql.arithmetic import Operand, combined, number_column
from controller.influxql.conditions import Span
from controller.influxql.errors import StatementError, TooMuch
from controller.influxql.grouping import Groups
from controller.influxql.limits import MAX_VALUES_AT_ONCE
from controller.influxql.planning import Plan
from controller.influxql.syntax import Expression, Fill
from controller.influxql.table import Column, Instants, Kind, Places, Table, empty


class Spans(NamedTuple):
    """What a statement asks for, and what is read for it: a bucket more where a function looks at the one before."""

    asked: Span
    read: Span


@dataclass(frozen=True)
class Asked:
    """A statement, and the points it is answered from; `groups` are of the points' series."""

    plan: Plan
    points: Table
    groups: Groups
    spans: Spans
    fill: Fill
    step: Callable[[], None]
    """Is called between pieces of work, and may end it."""
    newest_first: bool

    @property
    def span(self) -> Span:
        """What is asked for."""
        return self.spans.asked

    def group(self) -> Places:
        """The group of each point."""
        return self.groups.of[self.points.series]

    def named(self, name: str) -> Column:
        """A field of the points, or one of their tags."""
        if name in self.points.fields:
            return self.points.fields[name]
        return self.points.of.tag(name).taken(self.points.series).column()


@dataclass(frozen=True)
class Result:
    """Rows by group, then in the order in which they are told; columns of equal length."""

    group: Places
    at: Instants
    columns: Sequence[Column]

    def taken(self, chosen: Places) -> "Result":
        """Some rows."""
        return Result(self.group[chosen], self.at[chosen], [column.taken(chosen) for column in self.columns])


@dataclass(frozen=True)
class Answered:
    """What comes of one measurement. Groups are told in their order, or in its reverse with the newest first."""

    name: str
    columns: tuple[str, ...]
    groups: Groups
    result: Result
    newest_first: bool


def chosen_rows(result: Result, rows: syntax.Rows) -> Result:
    """LIMIT and OFFSET, which count in each series."""
    if rows.limit is None and not rows.offset:
        return result
    starts = np.searchsorted(result.group, result.group, "left")
    rank = np.arange(len(result.group)) - starts
    last = len(rank) if rows.limit is None else rows.offset + rows.limit
    return result.taken(np.flatnonzero((rank >= rows.offset) & (rank < last)))


def require_room(plan: Plan, rows: int) -> None:
    """`TooMuch` when the columns of so many rows are too much to be worked out; before any is made."""
    width = max(len(plan.columns), len(plan.calls) + len(plan.mentioned))
    if rows * width > MAX_VALUES_AT_ONCE:
        raise TooMuch(
            f"{rows} rows of {width} values would be worked out, more than {MAX_VALUES_AT_ONCE} values: ask for a shorter "
            "range, fewer series or fewer columns"
        )


def columns_of(plan: Plan, known: Mapping[Any, Column], size: int) -> list[Column]:
    """The columns that are asked for, worked out of those of their calls and names."""
    worked_out = [_worked_out(tree, known) for _, tree in plan.columns]
    return [column if isinstance(column, Column) else number_column(column, size) for column in worked_out]


def _worked_out(tree: Expression, known: Mapping[Any, Column]) -> Operand:
    if isinstance(tree, syntax.Number):
        return tree.value
    if isinstance(tree, syntax.Arithmetic):
        sides = [_worked_out(side, known) for side in (tree.left, tree.right)]
        sizes = [len(side.values) for side in sides if isinstance(side, Column)]
        for place, side in enumerate(sides):
            if isinstance(side, Column) and side.kind is Kind.STRING:
                if side.there.any():
                    raise StatementError("+ - * / are for numbers: there is a text or a tag in it")
                sides[place] = empty(Kind.FLOAT, sizes[0])
        return combined(tree.operator, sides[0], sides[1])
    return known[tree.name if isinstance(tree, syntax.Reference) else tree]
