"""A district that runs: brokers, devices, fibres and faults over real sockets, by the command a person types."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from agent.config import load_config
from simulator.plan.shape import SimulatorPlan, device_host
from simulator.plan.write import write_plan
from tests.servers.daemon import accepts_tcp, free_port, require_program, running, wait_until

pytestmark = pytest.mark.slow
SCHOOL, OTHER = "no-1-primary", "no-2-middle"
CAMPANILE = [sys.executable, "-m", "campanile", "simulate"]


class District:
    """A running district in `folder`."""

    def __init__(self, folder: Path, plan: SimulatorPlan, brokers: psutil.Process, devices: psutil.Process) -> None:
        self.folder = folder
        self.plan = plan
        self.brokers = brokers
        self.devices = devices
        self._district = plan.district()

    def simulate(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*CAMPANILE, *words, "--dir", str(self.folder)], capture_output=True, text=True, check=False, timeout=60
        )

    def snmp_get(self, site: str, device: str, oid: str) -> str:
        place = self._district.site(site)
        address = f"{device_host(self._district, place, place.device(device))}:{self.plan.snmp_port}"
        options = ["-v2c", "-c", self.plan.community, "-Oqv", "-m", "", "-r", "0", "-t", "1"]
        program = require_program("snmpget", "snmp")
        done = subprocess.run(
            [program, *options, address, oid], capture_output=True, text=True, check=False, timeout=30
        )
        return done.stdout.strip()

    def uplink_status(self) -> tuple[str, str]:
        """Of the school's uplink, at both ends of the fibre."""
        gateway = self._district.site(SCHOOL).gateway
        port = self._district.centre.device("core-1").port(self._district.core_port_of[SCHOOL])
        column = "1.3.6.1.2.1.2.2.1.8"
        near = self.snmp_get(SCHOOL, "gw-1", f"{column}.{gateway.port(gateway.uplink).index}")
        return near, self.snmp_get("centre", "core-1", f"{column}.{port.index}")


@contextmanager
def listener(port: int) -> Iterator[list[MQTTMessage]]:
    """Everything published on a broker from now on."""
    heard: list[MQTTMessage] = []
    client = Client(CallbackAPIVersion.VERSION2)
    subscribed: list[int] = []
    client.on_message = lambda _client, _data, message: heard.append(message)
    client.on_connect = lambda c, *_: c.subscribe("#", 1)
    client.on_subscribe = lambda *_: subscribed.append(1)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        wait_until(lambda: bool(subscribed), "the subscription")
        yield heard
    finally:
        client.disconnect()
        client.loop_stop()


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    folder = tmp_path_factory.mktemp(
        "a-folder-with-a-rather-long-name-so-that-no-socket-address-can-hold-its-whole-path"
    )
    plan = write_plan(folder, 5, 2, free_port(), datetime.now(UTC).date())
    with ExitStack() as stack:
        where = ["--dir", str(folder)]
        brokers = stack.enter_context(
            running(
                [*CAMPANILE, "brokers", *where],
                folder / "brokers.log",
                lambda: "brokers listen" in (folder / "brokers.log").read_text(),
            )
        )
        devices = stack.enter_context(
            running(
                [*CAMPANILE, "run", *where],
                folder / "run.log",
                lambda: "devices answer" in (folder / "run.log").read_text(),
            )
        )
        yield District(folder, plan, psutil.Process(brokers.pid), psutil.Process(devices.pid))


def test_everything_listens_on_the_loopback_interface_only(district: District) -> None:
    sockets = [c for p in (district.brokers, district.devices) for c in p.net_connections("inet")]
    assert len(sockets) > 20
    assert all(c.laddr.ip.startswith("127.") for c in sockets)


def test_agents_configurations_are_what_agents_read(district: District) -> None:
    configs = [load_config(path) for path in sorted((district.folder / "agents").glob("*.yaml"))]
    assert [config.address.site for config in configs] == ["centre", SCHOOL, OTHER]
    assert all(config.devices for config in configs)
    assert [len(config.listeners) for config in configs] == [0, 1, 1]


def test_devices_publish_on_their_own_schools_broker(district: District) -> None:
    wanted = {"board", "kitchen", "camera", "projector", "gate"}
    with listener(district.plan.site(SCHOOL).broker_port) as heard:
        wait_until(lambda: {m.topic.split("/")[0] for m in heard} >= wanted, "a message of every kind")
        board = json.loads(next(m.payload for m in heard if m.topic.startswith("board/")))
    assert set(board) >= {"power", "input", "touches_per_min", "cpu", "temperature", "firmware", "model", "serial"}


