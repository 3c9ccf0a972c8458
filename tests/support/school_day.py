"""The lively district goes on after its `NOW`: what a device measures next is stored and judged as if its agent had sent it."""

import numpy as np

from campus.ids import AgentId, DeviceId, Instance, MetricId, SiteId
from campus.topics import Address
from controller.ingest.port import Committed
from controller.main import Controller
from controller.store.port import Batch, DistrictSeries, FrameMark
from tests.support.district import FixedClock

STEP_MS = 15_000
MINUTE_MS = 60_000
FIRST_FRAME = 1_000_000


class SchoolDay:
    """Time passes only here."""

    def __init__(self, controller: Controller, site: SiteId) -> None:
        assert isinstance(controller.clock, FixedClock)
        self._controller = controller
        self._clock = controller.clock
        self._site = site
        self._number = FIRST_FRAME

    def measure(self, device: str, metric: str, value: float, *, for_min: int, instance: str = "") -> None:
        """A device tells the same number for so long."""
        name = DistrictSeries(self._site, DeviceId(device), MetricId(metric), Instance(instance))
        ids = self._controller.store.series_ids([name])
        agent = Address(self._site, AgentId(self._site))
        for _ in range(for_min * MINUTE_MS // STEP_MS):
            self._clock.now += STEP_MS
            self._number += 1
            at, told = np.full(1, self._clock.now, dtype=np.int64), np.full(1, value)
            mark = FrameMark(agent.site, agent.agent, 1, self._number)
            self._controller.store.append(Batch([mark], ids, at, told))
            self._controller.registry.note_agent(agent, online=True, last_frame_at=self._clock.now)
            self._controller.alert_engine.judge(Committed(ids, at, told, self._clock.now))
            self._controller.alert_engine.tick(self._clock.now)
        self._controller.workorders.tend(self._clock.now)
