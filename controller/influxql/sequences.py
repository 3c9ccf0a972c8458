"""Functions that make a sequence of a sequence: derivative, difference, moving average and their like. Pure.

Rows come by series, then in the order in which they are told. A sample at the instant of the one before it, of another
series of the same group, is passed over by those that compare neighbours, as InfluxDB does.
"""

import numpy as np
from numpy.typing import NDArray

from controller.influxql.table import Column, Instants, Places, full

_ADVANCING = frozenset({"derivative", "non_negative_derivative", "difference", "non_negative_difference"})


def transformed(name: str, column: Column, group: Places, at: Instants, argument: float) -> tuple[Places, Column]:
    """Which of the rows have a value in the new sequence, and those values. `argument` is a number or nanoseconds."""
    rows = np.flatnonzero(column.there)
    if name in _ADVANCING:
        rows = rows[_starts_anew(group[rows]) | (np.diff(at[rows], prepend=0) != 0)]
    values, group, at = column.values[rows], group[rows], at[rows]
    anew = _starts_anew(group)
    if name == "cumulative_sum":
        return rows, full(_running_sum(values, anew))
    if name == "moving_average":
        window = int(argument)
        totals = np.concatenate([[0.0], np.cumsum(values, dtype=float)])
        kept = np.flatnonzero(_rank(anew) >= window - 1)
        return rows[kept], full(_window_sums(values, kept, window, totals) / window)
    kept = np.flatnonzero(~anew)
    passed = at[kept] - at[kept - 1]
    if name == "elapsed":
        return rows[kept], full(np.trunc(passed / argument).astype(np.int64))
    change = values[kept] - values[kept - 1]
    if name.endswith("derivative"):
        change = change / (np.abs(passed) / argument)
    if name.startswith("non_negative"):
        kept, change = kept[change >= 0], change[change >= 0]
    return rows[kept], full(change)


def _starts_anew(group: Places) -> NDArray[np.bool_]:
    """Whether a row is the first of its series."""
    anew = np.ones(len(group), np.bool_)
    anew[1:] = group[1:] != group[:-1]
    return anew


def _rank(anew: NDArray[np.bool_]) -> Places:
    """How many rows of the same series came before."""
    places = np.arange(len(anew))
    return places - np.maximum.accumulate(np.where(anew, places, 0)) if len(anew) else places


def _running_sum(values: NDArray[np.float64], anew: NDArray[np.bool_]) -> NDArray[np.float64]:
    pieces = np.split(values, np.flatnonzero(anew)[1:]) if len(values) else []
    return np.concatenate([np.cumsum(piece) for piece in pieces]) if pieces else values


def _window_sums(
    values: NDArray[np.float64], ends: Places, window: int, totals: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sums of `window` values up to each end; by running totals where adding each up would take long."""
    if len(ends) * window > 5_000_000:
        return totals[ends + 1] - totals[ends + 1 - window]
    sums = np.zeros(len(ends))
    for back in range(window):
        sums += values[ends - back]
    return sums
