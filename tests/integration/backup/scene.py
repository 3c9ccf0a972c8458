"""A controller's folder with a closed day, a running one and a registry, and backups of it in one process."""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from campus.ids import DeviceId, Instance, MetricId
from controller.backup.model import REGISTRY, SAMPLES, Report, Unwatched
from controller.backup.staging import Staging
from controller.backup.taking import Taken, take, verify_taken
from controller.backup.writing import Configured
from controller.identity.scope import SYSTEM
from controller.registry.database import create_engine, sqlite_url
from controller.registry.schema import migrate
from controller.registry.service import RegistryService
from controller.store.embedded.snapshot import Snapshot, closed_snapshot
from controller.store.port import Batch, DistrictSeries
from tests.support.district import GATEWAY, KITCHEN, NO_1, address_of, enrolment, school_facts
from tests.unit.store.stores import DAY, MIDNIGHT, MINUTE, embedded, mark

ZONE = "Asia/Shanghai"
NAMES = [DistrictSeries(NO_1, DeviceId(device), MetricId("cpu_percent"), Instance("")) for device in (GATEWAY, KITCHEN)]
FRAMES = 6
ROWS_EACH = 20


@dataclass(frozen=True)
class Folder:
    """A controller's `data_dir` and the folder for its backups."""

    data: Path
    backups: Path

    def staging(self, snapshot: Callable[[], AbstractContextManager[Snapshot]] | None = None) -> Staging:
        """Stages what lies there, or an open store's snapshot."""
        taken = snapshot or (lambda: closed_snapshot(self.data / SAMPLES))
        return Staging(self.data, self.data / REGISTRY, taken, lambda: MIDNIGHT + 3 * DAY)

    def take(self, taken_at: int = MIDNIGHT + 3 * DAY, staging: Staging | None = None) -> Taken:
        """A backup, not verified."""
        self.backups.mkdir(exist_ok=True)
        configured = Configured({}, [])
        with (staging or self.staging()).staged(lambda _done, _total: None) as staged:
            return take(staged, self.backups, configured, taken_at, Unwatched())

    def take_verified(self, taken_at: int = MIDNIGHT + 3 * DAY, staging: Staging | None = None) -> tuple[Path, Report]:
        """A backup and what its verification found."""
        place = self.take(taken_at, staging).place
        return place, verify_taken(place, Unwatched())


def filled(folder: Path) -> Folder:
    """A stopped controller's data: `FRAMES` frames over two days, the first of them closed."""
    made = Folder(folder / "data", folder / "backups")
    made.data.mkdir()
    engine = create_engine(sqlite_url(made.data / REGISTRY))
    migrate(engine)
    registry = RegistryService(engine, lambda: MIDNIGHT)
    registry.start()
    registry.enrol(SYSTEM, enrolment())
    registry.learn_facts(address_of(NO_1), school_facts(NO_1), MIDNIGHT)
    engine.dispose()
    store = embedded(made.data / SAMPLES)
    ids = store.series_ids(NAMES)
    for number in range(FRAMES):
        at = MIDNIGHT + number * DAY // 3 + np.arange(ROWS_EACH, dtype=np.int64) * MINUTE
        rows = np.resize(ids, ROWS_EACH)
        store.append(Batch([mark(number + 1)], rows, at, np.arange(ROWS_EACH, dtype=np.float64)))
    store.maintain(MIDNIGHT + DAY + 20 * MINUTE)
    store.append(Batch([mark(FRAMES + 1)], ids, np.full(2, MIDNIGHT + 2 * DAY, np.int64), np.ones(2)))
    store.close()
    return made


def flip(path: Path, place: int, bit: int = 0) -> None:
    """Turn one bit over."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1 << bit
    path.unlink()  # the file may have another name elsewhere, which must stay as it is
    path.write_bytes(content)


def places(path: Path, chosen: random.Random, quantity: int) -> list[int]:
    """The first byte, the last, and some between."""
    size = path.stat().st_size
    return [0, size - 1, *(chosen.randrange(size) for _ in range(quantity))]
