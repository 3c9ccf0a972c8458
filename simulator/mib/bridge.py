"""Forwarding and address tables that fit the site's plan: Q-BRIDGE-MIB (RFC 4363), IP-MIB (RFC 4293), HUAWEI-L2MAM-MIB.

A site is one network: its switches hang on the gateway, everything else on switches. So a switch hears what hangs on it behind
its own ports and all else behind its uplink, and the gateway hears each switch's devices behind the port that leads to it.
"""

from collections.abc import Iterator, Mapping

from campus.samples import DeviceKind
from simulator.district.device import Family, SimDevice
from simulator.district.dice import dice
from simulator.district.site import SimSite
from simulator.mib.leaf import DeviceMib, at, fixed_bytes, fixed_integer

BRIDGE = "1.3.6.1.2.1.17.1"
Q_FDB = "1.3.6.1.2.1.17.7.1.2.2.1"
HUAWEI_FDB = "1.3.6.1.4.1.2011.5.25.42.2.1.3.1"
IP_NET_TO_PHYSICAL = "1.3.6.1.2.1.4.35.1"
VLAN = 1
_LEARNED, _DYNAMIC = 3, 3
_NO_VSI = (1, 48)
"""A string index: one character, the digit 0."""
_COMPUTERS = 4
"""How many of a socket's computers are on."""


def bridge(site: SimSite, device: SimDevice) -> DeviceMib:
    """A switch's or a gateway's forwarding table, as its family has it; empty for a device that is no bridge."""
    heard = {mac: port for mac, port in _heard(site, device) if mac != device.mac}
    if not heard:
        return {}
    mib: DeviceMib = {at(BRIDGE, 1, 0): fixed_bytes(device.mac)}
    mib |= {at(BRIDGE, 4, 1, 2, port.index): fixed_integer(port.index) for port in device.ports}
    for mac, port in heard.items():
        index = device.port(port).index
        if device.family is Family.HUAWEI:
            mib[at(HUAWEI_FDB, 4, *mac, VLAN, *_NO_VSI)] = fixed_integer(index)
        else:
            mib[at(Q_FDB, 2, VLAN, *mac)] = fixed_integer(index)
            mib[at(Q_FDB, 3, VLAN, *mac)] = fixed_integer(_LEARNED)
    return mib


def addresses(site: SimSite, device: SimDevice, hosts: Mapping[str, str]) -> DeviceMib:
    """The gateway's address table: every device of the site by its IP address in `hosts`."""
    mib: DeviceMib = {}
    ports = dict(_heard(site, device))
    for other in site.devices:
        if other.mac in ports and other is not device:
            octets = [int(octet) for octet in hosts[other.id].split(".")]
            index = (device.port(ports[other.mac]).index, 1, len(octets), *octets)
            mib[at(IP_NET_TO_PHYSICAL, 4, *index)] = fixed_bytes(other.mac)
            mib[at(IP_NET_TO_PHYSICAL, 6, *index)] = fixed_integer(_DYNAMIC)
    return mib


def place_of(site: SimSite, device: SimDevice) -> tuple[str, str] | None:
    """(switch, port) that an end device hangs on; None for the network's own devices, and for one without a cable.

    Cameras and recorders that have no port of their own share the first camera's, over an unmanaged switch.
    """
    if device.kind in {DeviceKind.CAMERA, DeviceKind.RECORDER} and device.id not in site.wired:
        return next((site.wired[each.id] for each in site.of_kind(DeviceKind.CAMERA) if each.id in site.wired), None)
    return site.wired.get(device.id)


def _heard(site: SimSite, device: SimDevice) -> Iterator[tuple[bytes, str]]:
    """(MAC address, port) of whatever the device hears."""
    behind = {cable.remote_device: cable.port for cable in site.cables if cable.device == device.id}
    bridges = {switch for switch, _ in site.wired.values()}
    if device.id not in bridges and not bridges & set(behind):
        return
    for other in site.devices:
        holder, port = place_of(site, other) or (other.id, "")
        if holder == other.id and other.id != device.id and other.id not in behind:
            continue
        yield other.mac, port if holder == device.id else behind.get(holder, device.uplink)
    for socket in set(site.wired) - {other.id for other in site.devices}:
        holder, port = site.wired[socket]
        for mac in _computers(site, socket):
            yield mac, port if holder == device.id else behind.get(holder, device.uplink)


def _computers(site: SimSite, socket: str) -> Iterator[bytes]:
    """The MAC addresses of what is plugged into a socket that leads to computers nobody registered."""
    chance = dice(0, site.id, socket, "computers")
    for _ in range(_COMPUTERS):
        yield bytes.fromhex("3cecef") + chance.randbytes(3)
