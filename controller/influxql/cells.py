"""Rows that stand for a series, or for a bucket of time of one: functions that make one value of many. Pure."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from controller.influxql.errors import StatementError, TooMuch
from controller.influxql.filling import Grid, completed, filled
from controller.influxql.functions import FUNCTIONS, Output, aggregate
from controller.influxql.limits import MAX_CELLS
from controller.influxql.planning import CallPlan, Plan
from controller.influxql.rows import Asked, Result, columns_of, require_room
from controller.influxql.sequences import transformed
from controller.influxql.syntax import Fill, FillKind
from controller.influxql.table import MIN_NS, Column, Instants, Kind, Mask, Places, empty


def in_cells(asked: Asked) -> Result:
    """A row for each group and bucket (or for each group) of which there is anything, or that is filled."""
    if not len(asked.points.at):
        return Result(np.empty(0, np.intp), np.empty(0, np.int64), [empty(Kind.FLOAT, 0) for _ in asked.plan.columns])
    cells = _Cells(asked, _axis(asked))
    require_room(asked.plan, cells.shape[0] * cells.shape[1])
    grids = {call: cells.grid(plan) for call, plan in asked.plan.calls.items()}
    rows = np.logical_or.reduce([grid.exists for grid in grids.values()])
    if asked.plan.windows and asked.fill.kind in {FillKind.NUMBER, FillKind.PREVIOUS}:
        # As InfluxDB has it: in a row that there is, a call that says nothing is filled as well, whatever the call is.
        grids = {call: completed(grid, rows & ~grid.exists, asked.fill) for call, grid in grids.items()}
    exists = rows.reshape(-1)
    known: dict[Any, Column] = {call: grid.flat() for call, grid in grids.items()}
    for name in asked.plan.mentioned:
        known[name] = cells.beside(name)
    columns = columns_of(asked.plan, known, len(exists))
    row = np.flatnonzero(exists)
    at = cells.at_of(row)
    return Result(row // len(cells.axis), at, [column.taken(row) for column in columns])


def _axis(asked: Asked) -> Instants:
    """Where each bucket begins, in the order in which they are told; without buckets, the time of the one row."""
    windows, span, at = asked.plan.windows, asked.spans.read, asked.points.at
    if windows is None:
        return np.array([0 if span.start == MIN_NS else span.start], np.int64)
    first, last = int(at.min()), int(at.max())
    if asked.fill.kind is not FillKind.NONE:
        first = first if span.start == MIN_NS else min(first, span.start)
        last = max(last, span.end)
    edges = windows.edges(first, last)
    if len(edges) * len(asked.groups.labels) * max(len(asked.plan.calls), 1) > MAX_CELLS:
        raise TooMuch(
            f"{len(asked.groups.labels)} series with {len(edges)} buckets of time each; at most {MAX_CELLS} values are "
            "worked out: use a longer time(), a shorter range, or group by fewer tags"
        )
    return edges[::-1] if asked.newest_first else edges


@dataclass(frozen=True)
class _Cells:
    """Groups times buckets; a cell's number counts buckets within groups."""

    asked: Asked
    axis: Instants

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.asked.groups.labels), len(self.axis)

    @cached_property
    def cell(self) -> Places:
        """Of each point."""
        group = self.asked.group()
        windows = self.asked.plan.windows
        if windows is None:
            return group
        ascending = self.axis[::-1] if self.asked.newest_first else self.axis
        bucket = windows.places(self.asked.points.at, ascending)
        if self.asked.newest_first:
            bucket = len(self.axis) - 1 - bucket
        return group * len(self.axis) + bucket

    @cached_property
    def is_asked_for(self) -> Mask:
        """Of each point: those of the bucket before the first are read for functions that look back alone."""
        at, (asked, read) = self.asked.points.at, self.asked.spans
        if asked == read:
            return np.ones(len(at), np.bool_)
        return np.asarray((at >= asked.start) & (at <= asked.end), np.bool_)

    def grid(self, plan: CallPlan, *, widened: bool = False) -> Grid:
        """The values of a call; `widened` with what is read for functions that look back."""
        self.asked.step()
        if plan.name in FUNCTIONS and plan.inner is not None and plan.name != "count":
            return self._transformed(plan, plan.inner)
        column, out = self.reduced(plan, widened=widened)
        there = column.there.reshape(self.shape)
        grid = Grid(column.kind, column.values.reshape(self.shape), out.exists.reshape(self.shape), there)
        if self.asked.plan.windows is None:
            return grid
        fill = self.asked.fill
        if plan.name == "count" and fill.kind is FillKind.NULL:
            fill = Fill(FillKind.NUMBER, 0)
        return filled(grid, self._wanted(grid, widened=widened), fill, self.axis)

    def reduced(self, plan: CallPlan, *, widened: bool = False) -> tuple[Column, Output]:
        """A function of the points of each cell."""
        cells = self.shape[0] * self.shape[1]
        field = plan.inner.field if plan.inner else plan.field
        column = self.asked.points.fields.get(field)
        if column is None:
            none = np.zeros(cells, np.bool_)
            return empty(Kind.FLOAT, cells), Output(none, none)
        if column.kind is Kind.STRING and not FUNCTIONS[plan.name].takes_text:
            raise StatementError(f"{plan.name}() is for numbers: {field} is text")
        if not widened and not self.is_asked_for.all():
            column = Column(column.kind, column.values, column.there & self.is_asked_for)
        if plan.inner:
            column = _first_of_each(column, self.cell)
        return aggregate(plan.name, column, self.cell, self.asked.points.at, cells, plan.argument)

    def _transformed(self, plan: CallPlan, inner: CallPlan) -> Grid:
        of = self.grid(inner, widened=plan.looks_back)
        present = np.flatnonzero(of.exists)
        flat = of.flat().taken(present)
        group, at = present // len(self.axis), self.axis[present % len(self.axis)]
        windows = self.asked.plan.windows
        argument = windows.width if plan.argument == -1 and windows else plan.argument
        rows, values = transformed(plan.name, flat, group, at, argument)
        there = np.zeros(of.exists.size, np.bool_)
        there[present[rows]] = True
        told = np.zeros(of.exists.size, values.values.dtype)
        told[present[rows]] = values.values
        mask = there.reshape(self.shape)
        return Grid(values.kind, told.reshape(self.shape), mask, mask)

    def _wanted(self, grid: Grid, *, widened: bool) -> Mask:
        """Which buckets are filled: within the bounds of time, and where there is no lower one from the first sample on."""
        span, windows = self.asked.span, self.asked.plan.windows
        if span.start == MIN_NS or windows is None:
            ahead = grid.exists[:, ::-1] if self.asked.newest_first else grid.exists
            since = np.logical_or.accumulate(ahead, axis=1)
            return since[:, ::-1] if self.asked.newest_first else since
        within = np.ones(len(self.axis), np.bool_)
        if not widened:
            within = (self.axis >= windows.start(span.start)) & (self.axis <= windows.start(span.end))
        return np.broadcast_to(within, grid.exists.shape)

    def beside(self, name: str) -> Column:
        """A field or tag of the one sample that a selector chose in each cell."""
        self.asked.step()
        _, out = self.reduced(next(iter(self.asked.plan.calls.values())))
        column = self.asked.named(name)
        chosen = np.maximum(out.row, 0) if out.row is not None else np.zeros(len(out.exists), np.intp)
        taken = column.taken(chosen)
        return Column(taken.kind, taken.values, taken.there & out.exists)

    def at_of(self, row: Places) -> Instants:
        """When each row is: its bucket's start, or the time of the one sample it stands for."""
        plan: Plan = self.asked.plan
        if plan.windows is None and plan.is_one_sample:
            _, out = self.reduced(next(iter(plan.calls.values())))
            if out.row is not None:
                return self.asked.points.at[out.row[row]]
        return self.axis[row % len(self.axis)]


def _first_of_each(column: Column, cell: Places) -> Column:
    """Of equal values in a cell, all but one are as good as not there."""
    rows = np.flatnonzero(column.there)
    values = column.values[rows]
    _, rank = np.unique(values.astype(str) if column.kind is Kind.STRING else values, return_inverse=True)
    order = np.lexsort((rank, cell[rows]))
    ordered_rank, ordered_cell = rank[order], cell[rows][order]
    is_new = np.ones(len(order), np.bool_)
    is_new[1:] = (np.diff(ordered_rank) != 0) | (np.diff(ordered_cell) != 0)
    there = np.zeros(len(column.there), np.bool_)
    there[rows[order[is_new]]] = True
    return Column(column.kind, column.values, there)
