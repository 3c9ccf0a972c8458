"""Upkeep's memory is bounded whatever is sampled how often."""

import numpy as np
from numpy.typing import NDArray

from campus.ids import DeviceId, Instance, MetricId, SiteId
from controller.store.influx.portions import Portions
from controller.store.port import DistrictSeries, Ids
from controller.store.series_index import SeriesIndex

SPAN_MS = 3_600_000
ROWS = 20_000
RATES = {"rare_state": 1, "usual_percent": 60, "quick_percent": 3_600}
"""Samples of a series in the span."""


def index(sites: int = 40, devices: int = 10) -> SeriesIndex:
    made = SeriesIndex()
    for site in range(sites):
        for device in range(devices):
            keys = [(SiteId(f"no-{site}"), DeviceId(f"d-{device}"), MetricId(metric)) for metric in RATES]
            made.ids([DistrictSeries(*key, Instance("")) for key in keys])
    return made


def rows_of(known: SeriesIndex, ids: Ids) -> NDArray[np.int32]:
    rates = np.array(list(RATES.values()))[known.columns(0).metric[ids]]
    return np.repeat(ids, rates)


def round_of(known: SeriesIndex, portions: Portions) -> list[tuple[Ids, int]]:
    """Each portion and how many rows it had."""
    done = []
    for ids in portions.cut(SPAN_MS, None):
        found = rows_of(known, ids)
        portions.learn(ids, found, SPAN_MS)
        done.append((ids, len(found)))
    return done


def test_every_series_comes_once_and_no_portion_is_large() -> None:
    known = index()
    portions = Portions(known, ROWS)
    for turn in range(10):
        done = round_of(known, portions)
        together = np.concatenate([ids for ids, _ in done])
        assert sorted(together.tolist()) == list(range(len(known)))
        # The first portion of a metric that is sampled each second is ten times what was guessed; so few are always together.
        limit = 10 * ROWS if turn == 0 else max(2 * ROWS, 32 * max(RATES.values()))
        assert all(rows <= limit for _, rows in done), turn
    metric, rare = known.columns(0).metric, list(RATES).index("rare_state")
    assert sum(bool((metric[ids] == rare).any()) for ids, _ in done) == 1  # what is sampled seldom is read together


def test_a_metric_that_is_sampled_more_often_than_before_is_cut_smaller_from_then_on() -> None:
    known = index()
    portions = Portions(known, ROWS)
    round_of(known, portions)
    everything = np.arange(len(known), dtype=np.int32)
    portions.learn(everything, np.repeat(everything, 1_000), SPAN_MS)
    assert all(len(ids) <= 32 for ids in portions.cut(SPAN_MS, None))


def test_series_of_some_devices_and_new_ones() -> None:
    known = index(sites=2, devices=2)
    portions = Portions(known, ROWS)
    (ids,) = portions.cut(SPAN_MS, frozenset({1}))
    assert known.columns(0).device[ids].tolist() == [1, 1, 1]
    assert list(portions.cut(SPAN_MS, frozenset())) == []
    new = known.ids([DistrictSeries(SiteId("no-9"), DeviceId("d"), MetricId("new_percent"), Instance(""))])
    assert new[0] in np.concatenate(list(portions.cut(SPAN_MS, None)))
