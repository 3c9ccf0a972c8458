"""What an agent says about devices: samples, facts, events and documents.

Samples are numbers over time. Facts are slow properties, sent when they change. Events are moments. Documents are large and slow.
All instants are UTC milliseconds since 1970-01-01 (`..._at`), which is also how they travel and are stored.
"""

from enum import StrEnum
from typing import NamedTuple

import msgspec

from campus.ids import DeviceId, Instance, MetricId


class SeriesKey(NamedTuple):
    """Which number of which part of which device of a site."""

    device: DeviceId
    metric: MetricId
    instance: Instance


class Sample(NamedTuple):
    """One number at one moment, in the metric's unit (`campus.metrics`); always finite."""

    key: SeriesKey
    measured_at: int
    value: float


class DeviceKind(StrEnum):
    """What a device is for; rooms, rules and pages choose by it."""

    GATEWAY = "gateway"
    SWITCH = "switch"
    ACCESS_POINT = "access_point"
    BOARD = "board"
    PROJECTOR = "projector"
    CAMERA = "camera"
    RECORDER = "recorder"
    KITCHEN_MONITOR = "kitchen_monitor"
    UPS = "ups"
    PRINTER = "printer"
    GATE = "gate"
    SERVER = "server"
    SENSOR = "sensor"
    AGENT = "agent"
    OTHER = "other"


class PortFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """One network port. `instance` is the name its samples carry."""

    instance: str
    alias: str = ""
    type: int = 0
    """IANAifType (RFC 2863): 6 is ethernetCsmacd."""
    mac: str = ""


class Neighbour(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who hangs on a local port, as LLDP (IEEE 802.1AB) tells it."""

    local_port: str
    remote_name: str = ""
    remote_port: str = ""
    remote_chassis: str = ""
    remote_address: str = ""
    """Where the neighbour wants to be managed."""


class Module(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of a device with a name plate of its own: a card, a power supply, an optic, a member of a stack."""

    name: str
    model: str = ""
    serial: str = ""
    firmware: str = ""


class Licence(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a device may do, and until when."""

    name: str
    expires_at: int = 0
    """0: it does not expire, or does not say when."""


class DeviceFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """The slow properties of one device, whole: what is empty is not known."""

    device: DeviceId
    kind: DeviceKind
    observed_at: int
    name: str = ""
    room: str = ""
    profile: str = ""
    """`vendor/family` of the profile that reads it; empty when no profile knows it."""
    vendor: str = ""
    model: str = ""
    serial: str = ""
    firmware: str = ""
    hardware: str = ""
    address: str = ""
    uplinks: tuple[str, ...] = ()
    """Instances of the ports that lead to the metro network."""
    uplink_capacity_bps: float = 0.0
    """What the school's link may carry, as contracted; 0 means the port speed."""
    ports: tuple[PortFacts, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    system_name: str = ""
    """What the device calls itself, by which its neighbours know it; `name` is what people call it."""
    macs: tuple[str, ...] = ()
    """MAC addresses of its own: those of its ports need not stand here again."""
    addresses: tuple[str, ...] = ()
    """IP addresses of its own, without those that mean itself (loopback, link-local)."""
    modules: tuple[Module, ...] = ()
    licences: tuple[Licence, ...] = ()


class Severity(StrEnum):
    """How much a person must hurry. `critical`: now; `major`: today; `minor`: this week; `info`: to know."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    INFO = "info"


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that happened at a moment: a trap, a button, a restart."""

    device: DeviceId
    occurred_at: int
    kind: str
    """A stable id such as ``link_down``; `text` is for people."""
    text: str = ""
    severity: Severity = Severity.INFO
    instance: str = ""


class DocumentKind(StrEnum):
    """What a document tells; each kind has its own shape of content."""

    CONFIGURATION = "configuration"
    """The running configuration of a device, its secrets masked (`campus.configuration`)."""
    STATIONS = "stations"
    """Who is seen on a device's ports and under which addresses."""
    NEWCOMERS = "newcomers"
    """What an agent found and nobody registered; the device is the agent itself."""


class Document(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something large and slow that was read of a device, whole: a newer one of the same kind says all that is true now."""

    device: DeviceId
    kind: str
    """A `DocumentKind`, or one of a newer sender."""
    observed_at: int
    content: bytes
    """At most `campus.wire.frame.MAX_DOCUMENT_BYTES`."""
