"""The REST API's answers, beyond who may have them."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from campus.ids import Instance, MetricId
from campus.version import VERSION
from controller.identity.model import ScopeSpec
from controller.identity.scope import Role
from controller.main import Controller
from controller.store.port import Batch, DistrictSeries, FrameMark
from tests.support.district import (
    DAY_MS,
    GATEWAY,
    HOUR_MS,
    NO_1,
    NOW,
    UPLINK,
    address_of,
    enrolment,
    school_facts,
)
from tests.support.standing import signed_in, standing_controller
from tests.support.visitor import Visitor


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    with standing_controller(tmp_path_factory.mktemp("controller"), enrolment()) as standing:
        standing.registry.learn_facts(address_of(NO_1), school_facts(NO_1), NOW)
        parts = [(MetricId("if_in_bps"), Instance(UPLINK)), (MetricId("if_oper_state"), Instance(UPLINK))]
        ids = standing.store.series_ids([DistrictSeries(NO_1, GATEWAY, *part) for part in parts])
        at = np.arange(NOW - HOUR_MS, NOW, 60_000, dtype=np.int64)
        mark = FrameMark(NO_1, address_of(NO_1).agent, 1, 1)
        value = np.tile(np.array([4e8, 1.0]), len(at))
        standing.store.append(Batch([mark], np.tile(ids, len(at)), np.repeat(at, 2), value))
        yield standing


@pytest.fixture
def person(controller: Controller) -> Visitor:
    return signed_in(controller, ScopeSpec(Role.OPERATOR))


def test_health_tells_what_there_is(controller: Controller, person: Visitor) -> None:
    assert person.get("/api/v1/health").json() == {
        "status": "degraded",  # no broker here
        "version": VERSION,
        "agents": 3,
        "devices": 6,
        "series": 2,
        "samples_stored": 120,
        "open_alerts": 0,
        "ingest_lag_s": 0.0,
    }


def test_devices_are_chosen_and_told_with_their_facts(person: Visitor) -> None:
    (gateway,) = person.get("/api/v1/devices", params={"kind": "gateway"}).json()
    assert (gateway["site"], gateway["id"], gateway["name"]) == (NO_1, GATEWAY, "出口网关 1")
    assert gateway["facts"]["uplinks"] == [UPLINK]
    assert person.get("/api/v1/devices", params={"kind": "toaster"}).status_code == 422


def test_latest_values_say_what_they_mean(person: Visitor) -> None:
    latest = person.get(f"/api/v1/sites/{NO_1}/devices/{GATEWAY}/latest").json()
    assert [(each["metric"], each["value"], each["unit"], each["state"]) for each in latest] == [
        ("if_in_bps", 4e8, "bit/s", None),
        ("if_oper_state", 1.0, "1", "up"),
    ]


def test_a_chart_has_columns_and_unknown_metrics_are_empty(person: Visitor) -> None:
    where = f"/api/v1/sites/{NO_1}/devices/{GATEWAY}/chart"
    span = {"start": NOW - HOUR_MS, "end": NOW}
    chart = person.get(where, params={"metric": "if_in_bps", **span}).json()
    (line,) = chart["series"]
    assert (chart["unit"], chart["level"], len(line["at"]), set(line["mean"])) == ("bit/s", "raw", 60, {4e8})
    assert person.get(where, params={"metric": "no_such_metric", **span}).json()["series"] == []


@pytest.mark.parametrize(
    "span", [{"start": NOW, "end": NOW}, {"start": -1}, {"end": 1 << 60}, {"start": NOW - 900 * DAY_MS}, {"end": "x"}]
)
def test_a_period_that_cannot_be_is_refused(person: Visitor, span: dict[str, object]) -> None:
    assert person.get("/api/v1/links", params=span).status_code == 422


def test_links_tell_their_use(person: Visitor) -> None:
    (link,) = person.get("/api/v1/links").json()
    assert (link["site"], link["capacity_bps"], link["is_up"]) == (NO_1, 1e9, True)
    assert link["inbound"]["p95_bps"] == 4e8
    assert link["outbound"]["p95_bps"] is None, "not measured is null, not zero"


@pytest.mark.parametrize(
    ("path", "rows"),
    [("/api/v1/devices.csv", 6), ("/api/v1/links.csv", 1), ("/api/v1/utilisation.csv", 2), ("/api/v1/alerts.csv", 0)],
)
def test_spreadsheets_have_a_row_for_each_thing(person: Visitor, path: str, rows: int) -> None:
    answer = person.get(path)
    table = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(table) == rows + 1
    assert {len(row) for row in table} == {len(table[0])}


def test_the_document_describes_every_answer(person: Visitor) -> None:
    document = person.get("/api/v1/openapi.json").json()
    assert len(document["paths"]) >= 20
    undescribed = [
        (path, method)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if not operation.get("description")
    ]
    assert undescribed == []


def test_a_service_that_is_away_is_a_503_with_advice_to_come_again(tmp_path: Path) -> None:
    with standing_controller(tmp_path, enrolment()) as standing:
        person = signed_in(standing, ScopeSpec(Role.OPERATOR))
        standing.close_registry()
        (tmp_path / "registry.db").unlink()
        (tmp_path / "registry.db").mkdir()
        answer = person.get("/api/v1/sites")
        (tmp_path / "registry.db").rmdir()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "registry database cannot be used now" in answer.json()["detail"]
