"""What was received and is not settled yet, bounded in messages and in bytes: whoever puts waits for room."""

import threading
from collections import deque
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class _Waiting(NamedTuple, Generic[T]):
    item: T
    received_at: int


class Inbox(Generic[T]):
    """A queue of one putting and one getting thread.

    A message counts towards `most_frames` until it is taken and towards `most_bytes` until it is settled, wherever it is
    meanwhile: in a group, or under way to the disk. One message fits however large it is when nothing else is there.
    """

    def __init__(self, most_frames: int, most_bytes: int) -> None:
        self._most_frames = most_frames
        self._most_bytes = most_bytes
        self._waiting: deque[_Waiting[T]] = deque()
        self._unsettled_bytes = 0
        lock = threading.Lock()
        self._came = threading.Condition(lock)
        self._left = threading.Condition(lock)

    def put(self, item: T, size_bytes: int, received_at: int, timeout_s: float) -> bool:
        """Add a message; False when there was no room for it in time."""
        with self._left:
            if not self._left.wait_for(lambda: self._has_room(size_bytes), timeout_s):
                return False
            self._waiting.append(_Waiting(item, received_at))
            self._unsettled_bytes += size_bytes
            self._came.notify()
            return True

    def get(self, timeout_s: float) -> T | None:
        """The oldest message; None when none came in time."""
        with self._came:
            if not self._waiting and (timeout_s <= 0 or not self._came.wait_for(lambda: self._waiting, timeout_s)):
                return None
            waiting = self._waiting.popleft()
            self._left.notify()
            return waiting.item

    def settle(self, size_bytes: int) -> None:
        """Messages of so many bytes together are dealt with: their payloads are let go."""
        with self._left:
            self._unsettled_bytes -= size_bytes
            self._left.notify()

    @property
    def waiting(self) -> int:
        """Messages received and not taken yet."""
        return len(self._waiting)

    @property
    def unsettled_bytes(self) -> int:
        """Bytes received and not settled yet."""
        return self._unsettled_bytes

    @property
    def fill(self) -> float:
        """How full it is, by messages or by bytes, whichever is nearer to the bound; 1.0 is full."""
        return max(len(self._waiting) / self._most_frames, self._unsettled_bytes / self._most_bytes)

    @property
    def oldest_at(self) -> int:
        """When the message was received that has waited the longest to be taken (UTC ms); 0 when none waits."""
        with self._came:
            return self._waiting[0].received_at if self._waiting else 0

    def _has_room(self, size_bytes: int) -> bool:
        if len(self._waiting) >= self._most_frames:
            return False
        return not self._unsettled_bytes or self._unsettled_bytes + size_bytes <= self._most_bytes
