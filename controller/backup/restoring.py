"""Restoring: a verified backup becomes the data of a controller that does not run.

What was there is moved aside, never removed.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from campus.errors import ConfigError, Transient, file_trouble
from controller.backup.files import copy, link, make_durable, make_folder, rename, require_space, write_json
from controller.backup.holding import EMBEDDED, INFLUX
from controller.backup.model import (
    CONFIGURATION,
    REGISTRY,
    RESTORED,
    FileEntry,
    Manifest,
    Restored,
    Watcher,
    stamp,
)
from controller.backup.reading import read_manifest
from controller.backup.verifying import verify_backup

_UNFINISHED: Final = ".restoring"
_NOTHING: Final = "Nothing was changed"
_CHANGING: Final = (f"{EMBEDDED.folder}/{EMBEDDED.changing}", f"{INFLUX.folder}/{INFLUX.changing}", REGISTRY)
"""Never one file with the backup: the controller writes into them."""


@dataclass(frozen=True)
class Restoration:
    """What was restored, and where the data that was there before lies now (None when there was none)."""

    manifest: Manifest
    moved_to: Path | None


def restore(backup: Path, data_path: Path, zone: str, now: int, watcher: Watcher, *, replace: bool) -> Restoration:
    """Put a backup in the place of `data_path`, which no controller uses.

    Changes nothing until all of it is verified, copied and durable.

    `ConfigError` when a person must decide or choose otherwise, `Transient` when there is too little room.
    """
    manifest = read_manifest(backup)
    _require_place(backup, manifest, data_path, zone, replace=replace)
    _require_sound(backup, watcher)
    unfinished = data_path.with_name(data_path.name + _UNFINISHED)
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        _fill(unfinished, backup, manifest, now, watcher)
        if data_path.exists():
            _give_to_owner_of(data_path, unfinished)
        moved_to = _swap(unfinished, data_path, now)
    except OSError as error:
        raise Transient(f"{unfinished} cannot be written: {file_trouble(error)}. {_NOTHING}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return Restoration(manifest, moved_to)


def _require_place(backup: Path, manifest: Manifest, data_path: Path, zone: str, *, replace: bool) -> None:
    """What can be known before everything is read."""
    if manifest.zone != zone:
        raise ConfigError(
            f"{backup} has its days cut in the time zone {manifest.zone}, the configuration says {zone}: set "
            f"district.timezone to {manifest.zone}. {_NOTHING}"
        )
    if data_path.is_dir() and any(data_path.iterdir()) and not replace:
        raise ConfigError(
            f"{data_path} is not empty: with --replace it is moved aside (not removed) and the backup takes its place. "
            f"{_NOTHING}"
        )
    make_folder(data_path.parent, "the folder of data_dir")
    is_near = data_path.parent.stat().st_dev == backup.stat().st_dev
    copied = [entry.size for entry in _data_of(manifest) if entry.path in _CHANGING or not is_near]
    require_space(data_path.parent, sum(copied), "restoring")


def _require_sound(backup: Path, watcher: Watcher) -> None:
    report = verify_backup(backup, watcher)
    if not report.is_whole:
        first, more = report.problems[0], len(report.problems) - 1
        others = f" (and {more} more, which `campanile controller verify {backup}` lists)" if more else ""
        raise ConfigError(f"{backup} is not whole: {first.sentence()}{others}. {_NOTHING}")


def _data_of(manifest: Manifest) -> list[FileEntry]:
    return [entry for entry in manifest.files if not entry.path.startswith(f"{CONFIGURATION}/")]


def _fill(folder: Path, backup: Path, manifest: Manifest, now: int, watcher: Watcher) -> None:
    folder.mkdir(mode=0o700)
    entries = _data_of(manifest)
    count = watcher.begin("bytes restored", sum(entry.size for entry in entries))
    for entry in entries:
        source, target = backup / entry.path, folder / entry.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if entry.path not in _CHANGING and link(source, target):
            count(entry.size)
        elif copy(source, target, count) != entry.sha256:
            raise OSError(0, f"{source} changed while it was read")
    write_json(folder / RESTORED, Restored(manifest.whole_until, now))
    make_durable(folder)


def _give_to_owner_of(model: Path, folder: Path) -> None:
    """Root restores for whoever runs the controller."""
    owner = model.stat()
    folder.chmod(owner.st_mode & 0o7777)
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid)


def _swap(unfinished: Path, data_path: Path, now: int) -> Path | None:
    if not data_path.exists():
        rename(unfinished, data_path)
        return None
    aside = data_path.with_name(f"{data_path.name}.before-restore-{stamp(now)}")
    try:
        rename(data_path, aside)
    except OSError as error:
        raise ConfigError(
            f"{data_path} cannot be moved aside: {file_trouble(error)}. Restore as root, and name a folder as data_dir "
            f"that is not itself a mounted disk. {_NOTHING}"
        ) from error
    try:
        rename(unfinished, data_path)
    except OSError:
        rename(aside, data_path)
        raise
    if any(aside.iterdir()):
        return aside
    aside.rmdir()
    return None
