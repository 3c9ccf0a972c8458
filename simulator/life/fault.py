"""Faults: what can go wrong, where, from when to when."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from campus.samples import DeviceKind
from simulator.district.centre import NAMES, REGISTRATION, TEACHING
from simulator.district.device import Family, SimDevice
from simulator.life.noise import Longs

FOREVER = 1 << 62


class FaultName(StrEnum):
    """Names as typed on the command line."""

    CUT_UPLINK = "cut-uplink"
    POWER_LOSS = "power-loss"
    WARM_FREEZER = "warm-freezer"
    HANG_BOARD = "hang-board"
    FLOOD_LINK = "flood-link"
    CAMERA_BLACK = "camera-black"
    CAMERA_FROZEN = "camera-frozen"
    CAMERA_COVERED = "camera-covered"
    CAMERA_BLURRED = "camera-blurred"
    WRONG_CLOCK = "wrong-clock"
    DISK_FAILING = "disk-failing"
    CHANNEL_LOST = "channel-lost"
    CONFIG_CHANGE = "config-change"
    GARBAGE = "garbage"
    HALF_TABLE = "half-table"
    SILENT = "silent"
    LINK_CUT = "link-cut"
    SWITCH_DEAD = "switch-dead"
    FLOOR_DARK = "floor-dark"
    GATEWAY_DEAD = "gateway-dead"
    GATEWAY_HANGS = "gateway-hangs"
    AGENT_STOPS = "agent-stops"
    SERVICE_DOWN = "service-down"
    SERVICE_SLOW = "service-slow"
    SERVICE_WRONG_PAGE = "service-wrong-page"
    CERTIFICATE_EXPIRING = "certificate-expiring"


@dataclass(frozen=True)
class FaultKind:
    """What a fault does, and which kind of device it befalls: None is the whole school, an empty tuple any device.

    `families` narrows it to devices that can show it. With `services` it befalls one of those of the centre, and no device.
    """

    text: str
    kinds: tuple[DeviceKind, ...] | None = None
    families: tuple[Family, ...] = ()
    services: tuple[str, ...] = ()

    def befalls(self, device: SimDevice) -> bool:
        """Whether it is one that a single device of this kind can have."""
        if self.kinds is None or (self.kinds and device.kind not in self.kinds):
            return False
        return not self.families or device.family in self.families


_SEEN = (Family.HIKVISION, Family.DAHUA)
"""Cameras whose pictures can be looked at."""


_STANDING = (
    DeviceKind.BOARD,
    DeviceKind.ACCESS_POINT,
    DeviceKind.PROJECTOR,
    DeviceKind.CAMERA,
    DeviceKind.PRINTER,
    DeviceKind.KITCHEN_MONITOR,
    DeviceKind.GATE,
)
_WIRED = (DeviceKind.SWITCH, *_STANDING)

FAULTS: dict[FaultName, FaultKind] = {
    FaultName.CUT_UPLINK: FaultKind("the school's fibre is cut: its uplink is down at both ends, its agent is alone"),
    FaultName.POWER_LOSS: FaultKind("mains fails: the UPS carries the school for a minute, then everything goes dark"),
    FaultName.WARM_FREEZER: FaultKind(
        "the kitchen's freezer stops cooling and warms up", (DeviceKind.KITCHEN_MONITOR,)
    ),
    FaultName.HANG_BOARD: FaultKind("an interactive board freezes and says nothing more", (DeviceKind.BOARD,)),
    FaultName.FLOOD_LINK: FaultKind("a computer in the office floods the school's uplink"),
    FaultName.CAMERA_BLACK: FaultKind("a camera loses its picture and stops recording", (DeviceKind.CAMERA,)),
    FaultName.CAMERA_FROZEN: FaultKind(
        "a camera's picture stands still while its clock runs on", (DeviceKind.CAMERA,), _SEEN
    ),
    FaultName.CAMERA_COVERED: FaultKind("something is hung before a camera's lens", (DeviceKind.CAMERA,), _SEEN),
    FaultName.CAMERA_BLURRED: FaultKind("a camera loses its focus", (DeviceKind.CAMERA,), _SEEN),
    FaultName.WRONG_CLOCK: FaultKind(
        "a camera's or recorder's clock is minutes fast", (DeviceKind.CAMERA, DeviceKind.RECORDER), _SEEN
    ),
    FaultName.DISK_FAILING: FaultKind("a recorder's second disk fails", (DeviceKind.RECORDER,)),
    FaultName.CHANNEL_LOST: FaultKind("a recorder loses its eighth camera", (DeviceKind.RECORDER,)),
    FaultName.CONFIG_CHANGE: FaultKind(
        "somebody changes the configuration of a switch that nobody ordered, and does not save it (switches with SSH)",
        (DeviceKind.SWITCH,),
    ),
    FaultName.GARBAGE: FaultKind("a device answers bytes that make no sense", ()),
    FaultName.HALF_TABLE: FaultKind(
        "a device forgets half of its ports",
        (DeviceKind.SWITCH, DeviceKind.GATEWAY, DeviceKind.ACCESS_POINT),
    ),
    FaultName.SILENT: FaultKind("a device says nothing more", ()),
    FaultName.LINK_CUT: FaultKind(
        "the cable of a device is cut: it is not heard any more, nor is what hangs on it", _WIRED
    ),
    FaultName.SWITCH_DEAD: FaultKind(
        "a switch loses its power: it and everything behind it fall silent", (DeviceKind.SWITCH,)
    ),
    FaultName.FLOOR_DARK: FaultKind("the feed of a floor fails: everything that stands there goes dark", _STANDING),
    FaultName.GATEWAY_DEAD: FaultKind(
        "the gateway loses its power: the school is cut off, and the centre's port to it has no light",
        (DeviceKind.GATEWAY,),
    ),
    FaultName.GATEWAY_HANGS: FaultKind(
        "the gateway hangs: its lights are on and it passes nothing on, the school is cut off", (DeviceKind.GATEWAY,)
    ),
    FaultName.AGENT_STOPS: FaultKind("the agent's computer loses its network: the school works, and nobody sees it"),
    FaultName.SERVICE_DOWN: FaultKind(
        "an application service of the centre stops answering", services=(TEACHING, REGISTRATION, NAMES)
    ),
    FaultName.SERVICE_SLOW: FaultKind(
        "an application service of the centre takes seconds to answer", services=(TEACHING, REGISTRATION)
    ),
    FaultName.SERVICE_WRONG_PAGE: FaultKind(
        "an application service of the centre shows an error page", services=(TEACHING, REGISTRATION)
    ),
    FaultName.CERTIFICATE_EXPIRING: FaultKind(
        "an application service of the centre shows a certificate that expires in days", services=(REGISTRATION,)
    ),
}


@dataclass(frozen=True)
class Fault:
    """One fault: `device` is empty for faults of the whole school. Active for start <= t < end (UTC ms)."""

    name: FaultName
    site: str
    device: str
    start: int
    end: int = FOREVER


class FaultSet:
    """The faults of one site."""

    def __init__(self, faults: tuple[Fault, ...] = ()) -> None:
        self.faults = faults

    def during(self, name: FaultName, at: Longs, device: str = "") -> NDArray[np.bool_]:
        """For each instant, whether that fault is on (of that device, where one is given)."""
        on = np.zeros(len(at), dtype=np.bool_)
        for fault in self.faults:
            if fault.name is name and fault.device == device:
                on |= (at >= fault.start) & (at < fault.end)
        return on

    def since(self, name: FaultName, at: Longs, device: str = "") -> NDArray[np.float64]:
        """Seconds the fault has lasted at each instant, -1 where it is off."""
        lasted = np.full(len(at), -1.0)
        for fault in self.faults:
            if fault.name is name and fault.device == device:
                on = (at >= fault.start) & (at < fault.end)
                lasted[on] = (at[on] - fault.start) / 1000
        return lasted

    def devices(self, name: FaultName) -> set[str]:
        """Devices that have this fault at some time."""
        return {fault.device for fault in self.faults if fault.name is name}
