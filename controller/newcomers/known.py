"""Whether a newcomer is a device that the school has registered, through whichever agent: then it is none."""

from collections.abc import Iterator, Mapping
from threading import Lock

from campus.ids import SiteId
from campus.newcomers import Newcomer, serial_key
from campus.samples import DeviceFacts
from campus.stations import mac_of
from controller.identity.scope import SYSTEM
from controller.newcomers.port import Registry

Bearers = Mapping[str, set[str]]
"""A word such as ``mac 00e0fc123456`` to the serial numbers of those that bear it; empty for one without."""


class KnownDevices:
    """By what the registered devices of each site are known again; kept until the registry hears of one of them anew.

    Every method may be called from any thread.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._lock = Lock()
        self._revision = 0
        self._of_site: dict[SiteId, Bearers] = {}

    def has(self, site: SiteId, newcomer: Newcomer) -> bool:
        """Whether a device of the site bears the same serial number, MAC address or address.

        Two serial numbers are two devices: one that took another's place and address is new.
        """
        serial = serial_key(newcomer.serial)
        bearers = self._bearers(site)
        words = _words(newcomer.serial, (newcomer.mac,), (newcomer.address,))
        return any(not serial or bearers[word] & {serial, ""} for word in words if word in bearers)

    def _bearers(self, site: SiteId) -> Bearers:
        with self._lock:
            now, changed = self._registry.changes_after(self._revision)
            for each, _ in changed:
                self._of_site.pop(each, None)
            self._revision = now
            if site not in self._of_site:
                self._of_site[site] = _bearers_of([device.facts for device in self._registry.devices(SYSTEM, site)])
            return self._of_site[site]


def _bearers_of(registered: list[DeviceFacts]) -> Bearers:
    found: dict[str, set[str]] = {}
    for facts in registered:
        macs = (*facts.macs, *(port.mac for port in facts.ports))
        for word in _words(facts.serial, macs, (facts.address, *facts.addresses)):
            found.setdefault(word, set()).add(serial_key(facts.serial))
    return found


def _words(serial: str, macs: tuple[str, ...], addresses: tuple[str, ...]) -> Iterator[str]:
    if key := serial_key(serial):
        yield f"serial {key}"
    yield from (f"mac {mac}" for text in macs if (mac := mac_of(text)))
    yield from (f"address {host}" for address in addresses if (host := address.partition(":")[0]))
