"""Nouns of the overview. `health` is one of the four signs; unknown is neither good nor bad."""

from dataclasses import dataclass

from campus.metrics import Health
from controller.registry.model import Device, Link, Room, Site


@dataclass(frozen=True)
class DeviceHealth:
    """A sign, why, and since when (UTC ms, 0 when not known). The reasons are short sentences for people."""

    health: Health
    reason_en: str
    reason_zh: str
    since: int


@dataclass(frozen=True)
class DeviceOverview:
    """A device with its sign; `open_alerts` counts those shown, not those hidden behind a cause."""

    device: Device
    health: DeviceHealth
    open_alerts: int


@dataclass(frozen=True)
class HealthCounts:
    """How many devices carry which sign."""

    good: int = 0
    attention: int = 0
    failed: int = 0
    unknown: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.good + self.attention + self.failed + self.unknown


@dataclass(frozen=True)
class LinkNow:
    """A school's uplink at this moment, bit/s; None where nothing recent is known. Inbound is towards the school."""

    link: Link
    inbound_bps: float | None
    outbound_bps: float | None
    is_up: bool | None

    @property
    def share(self) -> float | None:
        """The busier direction over the capacity, 0 to 1; None when either is not known."""
        rates = [rate for rate in (self.inbound_bps, self.outbound_bps) if rate is not None]
        return max(rates) / self.link.capacity_bps if rates and self.link.capacity_bps > 0 else None


@dataclass(frozen=True)
class SiteHealth:
    """A school as the district sees it. `open_alerts` counts those shown, not those hidden behind a cause."""

    site: Site
    health: Health
    reason_en: str
    reason_zh: str
    since: int
    devices: HealthCounts
    open_alerts: int
    is_cut_off: bool
    links: tuple[LinkNow, ...]


@dataclass(frozen=True)
class DistrictOverview:
    """The whole district, or what of it the caller may see. The sentence says in words how it is, right now (`at`)."""

    at: int
    health: Health
    sentence_en: str
    sentence_zh: str
    devices: HealthCounts
    open_alerts: int
    agents: int
    agents_online: int
    sites: list[SiteHealth]


@dataclass(frozen=True)
class RoomOverview:
    """A room with its devices; `room` None holds the devices that stand in no known room."""

    room: Room | None
    health: Health
    devices: list[DeviceOverview]


@dataclass(frozen=True)
class SiteOverview:
    """One school: its own sign and sentence, and its rooms, each with its devices."""

    at: int
    summary: SiteHealth
    sentence_en: str
    sentence_zh: str
    rooms: list[RoomOverview]
