"""Names of series and their ids, in memory."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from campus.ids import DeviceId, Instance, MetricId, SiteId
from controller.store.port import DistrictSeries, Ids, SeriesColumns


class SeriesIndex:
    """Dense ids from 0 in the order of arrival. One thread adds, any thread may look."""

    def __init__(self, names: Iterable[DistrictSeries] = ()) -> None:
        self.names: list[DistrictSeries] = []
        self._ids: dict[DistrictSeries, int] = {}
        self._of_device: dict[tuple[SiteId, DeviceId], list[int]] = defaultdict(list)
        self._of_site: dict[SiteId, list[int]] = defaultdict(list)
        self._of_metric: dict[MetricId, list[int]] = defaultdict(list)
        self.ids(list(names))

    def __len__(self) -> int:
        return len(self.names)

    def ids(self, names: Sequence[DistrictSeries]) -> Ids:
        """Ids of `names` in their order; new ones are added."""
        known = self._ids
        return np.array([known[name] if name in known else self._add(name) for name in names], np.int32)

    def columns(self, first: int) -> SeriesColumns:
        """As the store's port says."""
        devices: dict[tuple[SiteId, DeviceId], int] = {}
        metrics: dict[MetricId, int] = {}
        instances: dict[Instance, int] = {}
        rows = [
            (
                devices.setdefault((name.site, name.device), len(devices)),
                metrics.setdefault(name.metric, len(metrics)),
                instances.setdefault(name.instance, len(instances)),
            )
            for name in self.names
        ]
        table = np.array(rows, np.int32).reshape(-1, 3)[first:]
        return SeriesColumns(
            first, table[:, 0], table[:, 1], table[:, 2], list(devices), list(metrics), list(instances)
        )

    def find(self, site: SiteId | None, device: DeviceId | None, metric: MetricId | None) -> dict[int, DistrictSeries]:
        """Series by id that match every argument that is not None."""
        found = {}
        for series in list(self._candidates(site, device, metric)):
            name = self.names[series]
            if site in (None, name.site) and device in (None, name.device) and metric in (None, name.metric):
                found[series] = name
        return found

    def _candidates(self, site: SiteId | None, device: DeviceId | None, metric: MetricId | None) -> Iterable[int]:
        if site is not None and device is not None:
            return self._of_device.get((site, device), [])
        choices: list[list[int]] = []
        if site is not None:
            choices.append(self._of_site.get(site, []))
        if metric is not None:
            choices.append(self._of_metric.get(metric, []))
        if not choices:
            return range(len(self.names))
        return min(choices, key=lambda choice: len(choice))

    def _add(self, name: DistrictSeries) -> int:
        series = len(self.names)
        self.names.append(name)
        self._of_device[name.site, name.device].append(series)
        self._of_site[name.site].append(series)
        self._of_metric[name.metric].append(series)
        self._ids[name] = series
        return series
