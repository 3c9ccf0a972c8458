"""Nouns of the topology: what devices told, what follows from it, and how sure that is. Plain and frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

import msgspec

from campus.ids import DeviceId
from campus.samples import DeviceFacts, DeviceKind, Neighbour

NETWORK_KINDS = frozenset({DeviceKind.GATEWAY, DeviceKind.SWITCH, DeviceKind.ACCESS_POINT})
"""What others hang on."""
HUB = "hub:"
"""How the name of a hub begins; no device id has a colon."""


class Sighting(msgspec.Struct, frozen=True, array_like=True):
    """A bridge heard a station behind a port, last at `seen_at` (UTC ms)."""

    port: str
    vlan: int
    mac: str
    seen_at: int


class Resolution(msgspec.Struct, frozen=True, array_like=True):
    """A router found the MAC address of an IP address, last at `seen_at`; `port` may be empty."""

    address: str
    mac: str
    port: str
    seen_at: int


class Met(msgspec.Struct, frozen=True, array_like=True):
    """A device was told by LLDP or CDP who hangs on its port, last at `seen_at`."""

    neighbour: Neighbour
    seen_at: int


class Sightings(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that one device told of others: what it tells now, and what it told lately and nothing has contradicted since."""

    forwarding: tuple[Sighting, ...] = ()
    addresses: tuple[Resolution, ...] = ()
    met: tuple[Met, ...] = ()
    left_out: int = 0


@dataclass(frozen=True)
class Teller:
    """One device of a site with what it told."""

    id: DeviceId
    kind: DeviceKind
    facts: DeviceFacts
    sightings: Sightings


class Source(StrEnum):
    """The table that something follows from."""

    NEIGHBOURS = "neighbours"
    """LLDP, CDP or the vendor's own."""
    FORWARDING = "forwarding"
    """A bridge's forwarding table."""
    ADDRESSES = "addresses"
    """ARP or neighbour discovery, which says whose a MAC address is."""


class Evidence(NamedTuple):
    """Which table of which device told it, and when last."""

    source: Source
    teller: DeviceId
    seen_at: int


class End(NamedTuple):
    """One end of a link: a device id or a hub's name, and the port's instance where that is known."""

    node: str
    port: str = ""


@dataclass(frozen=True)
class Link:
    """A cable, as far as anybody can tell: `one` before `other`; evidence in order, never empty; confidence 0 to 1."""

    one: End
    other: End
    confidence: float
    evidence: tuple[Evidence, ...]

    def end_of(self, node: str) -> End:
        """The end at `node`."""
        return self.one if self.one.node == node else self.other

    def beyond(self, node: str) -> End:
        """The end that is not at `node`."""
        return self.other if self.one.node == node else self.one

    @property
    def seen_at(self) -> int:
        """When any of its evidence was last seen."""
        return max(each.seen_at for each in self.evidence)


class ConflictKind(StrEnum):
    """What does not fit together."""

    TWO_PLACES = "two_places"
    """A station was heard behind two ports to which no other switch is known: it moved, or an address stands twice."""
    OTHER_NEIGHBOUR = "other_neighbour"
    """A device names a neighbour whose own port leads elsewhere: an old entry, or a cable just moved."""
    TWO_NAMES = "two_names"
    """The name and the address a neighbour was told by belong to two devices."""


class Conflict(NamedTuple):
    """Something two tables disagree about: `chosen` was believed, `other` was not."""

    kind: ConflictKind
    device: DeviceId
    chosen: End
    other: End


class Strangers(NamedTuple):
    """Who hangs on a port and is none of the registered devices: names LLDP told, and how many stations beside them."""

    names: tuple[str, ...]
    stations: int


@dataclass(frozen=True)
class Topology:
    """The network of one site. Links, conflicts in order; `strangers` by device and port."""

    links: tuple[Link, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    strangers: Mapping[End, Strangers] = field(default_factory=dict)


class Up(NamedTuple):
    """The next node towards the metro network, by which link."""

    parent: str
    link: Link


@dataclass(frozen=True)
class Tree:
    """A topology as seen from the metro network.

    `up`: the shortest way of each node that has one. `ways`: the neighbours by which a node still reaches the metro network
    when it looks for another way: two or more in a ring. `roots`: where the metro network begins, and behind them the tops of
    parts that no known link joins to it.
    """

    roots: tuple[str, ...]
    up: Mapping[str, Up]
    ways: Mapping[str, tuple[str, ...]]


class Placement(NamedTuple):
    """Where a device hangs (hubs passed over), since when (UTC ms, 0: just found), and where it hung before if elsewhere."""

    place: End
    since_at: int
    former: End | None = None


@dataclass(frozen=True)
class SiteTopology:
    """The network of a site: links, the way up of each node, and since when devices hang where they do."""

    topology: Topology
    tree: Tree
    placed: Mapping[DeviceId, Placement]

    @cached_property
    def beyond(self) -> dict[End, tuple[DeviceId, ...]]:
        """The devices at the other end of each end of a link, in order; hubs are passed over."""
        of_hub: dict[str, set[str]] = {}
        for link in self.topology.links:
            for end in (link.one, link.other):
                if end.node.startswith(HUB):
                    of_hub.setdefault(end.node, set()).add(link.beyond(end.node).node)
        found: dict[End, set[str]] = {}
        for link in self.topology.links:
            for end, other in ((link.one, link.other), (link.other, link.one)):
                if not end.node.startswith(HUB):
                    found.setdefault(end, set()).update(of_hub.get(other.node, {other.node}) - {end.node})
        return {end: tuple(DeviceId(node) for node in sorted(nodes)) for end, nodes in found.items()}
