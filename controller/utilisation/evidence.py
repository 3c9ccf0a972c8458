"""What the 5-minute buckets of boards say: known, on, used. Pure."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from controller.store.port import Window
from controller.utilisation.rules import BUCKET_MS, Mask, proves_on

_MASKS: Final = 3


@dataclass(frozen=True)
class Evidence:
    """Three masks of shape (boards, buckets); what is on is known, what is used is on."""

    is_known: Mask
    is_on: Mask
    is_used: Mask

    def rows(self) -> list[bytes]:
        """One row for each board, 108 bytes for a day of 24 hours."""
        packed = np.packbits(np.concatenate([self.is_known, self.is_on, self.is_used], axis=1), axis=1)
        return [row.tobytes() for row in packed]

    @classmethod
    def of_rows(cls, rows: list[bytes], buckets: int) -> Self:
        """What `rows` made, one or more, of any boards of a day with so many buckets."""
        packed = np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1)
        bits = np.unpackbits(packed, axis=1, count=_MASKS * buckets).view(np.bool_)
        return cls(*(bits[:, first : first + buckets] for first in range(0, _MASKS * buckets, buckets)))

    def cut(self, first: int, after: int) -> Self:
        """The buckets first <= bucket < after alone."""
        return type(self)(*(mask[:, first:after] for mask in (self.is_known, self.is_on, self.is_used)))

    def between(self, first: int, after: int) -> Self:
        """Nothing is known outside of the buckets first <= bucket < after."""
        inside = np.zeros(self.is_known.shape[1], np.bool_)
        inside[max(first, 0) : max(after, 0)] = True
        return type(self)(self.is_known & inside, self.is_on & inside, self.is_used & inside)


@dataclass(frozen=True)
class Seats:
    """Which board each series belongs to, as its `power_state` or as its activity: arrays by series id, -1 elsewhere."""

    boards: int
    power: NDArray[np.int64]
    activity: NDArray[np.int64]
    """`touch_per_min` and `input_state`."""
    first: int = 0
    """The number of the first of so many boards: the arrays may know of others too."""


def weigh(window: Window, seats: Seats, start: int, buckets: int) -> Evidence:
    """The evidence of a window of 5-minute buckets, the first of which begins at `start` or later."""
    known, on, active = (np.zeros(seats.boards * buckets, np.bool_) for _ in range(3))
    bucket = (window.at - start) // BUCKET_MS
    seat = seats.power[window.series]
    rows = np.flatnonzero(seat >= 0)
    place = (seat[rows] - seats.first) * buckets + bucket[rows]
    known[place] = True
    on[place] = proves_on(window.minimum[rows], window.maximum[rows])
    rows = np.flatnonzero((seat < 0) & (window.maximum > 0))
    active[(seats.activity[window.series[rows]] - seats.first) * buckets + bucket[rows]] = True
    return Evidence(*(mask.reshape(seats.boards, buckets) for mask in (known, on, on & active)))
