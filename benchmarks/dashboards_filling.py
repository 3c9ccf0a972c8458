"""Controllers that took in a district's history by their own import; the clock stands at `NOW` all the while.

The first one judges what was measured, in the order of time as it would have been live, so that alerts stand and alerts are
over; and it makes its own series of it. A second one over another store gets the same frames, the first one's registry
and the same rows: what it judged itself might differ by the number of an alert, and nothing of that is asked here.
"""

import io
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from benchmarks.dashboards_district import COARSE_MS, FINE_MS, HOUR_MS, NOW, District
from benchmarks.dashboards_live import centre_rows
from campus.ids import AgentId
from campus.topics import Address
from campus.version import VERSION
from controller.config import ControllerConfig
from controller.history import PastClock, judge_past
from controller.identity.scope import SYSTEM
from controller.ingest.import_frames import import_frames, import_pipeline
from controller.ingest.model import Made
from controller.main import Controller
from controller.silences.model import Draft, Kind, Selector
from controller.store.port import Batch

_REGISTRY: Final = "registry.db"


@dataclass(frozen=True)
class Filled:
    """A controller with registry and samples open. `made` is what it made of them itself. To be closed."""

    controller: Controller
    samples: int
    made: tuple[Made, ...]

    def close(self) -> None:
        """Let go of files and connections."""
        if self.controller.posting is not None:
            self.controller.posting.close()
        self.controller.store.close()
        self.controller.close_registry()


def filled(district: District) -> Filled:
    """A controller with its own store, everything judged and measured."""
    clock = PastClock(NOW)
    controller = Controller(district.config("own", {}), clock)
    controller.open_registry()
    controller.store.start()
    controller.alert_engine.restore()  # before there are samples, lest all of them be late
    samples = _imported(controller, district)
    judge_past(controller, clock, int(district.coarse_at[0]))
    for selector in (Selector(), Selector(site=district.sites[-1])):
        draft = Draft(Kind.MAINTENANCE, selector, NOW - 2 * HOUR_MS, NOW + HOUR_MS, "new fibre")
        controller.silences.silence(SYSTEM, draft)
    for site in district.sites:
        controller.registry.note_agent(Address(site, AgentId(site)), online=True, version=VERSION, last_frame_at=NOW)
    controller.registry.save_agents()
    made = tuple(_made(controller, district))
    _keep(controller, made)
    return Filled(controller, samples, made)


def filled_alike(first: Filled, district: District, store: Mapping[str, Any]) -> Filled:
    """A controller over InfluxDB, by the settings of its store, that knows the same."""
    config = district.config("alike", store)
    copy_registry(first.controller.config, config)
    controller = Controller(config, PastClock(NOW))
    controller.open_registry()
    controller.store.start()
    samples = _imported(controller, district)
    _keep(controller, first.made)
    _post(controller)
    return Filled(controller, samples, first.made)


def _imported(controller: Controller, district: District) -> int:
    """How many samples an open controller took."""
    config, store = controller.config, controller.store
    pipeline = import_pipeline(
        store,
        controller.registry,
        controller.clock,
        dead_letter_directory=config.data_path,
        retention=config.retention,
    )
    imported = import_frames(io.BytesIO(district.history), pipeline, store, NOW)
    if left_out := pipeline.counters.samples_set_aside + pipeline.counters.frames_dropped:
        raise RuntimeError(f"the controller did not take all of the history: {dict(left_out)}")
    return imported.samples


def _made(controller: Controller, district: District) -> Iterator[Made]:
    """What the controller makes of it, by the minute and by the hour, and what it would say of itself."""
    for at, step_ms in ((district.coarse_at, COARSE_MS), (district.fine_at, FINE_MS)):
        yield from controller.gauges.rows_between(int(at[0]), int(at[-1]) + 1, step_ms)
    yield centre_rows(district.sites[0], np.concatenate((district.coarse_at, district.fine_at)))


def _keep(controller: Controller, made: Iterable[Made]) -> None:
    """One commit, and then what upkeep does."""
    store, pieces = controller.store, list(made)
    ids = [store.series_ids(piece.names)[piece.series] for piece in pieces]
    at, value = [piece.measured_at for piece in pieces], [piece.value for piece in pieces]
    store.append(Batch([], np.concatenate(ids), np.concatenate(at), np.concatenate(value)))
    store.maintain(NOW)


def _post(controller: Controller) -> None:
    """Alerts and maintenance, which a controller keeps in InfluxDB as annotations."""
    if controller.posting is not None:
        controller.posting.tend(NOW)


def copy_registry(source: ControllerConfig, target: ControllerConfig) -> None:
    """Let a controller that was never opened know what another one does."""
    target.data_path.mkdir(parents=True, exist_ok=True)
    with (
        closing(sqlite3.connect(source.data_path / _REGISTRY)) as old,
        closing(sqlite3.connect(target.data_path / _REGISTRY)) as new,
    ):
        old.backup(new)
