"""One process of the bench: started, killed, ended, started again; its log grows over all its lives."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from campanile.demo.processes import Child
from campus.errors import CampusError

READY_TIMEOUT_S: Final = 60.0
END_TIMEOUT_S: Final = 30.0
_LOOK_EVERY_S: Final = 0.02


class BenchTrouble(CampusError):
    """The bench itself cannot go on: a process that does not come up or does not end. Not a verdict."""


class Process(Child):
    """A child whose life the bench disturbs. `ready` tells whether it does its work."""

    def __init__(self, name: str, command: Sequence[str], logs: Path, ready: Callable[[], bool] = lambda: True) -> None:
        super().__init__(name, command, logs)
        self._ready = ready
        self._should_run = False
        self.lives = 0

    @property
    def pid(self) -> int:
        """Of the life that runs, or of the last one; 0 before the first."""
        return self._process.pid if self._process else 0

    @property
    def is_running(self) -> bool:
        """Whether it lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Begin a life, unless one runs; `BenchTrouble` when one should and has ended by itself."""
        self.require_alive()
        if not self.is_running:
            self.lives += 1
            self._should_run = True
            super().start()

    def require_alive(self) -> None:
        """`BenchTrouble` when it ended though nobody ended it."""
        if self._should_run and not self.is_running:
            code = self._process.returncode if self._process else None
            raise BenchTrouble(f"{self.name} ended by itself with code {code}. {self.last_words(12)}")

    def kill(self) -> None:
        """SIGKILL, and gone when this returns; harmless when it was ended before."""
        self.require_alive()
        self.forget()

    def forget(self) -> None:
        """As `kill`, and it may have ended by itself."""
        self._should_run = False
        if self._process is not None:
            self._process.kill()
            self._process.wait(END_TIMEOUT_S)

    async def end(self) -> None:
        """SIGTERM, and gone when this returns; `BenchTrouble` when it does not go."""
        self.require_alive()
        self._should_run = False
        self.terminate()
        await self._wait(lambda: not self.is_running, "end after SIGTERM", END_TIMEOUT_S)

    async def until_ready(self) -> None:
        """Return when it does its work; `BenchTrouble` when it ended instead, or takes too long."""
        await self.until(self._ready, "get ready", READY_TIMEOUT_S)

    async def until(self, condition: Callable[[], bool], what: str, timeout_s: float) -> None:
        """Return when `condition` holds; `BenchTrouble` when the process ends before, or it takes too long."""
        await self._wait(lambda: not self.is_running or condition(), what, timeout_s)
        self.require_alive()

    async def _wait(self, condition: Callable[[], bool], what: str, timeout_s: float) -> None:
        deadline_s = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline_s:
                raise BenchTrouble(f"{self.name} did not {what} within {timeout_s:.0f} s. {self.last_words(12)}")
            await asyncio.sleep(_LOOK_EVERY_S)
