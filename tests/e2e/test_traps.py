"""A trap of a real device, all the way: snmpd says it, the agent hears it, the controller has it, the device is read."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.servers.daemon import free_port, require_program, running, wait_until
from tests.servers.mosquitto import Mosquitto
from tests.servers.snmpd import COMMUNITY, Snmpd, snmpd
from tests.support.controller_file import controller_file
from tests.support.district import NO_1

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
MEMORY_LIMIT_BYTES = 80_000_000
START_S = 60.0
NEVER_S = 86_400
"""Between two turns of the device: what is read was asked for."""


def campanile(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "campanile", *arguments]


def agent_file(folder: Path, broker: Mosquitto, trap_port: int, device: Snmpd) -> Path:
    path = folder / "agent.yaml"
    settings = {
        "site": NO_1,
        "uplink": {"port": broker.port, "reconnect_min_s": 0.2, "reconnect_max_s": 0.5},
        "cadence": {"fast_s": NEVER_S, "normal_s": NEVER_S, "slow_s": NEVER_S},
        "snmp_communities": {"read": {"value": COMMUNITY}, "traps": {"value": "t4aps"}},
        "devices": [{"id": "server-1", "name": "机房服务器", "address": f"127.0.0.1:{device.port}"}],
        "traps": {"listen": [f"127.0.0.1:{trap_port}"], "credentials": ["traps"]},
    }
    path.write_text(yaml.safe_dump(settings))
    return path


def test_what_a_device_says_is_an_alert_at_the_district_and_the_device_is_read(
    tmp_path: Path, broker: Mosquitto
) -> None:
    trap_port = free_port(socket.SOCK_DGRAM)
    sinks = f"trap2sink 127.0.0.1:{trap_port} t4aps\nauthtrapenable 1\n"
    (tmp_path / "snmpd").mkdir()
    controller = controller_file(tmp_path / "controller.yaml", broker.port)
    log, agent_log = tmp_path / "controller.log", tmp_path / "agent.log"
    url = f"http://127.0.0.1:{yaml.safe_load(controller.read_text())['http']['port']}"
    with (
        snmpd(tmp_path / "snmpd", sinks) as device,
        running(campanile("controller", "run", "--config", str(controller)), log, lambda: True),
        running(
            campanile("agent", "run", "--config", str(agent_file(tmp_path, broker, trap_port, device))),
            agent_log,
            lambda: True,
        ) as agent,
        httpx.Client(base_url=url) as person,
    ):
        wait_until(lambda: b"console: " in log.read_bytes(), "the controller", START_S)
        wait_until(lambda: b"traps_heard" in agent_log.read_bytes(), "the agent", START_S)
        console = re.search(r"^console: (\S+)$", log.read_text(errors="replace"), re.MULTILINE)
        assert console is not None
        person.get(console[1])
        ask_with_a_wrong_community(device)
        wait_until(lambda: len(alerts(person)) == 1, "the alert", 30)
        (alert,) = alerts(person)
        assert (alert["site"], alert["device"], alert["severity"]) == (NO_1, "server-1", "minor")
        assert alert["rule"] == "event:authentication_failure"
        say_that_it_has_started(trap_port)
        wait_until(lambda: latest(person, "server-1").get("reachable") == 1, "the reading that was asked for", 30)
        wait_until(lambda: "agent_traps_per_min" in latest(person, NO_1), "the agent's own figures", 30)
        assert latest(person, NO_1)["agent_memory_bytes"] < MEMORY_LIMIT_BYTES
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(20) == 0
    assert "Traceback" not in agent_log.read_text(errors="replace")


def ask_with_a_wrong_community(device: Snmpd) -> None:
    wrong = ["-v2c", "-c", "wrong", "-r", "0", "-t", "0.2", f"127.0.0.1:{device.port}", "1.3.6.1.2.1.1.1.0"]
    done = subprocess.run([require_program("snmpget", "snmp"), *wrong], capture_output=True, check=False)
    assert done.returncode == 1


def say_that_it_has_started(trap_port: int) -> None:
    """As the device would; a wrong password alone is no reason to read it."""
    cold_start = ["-v2c", "-c", "t4aps", f"127.0.0.1:{trap_port}", "", "1.3.6.1.6.3.1.1.5.1"]
    subprocess.run([require_program("snmptrap", "snmp"), *cold_start], check=True)


def alerts(person: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = person.get("/api/v1/alerts", params={"state": "open"}).json()
    return found


def latest(person: httpx.Client, device: str) -> dict[str, float]:
    answer = person.get(f"/api/v1/sites/{NO_1}/devices/{device}/latest")
    return {each["metric"]: each["value"] for each in answer.json()} if answer.status_code == 200 else {}