def test_a_cut_fibre_is_down_everywhere_and_heals(district: District) -> None:
    fibre = district.plan.site(SCHOOL).fibre_port
    with socket.create_connection(("127.0.0.1", fibre), timeout=5) as line:
        line.settimeout(20)
        assert district.uplink_status() == ("1", "1")
        done = district.simulate("fault", "cut-uplink", "--school", SCHOOL)
        assert done.returncode == 0, done.stderr
        assert SCHOOL in done.stdout
        wait_until(lambda: not accepts_tcp(fibre), "the fibre to refuse")
        try:
            ended = line.recv(1) == b""
        except ConnectionResetError:
            ended = True
        assert ended
    assert district.uplink_status() == ("2", "2")
    assert accepts_tcp(district.plan.site(OTHER).fibre_port)
    listed = json.loads(district.simulate("faults", "--json").stdout)["active"]
    assert [(fault["name"], fault["site"]) for fault in listed] == [("cut-uplink", SCHOOL)]
    assert "1 fault healed" in district.simulate("heal").stdout
    wait_until(lambda: accepts_tcp(fibre), "the fibre to accept")
    assert district.uplink_status() == ("1", "1")


def test_a_fibre_carries_to_the_central_broker(district: District) -> None:
    with listener(district.plan.central_broker_port) as heard:
        client = Client(CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", district.plan.site(OTHER).fibre_port)
        client.loop_start()
        frame = os.urandom(1 << 20)
        client.publish("campus/1/00/x/x/up", frame, qos=1).wait_for_publish(20)
        wait_until(lambda: any(m.payload == frame for m in heard), "a frame of a megabyte")
        client.disconnect()
        client.loop_stop()


@pytest.mark.parametrize(("fault", "device"), [("silent", "sw-1"), ("garbage", "sw-2")])
def test_a_device_that_does_not_answer_leaves_its_neighbours(district: District, fault: str, device: str) -> None:
    assert district.simulate("fault", fault, "--school", SCHOOL, "--device", device).returncode == 0
    wait_until(lambda: not district.snmp_get(SCHOOL, device, "1.3.6.1.2.1.1.5.0"), "the device to fall silent")
    assert district.snmp_get(SCHOOL, "sw-3", "1.3.6.1.2.1.1.5.0")
    district.simulate("heal")
    wait_until(lambda: bool(district.snmp_get(SCHOOL, device, "1.3.6.1.2.1.1.5.0")), "the device to answer")


def test_a_hung_board_falls_silent(district: District) -> None:
    assert district.simulate("fault", "hang-board", "--school", OTHER, "--device", "board-101").returncode == 0
    with listener(district.plan.site(OTHER).broker_port) as heard:
        wait_until(
            lambda: sum(m.topic == "board/board-102/telemetry" for m in heard) >= 2, "two words of its neighbour", 30
        )
        assert not [m for m in heard if m.topic == "board/board-101/telemetry"]
    district.simulate("heal")


def test_mistakes_are_explained(district: District) -> None:
    done = district.simulate("fault", "warm-freezer", "--school", "no-1-primery")
    assert done.returncode == 2
    assert "Did you mean 'no-1-primary'" in done.stderr


@pytest.mark.parametrize(("command", "word"), [("brokers", "brokers listen"), ("run", "devices answer")])
def test_a_process_ends_cleanly_when_told(tmp_path: Path, command: str, word: str) -> None:
    plan = write_plan(tmp_path, 1, 1, free_port(), datetime.now(UTC).date())
    log = tmp_path / "log"
    with running([*CAMPANILE, command, "--dir", str(tmp_path)], log, lambda: word in log.read_text()) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert "Traceback" not in log.read_text()
    assert not accepts_tcp(plan.central_broker_port)
    assert not (tmp_path / "simulator.sock").exists()


def test_a_taken_port_is_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        write_plan(tmp_path, 1, 1, taken.getsockname()[1], datetime.now(UTC).date())
        done = subprocess.run(
            [*CAMPANILE, "brokers", "--dir", str(tmp_path)], capture_output=True, text=True, check=False
        )
    assert done.returncode == 2
    assert "another program has taken" in done.stderr


def test_a_changed_configuration_is_told_by_a_trap_of_the_switch(district: District) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as agent:
        agent.bind(("127.0.0.1", district.plan.site(SCHOOL).trap_port))
        agent.settimeout(20)
        assert district.simulate("fault", "config-change", "--school", SCHOOL, "--device", "sw-1").returncode == 0
        datagram, (source, _) = agent.recvfrom(2048)
        assert district.simulate("heal", "--school", SCHOOL).returncode == 0
        assert agent.recvfrom(2048)[1][0] == source, "the way back is a change too"
    place = district.plan.district().site(SCHOOL)
    assert source == device_host(district.plan.district(), place, place.device("sw-1"))
    assert district.plan.community.encode() in datagram
