"""Which frames are under way, what of them the broker still owes an answer to, and when one is sent again.

Pure rule; knows neither broker nor disk. A frame is under way until the controller has acknowledged it or it expired.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

MOST_WAITS: Final = 16
"""A frame that is never acknowledged is sent again after one wait, two, four and at last this many."""
MOST_EXPIRED: Final = 10_000
"""Of so many frames it is known how often they were sent; an older one begins again with one wait."""
Runs = Sequence[tuple[int, int]]


class Lane(Enum):
    """`LIVE`: sealed during this connection. `BACKLOG`: what waited, and what was not acknowledged in time."""

    LIVE = "live"
    BACKLOG = "backlog"


UNCONFIRMED_BYTES: Final = {Lane.LIVE: 64 << 10, Lane.BACKLOG: 16 << 10}
"""What may lie between us and the broker, and one frame more: the pipe of a slow line is first in, first out, so the
backlog in it is what a live frame waits for: 2 s at 64 kbit/s. At 100 ms to the broker this lets 160 kB/s through."""


@dataclass(slots=True)
class _UnderWay:
    epoch: int
    lane: Lane
    size_bytes: int
    sent_s: float
    wait_s: float
    confirmed_s: float | None = None


class Window:
    """The frames of one connection, at most `size` in each lane, so that neither lane can block the other."""

    def __init__(self, size: int, ack_timeout_s: float) -> None:
        self._size = size
        self._ack_timeout_s = ack_timeout_s
        self._sent: dict[int, _UnderWay] = {}
        self._expired: dict[int, int] = {}

    @property
    def numbers(self) -> frozenset[int]:
        """All frames under way."""
        return frozenset(self._sent)

    def has_room(self, lane: Lane) -> bool:
        """Whether one more frame may be sent in `lane`, however large."""
        mine = [each for each in self._sent.values() if each.lane is lane]
        unconfirmed_bytes = sum(each.size_bytes for each in mine if each.confirmed_s is None)
        return len(mine) < self._size and unconfirmed_bytes < UNCONFIRMED_BYTES[lane]

    def send(self, number: int, epoch: int, size_bytes: int, lane: Lane, now_s: float) -> None:
        """Note that a frame was handed to the connection."""
        waits = min(2 ** self._expired.get(number, 0), MOST_WAITS)
        self._sent[number] = _UnderWay(epoch, lane, size_bytes, now_s, waits * self._ack_timeout_s)

    def confirm(self, number: int, now_s: float) -> None:
        """The broker has it: from now on the controller's answer is waited for."""
        if number in self._sent:
            self._sent[number].confirmed_s = now_s

    def last_sent_s(self, epoch: int, runs: Runs) -> float | None:
        """When the last frame under way of `epoch` in `runs` (inclusive) was sent; None when none of them is."""
        return max((self._sent[number].sent_s for number in self._of(epoch, runs)), default=None)

    def acknowledge(self, epoch: int, runs: Runs) -> int:
        """Take out what of `epoch` lies in `runs` (inclusive); how many those were.

        Only once the spool has noted it: what is not under way and still waits there is sent again.
        """
        stored = self._of(epoch, runs)
        for number in stored:
            del self._sent[number]
            self._expired.pop(number, None)
        return len(stored)

    def expire(self, now_s: float) -> int:
        """Take out what the broker has and the controller should have acknowledged by now, to be sent again; how many.

        What the broker has not confirmed never expires: it is still in the pipe, and a second copy behind it helps nobody.
        """
        late = [
            number
            for number, each in self._sent.items()
            if each.confirmed_s is not None and now_s - each.confirmed_s >= each.wait_s
        ]
        for number in late:
            del self._sent[number]
            self._expired[number] = self._expired.pop(number, 0) + 1  # to the end: the oldest are forgotten first
        while len(self._expired) > MOST_EXPIRED:
            del self._expired[next(iter(self._expired))]
        return len(late)

    def _of(self, epoch: int, runs: Runs) -> list[int]:
        return [
            number
            for number, each in self._sent.items()
            if each.epoch == epoch and any(first <= number <= last for first, last in runs)
        ]
