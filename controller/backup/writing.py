"""What goes into a backup's folder, file by file, and the manifest that vouches for all of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from campus.errors import ConfigError
from campus.version import VERSION
from controller.backup.files import (
    Count,
    copy,
    files_under,
    link,
    make_durable,
    require_space,
    write_json,
    write_text,
)
from controller.backup.holding import held_in
from controller.backup.model import (
    CONFIGURATION,
    FORMAT,
    MANIFEST,
    REGISTRY,
    SEAL,
    Counts,
    FileEntry,
    Manifest,
    Watcher,
)
from controller.backup.reading import read_manifest, seal_of
from controller.backup.staging import Staged
from controller.store.embedded.checking import digest_of


@dataclass(frozen=True)
class Configured:
    """The configuration's files, by their names in the backup, and what it names that stays out because it is secret."""

    files: Mapping[str, Path]
    not_included: list[str]


def write_backup(
    staged: Staged, folder: Path, earlier: Sequence[Path], configured: Configured, taken_at: int, watcher: Watcher
) -> None:
    """Fill `folder`, which does not exist yet; durable on return.

    Parts that an `earlier` backup beside it holds get a second name there instead of a second copy. `OSError` when the
    disk is full or away, `Transient` when there is too little room to begin.
    """
    stage = Path(staged.folder)
    holding = held_in(stage)
    written = {
        f"{holding.folder}/{part.path(Path()).as_posix()}": part.digest
        for part in holding.parts(stage / holding.folder)
        if part.digest is not None
    }
    sources = {path.as_posix(): stage / path for path in files_under(stage)}
    sources |= {f"{CONFIGURATION}/{name}": path for name, path in configured.files.items()}
    placing = _Placing(folder, written, earlier)
    require_space(folder.parent, placing.wanted_bytes(sources), "the backup")
    folder.mkdir(mode=0o700)
    count = watcher.begin("bytes written", sum(path.stat().st_size for path in sources.values()))
    entries = [placing.place(name, source, count) for name, source in sources.items()]
    counts = holding.count(stage / holding.folder)
    manifest = Manifest(
        format=FORMAT,
        version=VERSION,
        taken_at=taken_at,
        whole_until=staged.whole_until,
        zone=counts.zone,
        counts=Counts(counts.series, counts.samples, counts.frames),
        registry=REGISTRY if (stage / REGISTRY).exists() else "elsewhere",
        not_included=configured.not_included,
        files=entries,
    )
    write_json(folder / MANIFEST, manifest)
    write_text(folder / SEAL, seal_of((folder / MANIFEST).read_bytes()))
    make_durable(folder)


class _Placing:
    """Puts files into the backup's folder, without copying what need not be copied."""

    def __init__(self, folder: Path, written: Mapping[str, str], earlier: Sequence[Path]) -> None:
        self._folder = folder
        self._written = written
        """What the store says of the digests of its parts."""
        self._earlier = {entry.sha256: place / entry.path for place in earlier for entry in _entries(place)}

    def wanted_bytes(self, sources: Mapping[str, Path]) -> int:
        """About how much will be copied."""
        here = self._folder.parent.stat().st_dev
        copied = [
            path
            for name, path in sources.items()
            if path.stat().st_dev != here and self._written.get(name) not in self._earlier
        ]
        return sum(path.stat().st_size for path in copied)

    def place(self, name: str, source: Path, count: Count) -> FileEntry:
        """One file, by its name in the backup."""
        target = self._folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        digest = self._written.get(name)
        if name.startswith(f"{CONFIGURATION}/"):  # people change these in place
            digest = copy(source, target, count)
        elif link(source, target):
            digest = self._linked(digest, target, count)
        elif digest is None or not self._link_earlier(digest, target, count):
            found = copy(source, target, count)
            digest = digest or found
        return FileEntry(name, target.stat().st_size, digest)

    def _linked(self, digest: str | None, target: Path, count: Count) -> str:
        if digest is None:
            return digest_of(target, count)
        count(target.stat().st_size)
        return digest

    def _link_earlier(self, digest: str, target: Path, count: Count) -> bool:
        """Whether an earlier backup holds these very bytes, still."""
        same = self._earlier.get(digest)
        if same is None or not same.is_file() or digest_of(same, lambda _more: None) != digest:
            return False
        if not link(same, target):
            return False
        count(target.stat().st_size)
        return True


def _entries(backup: Path) -> list[FileEntry]:
    try:
        return read_manifest(backup).files
    except ConfigError:  # a damaged earlier backup is no reason to take none
        return []
