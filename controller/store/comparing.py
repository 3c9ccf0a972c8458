"""Whether two stores tell the same: counts and sums of each day and metric, read from both at the level that was carried."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from campus.ids import MetricId
from controller.store.copying import Advance, Piece, Plan, without_twins
from controller.store.moving import MovableStore
from controller.store.port import Ids, Level, Window
from controller.store.rollup import Rows, as_buckets

_SUM_TOLERANCE = 1e-9
"""Of the sum of magnitudes: the same numbers may be added in another order."""


class Total(NamedTuple):
    """All samples of a metric on a day."""

    samples: int
    sum: float
    magnitude: float


class Difference(NamedTuple):
    """A day and metric of which two stores tell different things."""

    day: int
    level: Level
    metric: MetricId
    source: Total
    target: Total


def differences(
    source: MovableStore, target: MovableStore, target_ids: Ids, plan: Plan, advance: Advance
) -> Iterator[Difference]:
    """Those of a plan, as they are found. `target_ids` has the target's id of each series of the source."""
    columns = source.series_columns()
    for part, pieces in _by_part(plan):
        ours, theirs = (_Totals(len(columns.metrics)) for _ in range(2))
        for piece in pieces:
            metric_of = columns.metric[piece.ids]
            found = source.window(piece.ids, piece.day, piece.end, piece.level)
            ours.add(found if target.keeps_twins else _merged(found), piece.ids, metric_of)
            theirs.add(
                target.window(target_ids[piece.ids], piece.day, piece.end, piece.level),
                target_ids[piece.ids],
                metric_of,
            )
            advance(len(piece.ids))
        for number, metric in enumerate(columns.metrics):
            one, other = ours.of(number), theirs.of(number)
            if not _are_equal(one, other):
                yield Difference(*part, metric, one, other)


class _Totals:
    """Counts and sums by the number of the metric."""

    def __init__(self, metrics: int) -> None:
        self._samples = np.zeros(metrics, np.int64)
        self._sum = np.zeros(metrics)
        self._magnitude = np.zeros(metrics)

    def add(self, window: Window, ids: Ids, metric_of: NDArray[np.int32]) -> None:
        """Take what a window tells of some series; `metric_of` is aligned with `ids`."""
        order = np.argsort(ids)
        metric = metric_of[order][np.searchsorted(ids[order], window.series)]
        total = window.mean * window.count
        np.add.at(self._samples, metric, window.count)
        np.add.at(self._sum, metric, total)
        np.add.at(self._magnitude, metric, np.abs(total))

    def of(self, metric: int) -> Total:
        """Of one metric."""
        return Total(int(self._samples[metric]), float(self._sum[metric]), float(self._magnitude[metric]))


def _by_part(plan: Plan) -> Iterator[tuple[tuple[int, Level], list[Piece]]]:
    together: list[Piece] = []
    for piece in plan.pieces():
        if together and (together[0].day, together[0].level) != (piece.day, piece.level):
            yield (together[0].day, together[0].level), together
            together = []
        together.append(piece)
    if together:
        yield (together[0].day, together[0].level), together


def _merged(window: Window) -> Window:
    if window.level is not Level.RAW:
        return window
    return Window(Level.RAW, *as_buckets(without_twins(Rows(window.series, window.at, window.mean))))


def _are_equal(one: Total, other: Total) -> bool:
    allowed = _SUM_TOLERANCE * max(one.magnitude, other.magnitude)
    return one.samples == other.samples and math.isclose(one.sum, other.sum, rel_tol=0, abs_tol=allowed)
