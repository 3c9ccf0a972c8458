"""Taking a backup: what a controller has staged becomes a folder of its own, whole before it has its name."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from campus.errors import Transient, file_trouble
from controller.backup.files import make_folder, rename, size_of, write_text
from controller.backup.holding import INFLUX, held_in
from controller.backup.model import (
    REGISTRY,
    SAMPLES,
    SEAL,
    VERIFIED,
    Manifest,
    Report,
    Watcher,
    backup_name,
    clock_face,
    is_backup_name,
)
from controller.backup.reading import backups_in, is_verified, read_manifest
from controller.backup.staging import Staged
from controller.backup.verifying import verify_backup
from controller.backup.writing import Configured, write_backup
from controller.store.embedded.snapshot import TABLES

_UNFINISHED: Final = ".new"
_CONDEMNED: Final = ".removed"


@dataclass(frozen=True)
class Taken:
    """A new backup: where it is, how large, and which parts were missing where it was taken."""

    place: Path
    manifest: Manifest
    missing: list[str]

    def lines(self) -> list[str]:
        """For people: where it is, what is in it, what is not."""
        held = self.manifest.counts
        size = sum(entry.size for entry in self.manifest.files)
        said = [
            f"{self.place}: {held.samples:,} samples of {held.series:,} series, {size / 1e6:,.1f} MB, whole until "
            f"{clock_face(self.manifest.whole_until)}"
        ]
        said += [f"not included: {name}" for name in self.manifest.not_included]
        if held_in(self.place) is INFLUX:
            said.append(
                "not included: the samples, which are in InfluxDB; now back it up with `influxd backup` or `influx backup`"
            )
        if self.manifest.registry != REGISTRY:
            said.append("not included: the registry, which is on a database server; now back it up with pg_dump")
        return said + [f"MISSING where it was taken: {SAMPLES}/{path}" for path in self.missing]


@contextmanager
def folder_for_backups(folder: Path) -> Iterator[None]:
    """The folder a person named, made if need be, for this command alone; what killed ones left half done is removed."""
    make_folder(folder, "the folder for backups")
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(descriptor, folder)
        for path in folder.iterdir():
            if path.suffix in (_UNFINISHED, _CONDEMNED) and is_backup_name(path.stem):
                shutil.rmtree(path, ignore_errors=True)
        yield
    finally:
        os.close(descriptor)


def take(staged: Staged, folder: Path, configured: Configured, taken_at: int, watcher: Watcher) -> Taken:
    """Write a backup into `folder`. It is durable on return, and not yet verified.

    `Transient` when the disk is full; then nothing is left of it.
    """
    final = folder / backup_name(taken_at)
    if final.exists():
        raise Transient(f"{final} exists already: two backups within one second. Try again")
    holding = held_in(Path(staged.folder))
    held = Path(staged.folder) / holding.folder
    holding.complete(held, watcher.begin("bytes of tables", size_of(held / TABLES)))
    unfinished = final.with_name(final.name + _UNFINISHED)
    earlier = backups_in(folder)[-1:]
    try:
        write_backup(staged, unfinished, earlier, configured, taken_at, watcher)
        rename(unfinished, final)
    except FileNotFoundError as error:
        raise Transient(f"{error.filename} is gone: was the controller stopped meanwhile? Try again") from error
    except OSError as error:
        raise Transient(
            f"{unfinished} cannot be written: {file_trouble(error)}. Make room or mend it, and try again; nothing is "
            "left of this backup"
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return Taken(final, read_manifest(final), staged.missing)


def verify_taken(backup: Path, watcher: Watcher) -> Report:
    """Read a new backup from the disk; when it is whole, note that beside its manifest."""
    report = verify_backup(backup, watcher)
    if report.is_whole:
        write_text(backup / VERIFIED, (backup / SEAL).read_text(encoding="utf-8"))
    return report


def prune(folder: Path, keep: int) -> list[Path]:
    """Remove the oldest verified backups beyond `keep`; unverified ones, and whatever else lies there, stay."""
    old = [backup for backup in backups_in(folder) if is_verified(backup)][:-keep]
    for backup in old:
        condemned = backup.with_name(backup.name + _CONDEMNED)
        try:
            rename(backup, condemned)  # first, so that no half of it is ever taken for a whole
            shutil.rmtree(condemned)
        except OSError as error:
            raise Transient(f"{backup} cannot be removed: {file_trouble(error)}. The new backup is whole") from error
    return old


def _lock(descriptor: int, folder: Path) -> None:
    with suppress(OSError):  # a network file system that has no locks
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Transient(f"another backup into {folder} is under way: wait for it") from error
