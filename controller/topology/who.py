"""Whose a name, a MAC address or an IP address is. Pure. What two devices claim belongs to neither."""

import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from campus.ids import DeviceId
from campus.samples import Neighbour
from campus.stations import mac_of
from controller.topology.model import Teller


class Who:
    """The devices of one site by everything they are known by."""

    def __init__(self, tellers: Sequence[Teller]) -> None:
        self.of_mac = _distinct((mac, teller.id) for teller in tellers for mac in own_macs(teller))
        told = ((address, each.id) for each in tellers for address in (each.facts.address, *each.facts.addresses))
        self.of_address = _distinct((host_of(address), device) for address, device in told)
        self.of_name = _distinct((name, teller.id) for teller in tellers for name in _names(teller))
        self.resolved_by: dict[str, tuple[DeviceId, int]] = {}
        """MAC addresses that an address table made known: which device's, and when it was seen."""
        self._learn_addresses(tellers)

    def named(self, neighbour: Neighbour) -> tuple[DeviceId | None, DeviceId | None]:
        """Whom the neighbour's addresses mean (chassis, port, management), and whom its name means."""
        macs = (mac_of(neighbour.remote_chassis), mac_of(neighbour.remote_port))
        by_address = next((self.of_mac[mac] for mac in macs if mac in self.of_mac), None)
        if by_address is None:
            addresses = (neighbour.remote_address, host_of(neighbour.remote_chassis))
            by_address = next((self.of_address[each] for each in addresses if each in self.of_address), None)
        names = (*_spellings(neighbour.remote_name), *_spellings(neighbour.remote_chassis))
        return by_address, next((self.of_name[name] for name in names if name in self.of_name), None)

    def _learn_addresses(self, tellers: Sequence[Teller]) -> None:
        """Take MAC addresses of devices that are known by their IP address alone."""
        owners: dict[str, set[DeviceId]] = defaultdict(set)
        seen: dict[str, tuple[int, DeviceId]] = {}
        for teller in tellers:
            for each in teller.sightings.addresses:
                if (owner := self.of_address.get(each.address)) and each.mac not in self.of_mac:
                    owners[each.mac].add(owner)
                    seen[each.mac] = max(seen.get(each.mac, (0, teller.id)), (each.seen_at, teller.id))
        for mac, devices in sorted(owners.items()):
            if len(devices) == 1:  # one that stands for several is a router's that answers for them
                self.of_mac[mac] = next(iter(devices))
                at, told_by = seen[mac]
                self.resolved_by[mac] = (told_by, at)


def own_macs(teller: Teller) -> set[str]:
    """Every MAC address of a device."""
    told = (*teller.facts.macs, *(port.mac for port in teller.facts.ports))
    return {mac for each in told if (mac := mac_of(each))}


def host_of(address: str) -> str:
    """The IP address in ``address``, ``address:port`` or ``[address]:port``; empty for a name.

    >>> host_of("10.1.0.2:161"), host_of("[fd00::2]:161"), host_of("fd00::0002"), host_of("printer.local")
    ('10.1.0.2', 'fd00::2', 'fd00::2', '')
    """
    text = address.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


def _names(teller: Teller) -> Iterable[str]:
    yield from _spellings(teller.facts.system_name)
    yield from _spellings(teller.facts.name)
    yield str(teller.id)


def _spellings(name: str) -> tuple[str, ...]:
    """A system name as it is and without its domain, which CDP writes and LLDP mostly does not; no addresses."""
    bare = name.strip().lower()
    if not bare or mac_of(bare) or host_of(bare):
        return ()
    return (bare, bare.partition(".")[0]) if not bare.startswith(".") else (bare,)


def _distinct(pairs: Iterable[tuple[str, DeviceId]]) -> dict[str, DeviceId]:
    found: Mapping[str, set[DeviceId]] = defaultdict(set)
    for key, device in pairs:
        if key:
            found[key].add(device)
    return {key: next(iter(devices)) for key, devices in found.items() if len(devices) == 1}
