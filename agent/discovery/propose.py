"""From observations to what a person reads and may write down: kind, name, place, id, the YAML lines. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from agent.discovery.identity import merge, without_bystanders
from agent.discovery.lines import entry_line
from agent.discovery.observation import CERTAINTY, Observation, Source, mac_key, name_key
from agent.discovery.place import Device, Place, is_only_told, places
from campus.ids import slug
from campus.newcomers import TEXT_CHARS, Confidence, Evidence, Newcomer, printable, serial_key
from campus.samples import DeviceKind
from firmware_profiles.raw import mac_text

POLLED: Final = "devices"
HEARD: Final = "mqtt_devices"
MQTT: Final = "mqtt"


@dataclass(frozen=True)
class Surroundings:
    """What the agent knows beside what it finds. `rooms`: room ids to what people call them."""

    site: str = ""
    protocols: Collection[str] = ()
    """Those that an entry of agent.yaml may name."""
    usual_ports: Mapping[str, int] = field(default_factory=dict)
    """Of a protocol; an address says its port only where it is another."""
    rooms: Mapping[str, str] = field(default_factory=dict)
    ids: Collection[str] = ()
    """Ids that are taken."""
    kinds: Mapping[str, DeviceKind] = field(default_factory=dict)
    """What profiles say that their devices are."""


class Finding(NamedTuple):
    """One device as found. `registered` is its id in agent.yaml, empty for a newcomer."""

    device: Newcomer
    registered: str = ""


class Findings(NamedTuple):
    """What a scan came to: devices by address and name, and why some were kept apart, in words."""

    devices: tuple[Finding, ...] = ()
    conflicts: tuple[str, ...] = ()

    @property
    def newcomers(self) -> tuple[Newcomer, ...]:
        """Those that nobody has registered."""
        return tuple(each.device for each in self.devices if not each.registered)

    @property
    def readable(self) -> tuple[Newcomer, ...]:
        """Those of them that told who they are, so that they can be taken in as they stand."""
        return tuple(each for each in self.newcomers if each.entry and each.profile)


def findings(observations: Collection[Observation], around: Surroundings) -> Findings:
    """Devices out of everything that was observed."""
    merged = merge(without_bystanders(observations))
    devices = [device for device in merged.devices if any(one.source.names_a_device for one in device)]
    found_places = places(devices, around.site)
    labels = [_label(device, around.site) for device in devices]
    speakers = {
        one.device: label for device, label in zip(devices, labels, strict=True) for one in device if one.device
    }
    upper = {place.device for place in found_places.values()}
    keys = _apart(map(_key, devices))
    told = [
        (_finding(device, keys[number], _stand(device, found_places.get(number), labels, speakers), around), device)
        for number, device in enumerate(devices)
        if any(one.source is not Source.CONFIGURED for one in device)
        # what the topmost device hangs on, and nobody could ask, is no device of this school
        and not (number in upper and number not in found_places and is_only_told(device))
    ]
    return Findings(tuple(sorted(_with_entries(told, around), key=_in_order)), merged.conflicts)


class _Stand(NamedTuple):
    """Where a device hangs, in words; `how` is empty where that is not known."""

    device: str = ""
    port: str = ""
    how: str = ""


def _stand(device: Device, place: Place | None, labels: Sequence[str], speakers: Mapping[str, str]) -> _Stand:
    """On a switch; what no switch sees, on the gateway that speaks for it over MQTT, or on the broker it speaks to."""
    if place:
        return _Stand(labels[place.device], place.port, place.how)
    through = _first(device, "through")
    return _Stand(speakers.get(through, through), how=MQTT) if through else _Stand()


def _finding(device: Device, key: str, stand: _Stand, around: Surroundings) -> Finding:
    kind = next((one for one in sorted(device, key=_sureness) if one.kind is not DeviceKind.OTHER), device[0])
    reachable = next((one for one in device if one.protocol and one.protocol in around.protocols), None)
    address = next((one for one in (reachable, *device) if one and one.address), device[0])
    registered = next((one.device for one in device if one.source is Source.CONFIGURED), "")
    name = _first(device, "name") or _first(device, "device")
    return Finding(
        Newcomer(
            key=key,
            kind=kind.kind,
            confidence=kind.confidence if kind.kind is not DeviceKind.OTHER else _least(device),
            name=name,
            vendor=_first(device, "vendor"),
            model=_first(device, "model"),
            serial=_first(device, "serial"),
            mac=_mac(device),
            address=_address(address, around),
            protocol=reachable.protocol if reachable else "",
            profile=_first(device, "profile"),
            credential=_first(device, "credential"),
            place_device=stand.device,
            place_port=stand.port,
            room=_room(device, around.rooms),
            evidence=tuple(_evidence(device, stand)),
            sample=_first(device, "sample"),
            last_seen_at=max(one.observed_at for one in device),
        ),
        registered,
    )


def _with_entries(told: Sequence[tuple[Finding, Device]], around: Surroundings) -> list[Finding]:
    """Give each newcomer that can be read an id of its own and the lines that take it in."""
    wishes = {each.device.key: _wished_id(each.device, device, around.site) for each, device in told}
    crowd = Counter(wishes[each.device.key] for each, _ in told if not each.registered)
    taken = set(around.ids) | {each.registered for each, _ in told}
    done = []
    for finding, _ in sorted(told, key=lambda pair: pair[0].device.key):
        device = finding.device
        wish = wishes[device.key]
        section = HEARD if device.protocol == MQTT else POLLED if device.protocol else ""
        if finding.registered or not section or (section == HEARD and wish in taken):
            done.append(finding)
            continue
        is_contested = section == POLLED and (crowd[wish] > 1 or wish in taken)
        chosen = _free(slug(f"{wish[:40]} {device.address}") if is_contested else wish, taken)
        taken.add(chosen)
        entry = entry_line(section, chosen, device, around.kinds.get(device.profile, DeviceKind.OTHER))
        done.append(Finding(msgspec.structs.replace(device, section=section, entry=entry)))
    return done


def _free(wish: str, taken: Collection[str]) -> str:
    """The wish, numbered where it is taken."""
    chosen, number = wish, 1
    while chosen in taken:
        number += 1
        chosen = f"{wish[:58]}-{number}"
    return chosen


def _wished_id(told: Newcomer, device: Device, site: str) -> str:
    """What its topic yields; else its name without the school's; else what and where it is.

    >>> _wished_id(Newcomer(key="", name="No-1-Primary-SW-2"), (), "no-1-primary")
    'sw-2'
    >>> _wished_id(Newcomer(key="", kind=DeviceKind.ACCESS_POINT, name="教学楼", address="10.20.1.9:1161"), (), "")
    'access-point-10-20-1-9'
    """
    if told.protocol == MQTT:
        return next(one.device for one in device if one.source is Source.MQTT)
    name = slug(name_key(told.name)).removeprefix(f"{site}-" if site else "")
    is_telling = told.name.isascii() and any(letter.isalpha() for letter in name)
    return name if is_telling else slug(f"{told.kind} {told.address.partition(':')[0]}") or "device"


def _key(device: Device) -> str:
    """By what a device is known again at the next scan: the first of these that is known."""
    serial = next((key for one in device if (key := serial_key(one.serial))), "")
    if serial:
        return f"serial {serial}"
    topic = next((one.device for one in device if one.source is Source.MQTT and one.device), "")
    macs = sorted({key for one in device for mac in one.macs if (key := mac_key(mac))})
    for word, text in (
        ("mqtt", topic),
        ("mac", macs[0] if macs else ""),
        ("chassis", _first(device, "chassis")),
        ("address", _first(device, "address")),
        ("name", name_key(_first(device, "name"))),
        ("topic", _first(device, "says")),
    ):
        if text:
            return f"{word} {text}"
    return "nothing"


def _apart(keys: Iterable[str]) -> list[str]:
    """Keys as a document carries them; the later of two equal ones is numbered: devices kept apart may share an address."""
    told: list[str] = []
    for key in keys:
        short = printable(key, TEXT_CHARS - 8)
        number = sum(each == short or each.startswith(f"{short} #") for each in told)
        told.append(f"{short} #{number + 1}" if number else short)
    return told


def _evidence(device: Device, stand: _Stand) -> list[Evidence]:
    told = dict.fromkeys((one.source.word, one.says) for one in device if one.source is not Source.CONFIGURED)
    how = [(f"place_{stand.how}", "")] if stand.how else []
    return [Evidence(source, says) for source, says in (*told, *how)]


def _room(device: Device, rooms: Mapping[str, str]) -> str:
    """The one room whose id or name stands in the device's names; empty where none does, or several."""
    words = {word for one in device for text in (one.name, one.device) for word in slug(text).split("-")}
    texts = " ".join(one.name for one in device)
    found = {
        room
        for room, name in rooms.items()
        if slug(room) in words or room.removeprefix("r") in words & _numbers(words) or (name and name in texts)
    }
    return found.pop() if len(found) == 1 else ""


