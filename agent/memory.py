"""A small process: the agent shares its machine with others."""

import ctypes
from typing import Final

_M_ARENA_MAX: Final = -8
"""From malloc.h of the GNU C library; see mallopt(3)."""


def share_one_heap() -> None:
    """Have all threads take memory from one heap, before they start.

    By itself the GNU library gives each thread one of its own, and what a picture or a configuration took there once stays
    taken: 87 MB resident instead of 70 in a school with cameras and command lines. Does nothing on other C libraries.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(_M_ARENA_MAX, 1)
