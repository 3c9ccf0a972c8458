"""What is usual at this hour, of each watched series: two hours at a time, as arrays. Pure.

Of a week's 168 hours no more is kept than the one that runs and one beside it: `learning` reads each hour anew from the
store's hourly roll-ups shortly before it begins, so that nothing has to be kept over a restart and every day counts at once.
"""

from typing import Final

import numpy as np

from controller.alerts.judging.columns import Mask
from controller.alerts.judging.layers import Numbers, grown, roomier
from controller.store.port import Times, Values

HOUR_MS: Final = 3_600_000
SLOTS: Final = 2


class Usual:
    """By number. Not thread-safe."""

    def __init__(self) -> None:
        self._count = 0
        self._deviations = np.zeros(0, dtype=np.float64)
        self._least = np.zeros(0, dtype=np.float64)
        self._hour = np.zeros((0, SLOTS), dtype=np.int32)
        """Which hour (since 1970) each slot is about; 0: none."""
        self._usual = np.zeros((0, SLOTS), dtype=np.float32)
        self._deviation = np.zeros((0, SLOTS), dtype=np.float32)

    def __len__(self) -> int:
        return self._count

    def add(self, deviations: Values, least: Values) -> Numbers:
        """Some more, of which nothing is known yet; returns their numbers."""
        first, self._count = self._count, self._count + len(least)
        if self._count > len(self._least):
            room = roomier(self._count, len(self._least))
            for name in ("_deviations", "_least"):
                setattr(self, name, grown(getattr(self, name), room))
            for name in ("_hour", "_usual", "_deviation"):
                before = getattr(self, name)
                setattr(self, name, np.zeros((room, SLOTS), dtype=before.dtype))
                getattr(self, name)[: len(before)] = before
        numbers = np.arange(first, self._count, dtype=np.int32)
        self._deviations[numbers], self._least[numbers] = deviations, least
        return numbers

    def lacks(self, hour: int) -> Mask:
        """Of which numbers this hour was not looked up yet."""
        lacking: Mask = self._hour[: self._count, hour % SLOTS] != hour
        return lacking

    def put(self, number: Numbers, hour: int, usual: Values, deviation: Values) -> None:
        """What is usual in an hour, in place of the one two hours before; NaN where that is not known."""
        slot = hour % SLOTS
        self._hour[number, slot] = hour
        self._usual[number, slot], self._deviation[number, slot] = usual, deviation

    def copy(self, other: "Usual", theirs: Numbers, ours: Numbers) -> None:
        """Know what another knows, of the same number of each."""
        for name in ("_hour", "_usual", "_deviation"):
            getattr(self, name)[ours] = getattr(other, name)[theirs]

    def make(self, number: Numbers, at: Times, value: Values) -> tuple[Values, Values, Values]:
        """How far each value is from the usual one, 1 being as far as may be; the usual one; how far that is.

        NaN where it is not known what is usual.
        """
        hour = at // HOUR_MS
        slot = hour % SLOTS
        usual = np.where(self._hour[number, slot] == hour, self._usual[number, slot], np.nan).astype(np.float64)
        allowed = np.maximum(self._deviations[number] * self._deviation[number, slot], self._least[number])
        return (value - usual) / allowed, usual, allowed
