"""Real servers for benchmarks: started on free loopback ports in a directory of their own, stopped by pid."""

import getpass
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PLACES = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"
READY_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Server:
    """A running server process."""

    port: int
    pid: int
    version: str


def find_program(name: str) -> str | None:
    """Path of a server on this machine, None when it is not installed."""
    return shutil.which(name) or shutil.which(name, path=_PLACES)


@contextmanager
def mosquitto(directory: Path) -> Iterator[Server]:
    """A Mosquitto without limits, in memory. `RuntimeError` when it is not installed."""
    program = find_program("mosquitto")
    if program is None:
        raise RuntimeError("mosquitto is not installed: the ingest benchmark needs it (Debian package mosquitto)")
    port = free_port()
    config = directory / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nuser {getpass.getuser()}\nset_tcp_nodelay true\n"
        "max_inflight_messages 0\nmax_queued_messages 0\npersistence false\n"
    )
    with _running([program, "-c", str(config)], directory / "mosquitto.log", lambda: accepts_tcp(port)) as process:
        yield Server(port, process.pid, _first_line([program, "-h"]))


@contextmanager
def influxdb(directory: Path) -> Iterator[Server | None]:
    """An InfluxDB 1.x with default engine settings; None when it is not installed."""
    program = find_program("influxd")
    if program is None:
        yield None
        return
    port, backup_port = free_port(), free_port()
    config = directory / "influxdb.conf"
    config.write_text(
        f'reporting-disabled = true\nbind-address = "127.0.0.1:{backup_port}"\n'
        f'[meta]\ndir = "{directory}/meta"\n[data]\ndir = "{directory}/data"\nwal-dir = "{directory}/wal"\n'
        'query-log-enabled = false\n[monitor]\nstore-enabled = false\n[logging]\nlevel = "error"\n'
        f'[http]\nbind-address = "127.0.0.1:{port}"\nlog-enabled = false\n'
    )
    command = [program, "-config", str(config)]
    with _running(command, directory / "influxdb.log", lambda: _pings(port)) as process:
        yield Server(port, process.pid, _first_line([program, "version"]))


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def accepts_tcp(port: int) -> bool:
    """Whether something listens there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = READY_TIMEOUT_S) -> None:
    """Return once `condition` holds; `RuntimeError` when it does not in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited {timeout_s} s in vain for {what}")
        time.sleep(0.002)


@contextmanager
def _running(command: Sequence[str], log: Path, ready: Callable[[], bool]) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: process.poll() is not None or ready(), f"{command[0]} to get ready")
        if process.poll() is not None:
            raise RuntimeError(f"{command[0]} ended at once: {log.read_text(errors='replace')[-2000:]}")
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_TIMEOUT_S)


def _pings(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=1):
            return True
    except (urllib.error.URLError, OSError):
        return False


def _first_line(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=READY_TIMEOUT_S)
    return (done.stdout or done.stderr).partition("\n")[0].strip()
