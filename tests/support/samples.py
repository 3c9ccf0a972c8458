"""Putting samples into a store with a few words, for the tests of whatever reads them.

feed = Feed(MemoryStore())
feed.say(NO_1, KITCHEN, "temperature_cel", -18.0, at=NOW, instance="freezer")
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from campus.ids import AgentId, DeviceId, Instance, MetricId, SiteId
from controller.ingest.port import Committed
from controller.store.port import Batch, DistrictSeries, FrameMark, SampleStore


@dataclass
class Feed:
    """A store being filled; every commit is also handed to `listeners`, as ingest does."""

    store: SampleStore
    listeners: list[Callable[[Committed], None]] = field(default_factory=list)
    frames: int = 0

    def say(
        self, site: SiteId, device: str, metric: str, value: float, *, at: int, instance: str = "", received_at: int = 0
    ) -> None:
        """One sample, in a frame of its own; received when it was measured unless told."""
        self.say_all(series(site, device, metric, instance), [at], [value], received_at=received_at or at)

    def say_all(
        self, name: DistrictSeries, at: Sequence[int], values: Iterable[float], *, received_at: int = 0
    ) -> None:
        """Many samples of one series in one frame."""
        if not len(at):
            return
        self.frames += 1
        ids = np.repeat(self.store.series_ids([name]), len(at))
        instants, numbers = np.array(at, dtype=np.int64), np.array(list(values), dtype=np.float64)
        mark = FrameMark(name.site, AgentId(name.site), 1, self.frames)
        self.store.append(Batch([mark], ids, instants, numbers))
        for listener in self.listeners:
            listener(Committed(ids, instants, numbers, received_at or int(instants.max())))


def series(site: SiteId, device: str, metric: str, instance: str = "") -> DistrictSeries:
    """A name."""
    return DistrictSeries(site, DeviceId(device), MetricId(metric), Instance(instance))
