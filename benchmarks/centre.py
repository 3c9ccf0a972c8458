"""The district's centre as it is run: a real controller process beside the broker, asked through its API."""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import psutil

from benchmarks.district import many_rules
from benchmarks.servers import DistrictBroker, free_port, running
from campus.samples import Severity
from controller.alerts.model import Comparison, Rule, Threshold, Wording
from controller.alerts.rulebook import shipped_rules

PROBE_METRIC: Final = "battery_percent"
PROBE_VALUE: Final = 1.0
PROBE_RULE: Final = Rule(
    id="benchmark-probe",
    metric=PROBE_METRIC,
    condition=Threshold(comparison=Comparison.BELOW, level=2.0, hold_s=0, clear_hold_s=0),
    severity=Severity.MAJOR,
    title_en="Probe",
    title_zh="探针",
    advice_en="Nothing to do",
    advice_zh="无需处理",
    count=Wording("1 probe", "{n} probes", "{n} 个探针"),
)
"""Opens with the first sample below its level, and clears with the next one above it."""


@dataclass(frozen=True)
class Centre:
    """A running controller, and a reader who is signed in to it."""

    process: psutil.Process
    reader: httpx.Client

    def figures(self) -> dict[str, float]:
        """What /metrics says, figures with labels left out."""
        lines = self.reader.get("/metrics").text.splitlines()
        plain = (line.split(" ") for line in lines if line and "{" not in line and not line.startswith("#"))
        return {name.removeprefix("campanile_"): float(value) for name, value in plain}

    def get(self, path: str, **parameters: str | int) -> Any:
        """A JSON answer of the API."""
        answer = self.reader.get(f"/api/v1/{path}", params=parameters)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def controller(directory: Path, data: Path, broker: DistrictBroker, rules: int) -> Iterator[Centre]:
    """`campanile controller run` over a prepared `data` directory (`benchmarks.district.prepare`), `rules` rules in force."""
    config, log, port = _written(directory, data, broker, rules), directory / "controller.log", free_port()
    config.write_text(config.read_text() + f"http: {{port: {port}}}\n")
    command = [sys.executable, "-m", "campanile", "controller", "run", "--config", str(config)]
    with (
        running(command, log, lambda: _link(log) is not None) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as reader,
    ):
        reader.get(_link(log) or "")
        yield Centre(psutil.Process(process.pid), reader)


@contextmanager
def fleet(log: Path, plan: bytes) -> Iterator[subprocess.Popen[bytes]]:
    """The load process, which reads `plan` and writes its account to `log`."""
    program = "from benchmarks.fleet import main; main()"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        assert process.stdin is not None
        process.stdin.write(plan)
        process.stdin.close()
        yield process
    finally:
        process.terminate()
        process.wait()


def _written(directory: Path, data: Path, broker: DistrictBroker, rules: int) -> Path:
    folder = directory / "rules"
    folder.mkdir()
    shipped = {rule.id for rule in shipped_rules().rules()}
    added: Sequence[Rule] = [rule for rule in many_rules(rules - 1).rules() if rule.id not in shipped]
    (folder / "more.yaml").write_bytes(msgspec.yaml.encode([*added, PROBE_RULE]))
    password = directory / "broker-password.txt"
    password.touch(mode=0o600)
    password.write_text(broker.password)
    config = directory / "controller.yaml"
    config.write_text(
        f"data_dir: {data}\nalerts: {{rules_dir: {folder}}}\n"
        f"broker: {{host: 127.0.0.1, port: {broker.port}, username: controller, password_file: {password}}}\n"
    )
    return config


def _link(log: Path) -> str | None:
    found = re.search(r"console: (\S+)", log.read_text(errors="replace")) if log.exists() else None
    return found[1] if found else None
