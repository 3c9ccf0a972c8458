"""Reads samples for people and scripts. Checks the caller's scope, then asks the store; writes nothing."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from campus.ids import DeviceId, Instance, MetricId, SiteId
from controller.identity.scope import Scope
from controller.store.port import DistrictSeries, Ids, Latest, Level, SampleStore
from controller.telemetry.charts import lines
from controller.telemetry.index import devices_now
from controller.telemetry.model import Chart, DeviceKey, DevicesNow, LatestOfMetric, LatestValue
from controller.telemetry.port import Registry

REACHABLE: Final = MetricId("reachable")


class TelemetryService:
    """Thread-safe. Every method raises `Denied` or the registry's not-found error for what the caller may not see."""

    def __init__(self, store: SampleStore, registry: Registry) -> None:
        self._store = store
        self._registry = registry

    def latest(self, scope: Scope, site: SiteId, device: DeviceId) -> list[LatestValue]:
        """The newest number of each series of a device, by metric, then instance; a series without any is left out."""
        self._check(scope, site, device)
        series = self._store.find_series(site=site, device=device)
        values = [
            LatestValue(name.metric, name.instance, at, value)
            for name, at, value in _named(series, self._latest(series))
        ]
        return sorted(values, key=lambda each: (each.metric, each.instance))

    def latest_of_metric(self, scope: Scope, metric: MetricId, site: SiteId | None = None) -> list[LatestOfMetric]:
        """The newest number of one metric wherever it is measured, in the order the series were first seen."""
        if site is not None:
            scope.require(site)
        ids = np.sort(self._ids(scope.sites if site is None else frozenset({site}), metric))
        rows = _named(dict(zip(ids.tolist(), self._store.series_names(ids), strict=True)), self._store.latest(ids))
        return [LatestOfMetric(name.site, name.device, name.instance, at, value) for name, at, value in rows]

    def latest_of(self, scope: Scope, names: Sequence[DistrictSeries]) -> Latest:
        """The newest number of each series named, in their order; 0 and NaN for those without any or not to be seen."""
        ids = self._store.ids_of(names)
        seen = np.array([scope.sees(name.site) for name in names], np.bool_) & (ids >= 0)
        found = self._store.latest(ids[seen])
        measured_at, value = np.zeros(len(names), np.int64), np.full(len(names), np.nan)
        measured_at[seen], value[seen] = found
        return Latest(measured_at, value)

    def chart(
        self,
        scope: Scope,
        site: SiteId,
        device: DeviceId,
        metric: MetricId,
        instances: Sequence[str],
        start: int,
        end: int,
        max_points: int = 600,
    ) -> Chart:
        """One line for each of `instances` (all of them when empty) over [start, end), in UTC ms.

        The store picks the finest level that keeps each line within `max_points`; rows that mark a gap come on top.
        """
        self._check(scope, site, device)
        known = self._store.find_series(site=site, device=device, metric=metric)
        number_of = {name.instance: number for number, name in known.items()}
        wanted = [Instance(each) for each in instances] or sorted(number_of)
        instance_of = {number_of[each]: each for each in wanted if each in number_of}
        if not instance_of or end <= start:
            return Chart(metric, Level.RAW, start, end, [])
        ids = np.array(sorted(instance_of), dtype=np.int32)
        window = self._store.window(ids, start, end, max_points=max_points)
        return Chart(metric, window.level, start, end, lines(window, instance_of))

    def devices_now(self, scope: Scope, site: SiteId | None = None) -> DevicesNow:
        """When each device the caller may see (of one site) was last measured, and whether it answers."""
        sites = scope.sites if site is None else frozenset(scope.visible([site]))
        ids, asked = self._ids(sites), self._ids(sites, REACHABLE, Instance(""))
        names = self._store.series_columns()
        return devices_now(names, ids, self._store.latest(ids), asked, self._store.latest(asked))

    def newest_by_device(self, scope: Scope) -> dict[DeviceKey, int]:
        """When each device the caller may see was last measured at all, in UTC ms; devices never measured are left out."""
        now = self.devices_now(scope)
        return dict(zip(now.devices, now.newest_at.tolist(), strict=True))

    def _ids(
        self, sites: frozenset[SiteId] | None, metric: MetricId | None = None, instance: Instance | None = None
    ) -> Ids:
        if sites is None:
            return self._store.find_ids(metric=metric, instance=instance)
        found = [self._store.find_ids(site, metric=metric, instance=instance) for site in sorted(sites)]
        return np.concatenate([np.empty(0, np.int32), *found])

    def _check(self, scope: Scope, site: SiteId, device: DeviceId) -> None:
        scope.require(site)
        self._registry.device(scope, site, device)

    def _latest(self, series: dict[int, DistrictSeries]) -> Latest:
        return self._store.latest(np.fromiter(series, dtype=np.int32, count=len(series)))


def _named(series: dict[int, DistrictSeries], latest: Latest) -> list[tuple[DistrictSeries, int, float]]:
    rows = zip(series.values(), latest.measured_at.tolist(), latest.value.tolist(), strict=True)
    return [(name, at, value) for name, at, value in rows if at > 0]
