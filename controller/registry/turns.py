"""Writers of one process take turns, in the order they came.

SQLite lets one write at a time, but who waits only looks again now and then: behind somebody who writes one transaction
after another, a person's click would wait for the end of a storm.
"""

from collections import deque
from threading import Event, Lock


class Turns:
    """A fair lock. Thread-safe; not to be taken twice by one thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._queue: deque[Event] = deque()
        """The first has the turn."""

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        with self._lock:
            return max(0, len(self._queue) - 1)

    def take(self, timeout_s: float) -> bool:
        """Wait for the turn; False when it did not come in time. `leave` afterwards, only where it was had."""
        mine = Event()
        with self._lock:
            self._queue.append(mine)
            if self._queue[0] is mine:
                return True
        if mine.wait(timeout_s):
            return True
        with self._lock:
            if self._queue[0] is mine:  # it came just now
                return True
            self._queue.remove(mine)
            return False

    def leave(self) -> None:
        """Give the turn to who has waited longest."""
        with self._lock:
            self._queue.popleft()
            if self._queue:
                self._queue[0].set()
