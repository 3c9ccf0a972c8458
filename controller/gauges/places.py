"""Whom there are figures of: schools, uplinks and boards, laid over the store's numbers of devices and series."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from campus.ids import DeviceId, Instance, MetricId, SiteId
from campus.samples import DeviceKind
from controller.gauges.port import Registry
from controller.identity.scope import SYSTEM
from controller.registry.model import Link
from controller.store.port import DistrictSeries, Ids, SampleStore, SeriesColumns

KINDS: Final = tuple(DeviceKind)
DISTRICT = SiteId("district")
"""Where the controller stands that no centre is enrolled for."""


@dataclass(frozen=True)
class Places:
    """A look at the registry. `school` and `kind` are by the store's numbers of devices, -1 for strangers."""

    sites: Sequence[SiteId]
    centre: SiteId
    links: Sequence[Link]
    devices: NDArray[np.float64]
    """How many each school has."""
    school: NDArray[np.int64]
    """Places in `sites`."""
    kind: NDArray[np.int8]
    """Places in `KINDS`."""

    def series_of(self, store: SampleStore, metric: MetricId, *kinds: DeviceKind) -> Ids:
        """The series of a metric that devices of schools have, of these kinds or of all."""
        ids = store.find_ids(metric=metric)
        device = store.series_columns().device
        ids = ids[device[ids] < len(self.school)]  # devices may have been met since
        ids = ids[self.school[device[ids]] >= 0]
        return ids[np.isin(self.kind[device[ids]], [KINDS.index(kind) for kind in kinds])] if kinds else ids

    def by_school(self, device: NDArray[np.int32], counted: NDArray[np.bool_]) -> NDArray[np.float64]:
        """How many rows of each school count, by instant; `device` has the number of each row of `counted`."""
        sums = np.zeros((len(self.sites), counted.shape[1]))
        school = self.school[device]
        inside = school >= 0
        np.add.at(sums, school[inside], counted[inside])
        return sums

    def of_links(self, metric: MetricId) -> list[DistrictSeries]:
        """A series for each uplink."""
        return [DistrictSeries(each.site, each.device, metric, Instance(each.instance)) for each in self.links]

    def of_schools(self, device: DeviceId, metric: MetricId, instances: Sequence[str] = ("",)) -> list[DistrictSeries]:
        """A series for each school and instance, school by school."""
        return [DistrictSeries(site, device, metric, Instance(each)) for site in self.sites for each in instances]


def look(registry: Registry, names: SeriesColumns) -> Places:
    """Ask the registry; some ten milliseconds for 100,000 devices."""
    enrolled = registry.sites(SYSTEM)
    sites = [each.id for each in enrolled]
    kinds = {site: registry.device_kinds(SYSTEM, site) for site in sites}
    number_of = {site: number for number, site in enumerate(sites)}
    code_of: dict[DeviceKind | None, int] = {kind: code for code, kind in enumerate(KINDS)}
    met = list(names.devices)  # as they are now: more may be added meanwhile
    return Places(
        sites=sites,
        centre=next((each.id for each in enrolled if each.is_centre), DISTRICT),
        links=registry.links(SYSTEM),
        devices=np.array([float(len(kinds[site])) for site in sites]),
        school=np.array([number_of.get(site, -1) for site, _ in met], np.int64),
        kind=np.array([code_of.get(kinds.get(site, {}).get(device), -1) for site, device in met], np.int8),
    )


class Atlas:
    """The places, looked at anew when the store has met more devices, and every ten minutes. One thread."""

    KEPT_MS = 600_000

    def __init__(self, store: SampleStore, registry: Registry) -> None:
        self._store = store
        self._registry = registry
        self._places: Places | None = None
        self._until = 0

    def places(self, now: int) -> Places:
        """How it was within the last ten minutes."""
        names = self._store.series_columns()
        if self._places is None or now >= self._until or len(names.devices) != len(self._places.school):
            self._places = look(self._registry, names)
            self._until = now + self.KEPT_MS
        return self._places
