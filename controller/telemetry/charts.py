"""From the rows of a store's window to the lines of a chart. Pure."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from campus.ids import Instance
from controller.store.port import Level, Times, Values, Window
from controller.telemetry.model import ChartSeries

GAP_STEPS: Final = 2.5
"""Samples further apart than this many of their usual steps have a gap between them: one missed poll is not one yet."""
_STEP_MS: Final = {Level.RAW: 0, Level.FIVE_MINUTES: 300_000, Level.HOUR: 3_600_000, Level.DAY: 86_400_000}


def lines(window: Window, instance_of: Mapping[int, Instance]) -> list[ChartSeries]:
    """One line for each series of the window that `instance_of` names, in its order; series without rows are left out."""
    found = []
    for series, instance in instance_of.items():
        first, after = np.searchsorted(window.series, [series, series + 1])
        if after > first:
            found.append(_line(instance, window, slice(int(first), int(after))))
    return found


def gap_positions(at: Times, step_ms: int) -> NDArray[np.intp]:
    """Positions in sorted `at` before which data is missing.

    The usual step is the median one of the data, but never below `step_ms`, nor below the smaller of the two steps beside
    it: where the cadence changed, the slower part is no row of gaps.

    >>> gap_positions(np.array([0, 15, 30, 45, 60, 300, 315]), 0).tolist()
    [5]
    >>> gap_positions(np.array([0, 300, 600, 900, 915, 930, 945, 960, 975]), 0).tolist()
    [3]
    """
    steps = np.diff(at)
    if len(steps) < 2:
        return np.empty(0, dtype=np.intp)
    before, after = np.append(steps[1], steps[:-1]), np.append(steps[1:], steps[-2])
    usual = np.maximum(np.minimum(before, after), max(float(np.median(steps)), float(step_ms)))
    return np.flatnonzero(steps > GAP_STEPS * usual) + 1


def _line(instance: Instance, window: Window, rows: slice) -> ChartSeries:
    at = window.at[rows]
    gaps = gap_positions(at, _STEP_MS[window.level])
    middle = (at[gaps - 1] + at[gaps]) // 2

    def opened(column: Values) -> Values:
        return np.insert(column[rows], gaps, np.nan)

    return ChartSeries(
        instance=instance,
        at=np.insert(at, gaps, middle),
        minimum=opened(window.minimum),
        mean=opened(window.mean),
        maximum=opened(window.maximum),
        p95=opened(window.p95),
    )
