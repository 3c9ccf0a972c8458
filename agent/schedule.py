"""When each device is read: spread over the interval, never stacked, backed off while it does not answer or let us in.

`Turns` is the rule for one device and does no waiting; `agent.poll` waits and polls by it.
"""

import math
import zlib
from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from agent.collect.port import Cadence

ALL_CADENCES = frozenset(Cadence)
REFUSED_PAUSE_S = 300.0
REFUSED_PAUSE_MAX_S = 3600.0
"""A device that refuses a login is asked again after this and then after twice as long: many lock a user out, or the asker's
address, after three to five wrong passwords within minutes."""
_ROUNDING_S = 1e-6


class Outcome(Enum):
    """How a poll went, as far as the schedule cares."""

    ANSWERED = "answered"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    """It answered, and did not let the agent in."""


class Turn(NamedTuple):
    """One poll to come: when, by the steady clock, and which cadences it reads."""

    due_s: float
    cadences: frozenset[Cadence]


class Turns:
    """The polls of one device.

    Each cadence is due at ``start + offset + k * interval``, where the offset is a stable hash of the device id modulo
    the interval; so devices are spread over the interval, the same way after every restart, and where the intervals
    divide each other the cadences of one device fall together. The first poll reads everything and comes within one
    normal interval.
    """

    def __init__(self, device: str, intervals_s: Mapping[Cadence, float], backoff_max_s: float, start_s: float) -> None:
        self._intervals_s = intervals_s
        self._backoff_max_s = backoff_max_s
        self._first_due_s = {
            cadence: start_s + stable_share(device, interval_s) for cadence, interval_s in intervals_s.items()
        }
        self._owed: frozenset[Cadence] = ALL_CADENCES
        self._failures = 0
        self._refusals = 0
        self.next = Turn(self._first_due_s[Cadence.NORMAL], ALL_CADENCES)
        self.skipped = 0
        """Polls left out because the one before had not ended when they were due."""

    def finish(self, outcome: Outcome, now_s: float) -> Turn:
        """Note how the poll of `next` ended, at `now_s`, and plan the next one, which it returns.

        What was due meanwhile is not stacked: it is counted in `skipped`, and its cadences ride on the next poll. While
        the device does not answer the pause doubles up to the limit, and nothing counts as skipped. While it refuses the
        login the pauses are long, and nothing shortens them.
        """
        due_s = self.next.due_s
        owed = self._due_within(due_s, now_s)
        if outcome is Outcome.ANSWERED:
            self._failures = self._refusals = 0
            self.skipped += self._missed(due_s, now_s)
            self._owed = owed
            resume_s = now_s
        else:
            self._failures += 1
            self._refusals += outcome is Outcome.REFUSED
            self._owed = owed | self.next.cadences
            resume_s = now_s + (self._pause_s() if outcome is Outcome.UNREACHABLE else self._refused_pause_s())
        turn_s = min(self._due_after(cadence, resume_s) for cadence in self._intervals_s)
        self.next = Turn(turn_s, self._owed | self._due_within(resume_s, turn_s))
        return self.next

    def hasten(self, due_s: float) -> None:
        """Bring the next poll forward to `due_s`, unless it comes sooner anyway, or the device refuses the login.

        What it was to read stays due in its time.
        """
        if due_s < self.next.due_s and not self._refusals:
            self.next = Turn(due_s, self._owed | {Cadence.FAST, Cadence.NORMAL})

    def _pause_s(self) -> float:
        """What to wait beyond now, so that the tick that follows is no later than the limit."""
        fast_s, normal_s = self._intervals_s[Cadence.FAST], self._intervals_s[Cadence.NORMAL]
        doubled_s = normal_s * 2.0 ** min(self._failures - 1, 16)
        return max(0.0, min(doubled_s, self._backoff_max_s) - fast_s)

    def _refused_pause_s(self) -> float:
        return min(REFUSED_PAUSE_S * 2.0 ** min(self._refusals - 1, 16), REFUSED_PAUSE_MAX_S)

    def _missed(self, from_s: float, to_s: float) -> int:
        shortest = min(self._intervals_s, key=lambda cadence: self._intervals_s[cadence])
        first_due_s, interval_s = self._first_due_s[shortest], self._intervals_s[shortest]
        return _steps(first_due_s, interval_s, to_s) - _steps(first_due_s, interval_s, from_s)

    def _due_within(self, after_s: float, to_s: float) -> frozenset[Cadence]:
        return frozenset(
            cadence for cadence in self._intervals_s if self._due_after(cadence, after_s) <= to_s + _ROUNDING_S
        )

    def _due_after(self, cadence: Cadence, moment_s: float) -> float:
        first_due_s, interval_s = self._first_due_s[cadence], self._intervals_s[cadence]
        return first_due_s + interval_s * max(0, _steps(first_due_s, interval_s, moment_s) + 1)


def _steps(first_due_s: float, interval_s: float, moment_s: float) -> int:
    """Whole intervals between the first due moment and `moment_s`; -1 before the first."""
    return max(-1, math.floor((moment_s - first_due_s + _ROUNDING_S) / interval_s))


def stable_share(name: str, interval_s: float) -> float:
    """Where in an interval `name` has its place: the same in every process and on every machine, to 1 ms.

    >>> stable_share("sw-1", 60.0) == stable_share("sw-1", 60.0) < 60.0
    True
    """
    return zlib.crc32(name.encode()) % max(1, round(interval_s * 1000)) / 1000
