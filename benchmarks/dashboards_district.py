"""The simulated district that dashboards are asked about: its plan in a folder, and its past as a frame file.

The past is coarse up to the last hours and fine in them, so that a week of every device is a matter of seconds and every
range of a dashboard finds its level.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml

from benchmarks.dashboards_live import live_frames
from campus.ids import SiteId
from campus.wire.frame_file import FrameWriter
from controller.config import ControllerConfig, load_config
from simulator.history.frames import FrameMaker
from simulator.history.past import Past
from simulator.life.noise import Longs
from simulator.plan.write import write_plan

NOW: Final = 1_789_524_900_000
"""2026-09-16 10:15 in Asia/Shanghai, a Wednesday in the third lesson, as UTC milliseconds."""
HOUR_MS: Final = 3_600_000
ASKED_UNTIL: Final = NOW // HOUR_MS * HOUR_MS - 1
"""Where ranges end: the bucket that runs is in InfluxDB once it is over, while a controller's own store works it out."""
DAY_MS: Final = 24 * HOUR_MS
COARSE_MS: Final = 6 * HOUR_MS
FINE_MS: Final = 300_000
FINE_HOURS: Final = 1
SEED: Final = 7
_KEPT_DAYS: Final = 4_000
"""Samples of that week are asked for as long as this program is used."""


@dataclass(frozen=True)
class District:
    """A folder with the district's plan, and its history as a frame file. `sites` begin with the centre."""

    folder: Path
    sites: tuple[SiteId, ...]
    coarse_at: Longs
    fine_at: Longs
    """When everything was measured, in UTC milliseconds: far apart at first, close together in the last hours."""
    history: bytes

    def config(self, name: str, store: Mapping[str, Any]) -> ControllerConfig:
        """Of a controller whose data stand in a folder of that name; `store` are the settings of its sample store."""
        path = self.folder / f"{name}.yaml"
        retention = dict.fromkeys(("raw_days", "five_minutes_days", "hour_days"), _KEPT_DAYS)
        settings = {"data_dir": name, "enrolment": "district.yaml", "retention": retention, **store}
        path.write_text(yaml.safe_dump(settings), encoding="utf-8")
        return load_config(path)


def district(folder: Path, schools: int, days: int) -> District:
    """A district of so many schools with so many days of history, planned in `folder`."""
    plan = write_plan(folder, SEED, schools, broker_port=1, today=datetime.fromtimestamp(NOW / 1000, UTC).date())
    fine_at = NOW - FINE_HOURS * HOUR_MS
    stream = io.BytesIO()
    writer = FrameWriter(stream)
    coarse = Past(plan, fine_at - days * DAY_MS, fine_at - COARSE_MS, COARSE_MS, NOW + DAY_MS)
    fine = Past(plan, fine_at, NOW, FINE_MS, NOW + DAY_MS)
    for past in (coarse, fine):
        for payload, _ in FrameMaker(past).frames():
            writer.write_frame(payload)
    instants = [np.arange(past.begin, past.end + 1, past.step_ms, dtype=np.int64) for past in (coarse, fine)]
    for payload in live_frames(coarse, np.concatenate(instants)):
        writer.write_frame(payload)
    return District(folder, tuple(map(SiteId, coarse.series)), instants[0], instants[1], stream.getvalue())
