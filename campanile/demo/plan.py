"""Ports and configuration of a demo, chosen anew at each start."""

import json
import socket
import subprocess
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from campanile.demo.folder import DemoFolder
from campanile.demo.people import write_register
from campanile.demo.processes import ChildFailed, campanile
from campus.errors import ConfigError
from simulator.plan.shape import THROUGHPUT_TOKEN

LOOPBACK = "127.0.0.1"
USUAL_PORT = 8080
TIMEZONE = "Asia/Shanghai"
CHANGES_MIN = 5
APPLICATIONS = {
    "names": {
        "teaching-platform": {"en": "Teaching platform", "zh": "教学平台"},
        "registration": {"en": "Pupil registration", "zh": "学籍报名系统"},
        "name-server": {"en": "Name server", "zh": "域名服务"},
    },
    "hold_s": 20.0,
    "clear_hold_s": 20.0,
}
"""The simulated centre's services, which its agents ask every 15 s: verdicts come sooner than in a real district."""


LINES = {"max_bytes": 4 << 20, "max_bps": 400e6, "every_s": 3600.0, "in_lessons": True}
"""Lines of loopback are measured quickly, and lessons on them disturb nobody."""


def choose_port(wanted: int | None) -> int:
    """The console's port: the one asked for (`ConfigError` when taken), else 8080 when free, else any free one."""
    if wanted is not None:
        if not _is_free(wanted):
            raise ConfigError(
                f"port {wanted} is in use by another program: choose another with --port, or leave it out"
            )
        return wanted
    return USUAL_PORT if _is_free(USUAL_PORT) else free_port()


def free_port() -> int:
    """A TCP port of the loopback interface that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def write_plan(folder: DemoFolder, http_port: int) -> list[Path]:
    """Have the simulator plan its district, write the controller's configuration; the agents' configurations by name."""
    from campanile.demo.rules import write_rules  # reading rules needs the controller's libraries, help does not

    broker_port = free_port()
    asked = folder.asked
    planned = subprocess.run(
        campanile(
            *("simulate", "plan", "--dir", str(folder.path), "--schools", str(asked.schools)),
            *("--seed", str(asked.seed), "--broker-port", str(broker_port), "--console-port", str(http_port)),
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    if planned.returncode:
        raise ChildFailed(f"the simulator could not plan the district: {planned.stderr.strip()}")
    config = {
        "data_dir": str(folder.path / "data"),
        "broker": {"host": LOOPBACK, "port": broker_port},
        "http": {"host": LOOPBACK, "port": http_port},
        "district": {"timezone": TIMEZONE, "name_en": "Clearwater District", "name_zh": "清水区"},
        "enrolment": str(folder.path / "district.yaml"),
        "alerts": {"rules_dir": str(folder.path / "rules")},
        "telling": {"register": str(folder.path / "telling.yaml")},
        "applications": APPLICATIONS,
        "throughput": {"token_file": str(folder.path / THROUGHPUT_TOKEN), **LINES},
        "configurations": {"change_windows": [_window_from_now()]},
    }
    write_rules(folder.path / "rules")
    write_register(folder.path / "district.yaml", folder.path / "telling.yaml")
    (folder.path / "controller.yaml").write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False))
    return sorted((folder.path / "agents").glob("*.yaml"))


def _window_from_now() -> dict[str, str]:
    """The demo's technician works in the first minutes: what is changed after them is nobody's order."""
    now = datetime.now(ZoneInfo(TIMEZONE))
    return {"from": f"{now:%H:%M}", "until": f"{now + timedelta(minutes=CHANGES_MIN):%H:%M}"}


def health(http_port: int) -> dict[str, int] | None:
    """The controller's health page, None while it does not answer."""
    try:
        with urllib.request.urlopen(f"http://{LOOPBACK}:{http_port}/api/v1/health", timeout=2) as answer:
            figures: dict[str, int] = json.load(answer)
            return figures
    except (urllib.error.URLError, OSError, ValueError):
        return None


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
