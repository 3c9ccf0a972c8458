"""`campanile agent discover` against whole simulated schools: every device is found, placed, and read by the right profile."""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from agent.config import load_config
from firmware_profiles.catalogue import FALLBACK
from simulator.district.device import SimDevice
from simulator.district.site import SimSite
from simulator.mib.bridge import place_of
from simulator.plan.shape import SimulatorPlan
from simulator.plan.write import write_plan
from tests.servers.daemon import free_port, running, wait_until

pytestmark = pytest.mark.slow
SIMULATE = [sys.executable, "-m", "campanile", "simulate"]
DISCOVER = [sys.executable, "-m", "campanile", "agent", "discover"]


class Schools(NamedTuple):
    """A running district; `files` are agents that know no device yet, by school."""

    folder: Path
    plan: SimulatorPlan
    files: dict[str, Path]


@pytest.fixture(scope="module")
def schools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Schools]:
    folder = tmp_path_factory.mktemp("schools")
    plan = write_plan(folder, 1, 2, free_port(), datetime.now(UTC).date())
    where = ["--dir", str(folder)]
    with ExitStack() as stack:
        for word, sign in (("brokers", "brokers listen"), ("run", "devices answer")):
            log = folder / f"{word}.log"
            stack.enter_context(running([*SIMULATE, word, *where], log, partial(_says, log, sign)))
        yield Schools(folder, plan, {site.id: _empty_agent(folder, plan, site.id) for site in plan.sites[1:]})


def _says(log: Path, words: str) -> bool:
    return words in log.read_text()


def _empty_agent(folder: Path, plan: SimulatorPlan, site: str) -> Path:
    """The school's agent as a technician begins: site, credentials, broker, ranges; no device."""
    planned = yaml.safe_load((folder / "agents" / f"{site}.yaml").read_text())
    number = [each.id for each in plan.sites].index(site)
    planned |= {
        "devices": [],
        "mqtt_devices": [],
        "spool": {"path": f"{site}.db"},
        "discovery": {
            "ranges": [f"127.77.{number}.0/26"],
            "rate_per_s": 200,
            "ports": {name: port for name, port in _ports(plan).items() if port},
            "rooms": {room.id: room.name_zh for room in plan.district().site(site).rooms},
        },
    }
    path = folder / f"{site}.yaml"
    path.write_text(yaml.safe_dump(planned, allow_unicode=True, sort_keys=False))
    return path


def _ports(plan: SimulatorPlan) -> dict[str, int]:
    """Where the simulator listens: one port for each protocol, on every device's own address."""
    named = {
        "snmp": "snmp_port",
        "pjlink": "pjlink_port",
        "http": "camera_port",
        "rtsp": "rtsp_port",
        "ssh": "ssh_port",
    }
    return {service: getattr(plan, attribute, 0) for service, attribute in named.items()}


