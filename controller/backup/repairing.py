"""Repairing: puts parts that are missing or damaged back from a backup, each recognised by its digest."""

from dataclasses import dataclass, field
from pathlib import Path

from controller.backup.files import Count, copy, flush, rename
from controller.backup.model import SAMPLES, FileEntry, Watcher
from controller.backup.reading import read_manifest
from controller.store.embedded.checking import digest_of
from controller.store.embedded.part import Part
from controller.store.embedded.snapshot import parts_of


@dataclass
class Repair:
    """Parts by their names: put back, and those that the backup does not hold either."""

    put_back: list[str] = field(default_factory=list)
    still_damaged: list[str] = field(default_factory=list)


def repair(data_path: Path, backup: Path, watcher: Watcher) -> Repair:
    """Mend the samples of a controller that does not run. Parts that are sound are left alone.

    `ConfigError` when the backup's manifest cannot be used or the samples' database cannot be opened.
    """
    samples = data_path / SAMPLES
    held = {entry.path: entry for entry in read_manifest(backup).files}
    parts = parts_of(samples)
    count = watcher.begin("bytes verified", sum(part.size for part in parts))
    done = Repair()
    for part in parts:
        if _is_sound(part, part.path(samples), count):
            continue
        name = f"{SAMPLES}/{part.path(Path()).as_posix()}"
        is_mended = _put_back(part, backup, held.get(name), part.path(samples))
        (done.put_back if is_mended else done.still_damaged).append(name)
    return done


def _is_sound(part: Part, path: Path, count: Count) -> bool:
    if not path.is_file() or path.stat().st_size != part.size:
        return False
    return part.digest is None or digest_of(path, count) == part.digest


def _put_back(part: Part, backup: Path, entry: FileEntry | None, path: Path) -> bool:
    """Whether the backup holds this very part. A number is never used for two parts of one store."""
    if entry is None or entry.size != part.size or part.digest not in (None, entry.sha256):
        return False
    if not (backup / entry.path).is_file():
        return False
    path.parent.mkdir(exist_ok=True)
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    is_whole = copy(backup / entry.path, unfinished, lambda _more: None) == entry.sha256
    if not is_whole:
        unfinished.unlink()
        return False
    flush(unfinished)
    rename(unfinished, path)
    return True
