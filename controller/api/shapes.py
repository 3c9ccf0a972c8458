"""What the API's answers look like; the OpenAPI page is made from these. Instants are UTC milliseconds, 0 = never."""

from enum import StrEnum
from typing import Self

import msgspec
from pydantic import BaseModel, ConfigDict

from campus.metrics import Health
from campus.samples import DeviceKind, Severity
from controller.alerts.model import Alert, AlertState, Rule
from controller.overview.model import AgentRow, Delivery, DistrictOverview, Trouble
from controller.registry.model import Agent, Device, Organisation, Room, SearchHit, Site
from controller.telemetry.model import LatestValue


class Shape(BaseModel):
    """Base: built from our own nouns by attribute names."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class OrganisationShape(Shape):
    """A node of bureau / district."""

    id: str
    parent: str | None
    name_en: str
    name_zh: str

    @classmethod
    def of(cls, organisation: Organisation) -> Self:
        """From the registry's noun."""
        return cls.model_validate(organisation)


class SiteShape(Shape):
    """A school, or the district centre."""

    id: str
    organisation: str
    name_en: str
    name_zh: str
    is_centre: bool
    pupils: int

    @classmethod
    def of(cls, site: Site) -> Self:
        """From the registry's noun."""
        return cls.model_validate(site)


class RoomShape(Shape):
    """A place in a site."""

    site: str
    id: str
    name_en: str
    name_zh: str
    floor: int

    @classmethod
    def of(cls, room: Room) -> Self:
        """From the registry's noun."""
        return cls.model_validate(room)


class DeviceShape(Shape):
    """A device and what is known of it; `facts` is what its agent told last (campus/samples, DeviceFacts)."""

    site: str
    id: str
    kind: DeviceKind
    name: str
    room: str
    agent: str
    first_seen_at: int
    last_seen_at: int
    facts: dict[str, object]

    @classmethod
    def of(cls, device: Device) -> Self:
        """From the registry's noun."""
        return cls(
            site=device.site,
            id=device.id,
            kind=device.kind,
            name=device.name,
            room=device.room,
            agent=device.agent,
            first_seen_at=device.first_seen_at,
            last_seen_at=device.last_seen_at,
            facts=msgspec.to_builtins(device.facts),
        )


class LatestShape(Shape):
    """The newest number of a series, with what it means. `state` is the name of a state metric's number."""

    metric: str
    instance: str
    measured_at: int
    value: float
    unit: str
    label_en: str
    label_zh: str
    state: str | None

    @classmethod
    def of(cls, latest: LatestValue) -> Self:
        """From telemetry's noun."""
        definition = latest.definition
        return cls(
            metric=latest.metric,
            instance=latest.instance,
            measured_at=latest.measured_at,
            value=latest.value,
            unit=definition.unit,
            label_en=definition.en,
            label_zh=definition.zh,
            state=latest.state.name if latest.state else None,
        )


class TrailShape(Shape):
    """One line of an alert's decision trail."""

    at: int
    stage: str
    decision: str
    reason: str
    reason_zh: str


class AlertShape(Shape):
    """One fault, from opening to clearing, with its rule's words."""

    id: int
    rule: str
    site: str
    device: str
    metric: str
    instance: str
    severity: Severity
    state: AlertState
    opened_at: int
    value: float
    cleared_at: int
    acknowledged_at: int
    acknowledged_by: str
    cause: int
    held_until: int
    silence: int
    verdict: str
    title_en: str
    title_zh: str
    advice_en: str
    advice_zh: str
    trail: list[TrailShape]

    @classmethod
    def of(cls, alert: Alert, rule: Rule | None) -> Self:
        """From alerting's noun; `rule` None when it has been removed since."""
        told = msgspec.structs.asdict(alert) | {"trail": [TrailShape.model_validate(step) for step in alert.trail]}
        words = {key: getattr(rule, key, "") for key in ("title_en", "title_zh", "advice_en", "advice_zh")}
        return cls.model_validate(told | words)


class AgentShape(Shape):
    """An enrolled agent."""

    site: str
    id: str
    version: str
    online: bool
    last_frame_at: int
    spool_bytes: int

    @classmethod
    def of(cls, agent: Agent) -> Self:
        """From the registry's noun."""
        return cls.model_validate(agent)


