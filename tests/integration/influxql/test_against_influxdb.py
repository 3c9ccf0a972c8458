# ruff: noqa: S608 - the questions are our own
"""What `/query` answers over a sample store is what an InfluxDB 1.6.7 answers that holds the same points.

Questions are made up within the subset. Where InfluxDB's own answer hangs on chance (the order of points of several series at
the same instant), points are told apart by time, or compared without their order.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from campus.influx import ALERT_MEASUREMENT, Policy
from campus.samples import DeviceKind
from controller.influxql.answers import as_json
from controller.influxql.port import Happening
from controller.influxql.service import QueryService
from tests.servers.influxdb import InfluxServer, influxdb
from tests.support.influxql_points import (
    EVERYTHING,
    HOUR_MS,
    MINUTE_MS,
    NOW,
    T0,
    District,
    Place,
    series,
)

pytestmark = pytest.mark.slow
CLOSE = 1e-12
PLACES = (
    Place("s1", "a", DeviceKind.BOARD, "r1"),
    Place("s1", "b", DeviceKind.BOARD),
    Place("s2", "a", DeviceKind.GATEWAY, "r1"),
    Place("s2", "c", DeviceKind.GATEWAY, "r2"),
)


def district() -> District:
    """Two metrics; every series at instants of its own, with gaps."""
    samples = {}
    for number, place in enumerate(PLACES):
        for metric, instances in (("cpu", ("",)), ("traffic", ("p1", "p2"))):
            for port, instance in enumerate(instances):
                offset = 1_000 * (4 * port + number) + 7
                points = [
                    (
                        T0 + minute * MINUTE_MS + offset,
                        ((minute * 37 + number * 11 + port * 5) % 23) * 1.3 - 4 + minute / 4096,
                    )
                    for minute in range(0, 150, 1 + number)
                    if not 40 < minute < 40 + 12 * number
                ]
                samples[series(place.site, place.device, metric, instance)] = points
    alerts = [
        Happening(
            T0 + number * 7 * MINUTE_MS + number,
            {"site": f"s{1 + number % 2}", "device": "a", "rule": "x", "severity": ("major", "minor")[number % 2]},
            _fields(number),
        )
        for number in range(8)
    ]
    return District(PLACES, samples, {ALERT_MEASUREMENT: alerts})


def _fields(number: int) -> dict[str, str | int]:
    fields: dict[str, str | int] = {"id": number, "title_en": f"Title {number}", "ends_at": T0 + number}
    fields |= {"title_zh": "zh", "text_en": "text", "text_zh": "texts"} if number == 5 else {}
    return fields | {"state": "open"} if number % 3 else fields


@dataclass(frozen=True)
class Both:
    """The same points in two stores."""

    server: InfluxServer
    database: str
    service: QueryService

    def theirs(self, query: str) -> Any:
        """What InfluxDB says."""
        return self.server.query(query, self.database)

    def ours(self, query: str) -> Any:
        """What we say."""
        return orjson.loads(as_json(self.service.answer(EVERYTHING, query), "ms"))["results"]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    whole = district()
    with influxdb(tmp_path_factory.mktemp("influxdb")) as server:
        database = server.fresh_database()
        for policy, lines in whole.lines().items():
            server.write(lines, database, "" if policy is Policy.RAW else policy)
        yield Both(server, database, whole.service())


def same(theirs: Any, ours: Any) -> bool:
    """Equal, floats to `CLOSE`."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return theirs.keys() == ours.keys() and all(same(theirs[key], ours[key]) for key in theirs)
    if isinstance(theirs, list) and isinstance(ours, list):
        return len(theirs) == len(ours) and all(map(same, theirs, ours))
    if isinstance(theirs, float | int) and isinstance(ours, float | int):
        return math.isclose(theirs, ours, rel_tol=CLOSE, abs_tol=CLOSE)
    return bool(theirs == ours)


def check(both: Both, query: str) -> None:
    theirs, ours = both.theirs(query), both.ours(query)
    assert same(theirs, ours), f"{query}\ntheirs {theirs}\nours   {ours}"


# Questions.

