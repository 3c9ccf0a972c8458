"""Nouns of the registry as the rest of the controller sees them: plain, frozen, no framework."""

from dataclasses import dataclass

from campus.ids import AgentId, DeviceId, SiteId
from campus.samples import DeviceFacts, DeviceKind


@dataclass(frozen=True)
class Organisation:
    """A node of bureau / district / school. The root has no parent."""

    id: str
    parent: str | None
    name_en: str
    name_zh: str


@dataclass(frozen=True)
class Site:
    """A school, or the district centre. `organisation` places it in the tree."""

    id: SiteId
    organisation: str
    name_en: str
    name_zh: str
    is_centre: bool = False
    pupils: int = 0


@dataclass(frozen=True)
class Room:
    """A place in a site."""

    site: SiteId
    id: str
    name_en: str
    name_zh: str
    floor: int = 0


@dataclass(frozen=True)
class Device:
    """A device and the last facts its agent sent. `name` is for people; the id when nobody gave one."""

    site: SiteId
    id: DeviceId
    kind: DeviceKind
    name: str
    room: str
    agent: AgentId
    facts: DeviceFacts
    first_seen_at: int
    last_seen_at: int


@dataclass(frozen=True)
class Agent:
    """An enrolled agent. `online` is what the broker's last will says, `last_frame_at` what we heard (ms, 0 = never)."""

    site: SiteId
    id: AgentId
    version: str = ""
    online: bool = False
    last_frame_at: int = 0
    spool_bytes: int = 0


@dataclass(frozen=True)
class Link:
    """A school's uplink into the metro network, seen from the school's gateway."""

    site: SiteId
    device: DeviceId
    instance: str
    capacity_bps: float


@dataclass(frozen=True)
class PortUse:
    """Where the ports of a device lead: to the metro network (`uplinks`, with its contracted capacity or 0), to neighbours."""

    site: SiteId
    device: DeviceId
    uplinks: tuple[str, ...]
    uplink_capacity_bps: float
    linked: frozenset[str]


@dataclass(frozen=True)
class SearchHit:
    """One answer of the search box. `device` is empty for a site or a room, `room` is empty for a site.

    `detail` is the same in every language: id, model, serial, address.
    """

    site: SiteId
    label: str
    detail: str
    room: str = ""
    device: DeviceId = DeviceId("")
    label_zh: str = ""
