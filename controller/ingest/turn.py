"""Ingest goes first: what takes long steps aside while a group is committed.

Two threads that both want the interpreter hand it to and fro, and a commit asks for it some hundred times: beside a report it
takes twice as long in the middle and five times in the worst case. A report that stops between two of its pieces costs
the commit no more than the rest of one piece.
"""

import time
from threading import Lock
from typing import Final

LONGEST_WAIT_S: Final = 0.05
"""Then a report goes on though a group is being committed: under a load that never ends it must not stand for ever."""
_LOOK_AGAIN_S: Final = 0.002


def give_way(turn: Lock, longest_s: float = LONGEST_WAIT_S) -> None:
    """Wait until nobody has the turn, `longest_s` at most. Call it between pieces of some milliseconds.

    It never takes the turn itself, not for a moment: whoever holds it may be put to sleep, and ingest would wait for them.
    """
    give_up_s = time.monotonic() + longest_s
    while turn.locked() and time.monotonic() < give_up_s:
        time.sleep(_LOOK_AGAIN_S)
