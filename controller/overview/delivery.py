"""How data arrives from each agent: what it says of its spool beside what ingest knows of it. Pure but for the asking."""

from typing import Final

from campus.ids import DeviceId, MetricId, SiteId
from campus.topics import Address
from controller.identity.scope import Scope
from controller.ingest.model import DeliveryState
from controller.overview.model import AgentRow, Delivery
from controller.overview.picture import FRESH_MS
from controller.overview.port import Registry, Telemetry
from controller.registry.model import Agent

SPOOL_METRICS: Final = (
    "agent_spool_bytes",
    "agent_spool_age_s",
    "agent_spool_dropped_per_min",
    "agent_spool_thinned_per_min",
    "agent_spool_damaged",
)
Said = dict[tuple[SiteId, DeviceId], float]


def take_delivery(scope: Scope, registry: Registry, telemetry: Telemetry, state: DeliveryState, now: int) -> Delivery:
    """For the agents the caller sees, in the registry's order."""
    said = {metric: _newest(scope, telemetry, metric, now) for metric in SPOOL_METRICS}
    sees_all = scope.sites is None
    return Delivery(
        at=now,
        level=state.level,
        is_stuck=state.is_stuck,
        whole_until=state.whole_until,
        set_aside=state.set_aside if sees_all else {},
        agents=[_row(agent, said, state) for agent in registry.agents(scope)],
    )


def _newest(scope: Scope, telemetry: Telemetry, metric: str, now: int) -> Said:
    return {
        (each.site, each.device): each.value
        for each in telemetry.latest_of_metric(scope, MetricId(metric))
        if now - each.measured_at <= FRESH_MS
    }


def _row(agent: Agent, said: dict[str, Said], state: DeliveryState) -> AgentRow:
    address = Address(agent.site, agent.id)
    key = (agent.site, DeviceId(agent.id))
    waiting, oldest, dropped, thinned, damaged = (said[metric].get(key) for metric in SPOOL_METRICS)
    known = state.of(address)
    return AgentRow(
        address=address,
        online=agent.online,
        last_frame_at=agent.last_frame_at,
        waiting_bytes=waiting,
        oldest_s=oldest,
        dropped_per_min=dropped,
        thinned_per_min=thinned,
        damaged_files=round(damaged or 0),
        held_s=known.held_s,
        limited_since=known.limited_since,
        limited_frames=known.limited_frames,
        series_refused=known.series_refused,
        clash_since=known.clash_since,
        has_answered=address in state.answered if state.whole_until else None,
    )
