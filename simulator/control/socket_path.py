"""The address of a Unix socket in a folder, however long the folder's name is."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MOST_BYTES = 100
"""An address holds 107 bytes (unix(7)); a longer path is reached through the folder's descriptor."""


@contextmanager
def socket_address(directory: Path, name: str) -> Iterator[str]:
    """A path usable for bind and connect while the block runs."""
    path = str(directory.resolve() / name)
    if len(os.fsencode(path)) <= _MOST_BYTES:
        yield path
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{name}"
    finally:
        os.close(descriptor)
