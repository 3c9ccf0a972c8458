"""Which observations are of one device: by serial number, id, MAC address, chassis id, address and, at last, name. Pure.

The rules, in this order; each joins what the one before has left apart:

1. One serial number is one device, whatever else is said.
2. A value (of an id, a MAC address ...) joins all that bear it, unless that would join two serial numbers, or two ids of
   agent.yaml. Such a value is nobody's proof: it joins nothing, and a conflict says why.
3. A name joins only what nothing else is known of (CDP tells names alone), and only where one device bears it.

Sets are joined, never lists: the order of observations is of no importance.
"""

from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

import msgspec

from agent.discovery.observation import CERTAINTY, Observation, Source, mac_key, name_key
from campus.newcomers import serial_key

Cluster = frozenset[Observation]


class Merged(NamedTuple):
    """The devices, each the observations of it in a fixed order, and why some stay apart, in words."""

    devices: tuple[tuple[Observation, ...], ...]
    conflicts: tuple[str, ...]


class _Rule(NamedTuple):
    word: str
    values: Callable[[Observation], Collection[str]]


def merge(observations: Iterable[Observation]) -> Merged:
    """Devices out of observations.

    >>> told = Observation(source=Source.SNMP, serial="G1MW0042", macs=("488eef7166e0",), address="10.20.1.2")
    >>> seen = Observation(source=Source.LLDP, macs=("488eef7166e0",), name="sw-1")
    >>> other = Observation(source=Source.MQTT, serial="SE0042", device="board-101")
    >>> [len(device) for device in merge([seen, other, told]).devices]
    [2, 1]
    """
    clusters = [frozenset({each}) for each in set(observations)]
    conflicts: set[str] = set()
    clusters = _joined(clusters, _Rule("serial number", _serials), conflicts)
    for rule in _RULES:
        clusters = _joined(clusters, rule, conflicts)
    clusters = _joined_by_name(clusters, conflicts)
    devices = sorted((tuple(sorted(cluster, key=order)) for cluster in clusters), key=lambda one: [*map(order, one)])
    return Merged(tuple(devices), tuple(sorted(conflicts)))


def without_bystanders(observations: Iterable[Observation]) -> list[Observation]:
    """All but the rows of address and forwarding tables that are about nobody else: a switch hears every telephone.

    >>> switch = Observation(source=Source.SNMP, address="10.20.1.2")
    >>> rows = [Observation(source=Source.ARP, address=f"10.20.1.{n}", macs=(f"00e0fc00000{n}",)) for n in (2, 3)]
    >>> heard = [Observation(source=Source.BRIDGE, macs=(f"00e0fc00000{n}",)) for n in (2, 3)]
    >>> [one.macs for one in without_bystanders([switch, *rows, *heard])]
    [(), ('00e0fc000002',), ('00e0fc000002',)]
    """
    told = list(observations)
    kept = [one for one in told if one.source not in {Source.ARP, Source.BRIDGE}]
    addresses = {one.address for one in kept if one.address}
    macs = {mac for one in kept for mac in one.macs}
    resolved = [one for one in told if one.source is Source.ARP and (one.address in addresses or macs & set(one.macs))]
    macs |= {mac for one in resolved for mac in one.macs}
    return kept + resolved + [one for one in told if one.source is Source.BRIDGE and macs & set(one.macs)]


def order(observation: Observation) -> tuple[int, int, bytes]:
    """The most believable first, of one source the surest; then by what was said."""
    return observation.source, CERTAINTY[observation.confidence], msgspec.json.encode(observation)


def _serials(observation: Observation) -> Collection[str]:
    return [key] if (key := serial_key(observation.serial)) else ()


_RULES = (
    _Rule("id", lambda one: [one.device] if one.device else ()),
    _Rule("MAC address", lambda one: [key for mac in one.macs if (key := mac_key(mac))]),
    _Rule("chassis id", lambda one: [one.chassis.lower()] if one.chassis else ()),
    _Rule("address", lambda one: [one.address] if one.address else ()),
)


def _joined(clusters: list[Cluster], rule: _Rule, conflicts: set[str]) -> list[Cluster]:
    """Join the clusters that share a value of a rule."""
    holders: dict[str, set[Cluster]] = {}
    for cluster in clusters:
        for observation in cluster:
            for value in rule.values(observation):
                holders.setdefault(value, set()).add(cluster)
    groups: dict[Cluster, set[Cluster]] = {}
    for value, sharing in holders.items():
        if len(sharing) < 2:
            continue
        if reason := _contradiction(sharing):
            conflicts.add(f"{rule.word} {value}: {reason}")
            continue
        group = set(sharing).union(*(groups.get(each, set()) for each in sharing))
        groups |= dict.fromkeys(group, group)
    joined = set(clusters) - set(groups)
    for members in {id(group): group for group in groups.values()}.values():
        if reason := _contradiction(members):
            conflicts.add(f"a chain of {rule.word}s: {reason}")
            joined |= members
        else:
            joined.add(frozenset().union(*members))
    return list(joined)


def _contradiction(clusters: Iterable[Cluster]) -> str:
    """Why clusters cannot be one device; empty when they can."""
    observations = [one for cluster in clusters for one in cluster]
    if len({cluster_serials for one in clusters if (cluster_serials := _serials_of(one))}) > 1:
        serials = sorted({serial for one in observations for serial in _serials(one)})
        return f"borne by devices with the serial numbers {', '.join(serials)}"
    ids = sorted({one.device for one in observations if one.source is Source.CONFIGURED and one.device})
    return f"borne by {' and '.join(ids)} of agent.yaml" if len(ids) > 1 else ""


def _serials_of(cluster: Cluster) -> frozenset[str]:
    return frozenset(serial for one in cluster for serial in _serials(one))


def _joined_by_name(clusters: list[Cluster], conflicts: set[str]) -> list[Cluster]:
    """Give those of which only a name is known to the one device that bears it."""
    weak = {cluster for cluster in clusters if all(_is_name_alone(one) for one in cluster)}
    bearers: dict[str, list[Cluster]] = {}
    for cluster in set(clusters) - weak:
        for name in {name_key(one.name) for one in cluster if one.name}:
            bearers.setdefault(name, []).append(cluster)
    grown: dict[Cluster, set[Observation]] = {}
    left: dict[str, set[Observation]] = {}
    for cluster in weak:
        for one in cluster:
            name = name_key(one.name)
            found = bearers.get(name, [])
            if len(found) == 1:
                grown.setdefault(found[0], set()).add(one)
                continue
            if found:
                conflicts.add(f"name {name}: borne by {len(found)} devices")
            left.setdefault(name, set()).add(one)
    strong = [cluster | grown.get(cluster, set()) for cluster in clusters if cluster not in weak]
    return [*strong, *map(frozenset, left.values())]


def _is_name_alone(one: Observation) -> bool:
    return bool(one.name) and not (_serials(one) or any(rule.values(one) for rule in _RULES))
