"""Trying again, for ever, with pauses that double and differ: one rule for every outbound connection."""

import logging
import random
from collections.abc import Awaitable, Callable
from typing import NamedTuple

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
    """Call `converse` again and again; it ends with `Transient`, alone or in a group. Other errors pass through.

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
    reasons = ["ended"]
    try:
        await converse()
    except* Transient as group:
        reasons = _reasons(group)
    return reasons[0]


def _reasons(group: BaseExceptionGroup[Transient]) -> list[str]:
    return [
        reason
        for error in group.exceptions
        for reason in (_reasons(error) if isinstance(error, BaseExceptionGroup) else [str(error)])
    ]
