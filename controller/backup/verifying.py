"""Verifying: reads everything there is and says what is not as it must be. Changes nothing."""

import time
from pathlib import Path
from typing import Final

from campus.errors import ConfigError
from controller.backup.files import Count, files_under, size_of
from controller.backup.holding import EMBEDDED, INFLUX, Holding, held_in
from controller.backup.model import (
    MANIFEST,
    REGISTRY,
    SEAL,
    VERIFIED,
    Counts,
    FileEntry,
    Manifest,
    Problem,
    Report,
    Watcher,
)
from controller.backup.reading import read_manifest
from controller.backup.registry_file import devices_of, registry_problems
from controller.store.embedded.checking import Checked, digest_of

_OTHER_BACKUP: Final = "Take another backup"
_REPAIR: Final = "Put it back from a backup: `campanile controller repair --from BACKUP_DIR`"
_RESTORE: Final = "Restore from a backup: `campanile controller restore`"
_ELSEWHERE: Final = "the samples are in InfluxDB and were not read: `influx_inspect verify` (1.x) reads them"
_OLDER: Final = "an earlier version of Campanile wrote the samples: their files are whole, their content was not judged"


def verify_backup(folder: Path, watcher: Watcher) -> Report:
    """A backup: every file against the manifest, then what is in them."""
    began_s = time.monotonic()
    report = Report()
    try:
        manifest = read_manifest(folder)
    except ConfigError as error:
        report.problems.append(Problem(MANIFEST, str(error)))
        return report
    count = watcher.begin("bytes verified", sum(entry.size for entry in manifest.files))
    _check_files(folder, manifest, report, count)
    holding = held_in(folder)
    if not any(problem.place == f"{holding.folder}/{holding.changing}" for problem in report.problems):
        _check_content(folder, manifest, report)
    report.checked["files"] = len(manifest.files)
    report.took_s = time.monotonic() - began_s
    return report


def verify_data(samples: Path, registry: Path | None, watcher: Watcher, holding: Holding = EMBEDDED) -> Report:
    """The data of a controller that does not run, or a stage: samples and, unless it is elsewhere, the registry."""
    began_s = time.monotonic()
    report = Report()
    count = watcher.begin("bytes verified", size_of(samples))
    checked = holding.check(samples, count, {})
    for place, what in checked.damages:
        advice = _RESTORE if place == holding.changing else _REPAIR
        report.problems.append(Problem(f"{holding.folder}/{place}", what, advice))
    report.notes += [_OLDER] if checked.is_older else []
    report.notes += [
        f"{holding.folder}/{place} belongs to nothing: the next start removes it" for place in checked.leftovers
    ]
    if registry is not None:
        report.problems += registry_problems(registry)
        _compare_devices(checked, registry, report)
    if holding is INFLUX:
        report.notes.append(_ELSEWHERE)
    report.checked |= _told(checked) | {"files": len(checked.parts) + 1 + (registry is not None)}
    report.took_s = time.monotonic() - began_s
    return report


def _check_files(folder: Path, manifest: Manifest, report: Report, count: Count) -> None:
    """Each file's bytes, and that there are no others."""
    for entry in manifest.files:
        said = _file_damage(folder / entry.path, entry, count)
        if said:
            report.problems.append(Problem(entry.path, said, _OTHER_BACKUP))
    named = {entry.path for entry in manifest.files} | {MANIFEST, SEAL, VERIFIED}
    strangers = {path.as_posix() for path in files_under(folder)} - named
    report.problems += [Problem(path, "is not in the manifest", "Remove it") for path in sorted(strangers)]


def _file_damage(path: Path, entry: FileEntry, count: Count) -> str:
    try:
        size = path.stat().st_size
        if size != entry.size:
            return f"has {size:,} bytes instead of {entry.size:,}"
        return "" if digest_of(path, count) == entry.sha256 else "is damaged: its digest is not that of the manifest"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _check_content(folder: Path, manifest: Manifest, report: Report) -> None:
    damaged = {problem.place for problem in report.problems}
    holding = held_in(folder)
    prefix = f"{holding.folder}/"
    sound = {entry.path.removeprefix(prefix): entry.sha256 for entry in manifest.files} if not damaged else {}
    checked = holding.check(folder / holding.folder, lambda _more: None, sound)
    for place, what in checked.damages:
        if f"{prefix}{place}" not in damaged:
            report.problems.append(Problem(f"{prefix}{place}", what, _OTHER_BACKUP))
    report.checked |= _told(checked)
    if manifest.registry == REGISTRY and REGISTRY not in damaged:
        report.problems += registry_problems(folder / REGISTRY)
        _compare_devices(checked, folder / REGISTRY, report)
    if holding is INFLUX:
        report.notes.append(_ELSEWHERE)
    if checked.is_older:
        report.notes.append(_OLDER)
        return
    counted = Counts(checked.series, checked.samples, checked.frames)
    if not report.problems and (counted, checked.zone) != (manifest.counts, manifest.zone):
        report.problems.append(Problem(MANIFEST, f"tells of {manifest.counts}, found are {counted}", _OTHER_BACKUP))


def _compare_devices(checked: Checked, registry: Path, report: Report) -> None:
    unknown = checked.devices - devices_of(registry)
    if unknown:
        site, device = min(unknown)
        report.notes.append(
            f"{len(unknown)} devices with samples are not in the registry, such as {site}/{device}: their school was "
            "taken out of the enrolment, or their agent has not told of them yet"
        )


def _told(checked: Checked) -> dict[str, int]:
    return {
        "series": checked.series,
        "samples": checked.samples,
        "frames": checked.frames,
        "parts": len(checked.parts),
        "devices": len(checked.devices),
    }
