"""The columns of names answer like plain dicts, whatever is added and however."""

import itertools
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.ids import DeviceId, Instance, MetricId, SiteId
from campus.samples import SeriesKey
from campus.wire.dictionary import SeriesWords, read_series
from campus.wire.pack import pack_dictionary
from controller.store import series_index
from controller.store.port import DistrictSeries
from controller.store.series_index import SeriesIndex
from tests.unit.store.naive_index import NaiveIndex

sites = st.sampled_from(["no-1", "no-2", "no-3"]).map(SiteId)
devices = st.sampled_from(["a", "b", "c", "d"]).map(DeviceId)
metrics = st.sampled_from(["cpu_percent", "if_in_bps", "lamp_h"]).map(MetricId)
instances = st.sampled_from(["", "1", "2"]).map(Instance)
names = st.builds(DistrictSeries, sites, devices, metrics, instances)
keys = st.builds(SeriesKey, devices, metrics, instances)
frame = st.tuples(sites, st.lists(keys, min_size=1, unique=True))
step = st.one_of(st.lists(names), frame, st.just("restored"))


def words(some: list[SeriesKey]) -> SeriesWords:
    """A dictionary as a frame brings it."""
    return read_series(pack_dictionary(some))


def restored(index: SeriesIndex) -> SeriesIndex:
    """Another index that begins with the same names."""
    other = SeriesIndex()
    other.restore(index.columns(0))
    return other


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series_index, "_RECENT_KEYS", 5)


@given(st.lists(step, max_size=12))
def test_any_history_answers_like_plain_dicts(steps: list[object]) -> None:
    index, model = SeriesIndex(), NaiveIndex()
    for what in steps:
        if isinstance(what, list):
            assert index.ids(what).tolist() == model.ids(what)
        elif isinstance(what, tuple):
            site, some = what
            known = index.known(site, words(some))
            assert known.tolist() == [model.id_of.get(DistrictSeries(site, *key), -1) for key in some]
            new = np.flatnonzero(known < 0)
            wanted = model.ids([DistrictSeries(site, *some[place]) for place in new])
            assert index.add(site, words(some), new).tolist() == wanted
        else:
            index = restored(index)
    assert len(index) == len(model.names)
    stranger = DistrictSeries(SiteId("no-9"), DeviceId("a"), MetricId("lamp_h"), Instance(""))
    assert index.look_up([*model.names, stranger]).tolist() == [*range(len(index)), -1]
    assert index.names(np.arange(len(index), dtype=np.int32)) == model.names
    choices = itertools.product((None, "no-1", "no-9"), (None, "a", "z"), (None, "lamp_h", "none"), (None, "", "9"))
    for site, device, metric, instance in choices:
        found = index.find(
            SiteId(site) if site else None,
            DeviceId(device) if device else None,
            MetricId(metric) if metric else None,
            None if instance is None else Instance(instance),
        )
        assert found.tolist() == model.find(site, device, metric, instance)


@given(st.lists(names, unique=True), st.integers(0, 30))
def test_columns_name_the_same(some: list[DistrictSeries], first: int) -> None:
    index = SeriesIndex()
    index.ids(some)
    columns = index.columns(first)
    rows = zip(columns.device.tolist(), columns.metric.tolist(), columns.instance.tolist(), strict=True)
    found = [(columns.devices[row[0]], columns.metrics[row[1]], columns.instances[row[2]]) for row in rows]
    assert found == [((name.site, name.device), name.metric, name.instance) for name in some[first:]]


def test_only_words_of_series_that_were_made_are_kept() -> None:
    index = SeriesIndex()
    some = [SeriesKey(DeviceId(f"d{n}"), MetricId(f"m{n}"), Instance(f"i{n}")) for n in range(5)]
    index.add(SiteId("no-1"), words(some), np.array([1, 3]))
    assert index.extent == (2, 2, 2, 2)
    assert index.known(SiteId("no-1"), words(some)).tolist() == [-1, 0, -1, 1, -1]
    assert index.known(SiteId("no-2"), words(some)).tolist() == [-1] * 5


def test_a_reader_never_sees_a_name_without_its_words() -> None:
    index, done = SeriesIndex(), threading.Event()
    problems: list[str] = []

    def read() -> None:
        while not done.is_set():
            size = len(index)
            found = index.names(np.arange(size, dtype=np.int32))
            if [name.instance for name in found] != [str(n) for n in range(size)]:
                problems.append(f"wrong names among {size}")
            if index.find(SiteId("no-1"), None, None)[:size].tolist() != list(range(size)):
                problems.append(f"not all of {size} are found")

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for n in range(2_000):
        some = [SeriesKey(DeviceId(f"d{n % 7}"), MetricId("cpu_percent"), Instance(str(n)))]
        index.add(SiteId("no-1"), words(some), np.array([0]))
    done.set()
    for thread in threads:
        thread.join(60)
    assert problems == []
    assert len(index) == 2_000
