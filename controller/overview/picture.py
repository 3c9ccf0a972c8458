"""Everything the overview asks its neighbours, asked once: a fixed number of calls, however many devices there are."""

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Final

from campus.ids import DeviceId, MetricId, SiteId
from campus.metrics import Health
from controller.alerts.model import AlertState
from controller.identity.scope import NotFound, Scope
from controller.overview.health import CUT_OFF_AFTER_MS, OpenAlert, Standing, device_health
from controller.overview.model import DeviceHealth, LinkNow
from controller.overview.port import Alerts, Registry, Telemetry
from controller.registry.model import Agent, Device

MAX_ALERTS: Final = 20_000
FRESH_MS: Final = 5 * 60_000
"""A number older than this is not shown as how it is now."""

DeviceKey = tuple[SiteId, DeviceId]
PortKey = tuple[SiteId, DeviceId, str]


@dataclass(frozen=True)
class Picture:
    """What is known at `now` of the sites asked about. Alerts are the open ones that are shown."""

    now: int
    agents: dict[SiteId, list[Agent]]
    cut_off_since: dict[SiteId, int]
    alerts: dict[DeviceKey, list[OpenAlert]]
    newest_at: dict[DeviceKey, int]
    reachable: dict[DeviceKey, tuple[int, float]]
    links: dict[SiteId, list[LinkNow]]

    def health(self, device: Device) -> DeviceHealth:
        """The sign of one device."""
        key = (device.site, device.id)
        return device_health(
            Standing(
                now=self.now,
                newest_at=self.newest_at.get(key, 0),
                reachable=self.reachable.get(key),
                alerts=self.alerts.get(key, ()),
                is_cut_off=device.site in self.cut_off_since,
            )
        )

    def site_alerts(self, site: SiteId) -> list[OpenAlert]:
        """Alerts of a site that carry a sign, without those that say it is cut off: that is told apart."""
        return [
            each
            for (where, _), alerts in self.alerts.items()
            if where == site
            for each in alerts
            if not each.rule.is_cause and each.rule.sign is not Health.GOOD
        ]


def take_picture(
    scope: Scope, registry: Registry, alerts: Alerts, telemetry: Telemetry, now: int, site: SiteId | None = None
) -> Picture:
    """Ask everyone, for one `site` or for all the caller sees."""
    agents: dict[SiteId, list[Agent]] = defaultdict(list)
    for agent in registry.agents(scope):
        agents[agent.site].append(agent)
    shown = _shown(scope, alerts, site)
    return Picture(
        now=now,
        agents=agents,
        cut_off_since=_cut_off(agents, shown, now),
        alerts=shown,
        newest_at=telemetry.newest_by_device(scope),
        reachable={
            (each.site, each.device): (each.measured_at, each.value)
            for each in telemetry.latest_of_metric(scope, MetricId("reachable"), site)
            if not each.instance
        },
        links=_links(scope, registry, telemetry, now, site),
    )


def _shown(scope: Scope, alerts: Alerts, site: SiteId | None) -> dict[DeviceKey, list[OpenAlert]]:
    found: dict[DeviceKey, list[OpenAlert]] = defaultdict(list)
    for alert in alerts.alerts(scope, state=AlertState.OPEN, site=site, limit=MAX_ALERTS):
        if alert.cause:
            continue
        try:
            rule = alerts.rule(alert.rule)
        except NotFound:
            continue  # its rule was removed; the engine clears it at its next start
        found[alert.site, alert.device].append(OpenAlert(alert, rule))
    return found


def _cut_off(agents: dict[SiteId, list[Agent]], shown: dict[DeviceKey, list[OpenAlert]], now: int) -> dict[SiteId, int]:
    since: dict[SiteId, int] = {}
    for site, those in agents.items():
        heard_at = max(agent.last_frame_at for agent in those)
        if heard_at and not any(agent.online for agent in those) and now - heard_at > CUT_OFF_AFTER_MS:
            since[site] = heard_at
    for (site, _), alerts in shown.items():
        for each in alerts:
            if each.rule.is_cause:
                since[site] = min(each.alert.opened_at, since.get(site, each.alert.opened_at))
    return since


def _links(
    scope: Scope, registry: Registry, telemetry: Telemetry, now: int, site: SiteId | None
) -> dict[SiteId, list[LinkNow]]:
    def newest(metric: str) -> dict[PortKey, float]:
        return {
            (each.site, each.device, each.instance): each.value
            for each in telemetry.latest_of_metric(scope, MetricId(metric), site)
            if now - each.measured_at <= FRESH_MS
        }

    inbound, outbound = newest("if_in_bps"), newest("if_out_bps")
    states, speeds = newest("if_oper_state"), newest("if_speed_bps")
    found: dict[SiteId, list[LinkNow]] = defaultdict(list)
    for link in registry.links(scope):
        if site not in (None, link.site):
            continue
        key = (link.site, link.device, link.instance)
        known = link if link.capacity_bps > 0 else replace(link, capacity_bps=speeds.get(key, 0.0))
        found[link.site].append(LinkNow(known, inbound.get(key), outbound.get(key), _is_up(states.get(key))))
    return found


def _is_up(state: float | None) -> bool | None:
    """From ifOperStatus (RFC 2863): up, down and lowerLayerDown tell; the others do not."""
    return {1.0: True, 2.0: False, 7.0: False}.get(state) if state is not None else None
