"""The controller's part of a backup: one instant of samples and registry, laid out in `data_dir` for a command to take away.

Only the beginning of the two snapshots happens while ingest is paused; writing them out happens beside everything else.
The folder costs the disk a copy of the database and the registry; parts get a second name only.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

import msgspec

from campus.errors import Transient
from controller.backup.files import make_folder, require_space
from controller.backup.holding import EMBEDDED, Holding, Instant
from controller.backup.model import REGISTRY, RESTORED, Advance, Restored
from controller.backup.registry_file import registry_snapshot
from controller.figure import Figure
from controller.store.embedded.snapshot import TABLES

STAGE: Final = "backup-stage"
_FILLED_UP_AFTER_MS: Final = 14 * 86_400_000
"""No agent keeps what was acknowledged for longer."""
STAGE_WISH: Final = "stage a backup"
"""By which a command asks the controller's desk for one."""


class Staged(msgspec.Struct, frozen=True):
    """What lies in `folder`: samples/ (parts, and tables in place of the database) or influx/ (the catalogue) and, unless
    elsewhere, registry.db."""

    folder: str
    whole_until: int
    missing: list[str]
    """Parts that the database names and that are not there, relative to samples/."""


class Staging:
    """Lays out one backup at a time. Constructed inert."""

    def __init__(
        self,
        data_path: Path,
        registry: Path | None,
        snapshot: Callable[[], AbstractContextManager[Instant]],
        clock: Callable[[], int],
        paused: Callable[[], AbstractContextManager[None]] = nullcontext,
        holding: Holding = EMBEDDED,
    ) -> None:
        self._data_path = data_path
        self._registry = registry
        self._snapshot = snapshot
        self._clock = clock
        self._paused = paused
        self._holding = holding
        self.taken = 0
        self.pause_s = 0.0
        """How long ingest stood still for the last one."""

    def clear(self) -> None:
        """Remove what a killed predecessor left."""
        shutil.rmtree(self._data_path / STAGE, ignore_errors=True)

    @contextmanager
    def staged(self, advance: Advance) -> Iterator[Staged]:
        """One instant, on the disk while the block lasts. `advance` counts rows, and may raise to end it."""
        folder = self._data_path / STAGE
        self.clear()
        require_space(self._data_path, self._wanted_bytes(), "a backup")
        try:
            yield self._laid_out(folder, advance)
        finally:
            self.clear()

    @contextmanager
    def answered(self, advance: Advance) -> Iterator[dict[str, Any]]:
        """The same, as the controller's desk says it."""
        with self.staged(advance) as staged:
            yield msgspec.to_builtins(staged)

    def figures(self) -> list[Figure]:
        """For `/metrics`."""
        return [
            Figure("backups_staged_total", "Times the data of one instant was laid out for a command", self.taken),
            Figure("backup_pause_seconds", "How long ingest stood still for the last one", self.pause_s),
        ]

    def _laid_out(self, folder: Path, advance: Advance) -> Staged:
        try:
            make_folder(folder, "the folder")
            return self._lay_out(folder, advance)
        except OSError as error:
            raise Transient(f"{folder} cannot be written: {error}") from error

    def _lay_out(self, folder: Path, advance: Advance) -> Staged:
        samples = folder / self._holding.folder
        with ExitStack() as instant:
            with self._paused():
                began_s = time.monotonic()
                snapshot = instant.enter_context(self._snapshot())
                copy = instant.enter_context(registry_snapshot(self._registry)) if self._registry else None
                now = self._clock()
                self.pause_s = time.monotonic() - began_s
            missing = snapshot.link_parts(samples)
            if copy is not None:
                copy(folder / REGISTRY, lambda: advance(0, 1))
            snapshot.write_tables(samples / TABLES, advance)
        self.taken += 1
        return Staged(str(folder), min(now, self._still_lacking(now)), [path.as_posix() for path in missing])

    def _still_lacking(self, now: int) -> int:
        """Since when frames may lack that agents have not sent again after a restore; `now` when none is known to."""
        try:
            restored = msgspec.json.decode((self._data_path / RESTORED).read_bytes(), type=Restored)
        except (OSError, msgspec.DecodeError):
            return now
        return restored.whole_until if now - restored.restored_at < _FILLED_UP_AFTER_MS else now

    def _wanted_bytes(self) -> int:
        held = self._data_path / self._holding.folder / self._holding.changing
        files = [held, *([self._registry] if self._registry else [])]
        return sum(file.stat().st_size for file in files if file.exists())