class AgentDeliveryShape(Shape):
    """How the data of one agent arrives; what its spool holds is null when nothing recent is known of it.

    `troubles` is empty when there is nothing to know. `has_answered` is null unless a restored controller asks its agents
    for what it lacks.
    """

    site: str
    agent: str
    troubles: list[Trouble]
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

    @classmethod
    def of(cls, row: AgentRow) -> Self:
        """From the overview's noun."""
        told = {name: getattr(row, name) for name in cls.model_fields if name not in ("site", "agent")}
        return cls(site=row.address.site, agent=row.address.agent, **told)


class DeliveryShape(Shape):
    """How data arrives. `level` 0: freely, 1: schools keep their backlog back, 2: they take turns.

    `is_stuck`: the controller cannot store just now. `whole_until` is not 0 while a restored controller asks for what came
    after it. `set_aside`: what was kept out in the last ten minutes, by reason; told only of the whole district.
    """

    at: int
    level: int
    is_stuck: bool
    whole_until: int
    set_aside: dict[str, int]
    agents: list[AgentDeliveryShape]

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        """From the overview's noun."""
        return cls(
            at=delivery.at,
            level=delivery.level,
            is_stuck=delivery.is_stuck,
            whole_until=delivery.whole_until,
            set_aside=delivery.set_aside,
            agents=[AgentDeliveryShape.of(row) for row in delivery.agents],
        )


class DirectionShape(Shape):
    """One direction of a link: rates in bit/s, null where nothing was measured."""

    now_bps: float | None
    busy_hour_bps: float | None
    busy_hour_at: int
    p95_bps: float | None
    days_above: int
    coverage: float


class LinkShape(Shape):
    """A school's uplink and its use over [start, end); `inbound` is towards the school."""

    site: str
    device: str
    instance: str
    capacity_bps: float
    is_up: bool | None
    start: int
    end: int
    inbound: DirectionShape
    outbound: DirectionShape


class BoardShape(Shape):
    """One board's use over a period, in hours; `share` of the lesson hours its state is known for."""

    site: str
    device: str
    room: str
    lesson_h: float
    used_h: float
    on_h: float
    known_h: float
    share: float | None
    never_used: bool


class SiteUseShape(Shape):
    """All boards of a site, summed."""

    site: str
    boards: int
    never_used: int
    lesson_h: float
    used_h: float
    known_h: float
    share: float | None


class HitShape(Shape):
    """One answer of a search; `device` is empty for a site or a room, `room` is empty for a site."""

    site: str
    room: str
    device: str
    label: str
    label_zh: str
    detail: str

    @classmethod
    def of(cls, hit: SearchHit) -> Self:
        """From the registry's noun."""
        return cls.model_validate(hit)


class CountsShape(Shape):
    """How many devices carry which sign."""

    good: int
    attention: int
    failed: int
    unknown: int


class SiteHealthShape(Shape):
    """A school as the district sees it."""

    site: str
    health: Health
    reason_en: str
    reason_zh: str
    since: int
    devices: CountsShape
    open_alerts: int
    is_cut_off: bool


class OverviewShape(Shape):
    """The district, or what of it the caller may see, right now."""

    at: int
    health: Health
    sentence_en: str
    sentence_zh: str
    devices: CountsShape
    open_alerts: int
    agents: int
    agents_online: int
    sites: list[SiteHealthShape]

    @classmethod
    def of(cls, overview: DistrictOverview) -> Self:
        """From the overview's noun; links are left to their own route."""
        return cls(
            at=overview.at,
            health=overview.health,
            sentence_en=overview.sentence_en,
            sentence_zh=overview.sentence_zh,
            devices=CountsShape.model_validate(overview.devices),
            open_alerts=overview.open_alerts,
            agents=overview.agents,
            agents_online=overview.agents_online,
            sites=[
                SiteHealthShape(
                    site=site.site.id,
                    health=site.health,
                    reason_en=site.reason_en,
                    reason_zh=site.reason_zh,
                    since=site.since,
                    devices=CountsShape.model_validate(site.devices),
                    open_alerts=site.open_alerts,
                    is_cut_off=site.is_cut_off,
                )
                for site in overview.sites
            ],
        )


class Status(StrEnum):
    """`degraded`: it answers, but something it needs is away."""

    OK = "ok"
    DEGRADED = "degraded"


class HealthShape(Shape):
    """Whether the controller works and how much it holds; needs no sign-in and names nobody."""

    status: Status
    version: str
    agents: int
    devices: int
    series: int
    samples_stored: int
    open_alerts: int
    ingest_lag_s: float


class ProblemShape(Shape):
    """What a refusal says."""

    detail: str
