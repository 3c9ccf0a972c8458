"""Where the socket lies. The kernel takes paths of 107 bytes only; longer ones are reached through the open folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_LONGEST_BYTES: Final = 107
"""unix(7): sun_path has 108 bytes with the zero at its end."""


@contextmanager
def reachable(path: Path) -> Iterator[str]:
    """A name of `path` that is short enough for bind and connect while the block lasts; `OSError` without its folder."""
    if len(os.fsencode(path)) <= _LONGEST_BYTES:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
