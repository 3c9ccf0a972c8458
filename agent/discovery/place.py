"""Where devices hang: the switch and the port, out of what neighbours see and what people wrote at the ports. Pure.

LLDP and CDP say both ends of a cable; which end is the upper one follows from the way to the gateway. A forwarding table says
less: the port with the fewest stations behind it is the nearest. A port's description is believed where it is a device's name.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from agent.discovery.observation import Observation, Source, name_key
from campus.ids import slug
from campus.samples import DeviceKind

Device = tuple[Observation, ...]
"""The observations of one device, as `agent.discovery.identity.merge` gives them."""


class Place(NamedTuple):
    """A port: of the device number `device` in the list of devices. `how` says in a word how it is known."""

    device: int
    port: str
    how: str


class _Cable(NamedTuple):
    """Ends of a cable between two devices; an empty port is not told."""

    port: str
    other: int
    other_port: str
    how: str


def places(devices: Sequence[Device], site: str = "") -> dict[int, Place]:
    """The place of each device that has one, by its number in `devices`; of the topmost device the port beyond it.

    `site` is the school's id, which some put before their devices' names.
    """
    at = {one.address: number for number, device in enumerate(devices) for one in device if one.address}
    cables = _cables(devices, at)
    found = _by_cables(devices, cables)
    described = _by_description(devices, site)
    forwarded = _by_forwarding(devices, at, cables)
    for number in range(len(devices)):
        for source in (forwarded, described):
            if number not in found and number in source:
                found[number] = source[number]
    return found


def _cables(devices: Sequence[Device], at: Mapping[str, int]) -> dict[int, list[_Cable]]:
    """Of each device the cables its neighbours or itself tell of, both ends noted."""
    found: dict[int, set[_Cable]] = {}
    for number, device in enumerate(devices):
        for one in device:
            if one.seen is None or one.source not in (Source.LLDP, Source.CDP) or one.seen.switch not in at:
                continue
            other, seen, how = at[one.seen.switch], one.seen, one.source.word
            if other != number:
                found.setdefault(number, set()).add(_Cable(seen.own_port, other, seen.port, how))
                found.setdefault(other, set()).add(_Cable(seen.port, number, seen.own_port, how))
    return {number: sorted(cables) for number, cables in found.items()}


def _by_cables(devices: Sequence[Device], cables: Mapping[int, list[_Cable]]) -> dict[int, Place]:
    """Each device hangs on the one that is nearer to the top, where breadth-first search comes from."""
    found: dict[int, Place] = {}
    reached: set[int] = set()
    for top in _tops(devices, cables):
        if top in reached:
            continue
        reached.add(top)
        waiting = deque([top])
        while waiting:
            upper = waiting.popleft()
            for cable in cables.get(upper, []):
                if cable.other not in reached:
                    reached.add(cable.other)
                    waiting.append(cable.other)
                    found[cable.other] = Place(upper, cable.port, cable.how)
        if beyond := _beyond(devices, cables.get(top, [])):
            found[top] = Place(beyond.other, beyond.other_port, beyond.how)
            found.pop(beyond.other, None)
    return found


def _tops(devices: Sequence[Device], cables: Mapping[int, list[_Cable]]) -> list[int]:
    """Where to begin: gateways first, then whoever has most neighbours, then most ports."""

    def rank(number: int) -> tuple[bool, int, int, int]:
        is_gateway = kind_of(devices[number]) is DeviceKind.GATEWAY
        return not is_gateway, -len(cables[number]), -_port_count(devices[number]), number

    return sorted(cables, key=rank)


def _beyond(devices: Sequence[Device], cables: Iterable[_Cable]) -> _Cable | None:
    """The cable of a topmost device that leads out of the school: to the one neighbour that nobody could ask."""
    outside = [cable for cable in cables if is_only_told(devices[cable.other])]
    return outside[0] if len(outside) == 1 else None


def is_only_told(device: Device) -> bool:
    """Whether only neighbours know of a device."""
    return all(one.source in {Source.LLDP, Source.CDP, Source.ARP, Source.BRIDGE} for one in device)


def kind_of(device: Device) -> DeviceKind:
    """What the most believable of its observations says that it is."""
    return next((one.kind for one in device if one.kind is not DeviceKind.OTHER), DeviceKind.OTHER)


def _by_description(devices: Sequence[Device], site: str) -> dict[int, Place]:
    """Of the ports that people wrote a device's name at: those that one device bears, at one port."""
    ports: dict[str, set[tuple[int, str]]] = {}
    for number, device in enumerate(devices):
        for one in device:
            for port in one.ports:
                if key := slug(port.alias):
                    ports.setdefault(key, set()).add((number, port.instance))
    found: dict[int, Place] = {}
    for number, device in enumerate(devices):
        named = set().union(*(ports.get(name, set()) for name in _names(device, site)))
        fitting = {place for place in named if place[0] != number}
        if len(fitting) == 1:
            ((switch, port_name),) = fitting
            found[number] = Place(switch, port_name, "description")
    return found


def _names(device: Device, site: str) -> set[str]:
    names = {slug(text) for one in device for text in (name_key(one.name), one.device)}
    return {name.removeprefix(f"{site}-") if site else name for name in names} - {""}


def _by_forwarding(
    devices: Sequence[Device], at: Mapping[str, int], cables: Mapping[int, list[_Cable]]
) -> dict[int, Place]:
    """The least crowded port that leads to no other switch."""
    found: dict[int, Place] = {}
    trunks = {(number, cable.port) for number, told in cables.items() for cable in told if _is_switch(devices, cable)}
    for number, device in enumerate(devices):
        candidates = sorted(
            (one.seen.crowd, at[one.seen.switch], one.seen.port)
            for one in device
            if one.source is Source.BRIDGE and one.seen and one.seen.switch in at
        )
        for _, switch, port in candidates:
            if switch != number and (switch, port) not in trunks:
                found[number] = Place(switch, port, Source.BRIDGE.word)
                break
    return found


def _is_switch(devices: Sequence[Device], cable: _Cable) -> bool:
    return _port_count(devices[cable.other]) > 2


def _port_count(device: Device) -> int:
    return sum(len(one.ports) for one in device)
