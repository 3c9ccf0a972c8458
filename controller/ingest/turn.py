"""Ingest goes first: what takes long steps aside while a group is committed.

Two threads that both want the interpreter hand it to and fro, and a commit asks for it some hundred times: beside a report it
takes twice as long in the middle and five times in the worst case. A report that stops between two of its pieces costs
the commit no more than the rest of one piece.
"""

from threading import Lock
from typing import Final

LONGEST_WAIT_S: Final = 0.05
"""Then a report goes on though a group is being committed: under a load that never ends it must not stand for ever."""


def give_way(turn: Lock) -> None:
    """Wait until nobody has the turn, `LONGEST_WAIT_S` at most. Call it between pieces of some milliseconds."""
    if turn.acquire(timeout=LONGEST_WAIT_S):
        turn.release()
