"""For how many hours a school's cold stores, freezers and hot counters were within their bands, as hours of each are told."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from campus.ids import MetricId
from campus.samples import DeviceKind
from controller.gauges.model import SCHOOL, Matrix, Table
from controller.gauges.places import Places
from controller.localtime import HOUR_MS
from controller.store.port import Level, SampleStore, Times

MEASURED: Final = MetricId("school_kitchen_units_measured")
WITHIN: Final = MetricId("school_kitchen_units_within")
WATCHED: Final = (DeviceKind.KITCHEN_MONITOR, DeviceKind.SENSOR)


class Band(NamedTuple):
    """Of units whose name begins so: the mean of an hour is at least and at most this; or below `off`, which is switched off.

    The limits are those of the rules that ship with the controller.
    """

    unit: str
    lowest: float
    highest: float
    off: float = -np.inf


BANDS: Final = (
    Band("freezer", -np.inf, -12),
    Band("cold-store", -1, 8),
    Band("hot-holding", 60, np.inf, off=40),
)


def hours(places: Places, store: SampleStore, at: Times) -> list[Table]:
    """Units of each school measured in the hour that begins at each of `at` (ascending), and those within their bands."""
    ids = places.series_of(store, MetricId("temperature_cel"), *WATCHED)
    names = store.series_columns()
    band = np.array([_band(part) for part in list(names.instances)], np.intp)[names.instance[ids]]
    ids, band = ids[band >= 0], band[band >= 0]
    found = store.window(ids, int(at[0]), int(at[-1]) + HOUR_MS, Level.HOUR)
    series = np.searchsorted(ids, found.series)
    lowest, highest, off = (np.array(column)[band[series]] for column in list(zip(*BANDS, strict=True))[1:])
    is_within = ((found.mean >= lowest) & (found.mean <= highest)) | (found.mean < off)
    place = places.school[names.device[ids[series]]], np.searchsorted(at, found.at)
    measured, within = (_sum(places, at, place, counted) for counted in (np.ones(len(series)), is_within.astype(float)))
    return [
        Table(places.of_schools(SCHOOL, metric), np.where(measured > 0, value, np.nan))
        for metric, value in ((MEASURED, measured), (WITHIN, within))
    ]


def _band(part: str) -> int:
    return next((number for number, band in enumerate(BANDS) if part.startswith(band.unit)), -1)


def _sum(places: Places, at: Times, place: tuple[NDArray[np.int64], NDArray[np.intp]], counted: Matrix) -> Matrix:
    sums = np.zeros((len(places.sites), len(at)))
    np.add.at(sums, place, counted)
    return sums
