"""Every query of every dashboard over a week of a simulated district in a real InfluxDB: rows, and the controller's own numbers.

The same history is in a controller with its own store, whose `/query` must answer each of them alike; and some of the
questions that dashboards answer are put to the API, which must say the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from benchmarks.dashboards_asking import Answer, Cell, answering
from benchmarks.dashboards_district import HOUR_MS, NOW, district
from benchmarks.dashboards_sides import Compared, Side, compare, over_influxdb, over_own_store
from campus.ids import MetricId
from campus.influx import ALERT_MEASUREMENT, Field, Tag
from campus.metrics import catalogue
from controller.gauges.schools import COUNTS, Count
from controller.identity.model import ScopeSpec
from controller.identity.scope import Role
from dashboards.influxql import (
    Condition,
    Expression,
    Select,
    by_hour,
    call,
    column,
    either,
    is_number,
    is_value,
    last,
    mean,
    raw,
    total,
)
from tests.servers.influxdb import influxdb

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SCHOOLS: Final = 20
DAYS: Final = 7
SILENT: Final = {
    f"{board} / Alerts / Anno": "no such device raised an alert in this week"
    for board in ("wireless", "kitchen-compliance", "power-environment", "application-services")
}
"""Queries without rows, and why."""


@dataclass(frozen=True)
class Sides:
    """InfluxDB, the controller's own `/query`, and the API of that controller's twin over InfluxDB."""

    influxdb: Side
    own: Side
    api: httpx.Client

    def rows(self, asked: Select) -> dict[str, list[tuple[Cell, ...]]]:
        """What InfluxDB says, by the series' tags joined with spaces."""
        answer: Answer = self.influxdb.endpoint.ask(asked.text())
        assert not answer.error, answer.error
        return {" ".join(value for _, value in name.tags): list(table.rows) for name, table in answer.series.items()}

    def get(self, path: str, **parameters: str | int) -> Any:
        """What the API says."""
        answer = self.api.get(f"/api/v1/{path}", params=parameters)
        answer.raise_for_status()
        return answer.json()


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    folder: Path = tmp_path_factory.mktemp("dashboards")
    (folder / "district").mkdir()
    simulated = district(folder / "district", SCHOOLS, DAYS)
    with influxdb(folder / "influxdb") as server:
        secret = server.secret_file(folder)
        settings = {"username": server.username, "password_file": str(secret)}
        login = (server.username, server.password)
        with (
            over_own_store(simulated) as own,
            over_influxdb(own.held, simulated, server.url, settings, login) as theirs,
            answering(theirs.held.controller) as url,
            httpx.Client(base_url=url, trust_env=False) as api,
        ):
            spec = ScopeSpec(Role.OPERATOR, "reader")
            token = theirs.held.controller.identity.create_link(spec, NOW)
            api.get("/enter", params={"token": token})
            yield Sides(theirs, own, api)


@pytest.fixture(scope="module")
def compared(sides: Sides) -> Compared:
    return compare(sides.influxdb, sides.own)


def test_every_query_of_every_dashboard_has_rows(compared: Compared) -> None:
    silent = {question.name: question.text for question in compared.silent}
    assert set(silent) == set(SILENT), {name: silent[name] for name in silent if name not in SILENT}
    assert len(compared.opening) > 100


def test_the_controller_answers_every_query_as_influxdb_does(compared: Compared) -> None:
    assert not compared.mismatches, "\n".join(
        f"{question.name}: {found}\n  {question.text}" for question, found in list(compared.mismatches.items())[:10]
    )


def test_the_newest_values_are_those_of_the_api(sides: Sides) -> None:
    site, compared_values = sides.get("sites")[1]["id"], 0
    for device in sides.get("devices", site=site):
        newest = {
            (one["metric"], one["instance"]): one for one in sides.get(f"sites/{site}/devices/{device['id']}/latest")
        }
        for metric in {metric for metric, _ in newest}:
            where = (is_value(Tag.SITE, site), is_value(Tag.DEVICE, device["id"]))
            told = sides.rows(Select(columns=(last(),), of=raw(metric), where=where, by=(Tag.INSTANCE,), spanned=False))
            assert {instance: newest[metric, instance]["value"] for instance in told} == {
                instance: rows[0][1] for instance, rows in told.items()
            }, (device["id"], metric)
            compared_values += len(told)
    assert compared_values > 400