def _numbers(words: set[str]) -> set[str]:
    return {word for word in words if word.isdecimal() and len(word) > 2}


def _label(device: Device, site: str) -> str:
    """What a switch is called where something hangs on it: its id, or what that would be."""
    registered = next((one.device for one in device if one.source is Source.CONFIGURED), "")
    name = _first(device, "name").removeprefix(f"{site}-" if site else "")
    return registered or name or _first(device, "address") or _first(device, "chassis")


def _first(device: Device, field_name: str) -> str:
    return next((text for one in device if (text := getattr(one, field_name))), "")


def _mac(device: Device) -> str:
    digits = next((one.macs[0] for one in device if one.macs), "")
    return mac_text(bytes.fromhex(digits)) if digits else ""


def _address(one: Observation, around: Surroundings) -> str:
    if not one.address or not one.port or one.port == around.usual_ports.get(one.protocol):
        return one.address
    return f"{one.address}:{one.port}" if one.protocol in around.protocols else one.address


def _sureness(one: Observation) -> tuple[int, int]:
    return CERTAINTY[one.confidence], one.source


def _least(device: Device) -> Confidence:
    return (
        Confidence.GUESS if is_only_told(device) else min((one.confidence for one in device), key=CERTAINTY.__getitem__)
    )


def _in_order(finding: Finding) -> tuple[bool, list[int], str, str]:
    host = finding.device.address.partition(":")[0]
    arcs = [int(arc) for arc in host.split(".")] if host.replace(".", "").isdecimal() else []
    return not arcs, arcs, finding.device.name, finding.device.key
