# ruff: noqa: S608 - the names put into statements are our own
"""The whole path with samples in InfluxDB: frames over a real broker, killed servers, the API, a backup. As people run it."""

import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from campus.influx import Policy
from controller.backup.reading import backups_in, is_verified
from controller.store.influx.catalogue import CATALOGUE, FOLDER
from controller.store.influx.snapshot import check_catalogue
from tests.servers.daemon import free_port, wait_until
from tests.servers.influxdb import InfluxServer, influxdb
from tests.servers.mosquitto import Mosquitto
from tests.support.busy_school import KEY, SAMPLES_EACH, BusySchool
from tests.support.controller_file import controller_file
from tests.support.controller_process import Starter, said, starting
from tests.support.district import KITCHEN, NO_1

pytestmark = pytest.mark.slow
DATABASE = "campus"


def configured(path: Path, broker: Mosquitto, server: InfluxServer, data_dir: str = "data") -> Path:
    controller_file(path, broker.port, data_dir)
    entered = {"url": server.url, "username": server.username, "password_file": "influxdb.secret"}
    server.secret_file(path.parent)
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"store": "influxdb", "influxdb": entered}))
    return path


@pytest.fixture
def start() -> Iterator[Starter]:
    """Start the controller of a configuration; every one is ended with the test."""
    with starting() as starter:
        yield starter


@pytest.fixture
def school(broker: Mosquitto) -> Iterator[BusySchool]:
    speaker = BusySchool(broker)
    yield speaker
    speaker.leave()


def more(school: BusySchool, frames: int, why: str) -> None:
    heard = len(school.acknowledged)
    wait_until(lambda: len(school.acknowledged) >= heard + frames, why)


def samples_of_frames(server: InfluxServer, school: BusySchool) -> dict[int, int]:
    """How many samples of each frame stand in InfluxDB."""
    offset = school.started_at % SAMPLES_EACH
    text = (
        f'SELECT count("value") FROM "{KEY.metric}" WHERE "device" = \'{KITCHEN}\' AND time >= {school.started_at}ms AND '
        f"time < {school.started_at + (school.sent + 1) * SAMPLES_EACH}ms "
        f"GROUP BY time({SAMPLES_EACH}ms, {offset}ms) fill(none)"
    )
    (answer,) = server.query(text, DATABASE, Policy.RAW)
    return {(at - school.started_at) // SAMPLES_EACH + 1: count for at, count in answer["series"][0]["values"]}


def test_nothing_acknowledged_is_lost_whoever_is_killed(
    tmp_path: Path, broker: Mosquitto, start: Starter, school: BusySchool
) -> None:
    port = free_port()
    with influxdb(tmp_path / "server", port) as server:
        config = configured(tmp_path / "controller.yaml", broker, server)
        controller = start(config)
        more(school, 100, "frames")
        os.kill(server.pid, signal.SIGKILL)
    with influxdb(tmp_path / "server", port) as server:
        more(school, 300, "frames after InfluxDB was killed")
        controller.send_signal(signal.SIGKILL)
        controller.wait(10)
        start(config)
        more(school, 300, "frames after the controller was killed")

        done = said("backup", "--config", str(config), str(tmp_path / "backups"))
        assert done.returncode == 0, done.stderr + done.stdout
        assert "not included: the samples, which are in InfluxDB" in done.stdout
        (place,) = backups_in(tmp_path / "backups")
        assert is_verified(place)
        assert json.loads(said("verify", "--config", str(config), "--json").stdout)["whole"] is True
        elsewhere = configured(tmp_path / "second.yaml", broker, server, "second")
        restored = said("restore", "--config", str(elsewhere), str(place))
        assert restored.returncode == 0, restored.stderr
        assert (tmp_path / "second" / FOLDER / CATALOGUE).is_file()
        restored_store = check_catalogue(tmp_path / "second" / FOLDER, lambda _more: None)
        assert (restored_store.damages, restored_store.series > 0) == ([], True)

        told = httpx.get(yaml_url(config) + "/metrics").text
        assert "campanile_store_points_refused_total 0.0" in told
        school.leave()
        assert latest_value(config, school.started_at) == -18.0
        counted = samples_of_frames(server, school)
        assert {counted.get(number) for number in school.acknowledged if number > 1} == {SAMPLES_EACH}


def yaml_url(config: Path) -> str:
    return f"http://127.0.0.1:{yaml.safe_load(config.read_text())['http']['port']}"


def latest_value(config: Path, since: int) -> float:
    """By the API, as a person with a link asks."""
    (*_, link) = re.findall(r"^console: (\S+)$", config.with_suffix(".log").read_text(errors="replace"), re.MULTILINE)
    with httpx.Client(base_url=yaml_url(config), timeout=30) as person:
        person.get(link)
        (latest,) = person.get(f"/api/v1/sites/{NO_1}/devices/{KITCHEN}/latest").json()
        asked: dict[str, str | int] = {"metric": KEY.metric, "start": since, "end": since + 2 * SAMPLES_EACH}
        chart = person.get(f"/api/v1/sites/{NO_1}/devices/{KITCHEN}/chart", params=asked).json()
        assert set(chart["series"][0]["mean"]) == {-18.0}
        return float(latest["value"])


def test_a_secret_that_is_missing_is_told_before_anything_starts(tmp_path: Path, broker: Mosquitto) -> None:
    nowhere = InfluxServer("http://127.0.0.1:1", 1, username="campanile", password="only for tests")
    config = configured(tmp_path / "controller.yaml", broker, nowhere)
    (tmp_path / "influxdb.secret").unlink()
    checked = said("run", "--check", "--config", str(config))
    assert checked.returncode == 2
    assert "influxdb.password_file" in checked.stderr
    assert not (tmp_path / "data").exists()


def test_a_server_that_is_away_at_the_start_is_told_in_a_sentence(tmp_path: Path, broker: Mosquitto) -> None:
    nowhere = InfluxServer(f"http://127.0.0.1:{free_port()}", 1, username="campanile", password="only for tests")
    ended = said("run", "--config", str(configured(tmp_path / "controller.yaml", broker, nowhere)))
    assert ended.returncode == 1
    assert "cannot be reached" in ended.stderr
    assert "object at 0x" not in ended.stderr  # the library's words name its own objects