TAGS = ("site", "device", "kind", "room", "instance", "nothing")
UNITS = ("1s", "1m", "90s", "1h")
raw_sources = st.sampled_from(["cpu", "traffic", '"autogen"."cpu"', "cpu, traffic", "/^(cpu|traffic)$/"])
widths = st.sampled_from(["1m", "5m", "7m", "10m", "1h", "1d", "10m, 3m", "10m, -90s", "1h, 30m"])
zones = st.sampled_from(["", "", " tz('Asia/Shanghai')", " tz('Europe/Berlin')", " tz('Asia/Kathmandu')"])
fills = st.sampled_from(
    ["", " fill(null)", " fill(none)", " fill(previous)", " fill(linear)", " fill(0)", " fill(-2.5)"]
)
minutes = st.integers(-30, 170)


@st.composite
def spans(draw: st.DrawFn) -> str:
    first, length = draw(minutes), draw(st.integers(1, 120))
    start, end = T0 + first * MINUTE_MS + draw(st.sampled_from([0, 7, 1007])), T0 + (first + length) * MINUTE_MS
    low, high = draw(st.sampled_from([">", ">="])), draw(st.sampled_from(["<", "<="]))
    return f"time {low} {start}ms AND time {high} {end}ms"


conditions = st.sampled_from(
    [
        "",
        " AND site = 's1'",
        " AND (site = 's1' OR room = 'r2')",
        " AND room = ''",
        " AND room != ''",
        " AND room !~ /r1/",
        " AND device =~ /^(a|c)$/",
        " AND instance =~ /.*/",
        " AND nothing = ''",
        " AND nothing != 'x' AND kind = 'board'",
        " AND site != 's2' AND device <> 'b'",
    ]
)
field_conditions = st.sampled_from(
    ["", "", " AND value > 3", " AND (value < 0 OR device = 'a')", " AND value * 2 + 1 >= 9"]
)
groupings = st.lists(st.sampled_from(TAGS), max_size=3, unique=True) | st.just(["*"])
aggregates = st.sampled_from(
    ["mean", "sum", "count", "min", "max", "first", "last", "median", "spread", "stddev", "percentile"]
)


def called(function: str, field: str, percent: int = 90) -> str:
    return f'{function}("{field}", {percent})' if function == "percentile" else f'{function}("{field}")'


def grouped(parts: Sequence[str]) -> str:
    return f" GROUP BY {', '.join(parts)}" if parts else ""


@st.composite
def bucketed(draw: st.DrawFn) -> str:
    functions = draw(st.lists(aggregates, min_size=1, max_size=3))
    columns = [called(each, "value", draw(st.sampled_from([50, 95, 100]))) for each in functions]
    if draw(st.booleans()):
        columns.append(f"{columns[0]} {draw(st.sampled_from('+-*/'))} {draw(st.sampled_from([columns[-1], '2', '0']))}")
    dimensions = [f"time({draw(widths)})", *draw(groupings)]
    order = draw(st.sampled_from(["", " ORDER BY time DESC"]))
    limits = draw(st.sampled_from(["", " LIMIT 3", " LIMIT 4 OFFSET 2", " SLIMIT 2", " SLIMIT 1 SOFFSET 1"]))
    return (
        f"SELECT {', '.join(columns)} FROM {draw(raw_sources)} WHERE {draw(spans())}{draw(conditions)}"
        f"{draw(field_conditions)}{grouped(dimensions)}{draw(fills)}{order}{limits}{draw(zones)}"
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=bucketed())
def test_buckets(both: Both, query: str) -> None:
    check(both, query)


@st.composite
def whole(draw: st.DrawFn) -> str:
    functions = draw(st.lists(aggregates, min_size=1, max_size=4))
    columns = [called(each, "value") for each in functions]
    if len(functions) == 1 and functions[0] in {"min", "max", "first", "last", "percentile"}:
        columns += draw(st.sampled_from([[], ["device"], ["value", "room"]]))
    span = draw(st.sampled_from(["time > 0", ""])) or draw(spans())
    return (
        f"SELECT {', '.join(columns)} FROM {draw(raw_sources)} WHERE {span}{draw(conditions)}{draw(field_conditions)}"
        f"{grouped(draw(groupings))}"
    )


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=whole())
def test_without_buckets(both: Both, query: str) -> None:
    check(both, query)


