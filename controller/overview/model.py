"""Nouns of the overview. `health` is one of the four signs; unknown is neither good nor bad."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from campus.ids import DeviceId, SiteId
from campus.metrics import Health
from campus.samples import DeviceKind
from campus.topics import Address
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


class DeviceSign(NamedTuple):
    """A device and its sign, one of perhaps 100,000."""

    site: SiteId
    device: DeviceId
    kind: DeviceKind
    health: Health


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


WAITS_LONG_S: Final = 600
"""Data that has waited in a school for so long is worth a word: an agent sends what it reads within seconds."""


class Trouble(StrEnum):
    """What can be the matter between a school's agent and the controller, the most urgent first."""

    CLASH = "clash"
    DROPPING = "dropping"
    DAMAGED = "damaged"
    OFFLINE = "offline"
    LIMITED = "limited"
    SERIES = "series"
    THINNED = "thinned"
    WAITING = "waiting"
    HELD = "held"


@dataclass(frozen=True)
class AgentRow:
    """How the data of one agent arrives. Instants in UTC ms, 0 = never or not.

    `waiting_bytes`, `oldest_s`, `dropped_per_min` and `thinned_per_min` are what the agent said last of its spool; None
    when nothing recent is known. `damaged_files`: spool files that could not be read and were laid aside. `held_s`: how
    much longer it holds something back as it was asked to. `limited_frames` were more than its share and will come again;
    `series_refused` are beyond its share of series. `has_answered` is None unless a restored controller asks for what it
    lacks.
    """

    address: Address
    online: bool
    last_frame_at: int
    waiting_bytes: float | None
    oldest_s: float | None
    dropped_per_min: float | None
    thinned_per_min: float | None
    damaged_files: int
    held_s: int
    limited_since: int
    limited_frames: int
    series_refused: int
    clash_since: int
    has_answered: bool | None

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """What is the matter, the most urgent first; empty when nothing is."""
        found = {
            Trouble.CLASH: self.clash_since,
            Trouble.DROPPING: self.dropped_per_min,
            Trouble.DAMAGED: self.damaged_files,
            Trouble.OFFLINE: not self.online,
            Trouble.LIMITED: self.limited_since,
            Trouble.SERIES: self.series_refused,
            Trouble.THINNED: self.thinned_per_min,
            Trouble.WAITING: (self.oldest_s or 0) >= WAITS_LONG_S,
            Trouble.HELD: self.held_s,
        }
        return tuple(trouble for trouble in Trouble if found[trouble])


@dataclass(frozen=True)
class Delivery:
    """How data arrives, for the agents the caller sees.

    `level` 0: freely, 1: schools keep their backlog back, 2: they take turns. `is_stuck`: the controller cannot store just
    now. `whole_until` (UTC ms) is set while a restored controller asks for what came after it. `set_aside` counts what
    was kept out lately, by reason; empty for callers who do not see the whole district.
    """

    at: int
    level: int
    is_stuck: bool
    whole_until: int
    set_aside: dict[str, int] = field(default_factory=dict)
    agents: list[AgentRow] = field(default_factory=list)

    @property
    def answered(self) -> int:
        """Agents that have sent again what a restore lost."""
        return sum(bool(agent.has_answered) for agent in self.agents)
