"""Functions of InfluxQL that make one value of many, for all cells (a series, or a series and a bucket) at once. Pure.

A cell is a number from 0; `cell` says for each sample which it is in. Ties are broken as InfluxDB does: by the earlier time
for what chooses by value, by the larger value for what chooses by time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from controller.influxql.table import Column, Instants, Kind, Mask, Places

Values = NDArray[Any]
_NOBODY: Final = -1
_PADDED: Final = 2
"""So many times as much memory as the samples take a table of them may."""


@dataclass(frozen=True)
class Input:
    """Samples, each with a value; `value` of a string column are ranks among its words, which order as the words do."""

    cell: Places
    at: Instants
    value: Values
    cells: int
    """How many cells there are."""


@dataclass(frozen=True)
class Output:
    """A value for each cell where `exists`; `row` of the sample it was, or none."""

    exists: Mask
    values: Values
    row: Places | None = None


class Sort(Enum):
    """What a function does: sums up, chooses one sample, chooses some, or makes a sequence of a sequence."""

    AGGREGATE = "aggregate"
    SELECTOR = "selector"
    SEVERAL = "several"
    TRANSFORMATION = "transformation"


@dataclass(frozen=True)
class Function:
    """`run` is for AGGREGATE and SELECTOR; `takes_text` for what is no arithmetic."""

    sort: Sort
    run: Callable[[Input, float], Output] | None = None
    takes_text: bool = False


def _present(given: Input) -> Mask:
    return np.bincount(given.cell, minlength=given.cells) > 0


def _count(given: Input, _argument: float) -> Output:
    counts = np.bincount(given.cell, minlength=given.cells).astype(np.int64)
    return Output(counts > 0, counts)


def _sum(given: Input, _argument: float) -> Output:
    return Output(_present(given), _summed(given, given.value))


def _summed(given: Input, value: Values) -> Values:
    if value.dtype.kind == "f":
        return np.bincount(given.cell, value, given.cells).astype(np.float64)  # of nothing it counts whole numbers
    total = np.zeros(given.cells, np.int64)
    np.add.at(total, given.cell, value)
    return total


def _mean(given: Input, _argument: float) -> Output:
    counts = np.bincount(given.cell, minlength=given.cells)
    with np.errstate(invalid="ignore"):
        return Output(counts > 0, _summed(given, given.value) / counts)


def _stddev(given: Input, _argument: float) -> Output:
    counts = np.bincount(given.cell, minlength=given.cells)
    with np.errstate(all="ignore"):
        mean = np.bincount(given.cell, given.value, given.cells) / counts
        squares = np.bincount(given.cell, (given.value - mean[given.cell]) ** 2, given.cells)
        return Output(counts > 0, np.sqrt(squares / (counts - 1)))  # not a number where there is one sample alone


def _extreme(given: Input, sign: int) -> Values:
    """The largest value of each cell (sign 1) or the smallest (-1)."""
    if given.value.dtype.kind == "f":
        best: Values = np.full(given.cells, -sign * np.inf)
    else:
        bound = np.iinfo(np.int64)
        best = np.full(given.cells, bound.min if sign > 0 else bound.max, np.int64)
    (np.maximum if sign > 0 else np.minimum).at(best, given.cell, given.value)
    return best


def _spread(given: Input, _argument: float) -> Output:
    present = _present(given)
    with np.errstate(all="ignore"):
        return Output(present, np.where(present, _extreme(given, 1) - _extreme(given, -1), 0))


def _by_value(sign: int) -> Callable[[Input, float], Output]:
    def choose(given: Input, _argument: float) -> Output:
        best = _extreme(given, sign)
        row = np.flatnonzero(given.value == best[given.cell])
        at = np.full(given.cells, np.iinfo(np.int64).max)
        np.minimum.at(at, given.cell[row], given.at[row])
        return _picked(given, row[given.at[row] == at[given.cell[row]]])

    return choose


def _by_time(sign: int) -> Callable[[Input, float], Output]:
    def choose(given: Input, _argument: float) -> Output:
        bound = np.iinfo(np.int64)
        at = np.full(given.cells, bound.min if sign > 0 else bound.max, np.int64)
        (np.maximum if sign > 0 else np.minimum).at(at, given.cell, given.at)
        row = np.flatnonzero(given.at == at[given.cell])
        tied = Input(given.cell[row], given.at[row], given.value[row], given.cells)
        return _picked(given, row[tied.value == _extreme(tied, 1)[tied.cell]])

    return choose


def _picked(given: Input, row: Places) -> Output:
    """The first of some rows in each cell."""
    chosen = np.full(given.cells, _NOBODY, np.intp)
    chosen[given.cell[row[::-1]]] = row[::-1]
    return _of_rows(given, chosen)


def _of_rows(given: Input, chosen: Places) -> Output:
    exists = chosen != _NOBODY
    values = given.value[chosen] if len(given.value) else np.zeros(given.cells)
    return Output(exists, values, chosen)


class _Sorted(NamedTuple):
    """The values of each cell in ascending order, from its place `first` on; and how many they are."""

    value: Values
    first: Places
    counts: Places


def _sorted(given: Input) -> _Sorted:
    counts = np.bincount(given.cell, minlength=given.cells)
    longest = int(counts.max(initial=0))
    if given.cells * longest > _PADDED * len(given.cell):
        order = np.lexsort((given.value, given.cell))
        return _Sorted(given.value[order], np.cumsum(counts) - counts, counts)
    # Cells about as long as one another are the lines of a table: sorting those is many times faster than sorting by two keys.
    lines = np.full((given.cells, longest), _largest(given.value.dtype), given.value.dtype)
    order = np.argsort(given.cell, kind="stable") if (np.diff(given.cell) < 0).any() else np.arange(len(given.cell))
    cell = given.cell[order]
    lines[cell, np.arange(len(cell)) - (np.cumsum(counts) - counts)[cell]] = given.value[order]
    lines.sort(axis=1)
    return _Sorted(lines.reshape(-1), np.arange(given.cells) * longest, counts)


def _largest(kind: np.dtype[Any]) -> float | int:
    return np.inf if kind.kind == "f" else int(np.iinfo(kind).max)


def _percentile(given: Input, percent: float) -> Output:
    ascending = _sorted(given)
    counts = ascending.counts
    place = np.floor(counts * min(max(percent, 0.0), 200.0) / 100 + 0.5).astype(np.intp) - 1
    found = (place >= 0) & (place < counts)
    if not found.any():
        return _of_rows(given, np.full(given.cells, _NOBODY, np.intp))
    value = np.zeros(given.cells, given.value.dtype)
    value[found] = ascending.value[(ascending.first + place)[found]]
    of_cell = value[given.cell]
    # Of equal values the one that stands at that place when they keep their order.
    equal = np.flatnonzero((given.value == of_cell) & found[given.cell])
    equal = equal[np.argsort(given.cell[equal], kind="stable")]
    below = np.bincount(given.cell[given.value < of_cell], minlength=given.cells)
    alike = np.bincount(given.cell[equal], minlength=given.cells)
    chosen = np.full(given.cells, _NOBODY, np.intp)
    chosen[found] = equal[(np.cumsum(alike) - alike + place - below)[found]]
    return _of_rows(given, chosen)


def _median(given: Input, _argument: float) -> Output:
    value, first, counts = _sorted(given)
    present = counts > 0
    values = np.zeros(given.cells)
    upper = value[(first + counts // 2)[present]]
    lower = value[(first + (counts - 1) // 2)[present]]
    values[present] = np.where(counts[present] % 2, upper, lower + (upper - lower) / 2)
    return Output(present, values)


FUNCTIONS: Final = {
    "count": Function(Sort.AGGREGATE, _count, takes_text=True),
    "sum": Function(Sort.AGGREGATE, _sum),
    "mean": Function(Sort.AGGREGATE, _mean),
    "median": Function(Sort.AGGREGATE, _median),
    "spread": Function(Sort.AGGREGATE, _spread),
    "stddev": Function(Sort.AGGREGATE, _stddev),
    "min": Function(Sort.SELECTOR, _by_value(-1)),
    "max": Function(Sort.SELECTOR, _by_value(1)),
    "first": Function(Sort.SELECTOR, _by_time(-1), takes_text=True),
    "last": Function(Sort.SELECTOR, _by_time(1), takes_text=True),
    "percentile": Function(Sort.SELECTOR, _percentile),
    "top": Function(Sort.SEVERAL),
    "bottom": Function(Sort.SEVERAL),
    "distinct": Function(Sort.SEVERAL, takes_text=True),
    "derivative": Function(Sort.TRANSFORMATION),
    "non_negative_derivative": Function(Sort.TRANSFORMATION),
    "difference": Function(Sort.TRANSFORMATION),
    "non_negative_difference": Function(Sort.TRANSFORMATION),
    "moving_average": Function(Sort.TRANSFORMATION),
    "elapsed": Function(Sort.TRANSFORMATION),
    "cumulative_sum": Function(Sort.TRANSFORMATION),
}


def aggregate(
    name: str, column: Column, cell: Places, at: Instants, cells: int, argument: float
) -> tuple[Column, Output]:
    """A function applied to the samples of a column that are there, with its values as a column over the cells."""
    function = FUNCTIONS[name]
    rows = np.flatnonzero(column.there)
    some = column if len(rows) == len(column.there) else column.taken(rows)
    words, ranks = (
        np.unique(some.values.astype(str), return_inverse=True) if column.kind is Kind.STRING else (None, some.values)
    )
    if len(rows) != len(cell):
        cell, at = cell[rows], at[rows]
    if function.run is None:
        raise AssertionError(f"{name} has no single value")
    out = function.run(Input(cell, at, ranks, cells), argument)
    row = None if out.row is None else np.where(out.exists, rows[out.row] if len(rows) else _NOBODY, _NOBODY)
    out = Output(out.exists, out.values, row)
    if words is None or name == "count":
        kind = Kind.FLOAT if out.values.dtype.kind == "f" else Kind.INTEGER
        return Column(kind, out.values, out.exists), out
    texts = np.full(cells, "", dtype=object)
    texts[out.exists] = words[out.values[out.exists]].astype(object)
    return Column(Kind.STRING, texts, out.exists), out
