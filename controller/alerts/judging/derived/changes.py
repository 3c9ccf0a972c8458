"""By how much series have changed within a time: a few older values of each, as arrays. Pure.

The value of `within` ago is the newest that was kept until then, at most as old again; kept is about every eighth of the
time, so that memory is bounded whatever the cadence.
"""

from typing import Final

import numpy as np

from controller.alerts.judging.derived.turns import turns, without_twins
from controller.alerts.judging.layers import Numbers, grown, roomier
from controller.store.port import Times, Values

KEPT: Final = 16
"""Older values of each series: twice the time, eight of each."""
REACH: Final = 2
"""How many times `within` the oldest that is needed lies back."""


class Changes:
    """Older values by number. Not thread-safe."""

    def __init__(self) -> None:
        self._count = 0
        self._within = np.zeros(0, dtype=np.int64)
        self._at = np.zeros((0, KEPT), dtype=np.int64)
        self._value = np.zeros((0, KEPT), dtype=np.float64)
        self._next = np.zeros(0, dtype=np.uint8)
        self._kept_at = np.zeros(0, dtype=np.int64)

    def add(self, within_ms: Times) -> Numbers:
        """Be ready for some more, nothing known of them; returns their numbers."""
        first, self._count = self._count, self._count + len(within_ms)
        if self._count > len(self._within):
            room = roomier(self._count, len(self._within))
            for name in ("_within", "_next", "_kept_at"):
                setattr(self, name, grown(getattr(self, name), room))
            for name in ("_at", "_value"):
                before = getattr(self, name)
                setattr(self, name, np.zeros((room, KEPT), dtype=before.dtype))
                getattr(self, name)[: len(before)] = before
        self._within[first : self._count] = within_ms
        return np.arange(first, self._count, dtype=np.int32)

    def forget(self, number: Numbers) -> None:
        """Know nothing of some any more."""
        self._at[number], self._kept_at[number] = 0, 0

    def make(self, number: Numbers, at: Times, value: Values) -> tuple[Numbers, Times, Values, Values]:
        """Samples, each newer than those before: numbers, instants, differences and what they are to, by number and time.

        A difference is NaN where the value of that time ago is not known.
        """
        order = without_twins(number, at)
        number, at, value = number[order], at[order], value[order]
        before = np.empty(len(number), dtype=np.float64)
        for places in turns(number, at):
            before[places] = self._step(number[places], at[places], value[places])
        return number, at, value - before, before

    def _step(self, number: Numbers, at: Times, value: Values) -> Values:
        """One sample of each: the values that long ago."""
        within, kept = self._within[number], self._at[number]
        limit = at - within
        is_fit = (kept > 0) & (kept <= limit[:, np.newaxis]) & (kept >= (limit - within)[:, np.newaxis])
        newest = np.where(is_fit, kept, 0).argmax(axis=1)
        before = np.where(is_fit.any(axis=1), self._value[number, newest], np.nan)
        due = at - self._kept_at[number] >= within * REACH // KEPT
        number, at, value = number[due], at[due], value[due]
        place = self._next[number]
        self._at[number, place], self._value[number, place] = at, value
        self._kept_at[number], self._next[number] = at, (place + 1) % KEPT
        return before
