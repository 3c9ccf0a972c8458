"""Nouns of gauges: which series there are, and a table of them over some instants. Pure."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from campus.ids import DeviceId, Instance, MetricId
from controller.ingest.model import Made
from controller.store.port import DistrictSeries, Times

SCHOOL: Final = DeviceId("school")
"""The device that a school's own figures are of; no agent tells of it, so the registry does not know it."""
CONTROLLER: Final = DeviceId("controller")
WHOLE: Final = Instance("")

SCHOOL_ALERTS: Final = MetricId("school_alerts_open")
SCHOOL_DEVICES: Final = MetricId("school_devices")
SCHOOL_UNREACHABLE: Final = MetricId("school_devices_unreachable")
SCHOOL_SILENT: Final = MetricId("school_agent_silent_s")
SCHOOL_BOARDS: Final = MetricId("school_boards_in_use_percent")
LINK_CAPACITY: Final = MetricId("link_capacity_bps")
LINK_IN_USE: Final = MetricId("link_in_use_percent")
LINK_OUT_USE: Final = MetricId("link_out_use_percent")
LINK_IN_P95: Final = MetricId("link_in_p95_bps")
LINK_OUT_P95: Final = MetricId("link_out_p95_bps")
BOARD_USE: Final = MetricId("board_use_percent")
SERVICE_ANSWER: Final = MetricId("service_response_ms")
SERVICE_ANSWERS: Final = MetricId("district_service_response_ms")
SERVICE_SLOWEST: Final = MetricId("district_service_response_most_ms")

Matrix = NDArray[np.float64]


class Table(NamedTuple):
    """Series over instants: `value` has a row for each name and a column for each instant, NaN where nothing is known."""

    names: Sequence[DistrictSeries]
    value: Matrix


def rows_of(tables: Sequence[Table], instants: Times) -> Made:
    """All that is known, instant after instant; a series of which nothing is known is not named.

    >>> name = DistrictSeries("no-1", SCHOOL, SCHOOL_DEVICES, WHOLE)
    >>> made = rows_of([Table([name], np.array([[3.0, np.nan]]))], np.array([60_000, 120_000]))
    >>> made.series.tolist(), made.measured_at.tolist(), made.value.tolist()
    ([0], [60000], [3.0])
    """
    names = [name for table in tables for name in table.names]
    value = np.concatenate([np.empty((0, len(instants))), *(table.value for table in tables)]).T
    column, series = np.nonzero(~np.isnan(value))
    known, place = np.unique(series, return_inverse=True)
    return Made(
        [names[each] for each in known.tolist()], place.astype(np.int32), instants[column], value[column, series]
    )
