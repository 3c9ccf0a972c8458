"""Whether a sample can be believed. Pure, whole columns at a time.

A `SeriesTable` says of each series of a dictionary where it goes and what values it may have; `verdicts` judges the
samples of many frames at once. One bad sample never loses its neighbours.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from campus.delivery import SetAside
from campus.ids import MetricId
from campus.metrics import Metric, MetricKind
from campus.samples import SeriesKey
from controller.store.port import Ids, Times, Values

ACCEPTED = 0
REASONS = (None, *SetAside)
"""What each verdict means; 0 is accepted."""
_CODE = {reason: code for code, reason in enumerate(REASONS)}
_HIGHEST_STATE = 62

Verdicts = NDArray[np.uint8]


class SeriesTable(NamedTuple):
    """Columns over the series of one dictionary, or of several, one after the other.

    `series` is -1 and `refusal` not 0 where no sample can be taken. `states` is a mask of the values a state metric may
    have, 0 for a gauge.
    """

    series: Ids
    refusal: Verdicts
    minimum: Values
    maximum: Values
    states: NDArray[np.int64]


def join_tables(tables: Sequence[SeriesTable]) -> SeriesTable:
    """The tables one after the other, one or more."""
    if len(tables) == 1:
        return tables[0]
    return SeriesTable(*(np.concatenate(columns) for columns in zip(*tables, strict=True)))


def build_table(
    keys: Sequence[SeriesKey], known: Sequence[bool], series: Ids, metrics: Mapping[MetricId, Metric]
) -> SeriesTable:
    """A table of `keys`; `known` tells whether the registry knows each key's device.

    `series` holds the store's ids of those keys that can be taken, in their order: those that `takable` chooses.
    """
    takes = np.array(takable(keys, known, metrics), np.bool_)
    ids = np.full(len(keys), -1, np.int32)
    ids[takes] = series
    refusal = np.array([_refusal(key, is_known, metrics) for key, is_known in zip(keys, known, strict=True)], np.uint8)
    found = [metrics.get(key.metric) for key in keys]
    minimum = np.array([-np.inf if metric is None or metric.states else metric.minimum for metric in found])
    maximum = np.array([np.inf if metric is None or metric.states else metric.maximum for metric in found])
    states = np.array([0 if metric is None else _mask(metric) for metric in found], np.int64)
    return SeriesTable(ids, refusal, minimum, maximum, states)


def names_unknown_device(table: SeriesTable) -> bool:
    """Whether the registry does not know one of the table's devices (yet)."""
    return bool(table.refusal.any()) and bool((table.refusal == _CODE[SetAside.UNKNOWN_DEVICE]).any())


def takable(keys: Sequence[SeriesKey], known: Sequence[bool], metrics: Mapping[MetricId, Metric]) -> list[bool]:
    """For each key, whether any sample of it can be taken."""
    return [is_known and key.metric in metrics for key, is_known in zip(keys, known, strict=True)]


def verdicts(
    table: SeriesTable, entry: NDArray[np.int64], measured_at: Times, value: Values, earliest: int, latest: int
) -> Verdicts:
    """For each sample 0, or the place of its reason in `REASONS`.

    `entry` is the sample's row in the table. Instants must lie in earliest..latest, both included. Where several reasons
    apply, the device comes before the metric, the metric before the value, the value before the clock.
    """
    verdict = table.refusal[entry]
    refuse = _Refusals(verdict)
    refuse.where((value < table.minimum[entry]) | (value > table.maximum[entry]), SetAside.OUT_OF_RANGE)
    states = table.states[entry]
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


def _refusal(key: SeriesKey, is_known: bool, metrics: Mapping[MetricId, Metric]) -> int:  # noqa: FBT001 - a column
    if not is_known:
        return _CODE[SetAside.UNKNOWN_DEVICE]
    return ACCEPTED if key.metric in metrics else _CODE[SetAside.UNKNOWN_METRIC]


def _mask(metric: Metric) -> int:
    if metric.kind is not MetricKind.STATE:
        return 0
    if not all(0 <= state.value <= _HIGHEST_STATE for state in metric.states):
        raise ValueError(f"{metric.en}: a state's number must be 0 to {_HIGHEST_STATE}")
    return sum(1 << state.value for state in metric.states)
