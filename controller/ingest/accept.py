"""Whether a sample can be believed. Pure, whole columns at a time.

A `SeriesTable` says of each series of a dictionary where it goes and of which metric it is; `verdicts` judges the
samples of many frames at once. One bad sample never loses its neighbours.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from campus.delivery import SetAside
from campus.ids import MetricId
from campus.metrics import Metric, MetricKind
from campus.wire.dictionary import SeriesWords
from controller.store.port import Ids, Times, Values

ACCEPTED = 0
REASONS = (None, *SetAside)
"""What each verdict means; 0 is accepted."""
_CODE = {reason: code for code, reason in enumerate(REASONS)}
_HIGHEST_STATE = 62

Verdicts = NDArray[np.uint8]


class SeriesTable(NamedTuple):
    """Columns over the series of one dictionary: few and narrow, for a large district has thousands of tables.

    `series` is the store's id or, where no sample can be taken, the verdict on all of them as a negative number. `metric`
    is a row of `MetricLimits`.
    """

    series: Ids
    metric: NDArray[np.int16]
    names_stranger: bool
    """Whether the registry did not know one of the devices when the table was made."""


def told_refusals(series: Ids) -> Verdicts:
    """The verdicts that a column `series` of a table tells beforehand, 0 where it holds an id."""
    return np.maximum(-series, ACCEPTED).astype(np.uint8)


class MetricLimits:
    """What values each metric may have, as columns; `rows` finds a metric's place in them."""

    def __init__(self, metrics: Mapping[MetricId, Metric]) -> None:
        self._row_of = {metric: row for row, metric in enumerate(metrics)}
        every = list(metrics.values())
        # One row more, which -1 leads to: metrics that are not known have no limits.
        self.minimum = np.array([*(-np.inf if metric.states else metric.minimum for metric in every), -np.inf])
        self.maximum = np.array([*(np.inf if metric.states else metric.maximum for metric in every), np.inf])
        self.states = np.array([*map(_mask, every), 0], np.int64)

    def rows(self, metrics: Iterable[MetricId]) -> NDArray[np.int16]:
        """The row of each metric, -1 for one that the catalogue does not have."""
        return np.array([self._row_of.get(metric, -1) for metric in metrics], np.int16)


def refusals(words: SeriesWords, known: NDArray[np.bool_], limits: MetricLimits) -> Verdicts:
    """For each series of a dictionary, why no sample of it can be taken, whoever sends it.

    `known` tells of each of `words.devices` whether the registry knows it.
    """
    refusal = np.full(len(words.device), ACCEPTED, np.uint8)
    refusal[(limits.rows(words.metrics) < 0)[words.metric]] = _CODE[SetAside.UNKNOWN_METRIC]
    refusal[~known[words.device]] = _CODE[SetAside.UNKNOWN_DEVICE]
    return refusal


def build_table(words: SeriesWords, refusal: Verdicts, series: Ids, limits: MetricLimits) -> SeriesTable:
    """A table of a dictionary; `series` holds the store's ids, -1 for series that have none.

    A series that nothing speaks against and that has no id was not granted one.
    """
    granted = np.where(series < 0, np.int32(-_CODE[SetAside.TOO_MANY_SERIES]), series)
    ids = np.where(refusal == ACCEPTED, granted, -refusal.astype(np.int32))
    strange = bool((refusal == _CODE[SetAside.UNKNOWN_DEVICE]).any())
    return SeriesTable(ids, limits.rows(words.metrics)[words.metric], strange)


def verdicts(
    series: Ids,
    metric: NDArray[np.int16],
    measured_at: Times,
    value: Values,
    limits: MetricLimits,
    earliest: int,
    latest: int,
) -> Verdicts:
    """For each sample 0, or the place of its reason in `REASONS`.

    `series` and `metric` are what the table has of each sample's series. Instants must lie in earliest..latest, both
    included. Where several reasons apply, the device comes before the metric, the metric before the value, the value before
    the clock.
    """
    verdict = told_refusals(series)
    refuse = _Refusals(verdict)
    row = metric.astype(np.intp)  # else each look-up below makes it anew
    refuse.where((value < limits.minimum[row]) | (value > limits.maximum[row]), SetAside.OUT_OF_RANGE)
    states = limits.states[row]
    if states.any():
        number = np.clip(value, -1, _HIGHEST_STATE + 1).astype(np.int64)
        fits = (number == value) & (number >= 0) & ((states >> np.maximum(number, 0)) & 1 == 1)
        refuse.where((states != 0) & ~fits, SetAside.UNKNOWN_STATE)
    refuse.where(measured_at > latest, SetAside.CLOCK_AHEAD)
    refuse.where(measured_at < earliest, SetAside.TOO_OLD)
    return verdict


def counted(verdict: Verdicts) -> dict[str, int]:
    """How many samples were set aside, by reason."""
    counts = np.bincount(verdict, minlength=len(REASONS)).tolist()
    return {str(reason): count for reason, count in zip(REASONS, counts, strict=True) if reason and count}


class _Refusals:
    def __init__(self, verdict: Verdicts) -> None:
        self._verdict = verdict

    def where(self, is_bad: NDArray[np.bool_], reason: SetAside) -> None:
        """Give a reason to those that are bad and have none yet."""
        if is_bad.any():
            self._verdict[is_bad & (self._verdict == ACCEPTED)] = _CODE[reason]


def _mask(metric: Metric) -> int:
    if metric.kind is not MetricKind.STATE:
        return 0
    if not all(0 <= state.value <= _HIGHEST_STATE for state in metric.states):
        raise ValueError(f"{metric.en}: a state's number must be 0 to {_HIGHEST_STATE}")
    return sum(1 << state.value for state in metric.states)
