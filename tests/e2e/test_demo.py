"""The whole district on one command, as a stranger runs it: real processes, real SNMP and MQTT, real faults."""

import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.servers.daemon import free_port, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

SCHOOLS = 2
SCHOOL = "no-1-primary"


class Demo:
    """A running demo and a signed-in visitor."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes], port: int, console: str) -> None:
        self.folder = folder
        self.process = process
        self.base = f"http://127.0.0.1:{port}"
        self._visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self._visitor.open(console, timeout=10).read()

    def get(self, path: str) -> Any:
        """The JSON of an API address, as the signed-in visitor."""
        with self._visitor.open(self.base + path, timeout=10) as answer:
            return json.load(answer)

    def get_or_none(self, path: str) -> Any:
        """The same, None where nothing is yet."""
        try:
            return self.get(path)
        except urllib.error.HTTPError as error:
            if error.code != HTTPStatus.NOT_FOUND:
                raise
            return None

    def wait(self, condition: Callable[[], bool], what: str, timeout_s: float) -> None:
        """`wait_until`, and the processes' last words when it was in vain."""
        try:
            wait_until(condition, what, timeout_s)
        except pytest.fail.Exception as failure:
            logs = sorted((self.folder / "logs").glob("*.log"))
            words = [f"== {log.name}\n{log.read_text(errors='replace')[-1500:]}" for log in logs]
            pytest.fail("\n".join([str(failure), self.simulate("faults"), *words]))

    def simulate(self, *arguments: str) -> str:
        """Run `campanile simulate ...` against this district."""
        done = subprocess.run(
            [sys.executable, "-m", "campanile", "simulate", *arguments, "--dir", str(self.folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def open_rules(self, site: str) -> set[str]:
        """Rules with an open alert at `site`."""
        return {alert["rule"] for alert in self.get(f"/api/v1/alerts?state=open&site={site}")}


@contextmanager
def _running(folder: Path, *options: str) -> Iterator[Demo]:
    port = free_port()
    command = [sys.executable, "-m", "campanile", "demo", "--schools", str(SCHOOLS), "--days", "2", "--no-browser"]
    log = folder.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--data", str(folder), *options], stdout=output, stderr=subprocess.STDOUT
        )
    try:
        console = ""

        def printed() -> bool:
            nonlocal console
            assert process.poll() is None, log.read_text()
            found = re.search(r"^console: (http://127\.0\.0\.1:\S+)$", log.read_text(), re.MULTILINE)
            console = found[1] if found else ""
            return bool(console)

        wait_until(printed, "the console's address", timeout_s=180)
        yield Demo(folder, process, port, console)
    finally:
        children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.send_signal(signal.SIGINT)
        process.wait(60)
        left = [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
        for child in left:
            child.kill()
        assert not left, f"left behind: {left}"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with _running(tmp_path_factory.mktemp("district") / "demo") as running:
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


def test_history_fills_capacity_and_utilisation(demo: Demo) -> None:
    links = demo.get("/api/v1/links?days=2")
    assert {link["site"] for link in links} >= {SCHOOL}
    assert all(link["inbound"]["p95_bps"] > 0 for link in links)
    assert {use["site"] for use in demo.get("/api/v1/utilisation/sites?days=2")} >= {SCHOOL}


def test_a_second_start_goes_on_where_the_first_stopped(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with _running(folder, "--fresh") as first:
        stored = first.get("/api/v1/health")["samples_stored"]
    with _running(folder) as second:
        assert second.get("/api/v1/health")["samples_stored"] >= stored
