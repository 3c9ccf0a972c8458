"""What a backup is: its folder's name, its manifest, and what a verification finds.

campanile-20261122T020000Z/
├── manifest.json      what it holds, each file with size and SHA-256
├── manifest.sha256    the manifest's own digest, as `sha256sum -c` reads it
├── verified.sha256    the same again, once the backup was found to be whole
├── samples/           samples.duckdb and the parts, as in data_dir
├── registry.db        unless the registry is on a database server
└── configuration/     controller.yaml and the files it names, without secrets
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Protocol

import msgspec

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
SEAL: Final = "manifest.sha256"
VERIFIED: Final = "verified.sha256"
RESTORED: Final = "restored.json"
"""In data_dir after a restore, until the controller has asked the agents for what came since."""
SAMPLES: Final = "samples"
REGISTRY: Final = "registry.db"
CONFIGURATION: Final = "configuration"
_NAME = re.compile(r"campanile-\d{8}T\d{6}Z")
Advance = Callable[[int, int], None]
"""Hears how much is done and how much there is in all."""


class Watcher(Protocol):
    """Whoever shows how far a long work has come. Called by one thread."""

    def begin(self, unit: str, total: int) -> Callable[[int], None]:
        """The next stage of the work begins; the result hears how many more of `unit` are done."""


class Unwatched:
    """A watcher that shows nothing."""

    def begin(self, unit: str, total: int) -> Callable[[int], None]:
        """As the protocol says."""
        return lambda _more: None


class FileEntry(msgspec.Struct, frozen=True):
    """One file of a backup; `path` is relative to the backup's folder, with slashes."""

    path: str
    size: int
    sha256: str


class Counts(msgspec.Struct, frozen=True):
    """How much a backup holds. `samples` are raw ones."""

    series: int
    samples: int
    frames: int


class Manifest(msgspec.Struct, frozen=True):
    """Written last. Every frame acknowledged before `whole_until` is in the backup (instants are UTC milliseconds)."""

    format: int
    version: str
    taken_at: int
    whole_until: int
    zone: str
    counts: Counts
    registry: str
    """"registry.db", or "elsewhere" when it is on a database server and not in the backup."""
    not_included: list[str]
    """Files and variables that the configuration names and that hold secrets."""
    files: list[FileEntry]


class Restored(msgspec.Struct, frozen=True):
    """The content of `restored.json`."""

    whole_until: int
    restored_at: int


@dataclass(frozen=True)
class Problem:
    """Something that is not as it must be: where, what, and what to do."""

    place: str
    what: str
    advice: str = ""

    def sentence(self) -> str:
        """For people."""
        return f"{self.place}: {self.what}" + (f". {self.advice}" if self.advice else "")


@dataclass
class Report:
    """What a verification looked at, with how many of each, and what it found.

    `notes` are worth knowing and no damage.
    """

    checked: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    took_s: float = 0.0

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def as_json(self) -> dict[str, object]:
        """For programs."""
        problems = [{"place": each.place, "what": each.what, "advice": each.advice} for each in self.problems]
        return {
            "whole": self.is_whole,
            "checked": self.checked,
            "problems": problems,
            "notes": self.notes,
            "took_s": round(self.took_s, 3),
        }

    def last_line(self) -> str:
        """The verdict, for people."""
        files, samples = self.checked.get("files", 0), self.checked.get("samples", 0)
        said = f"{files:,} files with {samples:,} samples read in {self.took_s:.1f} s"
        if self.is_whole:
            return f"whole: {said}"
        return f"NOT WHOLE: {len(self.problems)} problem{'s' if len(self.problems) > 1 else ''}; {said}"


def backup_name(taken_at: int) -> str:
    """The folder's name.

    >>> backup_name(1_790_000_000_000)
    'campanile-20260921T141320Z'
    """
    return f"campanile-{stamp(taken_at)}"


def is_backup_name(name: str) -> bool:
    """Whether `backup_name` may have made it.

    >>> is_backup_name("campanile-20260921T141320Z"), is_backup_name("campanile-old")
    (True, False)
    """
    return _NAME.fullmatch(name) is not None


def stamp(instant: int) -> str:
    """An instant within a file's name, to the second."""
    return datetime.fromtimestamp(instant // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")


def clock_face(instant: int) -> str:
    """An instant for people.

    >>> clock_face(1_790_000_000_000)
    '2026-09-21 14:13:20 UTC'
    """
    return datetime.fromtimestamp(instant // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
