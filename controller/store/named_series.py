"""What every sample store does alike: the names of series and their ids, answered out of a `SeriesIndex` in memory."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from campus.ids import DeviceId, Instance, MetricId, SiteId
from campus.wire.dictionary import SeriesWords
from controller.store.port import DistrictSeries, Ids, SeriesColumns
from controller.store.series_index import SeriesIndex


class NamedSeries:
    """The part of a `SampleStore` that is about names, as its port says. Whatever is new becomes durable with `append`."""

    def __init__(self) -> None:
        self._series = SeriesIndex()

    def series_ids(self, names: Sequence[DistrictSeries]) -> Ids:
        """Ids of `names`; new ones are added."""
        return self._series.ids(names)

    def ids_of(self, names: Sequence[DistrictSeries]) -> Ids:
        """The id of each name, -1 where it has none."""
        return self._series.look_up(names)

    def known_series(self, site: SiteId, words: SeriesWords) -> Ids:
        """The id of each series of a dictionary, -1 where it has none."""
        return self._series.known(site, words)

    def add_series(self, site: SiteId, words: SeriesWords, places: NDArray[np.intp]) -> Ids:
        """New ids for the series at some places of a dictionary."""
        return self._series.add(site, words, places)

    def find_ids(
        self,
        site: SiteId | None = None,
        device: DeviceId | None = None,
        metric: MetricId | None = None,
        instance: Instance | None = None,
    ) -> Ids:
        """Ids that match every argument given, ascending."""
        return self._series.find(site, device, metric, instance)

    def find_series(
        self, site: SiteId | None = None, device: DeviceId | None = None, metric: MetricId | None = None
    ) -> dict[int, DistrictSeries]:
        """As `find_ids`, with the name of each."""
        return self._series.named(self.find_ids(site, device, metric))

    def series_columns(self, first: int = 0) -> SeriesColumns:
        """The names of all series whose id is at least `first`."""
        return self._series.columns(first)

    def series_names(self, ids: Ids) -> list[DistrictSeries]:
        """The names of some series, in their order."""
        return self._series.names(ids)
