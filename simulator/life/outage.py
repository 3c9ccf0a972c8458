"""What a fault takes with it: who falls silent because of what it hangs on or is fed by, and which ports go dark. Pure.

A thing without power darkens the port at the other end of its cable; one that hangs keeps its light on and passes nothing.
"""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from campus.samples import DeviceKind
from simulator.district.site import SimSite
from simulator.life.fault import FaultName, FaultSet
from simulator.life.noise import Longs

Mask = NDArray[np.bool_]
_EQUIPMENT = (DeviceKind.GATEWAY, DeviceKind.SWITCH, DeviceKind.UPS)


class Reach:
    """What hangs on what in a site, and what stands on the same floor."""

    def __init__(self, site: SimSite) -> None:
        floors = {room.id: room.floor for room in site.rooms}
        rooms = {each.room for each in site.devices if each.kind in _EQUIPMENT}
        self._switch_of = {leaf: switch for leaf, (switch, _) in site.wired.items()}
        self._fed = {
            each.id: floors[each.room]
            for each in site.devices
            if each.kind not in _EQUIPMENT and each.room not in rooms
        }
        self._ends: dict[tuple[str, str], str] = {(switch, port): leaf for leaf, (switch, port) in site.wired.items()}
        self._both: dict[tuple[str, str], str] = {
            (cable.device, cable.port): cable.remote_device for cable in site.cables if "/" not in cable.remote_device
        }
        self._uplink_of = {each.id: each.uplink for each in site.devices if each.kind is DeviceKind.SWITCH}
        self._behind: dict[str, list[str]] = defaultdict(list)
        for leaf, switch in self._switch_of.items():
            self._behind[switch].append(leaf)

    def silent(self, device: str, faults: FaultSet, at: Longs) -> Mask:
        """When a device is not heard for something that befell another, or its own feed or cable."""
        switch = self._switch_of.get(device, device)
        lost = self._without_power(device, faults, at) | faults.during(FaultName.LINK_CUT, at, device)
        if switch != device:
            lost |= self._without_power(switch, faults, at) | faults.during(FaultName.LINK_CUT, at, switch)
        return lost

    def has_no_light(self, device: str, port: str, faults: FaultSet, at: Longs) -> Mask:
        """When a port is down because its cable is cut, or what is at the other end has no power."""
        other = self._both.get((device, port)) or self._ends.get((device, port))
        if other is None:
            return np.zeros(len(at), dtype=np.bool_)
        is_up = port == self._uplink_of.get(device)  # the cable towards the gateway is the switch's own
        return self._without_power(other, faults, at) | faults.during(
            FaultName.LINK_CUT, at, device if is_up else other
        )

    def _without_power(self, device: str, faults: FaultSet, at: Longs) -> Mask:
        off = faults.during(FaultName.SWITCH_DEAD, at, device) | faults.during(FaultName.GATEWAY_DEAD, at, device)
        if device in self._fed:
            for one in faults.devices(FaultName.FLOOR_DARK):
                if self._fed.get(one) == self._fed[device]:
                    off |= faults.during(FaultName.FLOOR_DARK, at, one)
        return off

    def floor_mates(self, device: str) -> list[str]:
        """All devices on the feed of a device's floor, itself among them."""
        return [each for each, floor in self._fed.items() if floor == self._fed.get(device)]

    def behind(self, device: str) -> list[str]:
        """All devices that hang on a switch."""
        return list(self._behind.get(device, ()))
