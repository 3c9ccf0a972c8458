"""Giving memory back: a process that answered one large question should not stay large for ever.

And keeping the garbage collector from looking at what stays anyway.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from campus.allocator import Setting, tune_allocator

LARGE_BYTES: Final = 1 << 20


def return_large_blocks() -> None:
    """Have malloc map blocks of `LARGE_BYTES` and more by themselves, so that freeing them gives them back at once.

    By itself the GNU library raises that threshold to 32 MB when large blocks come and go, and the columns of a month's
    charts then stay in the heap: 435 MB resident instead of 290 after the same questions. Does nothing on other C
    libraries.
    """
    tune_allocator(Setting.MMAP_THRESHOLD, LARGE_BYTES)


COLLECT_AFTER: Final = (50_000, 20, 50)
"""New objects until the young are looked through, and how many such rounds until the middle-aged and the old ones are.

Little of what ingest makes refers back to itself, so reference counts free it. With Python's own numbers the collector took
a fifth of ingest's time in a large district: it looks through the tables of dictionaries again and again.
"""


@contextmanager
def lasting_objects() -> Iterator[None]:
    """What there is now (modules, routes, templates) is not looked through for garbage until the block ends, the rest seldom.

    Each full collection would otherwise hold up every thread for some 100 ms, which a page of 30,000 lessons sets off.
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
