# ruff: noqa: S608 - the questions are our own
"""Questions answered over a store: what needs no InfluxDB to compare with. The rest is in tests/integration/influxql."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from campus.ids import DeviceId, SiteId
from campus.influx import FITTING_LEVELS, LEVEL_MEASUREMENT, MAINTENANCE_MEASUREMENT
from campus.samples import DeviceKind
from controller.identity.scope import Role, Scope
from controller.influxql import cells, evaluating, grouping, rows, sources
from controller.influxql.answers import as_csv, as_json
from controller.influxql.port import Happening
from controller.influxql.service import QueryService
from controller.store.port import Ids, Level, Window
from tests.fakes.memory_store import MemoryStore
from tests.support.influxql_points import (
    EVERYTHING,
    HOUR_MS,
    MINUTE_MS,
    NOW,
    T0,
    District,
    Place,
    StaticPlaces,
    happenings,
    series,
)

PLACES = (Place("s1", "a", DeviceKind.BOARD, "r1"), Place("s2", "b"))


def district() -> District:
    points = [(T0 + minute * MINUTE_MS, float(minute)) for minute in range(60)]
    return District(
        PLACES,
        {
            series("s1", "a", "cpu"): points,
            series("s2", "b", "cpu"): points[:30],
            series("s9", "x", "load"): points[:1],
        },
        {MAINTENANCE_MEASUREMENT: [Happening(T0, {"site": "s2"}, {"id": 1, "title_zh": "新交换机"})]},
    )


@pytest.fixture
def service() -> QueryService:
    return district().service()


def results(service: QueryService, text: str, scope: Scope = EVERYTHING) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = orjson.loads(as_json(service.answer(scope, text), "ms"))["results"]
    return told


def told(service: QueryService, text: str, scope: Scope = EVERYTHING) -> list[Any]:
    """The series of a text of one statement."""
    (result,) = results(service, text, scope)
    assert "error" not in result, result
    series: list[Any] = result.get("series", [])
    return series


def error(service: QueryService, text: str) -> str:
    (result,) = results(service, text)
    return str(result["error"])


def test_which_level_fits(service: QueryService) -> None:
    asked = f'SELECT last("policy") FROM {LEVEL_MEASUREMENT} WHERE "least_ms" <= {{0}} - 5 AND "below_ms" > {{0}} - 5'
    for fitting in FITTING_LEVELS:
        for length in (fitting.least_ms, fitting.below_ms - 1):
            (found,) = told(service, asked.format(length + 5))
            assert found["values"][0][1] == fitting.policy


def test_what_is_only_sometimes_there(service: QueryService) -> None:
    bounds = f"time >= {T0}ms"
    (found,) = told(service, f"SELECT title_zh, state FROM {MAINTENANCE_MEASUREMENT} WHERE {bounds}")
    assert found["values"] == [[T0, "新交换机", None]]
    assert told(service, f"SELECT title_zh FROM {MAINTENANCE_MEASUREMENT} WHERE time > {T0}ms") == []
    assert told(service, "SELECT title_zh FROM campanile_alert") == []


def test_devices_that_nobody_registered_have_no_kind(service: QueryService) -> None:
    assert told(service, "SHOW TAG KEYS FROM load")[0]["values"] == [["device"], ["site"]]


def test_a_device_that_moves_is_found_where_it_is() -> None:
    whole = district()
    registry = MovingPlaces(PLACES)
    service = QueryService(whole.store(), registry, happenings({}), lambda: NOW)
    asked = "SHOW TAG VALUES FROM cpu WITH KEY = room"
    assert told(service, asked)[0]["values"] == [["room", "r1"]]
    registry.move(Place("s1", "a", DeviceKind.BOARD, "r2"))
    assert told(service, asked)[0]["values"] == [["room", "r2"]]


def test_a_scope_bounds_every_statement(service: QueryService) -> None:
    one = Scope("one", Role.VIEWER, frozenset({SiteId("s2")}))
    asked = (
        "SHOW MEASUREMENTS",
        "SHOW TAG VALUES WITH KEY = site",
        "SHOW SERIES EXACT CARDINALITY",
        "SELECT count(value) FROM /.*/",
        "SELECT sum(x) FROM (SELECT last(value) AS x FROM cpu GROUP BY device)",
    )
    alone = District(
        PLACES[1:], {series("s2", "b", "cpu"): district().samples[series("s2", "b", "cpu")]}, district().happened
    )
    for text in asked:
        assert told(service, text, one) == told(alone.service(), text)
        assert told(service, text, one) != told(service, text)
    assert told(service, "SELECT value FROM cpu", Scope("nobody", Role.VIEWER, frozenset())) == []


def test_a_long_range_begins_with_what_there_is(service: QueryService) -> None:
    (found,) = told(service, "SELECT mean(value) FROM cpu WHERE site = 's2' GROUP BY time(1h)")
    assert found["values"] == [[T0, 14.5], [T0 + HOUR_MS, None], [T0 + 2 * HOUR_MS, None], [NOW, None]]


def test_days_of_a_zone(service: QueryService) -> None:
    asked = f"SELECT count(value) FROM cpu WHERE time >= {T0 - 24 * HOUR_MS}ms AND time < {NOW}ms GROUP BY time(1d) fill(none)"
    (found,) = told(service, f"{asked} tz('America/New_York')")
    assert found["values"] == [[T0 - 20 * HOUR_MS, 90]]


def test_the_newest_comes_from_memory() -> None:
    store = CountingStore(district())
    service = QueryService(store, StaticPlaces(PLACES), happenings({}), lambda: NOW)
    newest = told(service, f"SELECT last(value) FROM cpu WHERE time > {T0}ms GROUP BY site")
    assert [each["values"] for each in newest] == [[[T0 + 59 * MINUTE_MS, 59]], [[T0 + 29 * MINUTE_MS, 29]]]
    assert store.windows == 0
    (older,) = told(
        service, f"SELECT last(value) FROM cpu WHERE time < {T0 + 5 * MINUTE_MS}ms GROUP BY room, site SLIMIT 1"
    )
    assert older["values"] == [[T0 + 4 * MINUTE_MS, 4]]
    assert store.windows == 1


def test_only_what_said_something_since_is_read_and_no_further_back_than_needed() -> None:
    store = CountingStore(district())
    service = QueryService(store, StaticPlaces(PLACES), happenings({}), lambda: NOW)
    until = T0 + 45 * MINUTE_MS  # the first one speaks on, the second one has ended before
    newest = told(service, f"SELECT last(value) FROM cpu WHERE time >= {T0}ms AND time <= {until}ms GROUP BY site")
    assert [each["values"] for each in newest] == [[[until, 45]], [[T0 + 29 * MINUTE_MS, 29]]]
    assert store.series_read == [1]
    assert store.rows == 5
    before = T0 + 200  # between the first samples and the second ones: a sample of each series
    newest = told(service, f"SELECT last(value) FROM cpu WHERE time <= {before}ms GROUP BY site")
    assert [each["values"] for each in newest] == [[[T0, 0]], [[T0, 0]]]
    assert not told(service, f"SELECT last(value) FROM cpu WHERE time < {T0}ms GROUP BY site")


@pytest.mark.parametrize("bounds", ["", f" WHERE time >= {T0}ms AND time < {NOW}ms"])
def test_much_is_read_in_pieces_and_who_is_more_urgent_goes_between(
    monkeypatch: pytest.MonkeyPatch, bounds: str
) -> None:
    whole = District((), {series("s1", f"d{number}", "cpu"): [(T0, float(number))] for number in range(100)}, {})
    text = f"SELECT sum(value), count(value) FROM cpu{bounds}"
    at_once = told(whole.service(), text)
    monkeypatch.setattr(sources, "_ROWS_AT_ONCE", 5)
    given: list[int] = []
    store = CountingStore(whole)
    service = QueryService(
        store, StaticPlaces(()), happenings({}), lambda: NOW, give_way=lambda: given.append(store.windows)
    )
    assert told(service, text) == at_once
    assert 20 <= store.windows <= 25
    assert set(range(store.windows)) <= set(given)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT mean(value) FROM cpu GROUP BY time(5m), time(1h)", "multiple time dimensions"),
        ("SELECT mean(value) FROM cpu GROUP BY room(5m)", "only time() calls allowed"),
        ("SELECT mean(value) FROM cpu GROUP BY time(5)", "the first a duration"),
        ("SELECT mean(value) FROM cpu GROUP BY time(1u)", "no sample is finer"),
        ("SELECT mean(*) FROM cpu", "mean(*) at line 1, char 8 is not answered: name the field"),
        ("SELECT integral(value) FROM cpu", "undefined function integral() at line 1, char 8; answered are count, sum"),
        ("SELECT value, mean(value) FROM cpu", "mixing aggregate and non-aggregate"),
        ("SELECT top(value, 2) * 2 FROM cpu", "let it stand alone"),
        ("SELECT 3 FROM cpu", "at least one variable"),
        ("SELECT value + device FROM cpu", "there is a text or a tag in it"),
        ("SELECT mean(title_zh) FROM campanile_maintenance", "mean() is for numbers"),
        ("SELECT value FROM cpu WHERE value", "invalid condition expression"),
        ("SELECT value FROM cpu WHERE abs(value) > 3", "abs() at line 1, char 29 is not answered in a condition"),
        ("SELECT value FROM cpu WHERE time != 3", "invalid time comparison operator"),
        ("SELECT value FROM cpu WHERE time > 'yesterday'", "write '2026-09-01T00:00:00Z'"),
        ("SELECT value FROM cpu WHERE time > now() OR site = 's1'", "only beside AND"),
        ("SELECT value FROM (SELECT value FROM (SELECT value FROM cpu))", "one level is"),
        ('SELECT value FROM "2h".cpu', "retention policy not found: 2h; there are autogen, 5m, 1h, 1d"),
        ("SELECT value FROM other..cpu", "database not found: other; there is campus"),
        ("SHOW TAG VALUES WITH KEY = site WHERE value > 3", "SHOW compares tags"),
    ],
)
def test_what_is_not_answered(service: QueryService, text: str, said: str) -> None:
    assert said in error(service, text)


def test_what_would_take_too_much(service: QueryService, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "use a longer time()" in error(service, "SELECT mean(value) FROM cpu WHERE time > 0 GROUP BY time(1s)")
    monkeypatch.setattr(evaluating, "MAX_ANSWER_VALUES", 50)
    assert "ask for a shorter range, fewer series" in error(service, "SELECT value FROM cpu")
    assert told(service, "SELECT value FROM cpu LIMIT 25")
    monkeypatch.setattr(cells, "MAX_CELLS", 3)
    assert "2 series with 2 buckets" in error(
        service, "SELECT mean(value) FROM cpu GROUP BY time(30m), site fill(none)"
    )
    monkeypatch.setattr(grouping, "MAX_SERIES", 1)
    assert "group by fewer tags" in error(service, "SELECT mean(value) FROM cpu GROUP BY site")
    monkeypatch.setattr(sources, "MAX_ROWS", 50)
    assert 'FROM "1h"."..."' in error(service, "SELECT mean(value) FROM cpu")
    monkeypatch.setattr(sources, "MAX_SECONDS", -1.0)
    assert "was ended: ask for a shorter range" in error(service, "SELECT mean(value) FROM cpu")


@pytest.mark.parametrize(
    "columns",
    [
        "value, value + 1",
        "value, nobody",
        "mean(value), mean(value) + 1",
        "difference(value), elapsed(value)",
        "top(value, site, 9)",
    ],
)
def test_columns_are_not_made_before_they_are_counted(
    service: QueryService, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setattr(rows, "MAX_VALUES_AT_ONCE", 3)
    grouping = " GROUP BY time(15m)" if "mean" in columns else ""
    assert "fewer series or fewer columns" in error(service, f"SELECT {columns} FROM cpu{grouping} LIMIT 1")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT value FROM cpu; SELECT value FROM cpu",
        "SELECT value FROM cpu, cpu",
        "SELECT count(value) FROM (SELECT value FROM cpu), (SELECT value FROM cpu)",
    ],
)
def test_what_is_in_memory_together_counts_together(
    service: QueryService, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(sources, "MAX_TEXT_VALUES", 200)  # the samples of `cpu` with their times are 180
    assert "error" not in results(service, "SELECT value FROM cpu")[-1]
    assert "values together, more than 200" in results(service, text)[-1]["error"]
    monkeypatch.setattr(sources, "MAX_TEXT_VALUES", 3)
    assert "values together, more than 3" in results(service, "SHOW TAG VALUES WITH KEY = site")[0]["error"]


@pytest.mark.parametrize(
    ("text", "simpler"),
    [
        (
            "SELECT count(value) FROM cpu WHERE device =~ /a/ OR device =~ /b/ OR value > 1 OR value > 2",
            "SELECT count(value) FROM cpu",
        ),
        (
            "SHOW TAG VALUES FROM cpu WITH KEY = site WHERE device =~ /a/ OR device =~ /b/ OR device =~ /c/",
            "SHOW TAG VALUES FROM cpu WITH KEY = site",
        ),
        ("SHOW MEASUREMENTS WITH MEASUREMENT =~ /c/", "SHOW MEASUREMENTS"),
        (
            "SELECT percentile(value, 1), percentile(value, 2), percentile(value, 3), percentile(value, 4) FROM cpu",
            "SELECT percentile(value, 1) FROM cpu",
        ),
        (
            "SELECT difference(value), elapsed(value), derivative(value), cumulative_sum(value) FROM cpu",
            "SELECT difference(value) FROM cpu",
        ),
    ],
)
def test_a_question_can_end_after_each_comparison_and_each_function(text: str, simpler: str) -> None:
    """Else one question kept its thread, and a core, for as long as it liked."""
    steps: list[None] = []
    service = QueryService(
        district().store(), StaticPlaces(PLACES), happenings({}), lambda: NOW, give_way=lambda: steps.append(None)
    )
    told(service, simpler)
    before = len(steps)
    told(service, text)
    assert len(steps) - before >= before + 3


def test_csv_has_a_table_for_each_shape(service: QueryService) -> None:
    text = "SELECT mean(value) FROM cpu GROUP BY site, room; SHOW TAG KEYS FROM load; SELECT value FROM no..cpu"
    assert as_csv(service.answer(EVERYTHING, text), "ms").decode() == (
        'name,tags,time,mean\ncpu,site=s2,0,14.5\ncpu,"room=r1,site=s1",0,29.5\n\n'
        "name,tags,tagKey\nload,,device\nload,,site\n\n"
        "error\ndatabase not found: no; there is campus\n"
    )


class MovingPlaces(StaticPlaces):
    """A registry that learns."""

    def __init__(self, places: Sequence[Place]) -> None:
        super().__init__(places)
        self._moved: list[Place] = []

    def move(self, place: Place) -> None:
        """Facts came."""
        self._places[place.site, place.device] = place
        self._moved.append(place)

    def changes_after(self, revision: int) -> tuple[int, list[tuple[SiteId, DeviceId]]]:
        """Each once."""
        return len(self._moved), [(SiteId(each.site), DeviceId(each.device)) for each in self._moved[revision:]]


@dataclass
class CountingStore(MemoryStore):
    """Counts how often samples are read, of how many series each time, and how many."""

    whole: District
    windows: int = field(default=0, init=False)
    series_read: list[int] = field(default_factory=list, init=False)
    rows: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        vars(self).update(vars(self.whole.store()))

    def window(self, ids: Ids, start: int, end: int, level: Level | None = None, max_points: int = 2_000) -> Window:
        self.windows += 1
        self.series_read.append(len(ids))
        found = super().window(ids, start, end, level, max_points)
        self.rows += len(found.at)
        return found
