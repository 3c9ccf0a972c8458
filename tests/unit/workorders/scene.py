"""A school with alerts and telemetry to steer, and work orders over it: what the tests of this room share."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from campus.ids import DeviceId, Instance, MetricId, SiteId
from controller.alerts.model import AlertKey, Verdict
from controller.alerts.service import AlertService
from controller.alerts.tables import AlertRow
from controller.registry.database import writing
from controller.store.port import Batch, DistrictSeries, FrameMark
from controller.telemetry.service import TelemetryService
from controller.workorders.service import WorkOrderService
from controller.workorders.terms import WorkOrderSettings
from tests.fakes.memory_store import MemoryStore
from tests.support.district import BOARD_101, NO_1, TIMEZONE, ReadyRegistry, address_of, ready_registry

MINUTE_MS = 60_000


class HeardVerdicts:
    """The alert engine as work orders see it: what was told, and what is open of it."""

    def __init__(self) -> None:
        self.told: list[Verdict] = []

    def note_verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """Kept in order."""
        self.told += verdicts

    def judged_elsewhere(self) -> set[AlertKey]:
        """Those whose last word is not that they are over."""
        last = {each.key: each for each in self.told}
        return {key for key, each in last.items() if not each.is_over}


class Scene:
    """Alerts and samples are put there by hand; `clock` moves when a test says so."""

    def __init__(self, ready: ReadyRegistry, folder: Path, settings: WorkOrderSettings) -> None:
        self.ready = ready
        self.clock = ready.clock
        self.store = MemoryStore()
        self.verdicts = HeardVerdicts()
        self.alerts = AlertService(ready.engine, ready.service, ready.clock)
        self.orders = WorkOrderService(
            ready.engine,
            self.alerts,
            ready.service,
            TelemetryService(self.store, ready.service),
            ready.calendar,
            self.verdicts,
            ready.clock,
            ZoneInfo(TIMEZONE),
            folder / "photos",
            settings,
        )
        self._frames = 0

    def raise_alert(
        self, rule: str = "device-unreachable", device: DeviceId = BOARD_101, site: SiteId = NO_1, at: int = 0
    ) -> int:
        """An alert that is open now; its id."""
        with writing(self.ready.engine) as session:
            row = AlertRow(
                rule=rule,
                site=site,
                device=device,
                metric="reachable",
                instance="",
                severity="major",
                opened_at=at or self.clock.now,
                value=0.0,
            )
            session.add(row)
            session.flush()
            return row.id or 0

    def change_alert(self, alert: int, **columns: int) -> None:
        """Clear it, hush it, hide it."""
        with writing(self.ready.engine) as session:
            session.get_one(AlertRow, alert).sqlmodel_update(columns)

    def measure(self, reachable: float, device: DeviceId = BOARD_101, site: SiteId = NO_1) -> None:
        """The device was asked now, and answered or not."""
        self._frames += 1
        ids = self.store.series_ids([DistrictSeries(site, device, MetricId("reachable"), Instance(""))])
        mark = FrameMark(site, address_of(site).agent, 1, self._frames)
        self.store.append(Batch([mark], ids, np.array([self.clock.now]), np.array([reachable])))

    def pass_minutes(self, minutes: int, *, healthy: bool | None = None) -> None:
        """Let time pass, some minutes at a time, with a look at the orders each; with samples where `healthy` is given."""
        rounds = ceil(minutes / 5)
        for _ in range(rounds):
            self.clock.now += minutes * MINUTE_MS // rounds
            if healthy is not None:
                self.measure(float(healthy))
            self.orders.tend(self.clock.now)


@contextmanager
def scene(folder: Path, settings: WorkOrderSettings | None = None) -> Iterator[Scene]:
    """A scene with a database of its own."""
    ready = ready_registry(folder)
    try:
        yield Scene(ready, folder, settings or WorkOrderSettings())
    finally:
        ready.engine.dispose()
