"""The whole district on one command, as a stranger runs it: real processes, real SNMP and MQTT, real faults."""

import json
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.dashboards_asking import Endpoint
from benchmarks.dashboards_questions import questions
from dashboards.boards import BOARDS
from tests.support.demo import SCHOOL, SCHOOLS, Demo, running_demo

NOTHING_OPEN = "nothing need be open; the panel says so"
MAY_BE_EMPTY = {
    "district-now / What is open / A": NOTHING_OPEN,
    "school / What is open / A": NOTHING_OPEN,
    "device / What is open / A": NOTHING_OPEN,
    "device / Alerts / Anno": "the first device of the first school has had no trouble",
    "wireless / Alerts / Anno": "marks are of one school, whose access points have had no trouble",
    "power-environment / Alerts / Anno": "the simulator's last day has no trouble with power",
    "application-services / Alerts / Anno": "services are asked from the demo's start on, and are well",
}
"""Queries that may have no rows, and why."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("district") / "demo") as running:
        yield running


def test_health_needs_no_sign_in_and_shows_a_living_district(demo: Demo) -> None:
    def figures() -> dict[str, Any]:
        with urllib.request.urlopen(demo.base + "/api/v1/health", timeout=10) as answer:
            shown: dict[str, Any] = json.load(answer)
            return shown

    demo.wait(lambda: figures()["agents"] == SCHOOLS + 1, "every agent", timeout_s=60)
    before = figures()
    assert set(before) == {
        "status",
        "version",
        "agents",
        "devices",
        "series",
        "samples_stored",
        "open_alerts",
        "ingest_lag_s",
    }
    assert before["devices"] > SCHOOLS * 25
    demo.wait(lambda: figures()["samples_stored"] > before["samples_stored"] + 500, "live samples", timeout_s=60)
    assert figures()["ingest_lag_s"] < 30


def test_every_kind_of_device_speaks(demo: Demo) -> None:
    wanted = {"gateway", "switch", "access_point", "board", "camera", "kitchen_monitor", "ups", "projector", "printer"}
    wanted |= {"gate", "agent"}

    def devices() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = demo.get(f"/api/v1/devices?site={SCHOOL}")
        return found

    demo.wait(lambda: {device["kind"] for device in devices()} >= wanted, "a device of every kind", timeout_s=60)

    def silent() -> set[str]:
        return {
            device["id"]
            for device in devices()
            if not demo.get(f"/api/v1/sites/{SCHOOL}/devices/{device['id']}/latest")
        }

    demo.wait(lambda: not silent(), "a value of every device", timeout_s=60)


def test_a_cut_fibre_is_an_alert_and_its_samples_arrive_afterwards(demo: Demo) -> None:
    own = f"/api/v1/sites/{SCHOOL}/devices/{SCHOOL}/latest"
    demo.wait(lambda: bool(demo.get_or_none(own)), "the school's agent to have spoken", timeout_s=60)
    demo.wait(lambda: not demo.open_rules("centre"), "a calm centre", timeout_s=60)
    demo.simulate("fault", "cut-uplink", "--school", SCHOOL)
    demo.wait(lambda: "school-cut-off" in demo.open_rules(SCHOOL), "the alert of the cut school", timeout_s=120)
    demo.simulate("heal")
    demo.wait(lambda: "school-cut-off" not in demo.open_rules(SCHOOL), "the alert to clear", timeout_s=90)
    agents = {agent["id"]: agent for agent in demo.get("/api/v1/agents")}
    assert agents[SCHOOL]["online"]


def test_a_warm_freezer_is_an_alert(demo: Demo) -> None:
    demo.simulate("fault", "warm-freezer", "--school", "no-2-middle")
    demo.wait(lambda: "freezer-warm" in demo.open_rules("no-2-middle"), "the alert of the freezer", timeout_s=150)
    demo.simulate("heal")


def test_a_service_that_is_down_is_one_alert_at_the_centre(demo: Demo) -> None:
    demo.wait(lambda: "/services/teaching-platform" in demo.page("/services"), "a service to be seen", timeout_s=60)
    demo.simulate("fault", "service-down", "--device", "teaching-platform")
    demo.wait(lambda: "service-failed" in demo.open_rules("centre"), "the alert of the service", timeout_s=120)
    assert "services-school" not in demo.open_rules(SCHOOL)
    assert "services-metro" not in demo.open_rules("centre")
    demo.simulate("heal")
    demo.wait(lambda: "service-failed" not in demo.open_rules("centre"), "the alert to clear", timeout_s=120)


def test_history_fills_capacity_and_utilisation(demo: Demo) -> None:
    links = demo.get("/api/v1/links?days=2")
    assert {link["site"] for link in links} >= {SCHOOL}
    assert all(link["inbound"]["p95_bps"] > 0 for link in links)
    assert {use["site"] for use in demo.get("/api/v1/utilisation/sites?days=2")} >= {SCHOOL}


def test_every_query_of_every_dashboard_has_rows(demo: Demo) -> None:
    answered: dict[str, int] = {}
    silent: set[str] = set()

    def are_filled() -> bool:
        """Boards that were filled once are not asked again."""
        nonlocal silent
        now = round(time.time() * 1000)
        for board in [each for each in BOARDS if each.key not in answered]:
            asked = questions(board, endpoint, now)
            silent = {each.name for each in asked if not endpoint.ask(each.text).has_rows} - set(MAY_BE_EMPTY)
            if silent:
                return False
            answered[board.key] = len(asked)
        return True

    with Endpoint(demo.base, "campus", headers={"Authorization": f"Token {demo.token()}"}) as endpoint:
        try:
            demo.wait(are_filled, "rows for every query", timeout_s=120)
        except pytest.fail.Exception as failure:
            pytest.fail(f"no rows for {sorted(silent)}\n{failure}")
    assert set(answered) == {board.key for board in BOARDS}
    assert sum(answered.values()) > 300


def test_a_second_start_goes_on_where_the_first_stopped(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with running_demo(folder, "--fresh") as first:
        stored = first.get("/api/v1/health")["samples_stored"]
    with running_demo(folder) as second:
        assert second.get("/api/v1/health")["samples_stored"] >= stored
