"""What was given to a connection and its broker has not confirmed, and when that is a reason to give the connection up. Pure."""

from typing import Final

SILENCE_S: Final = 60.0
"""A broker that confirms nothing for so long while it owes something is as good as gone ..."""
SLOWEST_BYTES_PER_S: Final = 500
"""... but a line of this speed may first carry over what lies before it."""


class Unconfirmed:
    """Messages of one connection by their id; moments are seconds of a clock that does not jump."""

    def __init__(self) -> None:
        self._sizes: dict[int, int] = {}
        self._quiet_since_s = 0.0

    @property
    def size_bytes(self) -> int:
        """All that the broker owes an answer to."""
        return sum(self._sizes.values())

    def __bool__(self) -> bool:
        return bool(self._sizes)

    def send(self, message: int, size_bytes: int, now_s: float) -> None:
        """A message was given to the connection."""
        if not self._sizes:
            self._quiet_since_s = now_s
        self._sizes[message] = size_bytes

    def confirm(self, message: int, now_s: float) -> None:
        """The broker has it; a message nobody knows is no sign of life."""
        if self._sizes.pop(message, None) is not None:
            self._quiet_since_s = now_s

    def is_hopeless(self, now_s: float) -> bool:
        """Whether nothing at all was confirmed for longer than any line in use would take."""
        allowed_s = SILENCE_S + self.size_bytes / SLOWEST_BYTES_PER_S
        return bool(self._sizes) and now_s - self._quiet_since_s > allowed_s