def test_a_chart_has_the_points_of_the_api(sides: Sides) -> None:
    link = sides.get("links")[0]
    start, end = NOW - HOUR_MS, NOW
    path = f"sites/{link['site']}/devices/{link['device']}/chart"
    chart = sides.get(path, metric="if_in_bps", instance=link["instance"], start=start, end=end)
    (line,) = chart["series"]
    where = (*(is_value(tag, link[tag]) for tag in ("site", "device", "instance")), *_within(start, end))
    asked = Select(columns=(column(Field.VALUE),), of=raw("if_in_bps"), where=where, spanned=False)
    (rows,) = sides.rows(asked).values()
    assert [tuple(row) for row in rows] == list(zip(line["at"], line["mean"], strict=True))


def _within(start: int, end: int) -> tuple[Condition, ...]:
    return Condition(f"time >= {start}ms"), Condition(f"time < {end}ms")


def test_the_95th_percentile_of_each_uplink_is_that_of_the_capacity_report(sides: Sides) -> None:
    hour = NOW // HOUR_MS * HOUR_MS
    links = sides.get("links", start=hour - 7 * 24 * HOUR_MS, end=hour)
    for metric, side in (("link_in_p95_bps", "inbound"), ("link_out_p95_bps", "outbound")):
        where = (Condition(f"time = {hour}ms"),)
        told = sides.rows(Select(columns=(last(),), of=raw(metric), where=where, by=(Tag.SITE,), spanned=False))
        assert {site: rows[0][1] for site, rows in told.items()} == {
            link["site"]: pytest.approx(link[side]["p95_bps"]) for link in links
        }
        assert len(told) == SCHOOLS


@pytest.mark.parametrize("counted", COUNTS, ids=lambda counted: counted.metric)
def test_what_is_counted_of_schools_is_what_their_series_say(sides: Sides, counted: Count) -> None:
    states = {state.name: state.value for state in catalogue()[MetricId(counted.metric)].states}
    good = either(*(is_number("state", states[name]) for name in counted.good))
    kind = [is_value(Tag.KIND, counted.kind)] if counted.kind else []
    for gauge, within_ms, where in ((counted.every, HOUR_MS, ()), (counted.fine, counted.fine_ms, (good,))):
        each = Select(
            columns=(last().named("state"),),
            of=raw(counted.metric),
            where=(*kind, *_within(NOW - within_ms, NOW + 1)),
            by=(Tag.SITE, Tag.DEVICE, Tag.INSTANCE),
            spanned=False,
        )
        said = Select(columns=(last(),), of=raw(gauge), by=(Tag.SITE,), spanned=False)
        columns = (call("count", "state"),)
        series = sides.rows(Select(columns=columns, of=each, where=where, by=(Tag.SITE,), spanned=False))
        told = {site: rows[0][1] for site, rows in sides.rows(said).items()}
        assert {site: count for site, count in told.items() if count} == {
            site: rows[0][1] for site, rows in series.items()
        }
        assert len(told) >= SCHOOLS


def test_use_in_lessons_is_that_of_the_boards(sides: Sides) -> None:
    def of_schools(column: Expression, metric: str) -> dict[str, Cell]:
        asked = Select(columns=(column,), of=by_hour(metric), by=(Tag.SITE,), spanned=False)
        return {site: rows[0][1] for site, rows in sides.rows(asked).items()}

    shares = of_schools(mean(Field.MEAN), "board_use_percent")
    known, used = (of_schools(total(Field.MEAN), f"school_boards_{word}in_lessons") for word in ("", "used_"))
    assert {site: 100 * used[site] / known[site] for site in known} == pytest.approx(shares)  # type: ignore[operator]
    assert len(shares) == SCHOOLS


def test_alerts_are_those_of_the_api(sides: Sides) -> None:
    alerts = {one["id"]: one for one in sides.get("alerts", limit=1000) if not one["cause"]}
    columns = tuple(column(name) for name in ("id", "state", "severity", "site"))
    told = sides.rows(Select(columns=columns, of=raw(ALERT_MEASUREMENT), spanned=False))
    marks = {row[1]: row for rows in told.values() for row in rows}
    assert {number: (mark[0], *mark[2:]) for number, mark in marks.items()} == {
        number: (one["opened_at"], one["state"], one["severity"], one["site"]) for number, one in alerts.items()
    }
    assert len(marks) > 20
