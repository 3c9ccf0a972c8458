"""Settings of the C library's memory allocator, for processes that share a machine or run for months."""

import ctypes
from enum import IntEnum


class Setting(IntEnum):
    """From malloc.h of the GNU C library; see mallopt(3)."""

    MMAP_THRESHOLD = -3
    ARENA_MAX = -8


def tune_allocator(setting: Setting, value: int) -> None:
    """Set it for this process; does nothing on other C libraries."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(int(setting), value)
