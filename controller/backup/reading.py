"""Finding backups in a folder and reading their manifests."""

import hashlib
from pathlib import Path

import msgspec

from campus.errors import ConfigError, file_trouble
from controller.backup.model import FORMAT, MANIFEST, SEAL, VERIFIED, Manifest, is_backup_name


def read_manifest(folder: Path) -> Manifest:
    """What a backup says of itself; `ConfigError` when it is none, damaged, or of a newer version."""
    path = folder / MANIFEST
    try:
        text = path.read_bytes()
        seal = (folder / SEAL).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{folder} is not a whole backup: {MANIFEST} or {SEAL} cannot be read, {file_trouble(error)}. Name a folder "
            "that `campanile controller backup` has made (campanile-...Z)"
        ) from error
    if seal != seal_of(text):
        raise ConfigError(f"{path} is damaged: its digest is not the one in {SEAL}. Take another backup")
    try:
        format_of = msgspec.json.decode(text, type=dict[str, object])["format"]
        if format_of != FORMAT:
            raise ConfigError(
                f"{folder} was made by a newer version of Campanile (its format is {format_of}, this version reads "
                f"{FORMAT}): use that version. Nothing was changed"
            )
        return msgspec.json.decode(text, type=Manifest)
    except (msgspec.DecodeError, KeyError) as error:
        raise ConfigError(f"{path} is not a manifest of Campanile: {error}. Take another backup") from error


def seal_of(manifest: bytes) -> str:
    """The line that vouches for a manifest."""
    return f"{hashlib.sha256(manifest).hexdigest()}  {MANIFEST}\n"


def is_verified(folder: Path) -> bool:
    """Whether a backup was found to be whole after it was taken."""
    try:
        return (folder / VERIFIED).read_text(encoding="utf-8") == seal_of((folder / MANIFEST).read_bytes())
    except (OSError, UnicodeDecodeError):
        return False


def backups_in(folder: Path) -> list[Path]:
    """The backups of a folder that have their final names, oldest first."""
    return sorted(path for path in folder.iterdir() if is_backup_name(path.name) and (path / MANIFEST).is_file())
