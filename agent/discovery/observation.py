"""What one source said of one device at one moment. Pure nouns; everything else of discovery works on them."""

import re
from enum import IntEnum
from typing import Final

import msgspec

from campus.newcomers import Confidence
from campus.samples import DeviceKind, PortFacts
from campus.stations import mac_of

_VIRTUAL_ROUTER = "00005e"
"""What begins so belongs to nobody alone (RFC 9568)."""
CERTAINTY: Final = {each: rank for rank, each in enumerate(Confidence)}
"""The surest first."""


class Source(IntEnum):
    """Who said it, the most believable first."""

    CONFIGURED = 0
    """agent.yaml, and what the running agent knows of the devices in it."""
    SNMP = 1
    MQTT = 2
    GREETING = 3
    """What the device says at a port of its own: PJLink, RTSP, HTTP, ONVIF."""
    LLDP = 4
    CDP = 5
    TRAP = 6
    TCP = 7
    """A port is open."""
    PING = 8
    ARP = 9
    BRIDGE = 10

    @property
    def word(self) -> str:
        """For people and programs."""
        return self.name.lower()

    @property
    def names_a_device(self) -> bool:
        """Whether there is a device worth a line where nobody else says so: a forwarding table also has every telephone."""
        return self not in {Source.ARP, Source.BRIDGE, Source.PING}


class Seen(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a switch sees a device. `own_port` is the device's own end of the cable, where it is told."""

    switch: str
    """The switch's address."""
    port: str
    own_port: str = ""
    crowd: int = 1
    """How many stations the switch sees on this port."""


class Observation(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What one source said; what is empty was not said."""

    source: Source
    serial: str = ""
    macs: tuple[str, ...] = ()
    """Twelve lower-case hexadecimal digits each, sorted."""
    chassis: str = ""
    """An LLDP chassis id that is no MAC address."""
    address: str = ""
    port: int = 0
    """Where it answers at `address`; 0 is the usual one."""
    name: str = ""
    device: str = ""
    """Its id: of agent.yaml, or that an MQTT topic yields."""
    kind: DeviceKind = DeviceKind.OTHER
    confidence: Confidence = Confidence.GUESS
    vendor: str = ""
    model: str = ""
    profile: str = ""
    protocol: str = ""
    credential: str = ""
    says: str = ""
    sample: str = ""
    seen: Seen | None = None
    ports: tuple[PortFacts, ...] = ()
    through: str = ""
    """Who speaks for it over MQTT: the id of its gateway, or the broker it was heard on."""
    observed_at: int = 0


def mac_key(text: str) -> str:
    """A MAC address as twelve digits; empty for what is none, or is nobody's alone.

    >>> mac_key("48:8E:EF:71:66:E0"), mac_key("00-00-5e-00-01-07"), mac_key("GE0/24")
    ('488eef7166e0', '', '')
    """
    digits = mac_of(text)
    is_group = digits and int(digits[:2], 16) & 1  # multicast and broadcast (IEEE 802)
    return "" if is_group or digits.startswith(_VIRTUAL_ROUTER) else digits


def name_key(text: str) -> str:
    """A name without its domain, to compare by; an address stays whole.

    >>> name_key("SW-1.school.example"), name_key("10.20.1.2")
    ('sw-1', '10.20.1.2')
    """
    text = text.strip().lower()
    return text if re.fullmatch(r"[\d.]*", text) else text.partition(".")[0]
