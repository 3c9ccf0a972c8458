"""Whose address is whose: from the source of a datagram to the device that the agent polls."""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable, Mapping

from campus.ids import DeviceId


class Senders:
    """Addresses of devices; names among them are looked up by `resolve`."""

    def __init__(self, hosts: Mapping[DeviceId, Iterable[str]]) -> None:
        self._hosts = {device: tuple(hosts) for device, hosts in hosts.items()}
        self._owners: dict[str, set[DeviceId]] = {}
        for device, names in self._hosts.items():
            self._note(device, names)

    def device_of(self, address: str) -> DeviceId | None:
        """The device with this address; None when none has it, or several (a test bench on one machine)."""
        owners = self._owners.get(plain(address), set())
        return next(iter(owners)) if len(owners) == 1 else None

    async def resolve(self) -> None:
        """Look the host names up; one that no server knows keeps the addresses it had."""
        loop = asyncio.get_running_loop()
        for device, names in self._hosts.items():
            for name in names:
                if plain(name):
                    continue
                try:
                    found = await loop.getaddrinfo(name, None, type=socket.SOCK_DGRAM)
                except OSError:
                    continue
                self._note(device, [str(each[4][0]) for each in found])

    def _note(self, device: DeviceId, hosts: Iterable[str]) -> None:
        for host in hosts:
            if address := plain(host):
                self._owners.setdefault(address, set()).add(device)


def plain(host: str) -> str:
    """An address in its one spelling, IPv4 in IPv6 unwrapped; empty when it is a name.

    >>> plain("::ffff:10.0.0.1"), plain("FE80::1%eth0"), plain("switch.example")
    ('10.0.0.1', 'fe80::1', '')
    """
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
