"""Rows that stand for single samples: as they are, compared with the one before, or some chosen of many. Pure."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from controller.influxql.errors import StatementError
from controller.influxql.functions import aggregate
from controller.influxql.planning import CallPlan
from controller.influxql.rows import Asked, Result, columns_of, require_room
from controller.influxql.sequences import transformed
from controller.influxql.table import MIN_NS, Column, Instants, Kind, Places, empty, full

_MANY_KEYS: Final = 4_000_000


def as_they_are(asked: Asked) -> Result:
    """Samples, by time, of those that have any field asked for; there are no rows for tags alone."""
    fields = [name for name in asked.plan.mentioned if name in asked.points.fields]
    group = asked.group()
    order = _told_order(asked, group)
    if fields:
        order = order[np.logical_or.reduce([asked.points.fields[name].there for name in fields])[order]]
    require_room(asked.plan, len(order))
    known: dict[Any, Column] = {name: asked.named(name).taken(order) for name in asked.plan.mentioned}
    return Result(group[order], asked.points.at[order], columns_of(asked.plan, known, len(order)))


def in_sequences(asked: Asked) -> Result:
    """Samples compared with those before them; a row wherever any of the functions has a value."""
    group = asked.group()
    require_room(asked.plan, len(group))
    order = _told_order(asked, group)
    group, at = group[order], asked.points.at[order]
    parts = []
    for plan in asked.plan.calls.values():
        asked.step()
        column = _numbers(asked, plan).taken(order)
        rows, values = transformed(plan.name, column, group, at, plan.argument)
        parts.append((rows, values))
    known, row = _side_by_side(parts, group, at)
    calls = dict(zip(asked.plan.calls, known, strict=True))
    return Result(group[row], at[row], columns_of(asked.plan, calls, len(row)))


def _side_by_side(parts: Sequence[tuple[Places, Column]], group: Places, at: Instants) -> tuple[list[Column], Places]:
    """Columns that have values in some rows, over all rows in which any has one; by instant, for rows of several series of a
    group may be at the same one: then the first value stands beside the first, the second beside the second."""
    step = np.ones(len(group), np.bool_)
    step[1:] = (group[1:] != group[:-1]) | (at[1:] != at[:-1])
    instant = np.cumsum(step) - 1
    keys = []
    for rows, _ in parts:
        there = instant[rows]
        rank = np.arange(len(there)) - np.searchsorted(there, there, "left")
        keys.append(there * (len(group) + 1) + rank)
    every = np.unique(np.concatenate(keys))
    columns = []
    for (_, values), key in zip(parts, keys, strict=True):
        column = empty(values.kind, len(every))
        place = np.searchsorted(every, key)
        column.values[place] = values.values
        column.there[place] = True
        columns.append(column)
    return columns, np.flatnonzero(step)[every // (len(group) + 1)]


def several_of_each(asked: Asked) -> Result:
    """distinct(), top() and bottom()."""
    (call, plan), *_ = asked.plan.calls.items()
    group = asked.group()
    windows, at = asked.plan.windows, asked.points.at
    start = windows.starts(at) if windows else np.zeros(len(at), np.int64)
    rows = _distinct(asked, plan, group, start) if plan.name == "distinct" else _ranked(asked, plan, group, start)
    if plan.name == "distinct":
        at = start if windows else np.full(len(at), 0 if asked.span.start == MIN_NS else asked.span.start)
    require_room(asked.plan, len(rows))
    known: dict[Any, Column] = {call: asked.named(plan.field).taken(rows)}
    known |= {name: asked.named(name).taken(rows) for name in asked.plan.mentioned}
    known |= {name: asked.named(name).taken(rows) for name in plan.tags}
    return Result(group[rows], at[rows], columns_of(asked.plan, known, len(rows)))


def _distinct(asked: Asked, plan: CallPlan, group: Places, start: Instants) -> Places:
    """The first sample of each value in each bucket, by time, then value."""
    column = asked.named(plan.field)
    there = np.flatnonzero(column.there)
    values = column.values[there]
    _, rank = np.unique(values.astype(str) if column.kind is Kind.STRING else values, return_inverse=True)
    group, start, at = group[there], start[there], asked.points.at[there]
    order = np.lexsort((at, rank, start, group))
    is_new = np.ones(len(order), np.bool_)
    is_new[1:] = (np.diff(rank[order]) != 0) | (np.diff(start[order]) != 0) | (np.diff(group[order]) != 0)
    first = order[is_new]
    sign = -1 if asked.newest_first else 1
    return there[first[np.lexsort((rank[first], at[first], sign * start[first], group[first]))]]


def _ranked(asked: Asked, plan: CallPlan, group: Places, start: Instants) -> Places:
    """The samples with the largest or smallest values of each bucket, by time; of each set of tags one, where some are named."""
    column = _numbers(asked, plan)
    there = np.flatnonzero(column.there)
    value = column.values[there] * (-1 if plan.name == "top" else 1)
    if plan.tags:
        best = _lowest_of_each(asked, plan, there, group[there], start[there], value)
        there, value = there[best], value[best]
    group, start, at = group[there], start[there], asked.points.at[there]
    order = np.lexsort((at, value, start, group))
    anew = _starts(group[order], start[order])
    places = np.arange(len(order))
    rank = places - np.maximum.accumulate(np.where(anew, places, 0)) if len(order) else places
    kept = order[rank < plan.argument]
    sign = -1 if asked.newest_first else 1
    return there[kept[np.lexsort((value[kept], sign * at[kept], sign * start[kept], group[kept]))]]


def _lowest_of_each(
    asked: Asked, plan: CallPlan, rows: Places, group: Places, start: Instants, value: NDArray[Any]
) -> Places:
    """Of the samples of each group, bucket and set of tags the one with the lowest value; without sorting them all."""
    key = group * 1
    if asked.plan.windows:
        starts, bucket = np.unique(start, return_inverse=True)
        key = key * len(starts) + bucket
    for tag in plan.tags:
        words = asked.points.of.tag(tag).taken(asked.points.series[rows])
        key = key * len(words.words) + words.codes
        if len(key) and int(key.max()) > _MANY_KEYS:
            _, key = np.unique(key, return_inverse=True)
    cells = int(key.max()) + 1 if len(key) else 0
    _, out = aggregate("min", full(value), key, asked.points.at[rows], cells, 0.0)
    return out.row[out.exists] if out.row is not None else rows


def _starts(*columns: Any) -> Any:
    """Whether a row differs from the one before it in any of some columns."""
    anew = np.ones(len(columns[0]), np.bool_)
    if len(anew):
        anew[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return anew


def _told_order(asked: Asked, group: Places) -> Places:
    """Points by group, then by time or from the newest on; equal ones by series."""
    at = asked.points.at
    return np.lexsort((-at if asked.newest_first else at, group))


def _numbers(asked: Asked, plan: CallPlan) -> Column:
    column = asked.points.fields.get(plan.field)
    if column is None:
        return empty(Kind.FLOAT, len(asked.points.at))
    if column.kind is Kind.STRING:
        raise StatementError(f"{plan.name}() is for numbers: {plan.field} is text")
    return column
