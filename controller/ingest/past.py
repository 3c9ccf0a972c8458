"""What the store already holds of each agent when ingest starts."""

from typing import Final

import numpy as np

from campus.ids import DeviceId, MetricId, SiteId
from campus.metrics import made_by_centre
from campus.topics import Address
from controller.store.port import SampleStore

SPOOL_AGE: Final = MetricId("agent_spool_age_s")


class Past:
    """Reads the store when first asked, and remembers: the store must be open by then."""

    def __init__(self, store: SampleStore) -> None:
        self._store = store
        self._series: dict[SiteId, int] | None = None
        self._all_sent_at: dict[tuple[SiteId, DeviceId], int] = {}

    def series_held(self, site: SiteId) -> int:
        """How many series that were sent the store had of a site when this was first asked."""
        if self._series is None:
            columns = self._store.series_columns()
            is_sent = np.array([metric not in made_by_centre() for metric in columns.metrics], np.bool_)
            sent = columns.device[is_sent[columns.metric]]
            per_device = np.bincount(sent, minlength=len(columns.devices)).tolist()
            self._series = {}
            for (each, _), count in zip(columns.devices, per_device, strict=False):
                self._series[each] = self._series.get(each, 0) + count
        return self._series.get(site, 0)

    def read_spool_ages(self) -> None:
        """Take down how far each agent had emptied its spool, as its newest sample says; before new samples come in."""
        found = self._store.find_series(metric=SPOOL_AGE)
        latest = self._store.latest(np.fromiter(found, np.int32, len(found)))
        for name, measured_at, age_s in zip(
            found.values(), latest.measured_at.tolist(), latest.value.tolist(), strict=True
        ):
            if measured_at > 0:
                self._all_sent_at[name.site, name.device] = measured_at - round(age_s * 1000)

    def whole_before(self, address: Address, whole_until: int) -> int:
        """The instant before which every frame the agent had sealed is stored, given that the store is whole until then.

        A frame may have waited in the school for days before it was stored, so `whole_until` itself would be too late.
        0 when the agent never said how old its oldest unsent frame was.
        """
        return min(whole_until, self._all_sent_at.get((address.site, DeviceId(address.agent)), 0))
