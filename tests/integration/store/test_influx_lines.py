# ruff: noqa: S608 - the questions are our own
"""What is written in line protocol, a real InfluxDB reads as the same names and the same numbers."""

import struct
from collections.abc import Iterator
from itertools import count

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from campus.ids import DeviceId, Instance, MetricId, SiteId, is_instance
from campus.influxql import identifier, string_literal
from controller.store.influx.lines import DeviceTags, Lines
from controller.store.influx.quoting import printable_tag, stored_tag, tag_from_stored
from controller.store.port import DistrictSeries
from controller.store.rollup import Buckets, Rows
from controller.store.series_index import SeriesIndex
from tests.servers.influxdb import InfluxServer, influxdb

AT = 1_790_000_000_000
METRIC = MetricId("temperature_c")
_databases = count()

instances = st.text(min_size=1, max_size=128).filter(is_instance)
awkward = st.text(alphabet="\\, =\"'#中😀a\u0301/$.*", min_size=1, max_size=6).filter(is_instance)
registry_texts = st.text(max_size=200)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxServer]:
    with influxdb(tmp_path_factory.mktemp("influxdb")) as running:
        yield running


@pytest.fixture(scope="module")
def database(server: InfluxServer) -> str:
    return server.fresh_database()


def series(site: str, *instances: str) -> list[DistrictSeries]:
    return [DistrictSeries(SiteId(site), DeviceId("probe-1"), METRIC, Instance(one)) for one in instances]


def lines_of(index: SeriesIndex, tags: DeviceTags) -> Lines:
    return Lines(index, lambda site, device: tags)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    some=st.lists(instances | awkward, min_size=1, max_size=30, unique=True), kind=registry_texts, room=registry_texts
)
@example(some=["\\", "a\\", "\\\\", "a\\\\", "\\,", ",\\", "\\ ", "=\\", "\\="], kind="board", room="3\\")
@example(some=["第三小学 食堂", "a,b", "a b", "a=b", '"', "'", "😀", "#", "\\n", "\\'"], kind="", room="楼,3 = 东\n")
def test_every_name_comes_back(server: InfluxServer, database: str, some: list[str], kind: str, room: str) -> None:
    site = f"no-{next(_databases)}"
    index = SeriesIndex()
    ids = index.ids(series(site, *some))
    at, value = np.full(len(some), AT), np.arange(len(some), dtype=np.float64)
    server.write(lines_of(index, DeviceTags(kind, room)).of_rows(Rows(ids, at, value)).decode(), database)

    answer = server.query(f"SELECT value FROM {identifier(METRIC)} WHERE site = '{site}' GROUP BY *", database)
    found = {tag_from_stored(each["tags"]["instance"]): each for each in answer[0]["series"]}
    assert found.keys() == set(some)
    for number, name in enumerate(some):
        assert found[name]["values"] == [[AT, number]]
        tags = found[name]["tags"]
        assert (tags["site"], tags["device"]) == (site, "probe-1")
        assert tag_from_stored(tags.get("kind", "")) == printable_tag(kind)
        assert tag_from_stored(tags.get("room", "")) == printable_tag(room)
    asked = ";".join(
        f"SELECT value FROM {identifier(METRIC)} WHERE site = '{site}' AND instance = {string_literal(stored_tag(name))}"
        for name in some
    )
    picked = [result["series"][0]["values"] for result in server.query(asked, database)]
    assert picked == [[[AT, number]] for number in range(len(some))]


EDGES = [0.0, -0.0, 1.0, -7.0, 1e300, -1e300, 1.7976931348623157e308, 5e-324, 2.2250738585072014e-308, 0.1, 1 / 3, 1e22]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=60),
    ages=st.lists(st.integers(-3_000_000_000_000, 2_000_000_000_000), min_size=1, max_size=3),
)
@example(values=EDGES, ages=[0])
def test_every_number_comes_back_to_the_bit(
    server: InfluxServer, database: str, values: list[float], ages: list[int]
) -> None:
    site = f"no-{next(_databases)}"
    index = SeriesIndex()
    ids = index.ids(series(site, *(str(number) for number in range(len(values)))))
    at = np.resize(np.array(ages) + AT, len(values))
    lines = lines_of(index, DeviceTags())
    server.write(lines.of_rows(Rows(ids, at, np.array(values))).decode(), database)
    counts = np.arange(1, len(values) + 1)
    columns = (np.array(values), -np.array(values), np.array(values[::-1]), np.array(values))
    server.write(lines.of_buckets(Buckets(ids, at, counts, *columns)).decode(), database)

    asked = f'SELECT value, "count", "min", "mean", "max", p95 FROM {METRIC} WHERE site = \'{site}\' GROUP BY instance'
    answer = server.query(asked, database)[0]["series"]
    found = {int(each["tags"]["instance"]): each["values"] for each in answer}
    for number, rows in found.items():
        (row,) = rows
        assert row[0] == at[number]
        assert row[2] == number + 1
        assert isinstance(row[2], int)
        wanted = [values[number], *(column[number] for column in columns)]
        assert [_bits(one) for one in (row[1], *row[3:])] == [_bits(one) for one in wanted]
    assert len(found) == len(values)


def _bits(value: float) -> bytes:
    """Of the number; InfluxDB writes -0 as an integer in its JSON, and so both zeros are one here."""
    return struct.pack(">d", float(value) + 0.0)
