"""Trying again, for ever, with pauses that double and differ: one rule for every outbound connection."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NamedTuple

from agent.clock import Timer
from campus.errors import Transient

STEADY_AFTER_S = 10.0
"""A connection that lasted so long was a good one: the next pause begins from the shortest again."""
_log = logging.getLogger(__name__)


class Pauses(NamedTuple):
    """The shortest and the longest pause between two tries."""

    shortest_s: float
    longest_s: float

    def after(self, failures: int) -> float:
        """The pause after so many failures in a row (1 or more), with jitter, so that a district does not call in step."""
        doubled_s = self.shortest_s * 2.0 ** min(failures - 1, 16)
        return min(doubled_s, self.longest_s) * random.uniform(0.5, 1.0)


async def converse_for_ever(name: str, converse: Callable[[], Awaitable[None]], pauses: Pauses, timer: Timer) -> None:
    """Call `converse` again and again; it ends with `Transient`. Other errors pass through.

    Logs ``{name}_down`` when the reason changes, not at every try.
    """
    failures, trouble = 0, ""
    while True:
        began_s = timer.now_s()
        sentence = await _converse_once(converse)
        steady = timer.now_s() - began_s > STEADY_AFTER_S
        failures = 1 if steady else failures + 1
        if steady or sentence != trouble:
            _log.warning("%s_down reason=%r", name, sentence)
        trouble = sentence
        await timer.sleep_until(timer.now_s() + pauses.after(failures))


async def _converse_once(converse: Callable[[], Awaitable[None]]) -> str:
    try:
        await converse()
    except Transient as error:
        return str(error)
    return "ended"


async def until_one_ends(*works: Coroutine[Any, Any, None]) -> None:
    """Run both sides of a conversation until one ends; the others are cancelled, and its error is raised as it is.

    Not a task group: when that is cancelled in the very moment a child fails it reports the failure alone (CPython 3.11),
    and an agent told to stop while its line breaks would go on for ever.
    """
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
