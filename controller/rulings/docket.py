"""What stands now, for whoever asks: read from the archive, and kept in memory until something is decided."""

from collections.abc import Collection, Sequence
from threading import Lock

from controller.rulings.archive import Archive
from controller.rulings.model import Place, Ruling
from controller.rulings.standing import Standing, standing_of


class Docket:
    """One for all of a controller. Thread-safe."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._lock = Lock()
        self._standing = Standing()
        self._count = -1

    @property
    def unreadable(self) -> int:
        """Decisions that this version cannot read, and that count for nothing."""
        return self._archive.unreadable

    def standing(self) -> Standing:
        """What stands. Never changes: after another decision there is another one."""
        with self._lock:
            if self._count < 0:
                self._read()
            return self._standing

    def refresh(self) -> Standing:
        """As `standing`, what another process decided included; `Transient` when the database is away."""
        with self._lock:
            if self._archive.count() != self._count:
                self._read()
            return self._standing

    def history(self, rule: str, places: Collection[Place]) -> list[Ruling]:
        """Everything that some places ever decided about a rule, newest first."""
        return self._archive.of_rule(rule, places)

    def write(self, rulings: Sequence[Ruling]) -> None:
        """Write decisions down: they stand when it returns."""
        with self._lock:
            self._archive.add(rulings)
            self._read()

    def _read(self) -> None:
        rulings = self._archive.everything()
        self._standing, self._count = standing_of(rulings), len(rulings) + self._archive.unreadable
