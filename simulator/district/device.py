"""Nouns: a device, its ports, a place. Plain and frozen; built by `school` and `centre`."""

from dataclasses import dataclass
from enum import StrEnum

from campus.samples import DeviceKind


class Family(StrEnum):
    """Which software a device runs, so which MIBs or topics it speaks."""

    HUAWEI = "huawei"
    H3C = "h3c"
    RUIJIE = "ruijie"
    UPS = "ups"
    PRINTER = "printer"
    SERVER = "server"
    BOARD = "board"
    PROJECTOR = "projector"
    PJLINK = "pjlink"
    CAMERA = "camera"
    HIKVISION = "hikvision"
    DAHUA = "dahua"
    KITCHEN = "kitchen"
    GATE = "gate"

    @property
    def speaks_snmp(self) -> bool:
        """Whether it answers SNMP."""
        return self in _SNMP

    @property
    def speaks_pjlink(self) -> bool:
        """Whether it is a projector that answers PJLink."""
        return self is Family.PJLINK

    @property
    def speaks_http(self) -> bool:
        """Whether it is a camera or recorder that answers its maker's HTTP interface."""
        return self in {Family.HIKVISION, Family.DAHUA}

    @property
    def publishes(self) -> bool:
        """Whether it speaks by itself, on the school's broker; all others are asked."""
        return not (self.speaks_snmp or self.speaks_pjlink or self.speaks_http)


_SNMP = {Family.HUAWEI, Family.H3C, Family.RUIJIE, Family.UPS, Family.PRINTER, Family.SERVER}


@dataclass(frozen=True)
class Port:
    """One port. `name` is ifName, `description` ifDescr. An unplugged port has no cable and is down."""

    index: int
    name: str
    description: str
    speed_bps: int
    alias: str = ""
    plugged: bool = True
    is_enabled: bool = True
    is_fibre: bool = False
    """A fibre module is in it that measures its light."""


@dataclass(frozen=True)
class Cable:
    """What hangs on the other end of a port: a device of the same site, or of another for the metro network's links."""

    device: str
    port: str
    remote_device: str
    remote_port: str
    remote_name: str


@dataclass(frozen=True)
class SimDevice:
    """One device. `system_name` is what it calls itself (ASCII), `name_zh` what people call it."""

    id: str
    kind: DeviceKind
    family: Family
    name_zh: str
    system_name: str
    room: str
    vendor: str
    model: str
    serial: str
    firmware: str
    mac: bytes
    sys_object_id: str = ""
    ports: tuple[Port, ...] = ()
    uplink: str = ""
    """Name of the port that leads out of the device towards the metro network."""
    uplink_capacity_bps: float = 0.0
    """What the link out of the site may carry; 0 for devices that do not lead out of it."""

    @property
    def leads_out(self) -> bool:
        """Whether its uplink is a link of the metro network."""
        return self.uplink_capacity_bps > 0

    def port(self, name: str) -> Port:
        """The port of that name; `KeyError` when there is none."""
        for port in self.ports:
            if port.name == name:
                return port
        raise KeyError(f"{self.id} has no port {name}")


@dataclass(frozen=True)
class SimRoom:
    """A place in a site."""

    id: str
    name_en: str
    name_zh: str
    floor: int = 0
