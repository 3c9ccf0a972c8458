"""The demo's folder: whose it is, what was asked for when it was made, and that only one demo uses it at a time.

DIR/demo.json         schools, seed and days it was made with; its presence marks the folder as a demo's
DIR/demo.lock         held while a demo runs
DIR/controller.yaml, district.yaml, telling.yaml, simulator.yaml, agents/   configuration, written anew at each start
DIR/data/, DIR/agents/*/   what must survive a restart
DIR/logs/             one file per process
"""

import fcntl
import shutil
from pathlib import Path
from typing import IO

import msgspec

from campus.errors import ConfigError

MARK = "demo.json"


class Asked(msgspec.Struct, frozen=True):
    """What shapes the district. A folder made with one set cannot go on with another."""

    schools: int
    seed: int
    days: int


class DemoFolder:
    """Owns one demo folder from `claim` to `release`."""

    def __init__(self, path: Path, asked: Asked) -> None:
        self.path = path
        self.asked = asked
        self._lock: IO[str] | None = None

    @property
    def logs(self) -> Path:
        """Where each process writes its log."""
        return self.path / "logs"

    @property
    def has_history(self) -> bool:
        """Whether the history was imported to its end."""
        return (self.path / "history.done").exists()

    def note_history(self) -> None:
        """Remember that the history is complete."""
        (self.path / "history.done").touch()

    def forget_half_history(self) -> None:
        """Throw away a store whose first filling was interrupted: it holds nothing but that."""
        shutil.rmtree(self.path / "data", ignore_errors=True)

    def wipe(self) -> None:
        """Delete the folder; refuses (`ConfigError`) a folder that no demo made."""
        if not self.path.exists():
            return
        if any(self.path.iterdir()) and not (self.path / MARK).exists():
            raise ConfigError(
                f"{self.path} has files in it and is not a demo's folder: name another with --data, nothing was deleted"
            )
        self._take_lock()
        self.release()
        shutil.rmtree(self.path)

    def claim(self) -> None:
        """Make or reopen the folder and hold it.

        Raises `ConfigError` when another demo holds it, when it was made with other options, or is no demo's folder.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"{self.path} cannot be made: {error.strerror}. Name another folder with --data"
            ) from error
        mark = self.path / MARK
        if any(self.path.iterdir()) and not mark.exists():
            raise ConfigError(f"{self.path} has files in it and is not a demo's folder: name another with --data")
        self._take_lock()
        if mark.exists():
            try:
                self._require_same(mark)
            except ConfigError:
                self.release()
                raise
        else:
            mark.write_bytes(msgspec.json.encode(self.asked))
        self.logs.mkdir(exist_ok=True)

    def release(self) -> None:
        """Let go; harmless when called twice."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _require_same(self, mark: Path) -> None:
        try:
            made_with = msgspec.json.decode(mark.read_bytes(), type=Asked)
        except msgspec.DecodeError as error:
            raise ConfigError(f"{mark} cannot be read ({error}): start anew with `campanile demo --fresh`") from error
        if made_with != self.asked:
            raise ConfigError(
                f"the district in {self.path} was made with --schools {made_with.schools} --seed {made_with.seed} "
                f"--days {made_with.days}: use the same, or start anew with `campanile demo --fresh`"
            )

    def _take_lock(self) -> None:
        lock = (self.path / "demo.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.close()
            raise ConfigError(
                f"a demo is running in {self.path} already: stop it with Ctrl-C, or name another --data"
            ) from error
        self._lock = lock