@st.composite
def rolled_up(draw: st.DrawFn) -> str:
    policy = draw(st.sampled_from(['"5m"', '"1h"']))
    column = draw(
        st.sampled_from(
            [
                "mean",
                '"count", "min", "max", "p95"',
                'sum("count")',
                'mean("mean"), max("max"), min("min")',
                'sum("count") / 3, sum("count") - 1, sum("count") * 0.5',
                'percentile("p95", 95)',
                'spread("count"), median("count"), mean("count"), stddev("count"), last("count")',
                'max("max") - min("min")',
                "*",
            ]
        )
    )
    name = draw(st.sampled_from(["cpu", "traffic"]))
    width = draw(st.sampled_from(["5m", "15m", "1h"]))
    is_raw = "(" not in column
    dimensions = [*([] if is_raw or draw(st.booleans()) else [f"time({width})"]), "site", "device", "instance"]
    fill = draw(fills) if len(dimensions) == 4 else ""
    return f"SELECT {column} FROM {policy}.{name} WHERE {draw(spans())}{draw(conditions)}{grouped(dimensions)}{fill}"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=rolled_up())
def test_roll_ups(both: Both, query: str) -> None:
    check(both, query)


ONE_SERIES = ["site", "device", "instance"]


@st.composite
def sequences(draw: st.DrawFn) -> str:
    function = draw(
        st.sampled_from(
            [
                "derivative({}, %s)",
                "derivative({})",
                "non_negative_derivative({}, %s)",
                "difference({})",
                "non_negative_difference({})",
                "moving_average({}, 2)",
                "moving_average({}, 4)",
                "elapsed({}, %s)",
                "elapsed({})",
                "cumulative_sum({})",
            ]
        )
    )
    function = function.replace("%s", draw(st.sampled_from(UNITS)))
    if draw(st.booleans()):
        inner = called(draw(aggregates.filter(lambda name: name != "stddev")), "value")
        beside = draw(st.sampled_from(["", f", {inner}", f", {inner} - {function.format(inner)}"]))
        dimensions = [f"time({draw(widths)})", *draw(groupings)]
        ending = draw(fills)
        columns = function.format(inner) + beside
    else:
        columns, dimensions, ending = function.format("value"), ONE_SERIES, ""
    order = draw(st.sampled_from(["", " ORDER BY time DESC"]))
    where = f"{draw(spans())}{draw(conditions)}"
    return f"SELECT {columns} FROM {draw(raw_sources)} WHERE {where}{grouped(dimensions)}{ending}{order}"


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=sequences())
def test_sequences(both: Both, query: str) -> None:
    check(both, query)


@st.composite
def single_points(draw: st.DrawFn) -> str:
    column = draw(
        st.sampled_from(
            ["value", "value, device", "value * 2, room", "*", "value, nothing", "-value AS x, site", "time, value"]
        )
    )
    order = draw(st.sampled_from(["", " ORDER BY time DESC"]))
    limit = draw(st.sampled_from([" LIMIT 5", " LIMIT 3 OFFSET 4", ""]))
    return (
        f"SELECT {column} FROM {draw(raw_sources)} WHERE {draw(spans())}{draw(conditions)}{draw(field_conditions)}"
        f"{grouped(draw(groupings))}{order}{limit}"
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=single_points())
def test_points_as_they_are(both: Both, query: str) -> None:
    check(both, query)


@st.composite
def several(draw: st.DrawFn) -> str:
    column = draw(
        st.sampled_from(
            [
                "top(value, 3)",
                "bottom(value, 2)",
                "top(value, device, 2)",
                "top(value, device, 2) AS most",
                "bottom(value, site, room, 3)",
                "top(value, 2), device, room",
                "distinct(value)",
                "count(distinct(value))",
                "count(distinct(value)), mean(value)",
            ]
        )
    )
    dimensions = draw(st.sampled_from([[], ["site"], ["time(20m)"], ["time(1h)", "device"]]))
    return f"SELECT {column} FROM {draw(raw_sources)} WHERE {draw(spans())}{draw(conditions)}{grouped(dimensions)}"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=several())
