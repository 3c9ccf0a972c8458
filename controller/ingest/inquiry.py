"""Agents are asked for the facts of their devices when frames of theirs wait for them."""

import threading
from typing import Final

from campus.delivery import TELL_FACTS
from campus.topics import Address
from campus.wire.codec import encode_frame
from campus.wire.frame import CommandBody, Frame

ASK_AFTER_MS: Final = 5_000
"""Facts that were only overtaken have come by then."""
ASK_AGAIN_MS: Final = 60_000
WANTED_FOR_MS: Final = 30_000
"""Who was asked lately and was not wanted for so long has answered: the frames were put off before its facts came."""
ASKED_AT_ONCE: Final = 50
"""Agents asked in one round: a district's, which a registry forgot, must not answer all at once."""


class Inquiry:
    """`want` is called by the thread that takes frames, `due` by one that comes round."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._named: set[Address] = set()
        """Wanted since the last round."""
        self._wanted_at: dict[Address, int] = {}
        self._asked_at: dict[Address, int] = {}
        self.asked = 0
        """How many commands were given out."""

    def want(self, address: Address) -> None:
        """A frame of an agent, which must be enrolled, waits for facts. Cheap: called for each."""
        with self._lock:
            self._named.add(address)

    def due(self, now: int) -> list[tuple[Address, bytes]]:
        """Commands to publish now, at most `ASKED_AT_ONCE`, to each agent at most one in `ASK_AGAIN_MS`."""
        with self._lock:
            self._wanted_at.update(dict.fromkeys(self._named, now))
            self._named.clear()
            ready = [each for each in self._wanted_at if abs(now - self._asked_at.get(each, 0)) >= ASK_AGAIN_MS]
            for address in self._wanted_at.keys() - ready:
                if abs(now - self._wanted_at[address]) > WANTED_FOR_MS:
                    del self._wanted_at[address]
            due = ready[:ASKED_AT_ONCE]
            for address in due:
                del self._wanted_at[address]
                self._asked_at[address] = now
            self.asked += len(due)
        return [(address, _command(address, now)) for address in due]


def _command(address: Address, now: int) -> bytes:
    body = CommandBody(f"facts-{now}", TELL_FACTS)
    return encode_frame(Frame(address.site, address.agent, 0, 0, now, body))
