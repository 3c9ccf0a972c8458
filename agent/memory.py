"""A small process: the agent shares its machine with others."""

from campus.allocator import Setting, tune_allocator


def share_one_heap() -> None:
    """Have all threads take memory from one heap, before they start.

    By itself the GNU library gives each thread one of its own, and what a picture or a configuration took there once stays
    taken: 87 MB resident instead of 70 in a school with cameras and command lines. Does nothing on other C libraries.
    """
    tune_allocator(Setting.ARENA_MAX, 1)
