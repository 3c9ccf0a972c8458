"""A real router's configuration, all the way: FRR behind OpenSSH, the agent, the controller, an alert, the console's page."""

import re
import signal
import socket
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from simulator.snmp.ber import parse_oid
from simulator.snmp.trap import send_trap
from tests.servers.daemon import free_port, running, wait_until
from tests.servers.mosquitto import Mosquitto
from tests.servers.sshd import PASSWORD, SECRETS, USER, Sshd, sshd
from tests.support.controller_file import controller_file
from tests.support.district import NO_1

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
START_S = 60.0
CHANGED = parse_oid("1.3.6.1.4.1.9.9.43.2.0.2")
PAGE = f"/sites/{NO_1}/devices/router-1/configuration"
OUTSIDE = "event:configuration_changed_outside"


def campanile(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "campanile", *arguments]


def agent_file(folder: Path, broker: Mosquitto, trap_port: int, server: Sshd) -> Path:
    path = folder / "agent.yaml"
    (folder / "cli.txt").write_text(PASSWORD + "\n")
    wanted = {"credential": "cli", "driver": "cisco_ios", "port": server.port}
    settings = {
        "site": NO_1,
        "uplink": {"port": broker.port, "reconnect_min_s": 0.2, "reconnect_max_s": 0.5},
        "cadence": {"fast_s": 2, "normal_s": 2, "slow_s": 300},
        "credentials": {"cli": {"username": USER, "password": {"file": "cli.txt"}}},
        "snmp_communities": {"traps": {"value": "t4aps"}, "read": {"value": "nobody"}},
        "configurations": {"first_within_s": 1, "settle_s": 0.5},
        "devices": [
            {"id": "router-1", "address": f"127.0.0.1:{free_port(socket.SOCK_DGRAM)}", "configuration": wanted}
        ],
        "traps": {"listen": [f"127.0.0.1:{trap_port}"], "credentials": ["traps"]},
    }
    path.write_text(yaml.safe_dump(settings))
    return path


def never_expected(controller: Path) -> None:
    """A change window that is three days away, by any clock."""
    settings = yaml.safe_load(controller.read_text())
    day = f"{datetime.now(UTC) + timedelta(days=3):%a}".lower()
    settings["configurations"] = {"change_windows": [{"from": "18:00", "until": "23:00", "weekdays": [day]}]}
    controller.write_text(yaml.safe_dump(settings))


def test_a_change_that_nobody_expected_is_an_alert_with_both_texts_beside_it(tmp_path: Path, broker: Mosquitto) -> None:
    trap_port = free_port(socket.SOCK_DGRAM)
    controller = controller_file(tmp_path / "controller.yaml", broker.port)
    never_expected(controller)
    log, agent_log = tmp_path / "controller.log", tmp_path / "agent.log"
    url = f"http://127.0.0.1:{yaml.safe_load(controller.read_text())['http']['port']}"
    with (
        sshd() as router,
        running(campanile("controller", "run", "--config", str(controller)), log, lambda: True),
        running(
            campanile("agent", "run", "--verbose", "--config", str(agent_file(tmp_path, broker, trap_port, router))),
            agent_log,
            lambda: True,
        ) as agent,
        httpx.Client(base_url=url, headers={"Accept-Language": "en"}) as person,
    ):
        wait_until(lambda: b"console: " in log.read_bytes(), "the controller", START_S)
        console = re.search(r"^console: (\S+)$", log.read_text(errors="replace"), re.MULTILINE)
        assert console is not None
        person.get(console[1])
        wait_until(lambda: "One version so far" in person.get(PAGE).text, "the first version", START_S)
        router.order("router bgp 65001", "neighbor 192.0.2.9 remote-as 65009")
        send_trap("127.0.0.1", ("127.0.0.1", trap_port), "t4aps", CHANGED)
        wait_until(lambda: OUTSIDE in rules(person), "the alert", 30)
        shown = person.get(PAGE).text
        assert "Lines added: 1, removed: 0" in shown
        assert '<span class="hidden-text">added </span> neighbor 192.0.2.9 remote-as 65009' in shown
        assert "&lt;masked:" in shown
        assert not [secret for secret in SECRETS if secret in shown]
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(20) == 0
    said = agent_log.read_text(errors="replace")
    assert "Traceback" not in said
    assert not [secret for secret in (*SECRETS, PASSWORD) if secret in said]


def rules(person: httpx.Client) -> list[str]:
    found: list[dict[str, Any]] = person.get("/api/v1/alerts").json()
    return [each["rule"] for each in found]
