"""Networks whose cables are known: trees of bridges, unmanaged switches and stations, and what their devices tell of them.

The truth is `Network.above`: for every device the managed device above it and the port of that which leads to it.
"""

import random
from collections import defaultdict
from dataclasses import dataclass, field

from msgspec.structs import replace

from campus.ids import DeviceId
from campus.samples import DeviceFacts, DeviceKind, Neighbour, PortFacts
from controller.topology.model import Met, Resolution, Sighting, Sightings, Teller, Topology
from controller.topology.tree import tree_of

NOW = 1_790_000_000_000
_NETWORK = (DeviceKind.GATEWAY, DeviceKind.SWITCH)


@dataclass
class Node:
    """A device, or (`kind` None) an unmanaged switch. `up` is the number of its port that leads to `parent`."""

    id: str
    kind: DeviceKind | None
    parent: str = ""
    parent_port: int = 0
    ports: int = 1
    mac: int = 0
    speaks: bool = False
    """LLDP."""
    tells: bool = False
    """Its forwarding table."""


@dataclass
class Network:
    """Nodes by id, parents before children; the first is the gateway."""

    nodes: dict[str, Node] = field(default_factory=dict)
    strangers: dict[str, tuple[str, int]] = field(default_factory=dict)
    """MAC address of an unregistered station to the node and port it hangs on."""

    @property
    def above(self) -> dict[str, tuple[str, str]]:
        """By device the managed device above it and its port; unmanaged switches are passed over."""
        found = {}
        for node in self.nodes.values():
            if node.kind is not None and node.parent:
                parent, port = self._managed(node)
                found[node.id] = parent, port_name(self.nodes[parent], port)
        return found

    def _managed(self, node: Node) -> tuple[str, int]:
        parent, port = node.parent, node.parent_port
        while self.nodes[parent].kind is None:
            parent, port = self.nodes[parent].parent, self.nodes[parent].parent_port
        return parent, port

    def ways(self, start: str) -> dict[str, int]:
        """By every other node (and stranger's address) the port of `start` behind which it is."""
        next_to: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for node in self.nodes.values():
            if node.parent:
                next_to[node.id].append((up_port(node), node.parent))
                next_to[node.parent].append((node.parent_port, node.id))
        for mac, (holder, port) in self.strangers.items():
            next_to[holder].append((port, mac))
        found: dict[str, int] = {}
        waiting = [(other, port) for port, other in next_to[start]]
        while waiting:
            node_id, port = waiting.pop()
            found[node_id] = port
            waiting += [(o, port) for _, o in next_to[node_id] if o not in found and o != start]
        return found


def up_port(node: Node) -> int:
    """The last port leads up."""
    return node.ports


def mac(number: int) -> str:
    """The `number`-th MAC address."""
    return f"00e0fc{number:06x}"


def port_name(node: Node, number: int) -> str:
    """Ports of devices with several; a plain device has ``eth0``."""
    return f"GigabitEthernet0/0/{number}" if node.kind in _NETWORK else "eth0"


