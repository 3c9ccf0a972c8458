"""From the store's newest numbers to observers: who sees a service how, and what is known of the way each looks through."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from campus.ids import DeviceId, Instance, MetricId, SiteId
from campus.metrics import Health, catalogue
from campus.samples import DeviceKind
from controller.applications.model import Condition, LineTrouble, Observation, Observer
from controller.applications.port import Registry
from controller.identity.scope import SYSTEM, Scope
from controller.registry.model import Site
from controller.store.port import DistrictSeries, SampleStore, Times

STATE: Final = MetricId("service_state")
RESPONSE: Final = MetricId("service_response_ms")
DAYS_LEFT: Final = MetricId("tls_days_left")
LINES_ANEW_MS: Final = 600_000
"""Where links end changes by building, not by the minute."""
_CONDITIONS: Final = {Health.ATTENTION: Condition.SLOW, Health.FAILED: Condition.FAILED}
_DOWN: Final = frozenset({2.0, 7.0})
"""down and lowerLayerDown (RFC 2863)."""


@cache
def condition_of(state: int) -> Condition:
    """What a number of the catalogue's `service_state` means for whoever wants to use the service.

    >>> condition_of(1).name, condition_of(2).name, condition_of(9).name
    ('GOOD', 'SLOW', 'FAILED')
    """
    known = catalogue()[STATE].state(state)
    return _CONDITIONS.get(known.health, Condition.GOOD) if known else Condition.FAILED


def read_evidence(store: SampleStore, scope: Scope, since: int) -> dict[str, list[Observation]]:
    """By service, the newest that each agent the caller sees has said of it at or after `since` (UTC ms), by site."""
    sites = [None] if scope.sites is None else sorted(scope.sites)
    ids = np.concatenate([np.empty(0, np.int32), *(store.find_ids(site, metric=STATE) for site in sites)])
    latest = store.latest(ids)
    recent = np.flatnonzero(latest.measured_at >= max(since, 1))
    names = store.series_names(ids[recent])
    at = latest.measured_at[recent]
    responses = _beside(store, names, RESPONSE, at)  # of the same check: one that fails has none
    days_left = _beside(store, names, DAYS_LEFT, np.full(len(at), max(since, 1)))
    found: dict[str, list[Observation]] = {}
    rows = zip(names, at.tolist(), latest.value[recent].tolist(), responses, days_left, strict=True)
    for name, measured_at, value, response_ms, days in rows:
        observation = Observation(name.site, name.device, int(value), measured_at, response_ms, days)
        found.setdefault(name.instance, []).append(observation)
    for seen in found.values():
        seen.sort(key=lambda each: (each.site, each.agent))
    return found


def _beside(store: SampleStore, names: Sequence[DistrictSeries], metric: MetricId, since: Times) -> list[float | None]:
    """The newest value of another metric of the same agent and service, each measured at or after its `since`, else None."""
    ids = store.ids_of([name._replace(metric=metric) for name in names])
    found: list[float | None] = [None] * len(names)
    known = np.flatnonzero(ids >= 0)
    latest = store.latest(ids[known])
    for place, at, value in zip(known.tolist(), latest.measured_at.tolist(), latest.value.tolist(), strict=True):
        if at >= since[place] and math.isfinite(value):
            found[place] = value
    return found


@dataclass(frozen=True)
class _Line:
    gateway: DeviceId
    uplinks: tuple[str, ...]
    behind: str


class Lines:
    """How sites hang on the metro network, looked up when something fails. Used by one thread at a time."""

    def __init__(self, store: SampleStore, registry: Registry) -> None:
        self._store = store
        self._registry = registry
        self._lines: dict[SiteId, _Line] = {}
        self._read_at = 0

    def troubles(self, sites: Iterable[SiteId], since: int, now: int) -> dict[SiteId, LineTrouble]:
        """What is known, from `since` on, to be wrong with the lines of some sites; those without trouble are left out."""
        lines = {site: line for site in sites if (line := self._known(now).get(site)) is not None}
        asked: list[tuple[SiteId, LineTrouble, DistrictSeries]] = []
        for site, line in lines.items():
            for port in line.uplinks:
                series = DistrictSeries(site, line.gateway, MetricId("if_oper_state"), Instance(port))
                asked.append((site, LineTrouble.UPLINK_DOWN, series))
            silent = DistrictSeries(site, line.gateway, MetricId("reachable"), Instance(""))
            asked.append((site, LineTrouble.GATEWAY_SILENT, silent))
        ids = self._store.ids_of([series for *_, series in asked])
        known = np.flatnonzero(ids >= 0)
        latest = self._store.latest(ids[known])
        found: dict[SiteId, LineTrouble] = {}
        for place, at, value in zip(known.tolist(), latest.measured_at.tolist(), latest.value.tolist(), strict=True):
            site, trouble, _ = asked[place]
            is_bad = value in _DOWN if trouble is LineTrouble.UPLINK_DOWN else value == 0
            if is_bad and at >= since:
                found.setdefault(site, trouble)
        return found

    def behind(self, now: int) -> Mapping[SiteId, str]:
        """What each site's uplink ends at, as its neighbours tell; sites of which that is not known are left out."""
        return {site: line.behind for site, line in self._known(now).items() if line.behind}

    def _known(self, now: int) -> dict[SiteId, _Line]:
        if not self._lines or now - self._read_at >= LINES_ANEW_MS:
            self._read_at = now
            self._lines = {
                device.site: _Line(
                    device.id,
                    device.facts.uplinks,
                    next(
                        (
                            each.remote_name or each.remote_chassis
                            for each in device.facts.neighbours
                            if each.local_port in device.facts.uplinks
                        ),
                        "",
                    ),
                )
                for device in self._registry.devices(SYSTEM, kind=DeviceKind.GATEWAY)
            }
        return self._lines


def observers_of(
    seen: Sequence[Observation],
    sites: Mapping[SiteId, Site],
    troubles: Mapping[SiteId, LineTrouble],
    behind: Mapping[SiteId, str],
) -> list[Observer]:
    """One observer for each site, by its id: where several agents look from one site, the one that sees it best counts."""
    best: dict[SiteId, Observation] = {}
    for each in seen:
        known = best.get(each.site)
        if known is None or condition_of(each.state) < condition_of(known.state):
            best[each.site] = each
    return [
        Observer(
            site,
            condition_of(each.state),
            each.state,
            is_centre=site in sites and sites[site].is_centre,
            line=troubles.get(site, LineTrouble.NONE),
            behind=behind.get(site, ""),
        )
        for site, each in sorted(best.items())
    ]
