"""Everything the overview asks its neighbours, asked once: a fixed number of calls, however many devices there are."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from campus.ids import DeviceId, Instance, MetricId, SiteId
from campus.metrics import Health
from controller.alerts.model import AlertState
from controller.identity.scope import NotFound, Scope
from controller.overview.health import CUT_OFF_AFTER_MS, SIGNS, OpenAlert, Standing, device_health, quiet_signs
from controller.overview.model import DeviceHealth, HealthCounts, LinkNow
from controller.overview.port import Alerts, Registry, Telemetry
from controller.registry.model import Agent
from controller.store.port import DistrictSeries
from controller.telemetry.model import DevicesNow

MAX_ALERTS: Final = 20_000
FRESH_MS: Final = 5 * 60_000
"""A number older than this is not shown as how it is now."""

DeviceKey = tuple[SiteId, DeviceId]


@dataclass(frozen=True)
class Picture:
    """What is known at `now` of the sites asked about. Alerts are the open ones that are shown."""

    now: int
    agents: dict[SiteId, list[Agent]]
    cut_off_since: dict[SiteId, int]
    alerts: dict[DeviceKey, list[OpenAlert]]
    devices: DevicesNow
    links: dict[SiteId, list[LinkNow]]

    def health(self, site: SiteId, device: DeviceId) -> DeviceHealth:
        """The sign of one device."""
        row = self._rows.get((site, device))
        newest_at, reachable = 0, None
        if row is not None:
            newest_at = int(self.devices.newest_at[row])
            asked_at = int(self.devices.reachable_at[row])
            reachable = (asked_at, float(self.devices.reachable[row])) if asked_at else None
        alerts = self.alerts.get((site, device), ())
        return device_health(Standing(self.now, newest_at, reachable, alerts, site in self.cut_off_since))

    def sign(self, site: SiteId, device: DeviceId) -> Health:
        """As `health`, without the words: cheap for 100,000 devices."""
        if (site, device) in self.alerts:
            return self.health(site, device).health
        if site in self.cut_off_since:
            return Health.UNKNOWN
        return SIGNS[int(self._quiet_signs[self._rows.get((site, device), -1)])]

    def newest_at(self, site: SiteId, device: DeviceId) -> int:
        """When anything of a device was measured last, 0 when never."""
        row = self._rows.get((site, device))
        return 0 if row is None else int(self.devices.newest_at[row])

    def counts(self, site: SiteId, devices: Sequence[DeviceId]) -> HealthCounts:
        """How many of some devices of a site carry which sign: as counting `health` of each."""
        with_alerts = {device for _, device in self._of_site.get(site, ())}
        signs = Counter(self.health(site, device).health for device in devices if device in with_alerts)
        quiet = [device for device in devices if device not in with_alerts]
        if site in self.cut_off_since:
            signs[Health.UNKNOWN] += len(quiet)
        else:
            rows = [self._rows.get((site, device), -1) for device in quiet]
            numbers = np.bincount(self._quiet_signs[rows], minlength=len(SIGNS)).tolist()
            signs.update(dict(zip(SIGNS, numbers, strict=True)))
        return HealthCounts(**{sign.value: signs[sign] for sign in SIGNS})

    def open_alerts(self, site: SiteId) -> int:
        """How many alerts of a site are somebody's business."""
        return sum(each.alert.stands for key in self._of_site.get(site, ()) for each in self.alerts[key])

    def site_alerts(self, site: SiteId) -> list[OpenAlert]:
        """Alerts of a site that stand and carry a sign, without those that say it is cut off: that is told apart."""
        return [
            each
            for key in self._of_site.get(site, ())
            for each in self.alerts[key]
            if each.alert.stands and not each.rule.is_cause and each.rule.sign is not Health.GOOD
        ]

    @cached_property
    def _of_site(self) -> dict[SiteId, list[DeviceKey]]:
        """Devices with alerts, by site."""
        found: dict[SiteId, list[DeviceKey]] = defaultdict(list)
        for key in self.alerts:
            found[key[0]].append(key)
        return found

    @cached_property
    def _rows(self) -> dict[DeviceKey, int]:
        return {key: row for row, key in enumerate(self.devices.devices)}

    @cached_property
    def _quiet_signs(self) -> NDArray[np.intp]:
        """Aligned with `devices`, and one more at the end, which -1 leads to: a device never measured."""
        newest_at, reachable = self.devices.newest_at, self.devices.reachable
        return quiet_signs(np.append(newest_at, 0), np.append(reachable, np.nan), self.now)


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
        devices=telemetry.devices_now(scope, site),
        links=_links(scope, registry, telemetry, now, site),
    )


def _shown(scope: Scope, alerts: Alerts, site: SiteId | None) -> dict[DeviceKey, list[OpenAlert]]:
    found: dict[DeviceKey, list[OpenAlert]] = defaultdict(list)
    for alert in alerts.alerts(scope, state=AlertState.OPEN, site=site, limit=MAX_ALERTS):
        if alert.cause:
            continue
        try:
            rule = alerts.rule(alert.rule, alert.site)
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
    links = registry.links(scope, site)

    def newest(metric: str) -> list[float | None]:
        """The recent value of each link, None where there is none."""
        names = [DistrictSeries(link.site, link.device, MetricId(metric), Instance(link.instance)) for link in links]
        latest = telemetry.latest_of(scope, names)
        rows = zip(latest.measured_at.tolist(), latest.value.tolist(), strict=True)
        return [value if now - at <= FRESH_MS else None for at, value in rows]

    inbound, outbound = newest("if_in_bps"), newest("if_out_bps")
    states, speeds = newest("if_oper_state"), newest("if_speed_bps")
    found: dict[SiteId, list[LinkNow]] = defaultdict(list)
    for link, into, out, state, speed in zip(links, inbound, outbound, states, speeds, strict=True):
        known = link if link.capacity_bps > 0 else replace(link, capacity_bps=speed or 0.0)
        found[link.site].append(LinkNow(known, into, out, _is_up(state)))
    return found


def _is_up(state: float | None) -> bool | None:
    """From ifOperStatus (RFC 2863): up, down and lowerLayerDown tell; the others do not."""
    return {1.0: True, 2.0: False, 7.0: False}.get(state) if state is not None else None
