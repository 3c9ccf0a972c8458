"""Where stations hang: behind the port that leads to no other bridge. Pure.

A station is heard by every bridge of its network. Only one of them hears it behind a port to which no other bridge is
known: there it hangs, alone or with others.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from campus.ids import DeviceId
from campus.stations import is_fixed, mac_of
from controller.topology.bridges import Bridges
from controller.topology.joints import Joints
from controller.topology.model import NETWORK_KINDS, Conflict, ConflictKind, End, Evidence, Link, Source, Teller
from controller.topology.who import own_macs

HEARD, RESOLVED = 0.8, 0.75


class _Place(NamedTuple):
    """A station was heard behind a port."""

    seen_at: int
    port: End
    mac: str


def join_stations(tellers: Sequence[Teller], bridges: Bridges, known: Sequence[Link], joints: Joints) -> list[Conflict]:
    """Join each device that tells no table with the port it hangs on; count the unknown stations of edge ports."""
    linked: Mapping[str, set[str]] = defaultdict(set)
    for link in known:
        for node in (link.one.node, link.other.node):
            linked[node].add(link.beyond(node).node)
    places = _places(bridges, joints)
    conflicts: list[Conflict] = []
    for teller in tellers:
        if teller.id in bridges.heard or (linked[teller.id] and teller.kind not in NETWORK_KINDS):
            continue
        chosen, doubted = _chosen(places.get(teller.id, ()))
        conflicts += [Conflict(ConflictKind.TWO_PLACES, teller.id, chosen[0].port, each.port) for each in doubted]
        for place in chosen or _between(teller, bridges):
            if place.port.node not in linked[teller.id]:
                _join(teller, place, bridges, joints)
    return conflicts


def _places(bridges: Bridges, joints: Joints) -> dict[DeviceId, list[_Place]]:
    """By device the edge ports behind which it was heard; counts strangers on the way."""
    found: dict[DeviceId, list[_Place]] = defaultdict(list)
    for bridge, heard in sorted(bridges.heard.items()):
        trunks = bridges.trunks(bridge)
        for mac, (port, seen_at) in sorted(heard.items()):
            if port in trunks:
                continue
            device = bridges.who.of_mac.get(mac)
            if device is None:
                joints.strangers[End(bridge, port)] += is_fixed(mac)
            else:
                found[device].append(_Place(seen_at, End(bridge, port), mac))
    return found


def _chosen(places: Iterable[_Place]) -> tuple[list[_Place], list[_Place]]:
    """Of each of a device's addresses the place it was heard last, once for each port; and the places not believed."""
    latest: dict[str, _Place] = {}
    doubted: dict[End, _Place] = {}
    for place in sorted(places, reverse=True):
        if latest.setdefault(place.mac, place) is not place:
            doubted[place.port] = place
    chosen = {place.port: place for place in sorted(latest.values())}
    return (
        [chosen[port] for port in sorted(chosen)],
        [doubted[port] for port in sorted(doubted) if port not in chosen],
    )


def _between(teller: Teller, bridges: Bridges) -> list[_Place]:
    """Where two bridges meet that both hear the device behind the port to the other: it hangs on what is between them."""
    for one, other in bridges.met:
        first, second = bridges.heard[DeviceId(one.node)], bridges.heard[DeviceId(other.node)]
        for mac in sorted(own_macs(teller)):
            if first.get(mac, ("", 0))[0] == one.port and second.get(mac, ("", 0))[0] == other.port:
                return [_Place(first[mac][1], one, mac)]
    return []


def _join(teller: Teller, place: _Place, bridges: Bridges, joints: Joints) -> None:
    evidence = [Evidence(Source.FORWARDING, DeviceId(place.port.node), place.seen_at)]
    confidence = HEARD
    if resolved := bridges.who.resolved_by.get(place.mac):
        confidence = RESOLVED
        evidence.append(Evidence(Source.ADDRESSES, *resolved))
    joints.join(place.port, End(teller.id, _own_port(teller, place, bridges)), confidence, evidence)


def _own_port(teller: Teller, place: _Place, bridges: Bridges) -> str:
    """The device's port at the other end: the only one, the one with that address, or where it found the bridge's address."""
    ports = {port.instance for port in teller.facts.ports}
    if len(ports) == 1:
        return next(iter(ports))
    named = {port.instance for port in teller.facts.ports if mac_of(port.mac) == place.mac}
    if len(named) == 1:
        return next(iter(named))
    of_mac, bridge = bridges.who.of_mac, place.port.node
    found = {each.port for each in teller.sightings.addresses if of_mac.get(each.mac) == bridge and each.port in ports}
    return next(iter(found)) if len(found) == 1 else ""
