"""What the ingest thread and the alert engine ask thousands of times a second, kept in memory.

Readers take no lock: every change puts a whole new value in place (one reference assignment), or adds one key.
"""

from collections.abc import Iterable
from typing import NamedTuple

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind
from campus.topics import Address


class Standing(NamedTuple):
    """What judgement needs to know of a device."""

    kind: DeviceKind
    room: str


class Membership:
    """Who is enrolled, which devices are known. Filled by the registry, which is the only writer."""

    def __init__(self) -> None:
        self._enrolled: frozenset[Address] = frozenset()
        self._devices: dict[tuple[str, str], Standing] = {}

    def enrol(self, addresses: Iterable[Address]) -> None:
        """Put the whole set of enrolled agents in place."""
        self._enrolled = frozenset(addresses)

    def learn(self, site: SiteId, device: DeviceId, standing: Standing) -> None:
        """Add a device, or change what is known of it."""
        self._devices[site, device] = standing

    def is_enrolled(self, address: Address) -> bool:
        """Whether frames of this agent are welcome."""
        return address in self._enrolled

    def is_known(self, site: SiteId, device: DeviceId) -> bool:
        """Whether samples of this device are welcome."""
        return (site, device) in self._devices

    def standing(self, site: SiteId, device: DeviceId) -> Standing | None:
        """Kind and room of a device, None when it is unknown."""
        return self._devices.get((site, device))

    def __len__(self) -> int:
        return len(self._devices)
