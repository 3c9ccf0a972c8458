"""Files of a backup: linking or copying them, their digests, making a whole tree durable."""

import errno
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from campus.errors import ConfigError, Transient, file_trouble

_PIECE_BYTES: Final = 1 << 20
_SPARE_BYTES: Final = 16 << 20
Count = Callable[[int], None]
"""Hears how many more bytes are done."""


def copy(source: Path, target: Path, count: Count) -> str:
    """Copy a file's bytes and return their SHA-256, hex. Not yet durable: `make_durable` does that for a whole tree."""
    digest = hashlib.sha256()
    with source.open("rb") as read, target.open("xb") as written:
        while piece := read.read(_PIECE_BYTES):
            digest.update(piece)
            written.write(piece)
            count(len(piece))
    return digest.hexdigest()


def link(source: Path, target: Path) -> bool:
    """Give a file a second name; False where that cannot be done (another file system)."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP):
            return False
        raise
    return True


def files_under(folder: Path) -> list[Path]:
    """Every file in it, relative to it, in order."""
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if not path.is_dir())


def size_of(folder: Path) -> int:
    """Bytes of all files under it; 0 when it does not exist."""
    return sum((folder / path).stat().st_size for path in files_under(folder))


def make_durable(folder: Path) -> None:
    """Flush every file and every folder of a tree to the disk."""
    for path in folder.rglob("*"):
        flush(path)
    flush(folder)


def rename(source: Path, target: Path) -> None:
    """Give a durable tree its name, durably."""
    source.rename(target)
    flush(target.parent)


def write_json(path: Path, content: msgspec.Struct) -> None:
    """Write a small file durably: whole or not at all."""
    write_text(path, msgspec.json.format(msgspec.json.encode(content)).decode() + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a small file durably: whole or not at all."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.write_text(text, encoding="utf-8")
    flush(unfinished)
    rename(unfinished, path)


def require_space(folder: Path, wanted_bytes: int, what: str) -> None:
    """`Transient` when the file system of `folder` has not that much room and a little to spare."""
    free = shutil.disk_usage(folder).free
    if free < wanted_bytes + _SPARE_BYTES:
        raise Transient(
            f"{what} needs {_megabytes(wanted_bytes)} in {folder}, and only {_megabytes(free)} are free there: "
            "make room or choose another disk. Nothing was written"
        )


def make_folder(path: Path, name: str) -> None:
    """Make a folder that a person named, with its parents; `ConfigError` when it cannot be made or written."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{name} {path} cannot be made: {file_trouble(error)}") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise ConfigError(f"{name} {path} may not be written by this user: choose another or give it to this user")


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"


def flush(path: Path) -> None:
    """Make one file or folder durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
