"""What the ingest thread and the alert engine ask thousands of times a second, kept in memory.

Readers take no lock: every change puts a whole new value in place (one reference assignment), or adds one key.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind
from campus.topics import Address


class Standing(NamedTuple):
    """What judgement needs to know of a device."""

    kind: DeviceKind
    room: str


_NOTHING: Mapping[DeviceId, Standing] = {}


class Membership:
    """Who is enrolled, which devices are known. Filled by the registry, which is the only writer."""

    def __init__(self) -> None:
        self._enrolled: frozenset[Address] = frozenset()
        self._devices: dict[SiteId, dict[DeviceId, Standing]] = {}
        self._standings: dict[Standing, Standing] = {}
        """Each once: many devices have the same kind and room."""

    def enrol(self, addresses: Iterable[Address]) -> None:
        """Put the whole set of enrolled agents in place."""
        self._enrolled = frozenset(addresses)

    def learn(self, site: SiteId, device: DeviceId, standing: Standing) -> None:
        """Add a device, or change what is known of it."""
        self._devices.setdefault(site, {})[device] = self._standings.setdefault(standing, standing)

    def is_enrolled(self, address: Address) -> bool:
        """Whether frames of this agent are welcome."""
        return address in self._enrolled

    def is_known(self, site: SiteId, device: DeviceId) -> bool:
        """Whether samples of this device are welcome."""
        return device in self._devices.get(site, _NOTHING)

    def standing(self, site: SiteId, device: DeviceId) -> Standing | None:
        """Kind and room of a device, None when it is unknown."""
        return self._devices.get(site, _NOTHING).get(device)

    def devices(self, site: SiteId) -> list[DeviceId]:
        """All known devices of a site, in no particular order."""
        return list(self._devices.get(site, _NOTHING))

    def kinds(self, site: SiteId) -> dict[DeviceId, DeviceKind]:
        """The kind of each known device of a site."""
        return {device: standing.kind for device, standing in list(self._devices.get(site, _NOTHING).items())}

    def __len__(self) -> int:
        return sum(map(len, list(self._devices.values())))
