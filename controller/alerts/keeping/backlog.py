"""What was found and is not written yet: bounded, in order, and timed from finding to writing.

When the database is away for so long that the bound is reached, all that waits is let go at once, and so is what is found
from then on: samples are in the store and events are on disk, so that the engine finds it again (`has_overflowed`). Only
an alert that began and ended meanwhile is not told then.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from threading import Lock
from typing import Final, NamedTuple

from controller.alerts.hushing.stages import Case
from controller.alerts.keeping.recorder import Cleared
from controller.alerts.model import EventKey

MAX_WAITING: Final = 200_000
"""Findings that wait for the database; some 100 MB."""
TIMED: Final = 1_000


class Finding(NamedTuple):
    """A change of an alert on its way to be written, found at `found_at` (UTC ms).

    `event` names the event that is judged once this is written: the last finding of an event carries it.
    """

    change: Case | Cleared
    found_at: int
    event: EventKey | None = None


class Backlog:
    """First in, first out. Thread-safe, and nobody waits long: its lock is never held while anything is judged or written."""

    def __init__(self, capacity: int = MAX_WAITING) -> None:
        self._capacity = self._bound = capacity
        self._waiting: deque[Finding] = deque()
        self._delays_ms: deque[int] = deque(maxlen=TIMED)
        self._dropped = 0
        self._has_overflowed = False
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def dropped(self) -> int:
        """Findings that were let go, or can never be written."""
        return self._dropped

    @property
    def has_overflowed(self) -> bool:
        """Whether what is written down lags behind what is stored, and nothing is taken until `begin_anew`."""
        return self._has_overflowed

    def begin_anew(self) -> None:
        """What waits, and what was let go, is being found again."""
        with self._lock:
            self._waiting.clear()
            self._has_overflowed, self._bound = False, self._capacity

    def put(self, findings: Iterable[Finding]) -> None:
        """Add what was found last."""
        with self._lock:
            self._waiting.extend(findings)
            self._let_go()

    def put_back(self, findings: Iterable[Finding]) -> None:
        """Add what was found again in what is stored, however much that is: it is about to be written."""
        with self._lock:
            self._waiting.extend(findings)
            self._bound = len(self._waiting) + self._capacity

    def take(self, most: int) -> list[Finding]:
        """The oldest ones, at most so many."""
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), most))]

    def give_back(self, findings: Sequence[Finding]) -> None:
        """What was taken could not be written: it is the oldest again."""
        with self._lock:
            self._waiting.extendleft(reversed(findings))
            self._let_go()

    def drop(self, findings: Sequence[Finding]) -> None:
        """What was taken can never be written."""
        with self._lock:
            self._dropped += len(findings)

    def note_written(self, findings: Sequence[Finding], now: int) -> None:
        """Remember how long the last `TIMED` of them waited."""
        with self._lock:
            self._delays_ms.extend(now - each.found_at for each in findings)

    def delays_ms(self) -> dict[str, int]:
        """Of the findings written last: by quantile, how long from finding to writing; empty while none was written."""
        with self._lock:
            ordered = sorted(self._delays_ms)
        return {
            f"{quantile:g}": ordered[min(len(ordered) - 1, int(quantile * len(ordered)))]
            for quantile in ((0.5, 0.99, 1.0) if ordered else ())
        }

    def _let_go(self) -> None:
        if self._has_overflowed or len(self._waiting) > self._bound:
            self._has_overflowed = True
            self._dropped += len(self._waiting)
            self._waiting.clear()
