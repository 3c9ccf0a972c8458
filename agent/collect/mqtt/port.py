"""Between the listener, which hears messages, and those who understand one dialect each."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from agent.collect.port import Harvest
from agent.link import Heard
from agent.presence import Sign
from campus.ids import DeviceId


class Said(NamedTuple):
    """What one message said of one device. `gateway` speaks for it; it may be silent for `silence_s` (0: as long as any)."""

    device: DeviceId
    harvest: Harvest
    sign: Sign
    gateway: DeviceId | None = None
    silence_s: float = 0.0


class Request(NamedTuple):
    """A message to publish on the school's broker."""

    topic: str
    payload: bytes


class Understood(NamedTuple):
    """What a message said of devices, and what is to be asked because of it. Both may be empty.

    `spoilt` counts by reason what could not be read and belongs to no device.
    """

    said: list[Said]
    requests: list[Request]
    spoilt: Mapping[str, int] = MappingProxyType({})
    teaches: bool = False
    """Whether more is understood from now on: a list of devices, an announcement."""


class Interpreter(Protocol):
    """Understands the messages of one dialect on one broker. Called by one listener; does no I/O."""

    def understand(self, heard: Heard) -> Understood | None:
        """Read one message; None when it is none of this dialect.

        `Poison` when it is one and nothing of it can be read, with a countable reason. Whatever else is wrong with a part of it
        is counted in the harvests.
        """

    def reconnected(self, now: int) -> list[Request]:
        """A connection begins at `now` (UTC ms): what was said before may not hold any more; what is to be asked therefore."""


def leave_out_undated(harvest: Harvest) -> None:
    """Drop the numbers of a retained message that told no moment of its own: nobody knows how old they are."""
    if harvest.samples:
        harvest.dropped["retained_undated"] += len(harvest.samples)
        harvest.samples.clear()
