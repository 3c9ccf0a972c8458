"""What the controller itself makes waits for the store within bounds, and takes no share from the schools."""

import numpy as np
import pytest

from campus.errors import Transient
from campus.ids import DeviceId, Instance, MetricId, SiteId
from controller.ingest.making import MOST_WAITING, Making
from controller.ingest.model import Made
from controller.ingest.past import Past
from controller.store.port import DistrictSeries
from tests.fakes.ingest_neighbours import FlakyStore

SITE = SiteId("no-1")
NAMES = [
    DistrictSeries(SITE, DeviceId("school"), MetricId("school_devices"), Instance("")),
    DistrictSeries(SITE, DeviceId("gw-1"), MetricId("link_capacity_bps"), Instance("1")),
]


def made(at: int, *values: float) -> Made:
    """Of each name its value; of several values the first."""
    series = np.arange(len(values), dtype=np.int32) % len(NAMES)
    return Made(NAMES, series, np.full(len(values), at, np.int64), np.array(values))


def figures(making: Making) -> dict[str, float]:
    return {figure.name: figure.value for figure in making.figures()}


def test_the_oldest_are_let_go_and_counted_when_nobody_takes_them() -> None:
    making = Making()
    for minute in range(MOST_WAITING + 3):
        making.keep(made(minute, 1.0, 2.0))
    first = making.take()
    assert first is not None
    assert first.measured_at.tolist() == [3, 3]
    assert figures(making)["ingest_own_samples_dropped_total"] == 6


def test_what_could_not_be_stored_is_counted_once_it_is() -> None:
    making, store = Making(), FlakyStore()
    store.failures = [Transient("busy")]
    with pytest.raises(Transient):
        making.store(made(60_000, 5.0, 1e9), store)
    assert figures(making)["ingest_own_samples_total"] == 0
    making.store(made(60_000, 5.0, 1e9), store)
    assert figures(making)["ingest_own_samples_total"] == 2
    assert store.latest(store.ids_of(NAMES)).value.tolist() == [5.0, 1e9]


def test_they_are_none_of_the_series_that_an_agent_may_send() -> None:
    store = FlakyStore()
    Making().store(made(60_000, 5.0, 1e9), store)
    store.series_ids([DistrictSeries(SITE, DeviceId("gw-1"), MetricId("uptime_s"), Instance(""))])
    assert Past(store).series_held(SITE) == 1
