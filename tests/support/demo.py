"""A demo as a stranger runs it, in processes of its own, and a signed-in visitor of its console."""

import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.servers.daemon import free_port, wait_until

SCHOOLS = 2
SCHOOL = "no-1-primary"


class Demo:
    """A running demo and a signed-in visitor."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes], port: int, console: str) -> None:
        self.folder = folder
        self.process = process
        self.base = f"http://127.0.0.1:{port}"
        self._visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self._visitor.open(console, timeout=10).read()

    def get(self, path: str) -> Any:
        """The JSON of an API address, as the signed-in visitor."""
        with self._visitor.open(self.base + path, timeout=10) as answer:
            return json.load(answer)

    def get_or_none(self, path: str) -> Any:
        """The same, None where nothing is yet."""
        try:
            return self.get(path)
        except urllib.error.HTTPError as error:
            if error.code != HTTPStatus.NOT_FOUND:
                raise
            return None

    def wait(self, condition: Callable[[], bool], what: str, timeout_s: float) -> None:
        """`wait_until`, and the processes' last words when it was in vain."""
        try:
            wait_until(condition, what, timeout_s)
        except pytest.fail.Exception as failure:
            logs = sorted((self.folder / "logs").glob("*.log"))
            words = [f"== {log.name}\n{log.read_text(errors='replace')[-1500:]}" for log in logs]
            pytest.fail("\n".join([str(failure), self.simulate("faults"), *words]))

    def page(self, path: str) -> str:
        """A page of the console, as the signed-in visitor's browser gets it."""
        with self._visitor.open(self.base + path, timeout=10) as answer:
            text: str = answer.read().decode()
            return text

    def simulate(self, *arguments: str) -> str:
        """Run `campanile simulate ...` against this district."""
        done = subprocess.run(
            [sys.executable, "-m", "campanile", "simulate", *arguments, "--dir", str(self.folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def token(self) -> str:
        """The secret of a new access token, as an operator gets one for Grafana."""
        where = ["--config", str(self.folder / "controller.yaml")]
        done = subprocess.run(
            [sys.executable, "-m", "campanile", "controller", "token", "create", "reader", *where],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def open_rules(self, site: str) -> set[str]:
        """Rules with an open alert at `site`."""
        return {alert["rule"] for alert in self.get(f"/api/v1/alerts?state=open&site={site}")}


@contextmanager
def running_demo(folder: Path, *options: str) -> Iterator[Demo]:
    """Start it and wait for its console; afterwards nothing of it runs on."""
    port = free_port()
    command = [sys.executable, "-m", "campanile", "demo", "--schools", str(SCHOOLS), "--days", "2", "--no-browser"]
    log = folder.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--data", str(folder), *options], stdout=output, stderr=subprocess.STDOUT
        )
    try:
        console = ""

        def printed() -> bool:
            nonlocal console
            assert process.poll() is None, log.read_text()
            found = re.search(r"^console: (http://127\.0\.0\.1:\S+)$", log.read_text(), re.MULTILINE)
            console = found[1] if found else ""
            return bool(console)

        wait_until(printed, "the console's address", timeout_s=180)
        yield Demo(folder, process, port, console)
    finally:
        children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.send_signal(signal.SIGINT)
        process.wait(60)
        left = [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
        for child in left:
            child.kill()
        assert not left, f"left behind: {left}"
