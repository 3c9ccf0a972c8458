"""Reads samples for people and scripts. Checks the caller's scope, then asks the store; writes nothing."""

from collections.abc import Sequence

import numpy as np

from campus.ids import DeviceId, Instance, MetricId, SiteId
from controller.identity.scope import Scope
from controller.store.port import DistrictSeries, Latest, Level, SampleStore
from controller.telemetry.charts import lines
from controller.telemetry.index import DeviceKey, SeriesIndexCache
from controller.telemetry.model import Chart, LatestOfMetric, LatestValue
from controller.telemetry.port import Registry


class TelemetryService:
    """Thread-safe. Every method raises `Denied` or the registry's not-found error for what the caller may not see."""

    def __init__(self, store: SampleStore, registry: Registry) -> None:
        self._store = store
        self._registry = registry
        self._index = SeriesIndexCache(store)

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
        series = {
            number: name
            for number, name in self._index.index().by_metric.get(metric, {}).items()
            if scope.sees(name.site) and site in (None, name.site)
        }
        return [
            LatestOfMetric(name.site, name.device, name.instance, at, value)
            for name, at, value in _named(series, self._latest(series))
        ]

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

    def newest_by_device(self, scope: Scope) -> dict[DeviceKey, int]:
        """When each device the caller may see was last measured at all, in UTC ms; devices never measured are left out."""
        index = self._index.index()
        newest = index.newest(self._store.latest(index.ids).measured_at)
        return {key: at for key, at in newest.items() if scope.sees(key[0])}

    def _check(self, scope: Scope, site: SiteId, device: DeviceId) -> None:
        scope.require(site)
        self._registry.device(scope, site, device)

    def _latest(self, series: dict[int, DistrictSeries]) -> Latest:
        return self._store.latest(np.fromiter(series, dtype=np.int32, count=len(series)))


def _named(series: dict[int, DistrictSeries], latest: Latest) -> list[tuple[DistrictSeries, int, float]]:
    rows = zip(series.values(), latest.measured_at.tolist(), latest.value.tolist(), strict=True)
    return [(name, at, value) for name, at, value in rows if at > 0]
