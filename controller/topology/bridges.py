"""Which port of a bridge leads to which other one, by whom each heard where; and which bridges are next to each other. Pure.

A bridge hears every station of its network behind exactly one port, and a network of bridges is a tree (IEEE 802.1D). So:
a port behind which another bridge's own address was heard leads to it; and so does a port behind which stations were heard
that the other bridge hears behind two different ports of its own, for the way from one to the other crosses it. Two
bridges are next to each other when no third one stands between: one whose ports to the two differ.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from campus.ids import DeviceId
from controller.topology.joints import Joints
from controller.topology.model import NETWORK_KINDS, End, Evidence, Link, Source, Teller
from controller.topology.who import Who, own_macs

BOTH, ONE = 0.8, 0.6
ENOUGH_STATIONS = 2
_GROUPS_OF_ROUTERS = ("00005e0001", "00005e0002", "00000c07ac", "0007b4")
"""Addresses that several routers share in turn: VRRP (RFC 5798), HSRP, GLBP."""


class Bridges:
    """The forwarding tables of a site and what they say of the way from bridge to bridge."""

    def __init__(self, tellers: Sequence[Teller], who: Who, known: Sequence[Link]) -> None:
        self.who = who
        self.kinds = {teller.id: teller.kind for teller in tellers}
        self.heard = {teller.id: _newest(teller) for teller in tellers if teller.sightings.forwarding}
        """By bridge: MAC address to (port, when), where it was heard last."""
        self.toward: dict[DeviceId, dict[DeviceId, str]] = {bridge: {} for bridge in self.heard}
        """By bridge: the port that leads to each other network device."""
        self.met: list[tuple[End, End]] = []
        """Ends of two bridges that `join` found to meet."""
        self._linked = {frozenset((link.one.node, link.other.node)) for link in known}
        self._taken = {end for link in known for end in (link.one, link.other) if end.port}
        self._follow_links(known)
        self._follow_addresses()
        self._follow_stations()

    def join(self, joints: Joints) -> None:
        """Join the ends of bridges that are next to each other and that no neighbour table has linked; `met` keeps them."""
        for bridge, ways in sorted(self.toward.items()):
            for other in sorted(ways):
                if other in self.heard and bridge < other and self._are_next(bridge, other):
                    self._join_two(bridge, other, joints)

    def trunks(self, bridge: DeviceId) -> set[str]:
        """The ports of a bridge behind which there is another one that tells a table."""
        return {port for other, port in self.toward[bridge].items() if other in self.heard}

    def between(self, one: DeviceId, other: DeviceId) -> list[DeviceId]:
        """Network devices without a table that both of two bridges hear behind the port to the other, and no third nearer."""
        first, second = self.toward[one], self.toward[other]
        return [
            device
            for device in sorted(first)
            if device not in self.heard
            and first[device] == first.get(other)
            and second.get(device) == second.get(one)
            and not any(self._stands_between(third, one, device) for third in self.heard if third not in (one, other))
        ]

    def seen(self, bridge: DeviceId, other: DeviceId) -> Evidence:
        """What the table of `bridge` says of `other`, or of any station where it was found out by those."""
        times = [at for mac, (_, at) in self.heard[bridge].items() if self.who.of_mac.get(mac) == other]
        return Evidence(Source.FORWARDING, bridge, max(times or [at for _, at in self.heard[bridge].values()]))

    def _follow_links(self, known: Sequence[Link]) -> None:
        """What lies behind a port with a known link lies behind it, however far."""
        next_to: Mapping[str, list[Link]] = defaultdict(list)
        for link in known:
            for node in (link.one.node, link.other.node):
                next_to[node].append(link)
        for bridge, ways in self.toward.items():
            met: set[str] = {bridge}
            reached = [(link.beyond(bridge).node, link.end_of(bridge).port) for link in next_to[bridge]]
            while reached:
                node, port = reached.pop()
                if node in met or not port:
                    continue
                met.add(node)
                if self.kinds.get(DeviceId(node)) in NETWORK_KINDS:
                    ways[DeviceId(node)] = port
                reached += [(link.beyond(node).node, port) for link in next_to[node]]

    def _follow_addresses(self) -> None:
        for bridge, heard in self.heard.items():
            latest: dict[DeviceId, tuple[int, str]] = {}
            for mac, (port, at) in heard.items():
                device = self.who.of_mac.get(mac)
                if device and device != bridge and self.kinds.get(device) in NETWORK_KINDS:
                    latest[device] = max(latest.get(device, (0, "")), (at, port))
            for device, (_, port) in latest.items():
                self.toward[bridge].setdefault(device, port)

    def _follow_stations(self) -> None:
        for bridge in self.heard:
            for other in self.heard:
                if other != bridge and other not in self.toward[bridge]:
                    port = self._by_stations(bridge, other)
                    if port:
                        self.toward[bridge][other] = port

    def _by_stations(self, bridge: DeviceId, other: DeviceId) -> str:
        """The one port of `bridge` behind which stations are that `other` hears behind several of its ports."""
        beyond: Mapping[str, set[str]] = defaultdict(set)
        theirs = self.heard[other]
        for mac, (port, _) in self.heard[bridge].items():
            if mac in theirs:
                beyond[port].add(theirs[mac][0])
        found = [port for port, ports in beyond.items() if len(ports) >= ENOUGH_STATIONS]
        return found[0] if len(found) == 1 else ""

    def _are_next(self, one: DeviceId, other: DeviceId) -> bool:
        if frozenset((one, other)) in self._linked:
            return False
        port, back = self.toward[one][other], self.toward[other].get(one, "")
        if End(one, port) in self._taken or End(other, back) in self._taken:
            return False
        return not any(self._stands_between(third, one, other) for third in self.heard if third not in (one, other))

    def _stands_between(self, third: DeviceId, one: DeviceId, other: DeviceId) -> bool:
        ways = self.toward[third]
        return one in ways and other in ways and ways[one] != ways[other]

    def _join_two(self, one: DeviceId, other: DeviceId, joints: Joints) -> None:
        port, back = self.toward[one][other], self.toward[other].get(one, "")
        ends = End(one, port), End(other, back)
        evidence = [self.seen(one, other), *([self.seen(other, one)] if back else [])]
        joints.join(*ends, BOTH if back else ONE, evidence)
        if back:
            self.met.append(ends)
            for device in self.between(one, other):
                joints.join(ends[0], End(device), ONE, [self.seen(one, device)])


def _newest(teller: Teller) -> dict[str, tuple[str, int]]:
    """Where a bridge heard each station last; not its own addresses, and none that routers share."""
    own = own_macs(teller)
    found: dict[str, tuple[str, int]] = {}
    for each in teller.sightings.forwarding:
        if each.mac in own or each.mac.startswith(_GROUPS_OF_ROUTERS):
            continue
        before = found.get(each.mac)
        if before is None or (each.seen_at, each.port) > (before[1], before[0]):
            found[each.mac] = each.port, each.seen_at
    return found