def random_network(seed: int, switches: int = 6, stations: int = 40, hubs: int = 3, lldp: float = 0.5) -> Network:
    """A gateway, a tree of switches with unmanaged ones among and under them, access points and plain stations.

    A share `lldp` of the devices speaks LLDP. Half of the gateways tell a forwarding table.
    """
    dice = random.Random(seed)
    network = Network()
    used: dict[str, int] = defaultdict(int)

    def hang(node: Node, holders: list[str]) -> None:
        node.parent = dice.choice(holders)
        used[node.parent] += 1
        node.parent_port = used[node.parent]
        node.mac = 64 * len(network.nodes)
        network.nodes[node.id] = node

    def says() -> bool:
        return dice.random() < lldp

    gateway = Node("gw-1", DeviceKind.GATEWAY, ports=49, mac=1 << 20, speaks=says(), tells=dice.random() < 0.5)
    network.nodes["gw-1"] = gateway
    holders = ["gw-1"]
    for number in range(switches):
        hang(
            Node(f"sw-{number}", DeviceKind.SWITCH, ports=49, speaks=says(), tells=True),
            holders[number > 0 :] or holders,
        )
        holders.append(f"sw-{number}")
    carriers = holders[1:]
    for number in range(hubs):
        hang(Node(f"dumb-{number}", None, ports=9), holders[1:])
        carriers += [f"dumb-{number}"] * 3
    for number in range(stations):
        kind = dice.choice([DeviceKind.CAMERA, DeviceKind.BOARD, DeviceKind.PRINTER, DeviceKind.ACCESS_POINT])
        place = carriers if kind is not DeviceKind.ACCESS_POINT else holders[1:]
        hang(Node(f"{kind.value.replace('_', '-')}-{number}", kind, speaks=says()), place)
    for number in range(stations // 4):
        holder = dice.choice(holders[1:])
        used[holder] += 1
        network.strangers[mac(0x700000 + number)] = holder, used[holder]
    return network


def tellers(network: Network, seed: int = 0, aged: float = 0.0) -> list[Teller]:
    """What the devices tell: facts, forwarding tables, LLDP, ARP. A share `aged` of the stations is silent."""
    dice = random.Random(seed)
    return [_teller(network, node, dice, aged) for node in network.nodes.values() if node.kind is not None]


def _teller(network: Network, node: Node, dice: random.Random, aged: float) -> Teller:
    is_network = node.kind in _NETWORK
    ports = tuple(
        PortFacts(port_name(node, n), mac=mac(node.mac + (n if is_network else 0))) for n in range(1, node.ports + 1)
    )
    kind = node.kind or DeviceKind.OTHER
    number = list(network.nodes).index(node.id)
    facts = DeviceFacts(
        DeviceId(node.id),
        kind,
        NOW,
        name=f"设备 {number}",
        system_name=f"School-{node.id}",
        address=f"10.1.0.{number}:161",
        ports=ports if is_network or number % 2 else (),
        macs=(mac(node.mac),) if is_network else (),
        uplinks=(port_name(node, node.ports),) if kind is DeviceKind.GATEWAY else (),
    )
    return Teller(
        DeviceId(node.id),
        kind,
        facts,
        Sightings(_table(network, node, dice, aged), _arp(network, node), _lldp(network, node)),
    )


def _table(network: Network, node: Node, dice: random.Random, aged: float) -> tuple[Sighting, ...]:
    if not node.tells:
        return ()
    found = []
    for other, port in sorted(network.ways(node.id).items()):
        if other in network.nodes and network.nodes[other].kind is None:
            continue
        address = mac(network.nodes[other].mac) if other in network.nodes else other
        is_polled = other in network.nodes and network.nodes[other].kind in _NETWORK
        if is_polled or dice.random() >= aged:
            found.append(Sighting(port_name(node, port), 1, address, NOW))
    return tuple(found)


def _arp(network: Network, node: Node) -> tuple[Resolution, ...]:
    if node.kind is not DeviceKind.GATEWAY:
        return ()
    ways = network.ways(node.id)
    numbered = enumerate(network.nodes.values())
    return tuple(
        Resolution(f"10.1.0.{n}", mac(each.mac), port_name(node, ways[each.id]), NOW)
        for n, each in numbered
        if each.kind and n
    )


def _lldp(network: Network, node: Node) -> tuple[Met, ...]:
    """Whom it hears: those that speak, over its own cables only, for no unmanaged switch here passes LLDP on. Names vary."""
    if not node.speaks and node.kind not in _NETWORK:
        return ()
    found = []
    cables = [(up_port(node), network.nodes[node.parent], node.parent_port)] if node.parent else []
    cables += [(each.parent_port, each, up_port(each)) for each in network.nodes.values() if each.parent == node.id]
    for here, other, there in cables:
        if not (node.speaks and other.kind is not None and other.speaks):
            continue
        forms = (
            Neighbour("", f"school-{other.id}.local", port_name(other, there)),
            Neighbour("", "", port_name(other, there).replace("GigabitEthernet", "GE"), mac(other.mac)),
            Neighbour("", f"School-{other.id}", f"port {there}", mac(other.mac)),
        )
        told = replace(forms[other.mac // 64 % 3], local_port=port_name(node, here))
        found.append(Met(told, NOW))
    return tuple(found)


def above(topology: Topology, told: list[Teller]) -> dict[str, tuple[str, str]]:
    """The same as `Network.above`, of a topology; hubs are passed over."""
    tree = tree_of(topology, told)
    found = {}
    for node, step in tree.up.items():
        if node.startswith("hub:"):
            continue
        while step.parent.startswith("hub:"):
            step = tree.up[step.parent]
        found[node] = step.parent, step.link.end_of(step.parent).port
    return found


def score(found: dict[str, tuple[str, str]], truth: dict[str, tuple[str, str]]) -> tuple[float, float]:
    """(precision, recall) of the devices' places: right device, right port."""
    right = sum(truth.get(node) == place for node, place in found.items())
    return right / max(1, len(found)), right / max(1, len(truth))
