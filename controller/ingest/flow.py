"""How much is wanted of the agents right now: what every acknowledgement says beside the numbers, and whom to tell unasked.

`pressure` decides; here is remembered who was told what, so that an agent that has nothing to be acknowledged hears of a
change too. Thread-safe.
"""

import math
import threading
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from campus.topics import Address
from controller.ingest.pressure import HOLD_BACKLOG_S, Hold, Level, Load, Pressure, hold_at

RESTRAINED_S: Final = 10.0
"""An agent that sends more than its share is asked to be silent for so long after the last frame too many."""
TELL_AGAIN_S: Final = 10.0
"""While anything is asked, an agent hears of it at least this often."""
TOLD_AT_ONCE: Final = 200
"""Agents told unasked in one round of `tend`, those who heard nothing the longest first."""
MOST_AGENTS: Final = 10_000


class _Told(NamedTuple):
    at_s: float
    level: Level
    until_s: float
    """When the last hold ends that it was asked."""
    is_silenced: bool


_NEVER: Final = _Told(-math.inf, Level.FREE, -math.inf, is_silenced=False)


class Flow:
    """Decides it for each agent. `hold_of` is asked by the thread that acknowledges, `tend` by one that comes round."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._pressure = Pressure()
        self._epochs: dict[Address, int] = {}
        self._told: dict[Address, _Told] = {}
        self._restrained: dict[Address, float] = {}

    @property
    def level(self) -> Level:
        """What is asked of everyone just now."""
        return self._pressure.level

    def heard(self, address: Address, epoch: int) -> None:
        """An agent is there, and an epoch of it. The last heard is the one to speak to: an agent refuses only what is above
        the epoch of its present life, which may be below that of a spool it lost.
        """
        with self._lock:
            if len(self._epochs) < MOST_AGENTS or address in self._epochs:
                self._epochs[address] = epoch

    def restrain(self, address: Address) -> None:
        """An agent sends more than its share: it is asked to be silent for a while."""
        with self._lock:
            self._restrained[address] = self._clock_s() + RESTRAINED_S

    def hold_of(self, address: Address) -> Hold:
        """What `address` is asked at this moment, and is being told now; cheap: called for every acknowledgement."""
        now_s = self._clock_s()
        with self._lock:
            level = self._pressure.level
            hold = hold_at(level, address, now_s)
            silent_s = math.ceil(self._restrained.get(address, now_s) - now_s)
            if silent_s > 0:
                hold = Hold(max(hold.hold_s, silent_s), max(hold.hold_backlog_s, HOLD_BACKLOG_S))
            until_s = now_s + max(hold)
            self._told[address] = _Told(now_s, level, until_s, is_silenced=silent_s > 0)
            return hold

    def tend(self, load: Load) -> list[tuple[Address, int]]:
        """Let time pass: the agents, with their epochs, to tell how it stands though nothing is to be acknowledged."""
        now_s = self._clock_s()
        with self._lock:
            level = self._pressure.read(load, now_s)
            self._restrained = {address: until_s for address, until_s in self._restrained.items() if until_s > now_s}
            due = [address for address in self._epochs if self._is_due(address, level, now_s)]
            due.sort(key=lambda address: self._told.get(address, _NEVER).at_s)
            return [(address, self._epochs[address]) for address in due[:TOLD_AT_ONCE]]

    def present(self) -> list[Address]:
        """Agents heard since the start."""
        with self._lock:
            return list(self._epochs)

    def holds(self) -> dict[Address, float]:
        """Agents that hold something back because they were asked to, with how many seconds they still do."""
        now_s = self._clock_s()
        with self._lock:
            return {who: told.until_s - now_s for who, told in self._told.items() if told.until_s > now_s}

    def _is_due(self, address: Address, level: Level, now_s: float) -> bool:
        told = self._told.get(address, _NEVER)
        is_restrained = address in self._restrained
        if level is told.level and is_restrained == told.is_silenced:
            return (level is not Level.FREE or is_restrained) and now_s - told.at_s >= TELL_AGAIN_S
        is_lifted = level < told.level or (told.is_silenced and not is_restrained)
        return told.until_s > now_s or not is_lifted  # a hold that has ended by itself need not be lifted