def discovered(path: Path, *words: str) -> dict[str, Any]:
    command = [*DISCOVER, "--config", str(path), "--json", *(words or ("--listen-s", "12"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


class Score(NamedTuple):
    """Of one device."""

    name: str
    found: bool = False
    placed: bool = False
    recognised: bool = False


class Guest(NamedTuple):
    """A device that came by itself and publishes: who speaks for it, empty for the broker, and what it is."""

    through: str
    vendor: str
    model: str = ""
    kind: str = "sensor"


GUESTS = {
    "plant-room": Guest("", "Milesight", "UG65"),
    "air-301": Guest("plant-room", "", "AM319"),
    "cold-room": Guest("plant-room", "", "EM300-TH"),
    "饮水机插座": Guest("", "Tasmota", "Sonoff S31"),
    "Zigbee2MQTT": Guest("", "Zigbee2MQTT", kind="other"),
    "301教室温湿度": Guest("Zigbee2MQTT", "Aqara", "WSDCGQ11LM"),
    "档案室门磁": Guest("Zigbee2MQTT", "Aqara", "MCCGQ11LM"),
    "机房漏水": Guest("Zigbee2MQTT", "Aqara", "SJCGQ11LM"),
    "图书馆充电柜插座": Guest("Zigbee2MQTT", "TuYa", "TS011F_plug_1"),
}
"""Of the first school (`simulator.mqtt.guests`)."""


def score(site: SimSite, device: SimDevice, told: list[dict[str, Any]]) -> Score:
    """How well a device of a school was told of, by its serial number or, where it tells none, its name."""
    name = f"{site.id} {device.id}"
    by_serial = [each for each in told if each.get("serial", "") == device.serial]
    found = (by_serial or [each for each in told if each.get("name", "") == device.system_name])[:1]
    if not found:
        return Score(name)
    place = (found[0].get("place_device", ""), found[0].get("place_port", ""))
    wanted = place_of(site, device)
    placed = bool(place[1]) if wanted is None else place == wanted
    profile = found[0].get("profile", FALLBACK)
    return Score(name, True, placed, found[0]["kind"] == device.kind and profile != FALLBACK)


def guest_score(name: str, guest: Guest, told: list[dict[str, Any]], broker: str) -> Score:
    """How well a guest was told of; no switch sees any."""
    found = next((each for each in told if each.get("name", "") == name), None)
    if found is None:
        return Score(name)
    is_placed = found.get("place_device", "") == (guest.through or broker)
    what = found["kind"], found.get("vendor", ""), found.get("model", "")
    return Score(name, True, is_placed, what == (guest.kind, guest.vendor, guest.model))


def check(scores: list[Score]) -> None:
    """All good; the figures are printed."""
    good = Counter(word for each in scores for word in Score._fields[1:] if getattr(each, word))
    print(f"\n{len(scores)} devices: {dict(good)}")  # noqa: T201 - the figures
    assert [each for each in scores if not all(each)] == []


def test_all_forty_devices_of_a_school_are_found_placed_and_recognised(schools: Schools) -> None:
    """Its own devices, and the guests on its broker, whose births are asked for and told within half a minute."""
    site = schools.plan.district().schools[0]
    told = discovered(schools.files[site.id], "--listen-s", "30")["devices"]
    broker = f"127.0.0.1:{schools.plan.site(site.id).broker_port}"
    scores = [score(site, each, told) for each in site.devices]
    scores += [guest_score(name, guest, told, broker) for name, guest in GUESTS.items()]
    assert len(scores) >= 40
    check(scores)
    assert len(told) == len(scores), "nobody was invented"


def test_every_device_of_a_school_of_another_make_is_found_placed_and_recognised(schools: Schools) -> None:
    site = schools.plan.district().schools[1]
    told = discovered(schools.files[site.id])["devices"]
    check([score(site, each, told) for each in site.devices])
    assert len(told) == len(site.devices), "nobody was invented"


def test_what_was_found_is_written_into_the_file_and_read_by_the_agent(schools: Schools, tmp_path: Path) -> None:
    path = tmp_path / "agent.yaml"
    (source,) = list(schools.files.values())[:1]
    path.write_text("# ours, since 2024\n" + source.read_text() + "# the end\n")
    command = [*DISCOVER, "--config", str(path), "--listen-s", "12", "--write"]
    done = subprocess.run(command, input="y\n", capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0, done.stderr
    config = load_config(path)
    site = schools.plan.district().sites[1]
    written = {device.entry.id for device in config.devices} | {each.id for each in config.file.mqtt_devices}
    assert len(written) >= len(site.devices)
    assert {device.id for device in site.devices if device.family.speaks_snmp} < written
    boards = {each.id: each.room for each in config.file.mqtt_devices}
    assert boards["board-101"] == "r101"
    text = path.read_text()
    assert text.startswith("# ours, since 2024\n")
    assert text.endswith("# the end\n")
    assert len(list(tmp_path.glob("agent.yaml.*.bak"))) == 1
    again = [each for each in discovered(path)["devices"] if each.get("address")]  # guests on the broker have none
    assert {each["registered"] for each in again} <= written
    assert len(again) == len(site.devices)


def test_a_person_who_says_no_keeps_the_file(schools: Schools, tmp_path: Path) -> None:
    path = tmp_path / "agent.yaml"
    path.write_text(next(iter(schools.files.values())).read_text())
    before = path.read_text()
    command = [*DISCOVER, "--config", str(path), "--listen-s", "0", "--range", "127.77.1.1", "--write"]
    done = subprocess.run(command, input="n\n", capture_output=True, text=True, check=False, timeout=60)
    assert "+- {id: gw-1" in done.stdout.replace("+  -", "+-")
    assert path.read_text() == before
    assert [each.name for each in tmp_path.iterdir()] == ["agent.yaml"]


def test_ctrl_c_stops_a_scan_and_shows_what_was_found(schools: Schools, tmp_path: Path) -> None:
    path = tmp_path / "agent.yaml"
    settings = yaml.safe_load(next(iter(schools.files.values())).read_text())
    settings["discovery"] |= {"ranges": ["127.77.1.0/24"], "rate_per_s": 20, "concurrency": 2}
    path.write_text(yaml.safe_dump(settings))
    log = tmp_path / "out.txt"
    with log.open("w") as out:
        process = subprocess.Popen(
            [*DISCOVER, "--config", str(path), "--listen-s", "0"], stdout=out, stderr=subprocess.STDOUT
        )
        try:
            wait_until(lambda: "gw-1" in log.read_text(), "the first device")
            began_s = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()
    assert time.monotonic() - began_s < 30
    told = log.read_text()
    assert "Stopped: " in told
    assert "huawei/vrp-ar" in told.partition("Stopped: ")[2]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"discovery": None}, "ranges: [10.20.1.0/24]"),
        ({"discovery": {"ranges": ["10.9.9.0/24"]}}, "lies outside of discovery.ranges (10.9.9.0/24)"),
        ({"discovery": {"ranges": ["school"]}}, "'school' is not a range"),
        ({"discovery": {"ranges": ["127.77.1.1"], "ports": {"snpm": 161}}}, "Did you mean 'snmp'?"),
        ({"discovery": {"ranges": ["127.77.1.1"], "credentials": ["raed"]}}, "Did you mean 'read'?"),
        ({"discovery": {"ranges": ["127.77.1.1"], "rate_per_s": 0}}, "discovery.rate_per_s is 0"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    path = tmp_path / "agent.yaml"
    path.write_text(yaml.safe_dump({"site": "no-1", "snmp_communities": {"read": {"value": "public"}}} | change))
    command = [*DISCOVER, "--config", str(path), "--range", "127.77.1.1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert words in done.stderr
