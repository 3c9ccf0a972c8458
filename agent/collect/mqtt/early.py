"""Retained messages that came before what explains them.

At the start of a connection a broker sends what it has kept in no order: a device's last will before the list that says whose
it is.
"""

from collections.abc import Iterator
from typing import NamedTuple

from agent.link import Heard

MAX_WAITING = 2000
MAX_PAYLOAD_BYTES = 4096
WAIT_S = 10.0
"""After the connection. A broker has sent all that it kept by then."""


class Unread(NamedTuple):
    """A message that nobody understood, and why."""

    heard: Heard
    reason: str


class Early:
    """Holds them for as long as an explanation may come: until `until_s`. One instance for one connection."""

    def __init__(self, until_s: float) -> None:
        self._until_s = until_s
        self._waiting: list[Unread] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def hold(self, unread: Unread, now_s: float) -> bool:
        """Keep a message for another try; False when it is not retained, too large, or there is no room or time any more."""
        heard = unread.heard
        if not heard.is_retained or len(heard.payload) > MAX_PAYLOAD_BYTES:
            return False
        if now_s >= self._until_s or len(self._waiting) >= MAX_WAITING:
            return False
        self._waiting.append(unread)
        return True

    def again(self) -> list[Unread]:
        """All that wait, for another try; they wait no more."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def overdue(self, now_s: float) -> Iterator[Unread]:
        """Those that nothing explained in time."""
        if now_s >= self._until_s:
            yield from self.again()
