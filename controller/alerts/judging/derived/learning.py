"""What was usual: the same hour of days alike in the weeks before, read from the store's hourly roll-ups.

Pieces are small: nobody waits for the store or the processor because of it.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from controller.alerts.judging.derived.usual import HOUR_MS
from controller.alerts.judging.layers import Numbers
from controller.alerts.port import Calendar
from controller.identity.scope import SYSTEM
from controller.store.port import Ids, Level, SampleStore, SeriesColumns, Values

SERIES_AT_ONCE: Final = 5_000
WEEK_MS: Final = 7 * 86_400_000
DEVIATION_OF_MAD: Final = 1.4826
"""What the median absolute deviation of a normal distribution is multiplied by to be its standard deviation."""


class Lacking(NamedTuple):
    """Series of which it is wanted what is usual: by which number, and out of how many weeks. Columns of equal length."""

    series: Ids
    number: Numbers
    weeks: Numbers


class Found(NamedTuple):
    """What is usual, by number; NaN where that is not known."""

    number: Numbers
    usual: Values
    deviation: Values


def usual_of_hour(
    store: SampleStore, calendar: Calendar | None, names: SeriesColumns, lacking: Lacking, hour: int
) -> Iterator[Found]:
    """What is usual in an hour (since 1970), a piece at a time. `Transient` when store or calendar are away."""
    for weeks in np.unique(lacking.weeks).tolist():
        wanted = np.flatnonzero(lacking.weeks == weeks)
        for hours, places in _by_hours(calendar, names, lacking.series[wanted], hour, weeks):
            some = wanted[places]
            for first in range(0, len(some), SERIES_AT_ONCE):
                piece = some[first : first + SERIES_AT_ONCE]
                series, place = np.unique(lacking.series[piece], return_inverse=True)
                usual, deviation = usual_of(store, series, hours, (weeks + 1) // 2)
                yield Found(lacking.number[piece], usual[place], deviation[place])


def _by_hours(
    calendar: Calendar | None, names: SeriesColumns, series: Ids, hour: int, weeks: int
) -> Iterator[tuple[Sequence[int], NDArray[np.intp]]]:
    """Instants at which the hours begin that one is compared with, and the places of the series that they are of."""
    at = hour * HOUR_MS
    plain = tuple(at - week * WEEK_MS for week in range(1, weeks + 1))
    devices, place = np.unique(names.device[series], return_inverse=True)
    sites = [names.devices[number][0] for number in devices.tolist()]
    told = {} if calendar is None else calendar.earlier(SYSTEM, set(sites), at, weeks)
    hours_of = [told.get(site, plain) for site in sites]
    for hours in sorted(set(hours_of)):
        yield hours, np.flatnonzero(np.array([each == hours for each in hours_of], dtype=np.bool_)[place])


def usual_of(store: SampleStore, series: Ids, hours: Sequence[int], least: int) -> tuple[Values, Values]:
    """Of distinct series: median and deviation of their hourly means in the hours that begin at some instants.

    NaN where fewer than `least` of these hours are known.
    """
    order = np.argsort(series)
    table = np.full((len(series), max(1, len(hours))), np.nan)
    for column, start in enumerate(hours):
        window = store.window(series, start, start + HOUR_MS, Level.HOUR)
        table[order[np.searchsorted(series[order], window.series)], column] = window.mean
    is_enough = (~np.isnan(table)).sum(axis=1) >= max(1, least)
    usual = np.where(is_enough, median_of_known(table), np.nan)
    return usual, DEVIATION_OF_MAD * median_of_known(np.abs(table - usual[:, np.newaxis]))


def median_of_known(table: Values) -> Values:
    """The median of each row, without what is NaN in it; NaN where everything is.

    >>> median_of_known(np.array([[3.0, np.nan, 1.0], [np.nan, np.nan, np.nan]])).tolist()
    [2.0, nan]
    """
    ordered = np.sort(table, axis=1)  # NaN stand at the end
    known = (~np.isnan(table)).sum(axis=1)
    row = np.arange(len(table))
    middle: Values = (ordered[row, np.maximum(known - 1, 0) // 2] + ordered[row, np.minimum(known // 2, known - 1)]) / 2
    return middle
