"""The simulated district that dashboards are asked about: a week of it as frames, taken in by a controller's own import.

The past is the simulator's. It is coarse up to the last hours and fine after them, so that a week of every device is a
matter of seconds and every range of a dashboard finds its level. What was measured is judged afterwards in the order of
time, as it would have been live, so that alerts stand and alerts are over. The clock stands at `NOW` all the while.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml

from benchmarks.dashboards_live import live_frames
from campus.ids import AgentId, SiteId
from campus.topics import Address
from campus.version import VERSION
from campus.wire.frame_file import FrameWriter
from controller.config import ControllerConfig, load_config
from controller.identity.scope import SYSTEM
from controller.ingest.import_frames import import_frames, import_pipeline
from controller.ingest.port import Committed
from controller.main import Controller
from controller.silences.model import Draft, Kind, Selector
from controller.store.port import Level
from simulator.history.frames import FrameMaker
from simulator.history.past import Past
from simulator.plan.write import write_plan

NOW: Final = 1_789_524_900_000
"""2026-09-16 10:15 in Asia/Shanghai, a Wednesday in the third lesson, as UTC milliseconds."""
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
COARSE_MS: Final = 2 * HOUR_MS
FINE_MS: Final = 300_000
FINE_HOURS: Final = 3
SEED: Final = 7
_KEPT_DAYS: Final = 4_000
"""Raw samples of that week are asked for as long as this program is used."""
_WINDOW_MS: Final = 6 * HOUR_MS


@dataclass
class StandingClock:
    """Says `now` until it is set anew."""

    now: int = NOW

    def __call__(self) -> int:
        """The instant, in UTC milliseconds."""
        return self.now


@dataclass
class FilledController:
    """A controller with its registry and samples open, its clock at the end of the history. To be closed."""

    controller: Controller
    clock: StandingClock
    samples: int
    sites: tuple[SiteId, ...] = field(default=())

    def close(self) -> None:
        """Let go of files and connections."""
        self.controller.store.close()
        self.controller.close_registry()


@dataclass(frozen=True)
class District:
    """A folder with the district's plan, and its history as a frame file."""

    folder: Path
    sites: tuple[SiteId, ...]
    began_at: int
    history: bytes

    def config(self, name: str, store: Mapping[str, Any]) -> ControllerConfig:
        """Of a controller whose data stand in a folder of that name; `store` are the settings of its sample store."""
        path = self.folder / f"{name}.yaml"
        settings = {
            "data_dir": name,
            "enrolment": "district.yaml",
            "retention": {"raw_days": _KEPT_DAYS, "five_minutes_days": _KEPT_DAYS, "hour_days": _KEPT_DAYS},
        }
        path.write_text(yaml.safe_dump(settings | dict(store)), encoding="utf-8")
        return load_config(path)

    def filled(self, name: str, store: Mapping[str, Any]) -> FilledController:
        """Import the history into a store, and judge it."""
        clock = StandingClock()
        config = self.config(name, store)
        controller = Controller(config, clock)
        controller.open_registry()
        controller.store.start()
        controller.alert_engine.restore()  # before there is anything, lest all of it be late
        folder, retention = config.data_path, config.retention
        pipeline = import_pipeline(
            controller.store, controller.registry, clock, dead_letter_directory=folder, retention=retention
        )
        imported = import_frames(io.BytesIO(self.history), pipeline, controller.store, NOW)
        if left_out := pipeline.counters.samples_set_aside + pipeline.counters.frames_dropped:
            raise RuntimeError(f"the controller did not take all of the history: {dict(left_out)}")
        _judge(controller, clock, self.began_at)
        _silence(controller, self.sites[-1])
        for site in self.sites:
            address = Address(site, AgentId(site))
            controller.registry.note_agent(address, online=True, version=VERSION, last_frame_at=NOW)
        controller.store.maintain(NOW)
        return FilledController(controller, clock, imported.samples, self.sites)


def district(folder: Path, schools: int, days: int, coarse_ms: int = COARSE_MS) -> District:
    """A district of so many schools with so many days of history, planned in `folder`."""
    plan = write_plan(folder, SEED, schools, broker_port=1, today=datetime.fromtimestamp(NOW / 1000, UTC).date())
    fine_at = NOW - FINE_HOURS * HOUR_MS
    stream = io.BytesIO()
    writer = FrameWriter(stream)
    coarse = Past(plan, fine_at - days * DAY_MS, fine_at - coarse_ms, coarse_ms, NOW + DAY_MS)
    fine = Past(plan, fine_at, NOW, FINE_MS, NOW + DAY_MS)
    for past in (coarse, fine):
        for payload, _ in FrameMaker(past).frames():
            writer.write_frame(payload)
    instants = [np.arange(past.begin, past.end + 1, past.step_ms, dtype=np.int64) for past in (coarse, fine)]
    for payload in live_frames(coarse, np.concatenate(instants)):
        writer.write_frame(payload)
    sites = tuple(SiteId(site) for site in coarse.series)
    return District(folder, sites, coarse.begin, stream.getvalue())


def _judge(controller: Controller, clock: StandingClock, began_at: int) -> None:
    """What is stored, instant after instant, each at its own time."""
    ids = controller.store.find_ids()
    for start in range(began_at, NOW + 1, _WINDOW_MS):
        rows = controller.store.window(ids, start, min(start + _WINDOW_MS, NOW + 1), Level.RAW)
        order = np.argsort(rows.at, kind="stable")
        instants, firsts = np.unique(rows.at[order], return_index=True)
        for instant, of_it in zip(instants.tolist(), np.split(order, firsts[1:]), strict=True):
            clock.now = instant
            controller.alert_engine.judge(Committed(rows.series[of_it], rows.at[of_it], rows.mean[of_it], instant))
            controller.alert_engine.tick(instant)
    clock.now = NOW


def _silence(controller: Controller, site: SiteId) -> None:
    """A maintenance window that stands."""
    draft = Draft(Kind.MAINTENANCE, Selector(site=site), NOW - HOUR_MS, NOW + HOUR_MS, "new fibre")
    controller.silences.silence(SYSTEM, draft)
