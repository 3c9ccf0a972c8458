"""What stands in buckets without samples, and functions that make a sequence of one. Pure.

A grid is a matrix, a row for each series, a column for each bucket in the order in which it is told: from the newest one
where ORDER BY says so, for InfluxDB goes through time that way as well.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from controller.influxql.syntax import Fill, FillKind
from controller.influxql.table import Column, Instants, Kind, Mask


@dataclass(frozen=True)
class Grid:
    """Of one column: `exists` where a row of the answer comes of it, `there` where that has a value."""

    kind: Kind
    values: NDArray[Any]
    exists: Mask
    there: Mask

    def flat(self) -> Column:
        """Cell by cell."""
        return Column(self.kind, self.values.reshape(-1), self.there.reshape(-1))


def filled(grid: Grid, wanted: Mask, fill: Fill, at: Instants) -> Grid:
    """The grid with something in those cells of `wanted` that have nothing; a series without any samples stays without."""
    if fill.kind is FillKind.NONE:
        return grid
    gap = wanted & ~grid.exists & np.any(grid.exists, axis=1, keepdims=True)
    if fill.kind in {FillKind.NUMBER, FillKind.PREVIOUS}:
        return completed(grid, gap, fill)
    exists = grid.exists | gap
    if fill.kind is FillKind.LINEAR and grid.kind is not Kind.STRING:
        return _linear(replace(grid, exists=exists), grid.exists, gap, at)
    return replace(grid, exists=exists)


def completed(grid: Grid, gap: Mask, fill: Fill) -> Grid:
    """The grid with the number of a fill, or what was told before, in some cells that have nothing."""
    exists = grid.exists | gap
    if fill.kind is FillKind.PREVIOUS:
        from_ = _last_place(grid.exists)
        found = gap & (from_ >= 0)
        values = np.take_along_axis(grid.values, np.maximum(from_, 0), 1)
        there = grid.there | (found & np.take_along_axis(grid.there, np.maximum(from_, 0), 1))
        return Grid(grid.kind, np.where(found, values, grid.values), exists, there)
    if grid.kind is Kind.STRING:
        return replace(grid, exists=exists)
    values = grid.values.copy()
    bound = 1 << 62
    values[gap] = fill.number if grid.kind is Kind.FLOAT else int(min(max(fill.number, -bound), bound))
    return Grid(grid.kind, values, exists, grid.there | gap)


def _last_place(there: Mask) -> NDArray[np.intp]:
    """For each cell the place of the last one at or before it that is there, -1 where there is none."""
    places = np.where(there, np.arange(there.shape[1]), -1)
    return np.maximum.accumulate(places, axis=1)


def _linear(grid: Grid, known: Mask, gap: Mask, at: Instants) -> Grid:
    before = _last_place(known)
    after = known.shape[1] - 1 - _last_place(known[:, ::-1])[:, ::-1]
    found = gap & (before >= 0) & (after < known.shape[1])
    row, place = np.nonzero(found)
    first, last = before[found], after[found]
    low, high = grid.values[row, first].astype(float), grid.values[row, last].astype(float)
    slope = (high - low) / (at[last] - at[first])
    values = grid.values.copy()
    values[found] = slope * (at[place] - at[first]) + low
    ends = grid.there[row, first] & grid.there[row, last]
    there = grid.there.copy()
    there[row, place] = ends
    return replace(grid, values=values, there=there)
