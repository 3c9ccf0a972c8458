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
        self._found: dict[str, tuple[str, ...]] = {}
        """The addresses of each name when it was last looked up."""
        self._owners = self._owned()

    def device_of(self, address: str) -> DeviceId | None:
        """The device with this address; None when none has it, or several (a test bench on one machine)."""
        owners = self._owners.get(plain(address), set())
        return next(iter(owners)) if len(owners) == 1 else None

    async def resolve(self) -> None:
        """Look the host names up; one that no server knows keeps the addresses it had."""
        loop = asyncio.get_running_loop()
        for name in {host for hosts in self._hosts.values() for host in hosts if not plain(host)}:
            try:
                found = await loop.getaddrinfo(name, None, type=socket.SOCK_DGRAM)
            except OSError:
                continue
            self._found[name] = tuple(str(each[4][0]) for each in found)
        self._owners = self._owned()

    def _owned(self) -> dict[str, set[DeviceId]]:
        """Address to the devices that have it now."""
        owners: dict[str, set[DeviceId]] = {}
        for device, hosts in self._hosts.items():
            for address in (address for host in hosts for address in self._found.get(host, (host,))):
                if plain(address):
                    owners.setdefault(plain(address), set()).add(device)
        return owners


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
