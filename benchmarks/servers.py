"""Real servers for benchmarks: started on free loopback ports in a directory of their own, stopped by pid."""

import getpass
import secrets
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

_DEPLOY = Path(__file__).resolve().parents[1] / "deploy" / "mosquitto"
_PLACES = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"
READY_TIMEOUT_S = 20.0
START_TIMEOUT_S = 180.0
"""A controller looks through a million series first."""
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
    with running([program, "-c", str(config)], directory / "mosquitto.log", lambda: accepts_tcp(port)) as process:
        yield Server(port, process.pid, _first_line([program, "-h"]))


@dataclass(frozen=True)
class DistrictBroker:
    """A Mosquitto as `deploy/mosquitto` has it: TLS for the schools, one user for each of them."""

    port: int
    """For the controller: plain, on loopback."""
    tls_port: int
    pid: int
    ca: Path
    password: str
    """Everyone's."""


@contextmanager
def district_mosquitto(directory: Path, users: Sequence[str]) -> Iterator[DistrictBroker]:
    """A broker with a certificate of its own, for these users and the controller. `RuntimeError` when it is not installed."""
    programs = {name: find_program(name) for name in ("mosquitto", "mosquitto_passwd", "openssl")}
    missing = [name for name, path in programs.items() if path is None]
    if missing:
        raise RuntimeError(f"not installed: {', '.join(missing)} (Debian packages mosquitto and openssl)")
    port, tls_port, password = free_port(), free_port(), secrets.token_hex(16)
    key, certificate, passwords = (directory / name for name in ("server.key", "server.pem", "passwords"))
    _call(
        *(str(programs["openssl"]), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
        *("-nodes", "-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=127.0.0.1"),
        *("-addext", "subjectAltName=IP:127.0.0.1"),
    )
    passwords.write_text("".join(f"{user}:{password}\n" for user in ("controller", *users)))
    _call(str(programs["mosquitto_passwd"]), "-U", str(passwords))
    passwords.chmod(0o600)
    deployed = (_DEPLOY / "mosquitto.conf").read_text()
    changes = {
        "listener 8883": f"listener {tls_port} 127.0.0.1",
        "listener 1883 127.0.0.1": f"listener {port} 127.0.0.1",
        "/etc/mosquitto/campanile/acl": str(_DEPLOY / "acl"),
        "/etc/mosquitto/campanile": str(directory),
    }
    for before, after in changes.items():
        deployed = deployed.replace(before, after)
    config = directory / "mosquitto.conf"
    config.write_text(f"{deployed}\nuser {getpass.getuser()}\n")
    command = [str(programs["mosquitto"]), "-c", str(config)]
    with running(command, directory / "mosquitto.log", lambda: accepts_tcp(tls_port)) as process:
        yield DistrictBroker(port, tls_port, process.pid, certificate, password)


INFLUXDB_MANY_SERIES = (
    'index-version = "inmem"\nmax-series-per-database = 0\nmax-values-per-tag = 0\n'
    'cache-max-memory-size = "4g"\ncache-snapshot-memory-size = "1g"\n'
)
"""For a database of a million series: of the settings tried, those with which it takes the most per processor second. With
its own 25 MB for the cache it writes all series to a file again and again; the other index, tsi1, looks each one up on disk."""


@contextmanager
def influxdb(directory: Path, settings: str = "") -> Iterator[Server | None]:
    """An InfluxDB 1.x with default engine settings and those given; None when it is not installed."""
    program = find_program("influxd")
    if program is None:
        yield None
        return
    port, backup_port = free_port(), free_port()
    config = directory / "influxdb.conf"
    config.write_text(
        f'reporting-disabled = true\nbind-address = "127.0.0.1:{backup_port}"\n'
        f'[meta]\ndir = "{directory}/meta"\n[data]\ndir = "{directory}/data"\nwal-dir = "{directory}/wal"\n'
        f'{settings}query-log-enabled = false\n[monitor]\nstore-enabled = false\n[logging]\nlevel = "error"\n'
        f'[http]\nbind-address = "127.0.0.1:{port}"\nlog-enabled = false\n'
    )
    command = [program, "-config", str(config)]
    with running(command, directory / "influxdb.log", lambda: _pings(port)) as process:
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
def running(command: Sequence[str], log: Path, ready: Callable[[], bool]) -> Iterator[subprocess.Popen[bytes]]:
    """A process whose output goes to `log`, once it is ready; terminated when the block ends."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: process.poll() is not None or ready(), f"{command[0]} to get ready", START_TIMEOUT_S)
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


def _call(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=READY_TIMEOUT_S)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr}")


def _first_line(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=READY_TIMEOUT_S)
    return (done.stdout or done.stderr).partition("\n")[0].strip()
