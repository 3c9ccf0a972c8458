"""What every collector gives: the shape between the protocols and the rest of the agent."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from campus.samples import DeviceFacts, Document, Event, Sample
from firmware_profiles.model import Cadence

__all__ = ["Cadence", "DeviceCollector", "Harvest"]


@dataclass
class Harvest:
    """What one poll or one message gave. Everything may be empty; `dropped` counts points left out, by reason."""

    samples: list[Sample] = field(default_factory=list)
    facts: DeviceFacts | None = None
    events: list[Event] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    refused: str = ""
    """Why the device does not let the agent in, in words; empty where it does. It is then left alone for long."""


class DeviceCollector(Protocol):
    """One polled device. Called by one task at a time; never raises for what a device does (that is what samples say)."""

    async def poll(self, cadences: frozenset[Cadence], now: int) -> Harvest:
        """Read the points of `cadences` once, at `now` (UTC ms). An unreachable device gives ``reachable`` 0 and nothing else.

        Where none of its points is due a collector may leave the device alone and give an empty harvest.
        """

    async def close(self) -> None:
        """Release sockets; harmless when called twice."""

    @property
    def profile_name(self) -> str:
        """`vendor/family` of the profile in use, empty before the device was recognised."""

    def port_name(self, index: str) -> str:
        """The instance of the port with this ifIndex (RFC 2863); empty when it is not known."""
