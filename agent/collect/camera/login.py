"""Whether a password may be tried. Cameras shut out who was wrong five times: one that was refused rests for an hour. Pure."""

from enum import StrEnum

from agent.credentials import Credential

AGAIN_AFTER_MS = 3_600_000
"""A password that was refused is tried again at most so often: somebody may have put the account right."""


class Door(StrEnum):
    """Where a password is asked for; cameras may keep separate accounts for ONVIF."""

    HTTP = "http"
    ONVIF = "onvif"
    RTSP = "rtsp"


class Login:
    """One device's account. While no door took the password, one refusal shuts them all: the lock-out counts them together."""

    def __init__(self, credential: Credential | None) -> None:
        self.credential = credential
        self._refused_at: dict[Door, int] = {}
        self._accepted: set[Door] = set()

    @property
    def is_refused(self) -> bool:
        """Whether the password was refused, and taken nowhere since."""
        return bool(self._refused_at) and not self._accepted

    @property
    def is_accepted(self) -> bool:
        """Whether some door took the password."""
        return bool(self._accepted)

    def may_try(self, door: Door, now: int) -> bool:
        """Whether the password may be shown at `door`, at `now` (ms of a clock that does not jump)."""
        doors = (door,) if self._accepted else tuple(Door)
        return all(now - self._refused_at.get(each, -AGAIN_AFTER_MS) >= AGAIN_AFTER_MS for each in doors)

    def refuse(self, door: Door, now: int) -> None:
        """It was refused. Where it was taken before it has been changed, and every door will refuse it."""
        if door in self._accepted:
            self._accepted.clear()
        self._refused_at[door] = now

    def accept(self, door: Door) -> None:
        """It was taken."""
        self._accepted.add(door)
        self._refused_at.pop(door, None)
