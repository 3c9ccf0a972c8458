"""Real daemons for tests: found on the machine, started on free loopback ports, stopped by pid.

Where a daemon is absent the test is skipped and says so; `CAMPUS_REQUIRE_SERVERS=1` (CI sets it) turns that into a failure.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

_PLACES = ["/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/bin", "/usr/local/bin"]
READY_TIMEOUT_S = 60.0


def require_program(name: str, package: str) -> str:
    """Path of a daemon; skips (or fails, see above) when the Debian `package` that brings it is not installed."""
    found = shutil.which(name) or shutil.which(name, path=":".join(_PLACES))
    if found:
        return found
    message = f"{name} is not installed (Debian package {package})"
    if os.environ.get("CAMPUS_REQUIRE_SERVERS") == "1":
        pytest.fail(message)
    pytest.skip(message)


def free_port(kind: int = socket.SOCK_STREAM, host: str = "127.0.0.1") -> int:
    """A port that was free a moment ago."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = READY_TIMEOUT_S) -> None:
    """Return as soon as `condition` holds; fail with `what` when it does not in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {timeout_s} s in vain for: {what}")
        time.sleep(0.02)


def accepts_tcp(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something listens there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


@contextmanager
def running(command: Sequence[str], log: Path, ready: Callable[[], bool]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a daemon until the block ends; its output goes to `log`, which is shown when it does not get ready."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_until(
            lambda: process.poll() is not None or ready(),
            f"{command[0]} to get ready; it said: {log.read_text(errors='replace')[-2000:]}",
        )
        if process.poll() is not None:
            pytest.fail(f"{command[0]} ended at once: {log.read_text(errors='replace')[-2000:]}")
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