def test_some_points_of_each(both: Both, query: str) -> None:
    theirs, ours = both.theirs(query), both.ours(query)
    assert [one["columns"] for one in theirs[0].get("series", ())] == [
        one["columns"] for one in ours[0].get("series", ())
    ]
    check_values(query, theirs, ours)


def check_values(query: str, theirs: Any, ours: Any) -> None:
    """The same numbers, whichever of several points with the same number they are of."""

    def numbers(part: Any) -> list[Any]:
        return [(one.get("tags"), sorted(row[1] for row in one["values"])) for one in part[0].get("series", ())]

    assert same(numbers(theirs), numbers(ours)), f"{query}\ntheirs {theirs}\nours   {ours}"


@st.composite
def subqueries(draw: st.DrawFn) -> str:
    span = draw(spans())
    inner_function = called(draw(st.sampled_from(["mean", "max", "last", "sum", "count"])), "value")
    inner_time = draw(st.sampled_from(["", "time(5m), ", "time(10m), "]))
    inner = (
        f"SELECT {inner_function} AS x FROM {draw(st.sampled_from(['cpu', 'traffic']))} WHERE {span}{draw(conditions)} "
        f"GROUP BY {inner_time}{draw(st.sampled_from(['device', 'site, device', 'site']))}"
    )
    outer = draw(st.sampled_from(["mean", "max", "sum", "count", "min"]))
    dimensions = draw(st.sampled_from([[], ["site"], ["time(20m)"], ["time(20m)", "site"]]))
    condition = draw(st.sampled_from(["", " AND x > 0", " AND x != 2"]))
    if not dimensions or dimensions == ["site"]:  # InfluxDB ends at a bucket that begins before the span
        inner = inner.replace(inner_time, "")
    return f"SELECT {outer}(x) FROM ({inner}) WHERE {span}{condition}{grouped(dimensions)}"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=subqueries())
def test_subqueries(both: Both, query: str) -> None:
    check(both, query)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.sampled_from(
        [
            "SHOW TAG KEYS FROM {m}{w}",
            "SHOW TAG VALUES FROM {m} WITH KEY = site{w}",
            "SHOW TAG VALUES FROM {m} WITH KEY IN (site, room, nothing){w}",
            "SHOW TAG VALUES FROM {m} WITH KEY =~ /^(device|instance)$/{w} LIMIT 2",
            "SHOW TAG VALUES FROM {m} WITH KEY != device{w} LIMIT 3 OFFSET 1",
            "SHOW FIELD KEYS FROM {m}",
            "SHOW MEASUREMENTS WITH MEASUREMENT =~ /cpu|traffic/ WHERE site = 's1'",
            "SHOW SERIES EXACT CARDINALITY FROM {m}{w}",
            "SHOW TAG VALUES EXACT CARDINALITY FROM {m} WITH KEY = device WHERE site = 's1'",
        ]
    ),
    measurement=st.sampled_from(["cpu", "traffic", '"5m".cpu', "cpu, traffic", "/cpu/", "nobody"]),
    where=conditions,
)
def test_catalogue(both: Both, query: str, measurement: str, where: str) -> None:
    condition = f" WHERE {where.removeprefix(' AND ')}" if where else ""
    check(both, query.format(m=measurement, w=condition))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    columns=st.sampled_from(
        [
            "id, title_en, state",
            "title_en",
            "*",
            "count(state), count(id)",
            "last(title_en), state",
            "first(title_en)",
            "count(distinct(title_en))",
            "distinct(state)",
            "sum(id), max(id), mean(id)",
        ]
    ),
    condition=st.sampled_from(
        ["", " AND state = 'open'", " AND title_en =~ /[135]/", " AND id > 3", " AND state != 'open'"]
    ),
    dimensions=st.sampled_from([[], ["site"], ["*"], ["severity", "rule"]]),
)
@example(columns="title_en", condition="", dimensions=["site"])
def test_alerts(both: Both, columns: str, condition: str, dimensions: list[str]) -> None:
    bounds = f"time >= {T0}ms AND time < {NOW + HOUR_MS}ms"
    check(both, f"SELECT {columns} FROM {ALERT_MEASUREMENT} WHERE {bounds}{condition}{grouped(dimensions)}")
