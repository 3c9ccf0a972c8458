"""Which frames are under way and since when. Pure rule; knows neither broker nor disk."""

from collections.abc import Sequence
from enum import Enum


class Lane(Enum):
    """`LIVE`: sealed during this connection. `BACKLOG`: what waited, and what was not acknowledged in time."""

    LIVE = "live"
    BACKLOG = "backlog"


class Window:
    """Frames sent and not yet acknowledged: at most `size` in each lane, so that neither lane can block the other."""

    def __init__(self, size: int, ack_timeout_s: float) -> None:
        self._size = size
        self._ack_timeout_s = ack_timeout_s
        self._sent: dict[int, tuple[Lane, float]] = {}

    @property
    def numbers(self) -> frozenset[int]:
        """All frames under way."""
        return frozenset(self._sent)

    def room(self, lane: Lane) -> int:
        """How many more frames may be sent in `lane`."""
        return self._size - sum(its_lane is lane for its_lane, _ in self._sent.values())

    def send(self, number: int, lane: Lane, now_s: float) -> None:
        """Note that a frame was handed to the broker."""
        self._sent[number] = (lane, now_s)

    def acknowledge(self, runs: Sequence[tuple[int, int]]) -> int:
        """Take out what lies in `runs` (inclusive); how many those were."""
        stored = [number for number in self._sent if any(first <= number <= last for first, last in runs)]
        for number in stored:
            del self._sent[number]
        return len(stored)

    def expire(self, now_s: float) -> int:
        """Take out what was sent too long ago, so that it is sent again; how many those were."""
        late = [number for number, (_, sent_s) in self._sent.items() if now_s - sent_s >= self._ack_timeout_s]
        for number in late:
            del self._sent[number]
        return len(late)
