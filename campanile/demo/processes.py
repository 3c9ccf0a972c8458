"""Children of the demo: started together, watched, stopped in order, never left behind.

Each child runs in its own session, so that Ctrl-C reaches the demo alone and the demo decides the order. On Linux the
kernel also ends a child whose parent was killed (prctl PR_SET_PDEATHSIG).
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from campus.errors import CampusError

STOP_TIMEOUT_S = 10.0
_PR_SET_PDEATHSIG = 1
_RESTARTS = 5
_CALM_S = 60.0


class ChildFailed(CampusError):
    """A child ended when it should not have; the message has its last words."""


def campanile(*arguments: str) -> list[str]:
    """Command line of a subcommand, run by the interpreter that runs us."""
    return [sys.executable, "-m", "campanile", *arguments]


class Child:
    """One process of the demo. Ends with exit code 2 (wrong configuration) are final, others are restarted a few times."""

    def __init__(self, name: str, command: Sequence[str], logs: Path) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._restarts = 0

    def start(self) -> None:
        """Start it; its standard output and error go to the log."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )
        self._started_at = time.monotonic()

    def mend(self) -> None:
        """Restart it when it has ended; `ChildFailed` when that is hopeless."""
        if self._process is None or self._process.poll() is None:
            return
        if time.monotonic() - self._started_at > _CALM_S:
            self._restarts = 0
        self._restarts += 1
        if self._process.returncode == 2 or self._restarts > _RESTARTS:
            raise ChildFailed(f"{self.name} ended with code {self._process.returncode}. {self.last_words()}")
        self.start()

    def terminate(self) -> None:
        """Ask it to end; does not wait."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def wait(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Wait until it has ended; kill it after `timeout_s`."""
        if self._process is None:
            return
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout_s)

    def last_words(self, lines: int = 6) -> str:
        """The end of its log, for an error message."""
        said = self.log.read_text(errors="replace").splitlines()[-lines:] if self.log.exists() else []
        return f"Its log ({self.log}) ends with:\n  " + "\n  ".join(said) if said else f"Its log ({self.log}) is empty."


class Household:
    """All children, in the order they were started; stopped in reverse, groups at a time."""

    def __init__(self) -> None:
        self._groups: list[list[Child]] = []

    def start(self, *children: Child) -> None:
        """Start a group whose members do not depend on one another."""
        self._groups.append(list(children))
        for child in children:
            child.start()

    def mend(self) -> None:
        """Restart what has ended; `ChildFailed` when that is hopeless."""
        for group in self._groups:
            for child in group:
                child.mend()

    def stop(self) -> None:
        """Stop everything, last group first; harmless when called twice."""
        while self._groups:
            group = self._groups.pop()
            for child in group:
                child.terminate()
            for child in group:
                child.wait()


def end_with_parent() -> None:
    """Run in the child before its program: ask the kernel to end it when the demo dies without saying goodbye."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() == 1:
            os._exit(0)
