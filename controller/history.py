"""Filling a controller from a file of frames: no broker, no HTTP, nobody told; no alerts but of the last hours, if asked for."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Final

import numpy as np

from controller.clock import utc_ms
from controller.ingest.import_frames import ImportProgress, import_frames, import_pipeline
from controller.ingest.making import Making
from controller.ingest.port import Committed
from controller.main import Controller
from controller.progress import Progress
from controller.store.port import Level

GAUGES_STEP_MS: Final = 300_000
_MINUTE_MS: Final = 60_000
_WINDOW_MS: Final = 60 * _MINUTE_MS
_ROWS_AT_ONCE: Final = 20_000_000
"""As much as is read from the store at once to be judged, were every series measured each quarter of a minute."""


@dataclass
class PastClock:
    """Says the time, or the moment of the past at which it is set (UTC ms)."""

    moment: int = 0

    def __call__(self) -> int:
        """UTC milliseconds."""
        return self.moment or utc_ms()


@dataclass(frozen=True)
class Imported:
    """What became of a file."""

    frames: int
    samples: int
    repeated: int
    """Frames that were stored already."""
    set_aside: Counter[str]
    """Samples and frames that were not taken, by reason."""

    def sentence(self) -> str:
        """For people."""
        said = f"{self.frames:,} frames read, {self.samples:,} samples stored"
        if self.repeated:
            said += f"; {self.repeated:,} frames were stored already"
        left_out = ", ".join(f"{count:,} {reason}" for reason, count in self.set_aside.most_common())
        return f"{said}; set aside: {left_out}" if left_out else said


def import_history(
    controller: Controller, stream: BinaryIO, progress: Progress, clock: PastClock | None = None, judge_ms: int = 0
) -> Imported:
    """Import, roll up, close days; the controller is opened for it and closed again.

    With `clock`, which is the controller's own, what was measured in the last `judge_ms` is judged, too. `FrameError` when the
    stream is not a frame file or ends early: what came before is stored.
    """
    pipeline = import_pipeline(
        controller.store,
        controller.registry,
        controller.clock,
        dead_letter_directory=controller.config.data_path,
        retention=controller.config.retention,
    )

    bars = [progress]

    def show(heard: ImportProgress) -> None:
        if heard.days_due and len(bars) == 1:
            bars.append(progress.followed_by("days closed", heard.days_due))
        bars[-1].advance((heard.days_closed if heard.days_due else heard.samples) - bars[-1].done)

    try:
        controller.open_registry()
        controller.store.start()
        if clock is not None and judge_ms:
            controller.alert_engine.restore()  # of what is stored already it judges nothing once more
        believed = controller.steady.believed
        heard = import_frames(stream, pipeline, controller.store, controller.clock(), show, believed=believed)
        if clock is not None and judge_ms:
            bars.append(bars[-1].followed_by("minutes judged", judge_ms // _MINUTE_MS))
            judge_past(controller, clock, controller.clock() - judge_ms, bars[-1].advance)
        bars.append(bars[-1].followed_by("figures made of them", None))
        _make_gauges(controller, bars[-1].advance)
        bars[-1].finish()
    finally:
        controller.store.close()
        controller.close_registry()
    counters = pipeline.counters
    left_out = counters.samples_set_aside + counters.frames_dropped
    return Imported(heard.frames, heard.samples, counters.frames_repeated, left_out)


def judge_past(
    controller: Controller, clock: PastClock, since: int, show: Callable[[int], None] = lambda minutes: None
) -> None:
    """Have what is stored since an instant (UTC ms) judged as if it came now: each moment at its own time, one after another.

    The engine must have been restored before any of it was stored. Alerts open and clear as they would have. Nobody is
    told of what is over; of what still stands the controller tells when it runs. Then the clock is set as it was. `show` is
    told how many more minutes are done.
    """
    store, until, stood_at = controller.store, controller.clock() + 1, clock.moment
    ids = store.find_ids()
    step_ms = max(60_000, min(_WINDOW_MS, _ROWS_AT_ONCE * 15_000 // max(1, len(ids))))
    for start in range(since, until, step_ms):
        end = min(start + step_ms, until)
        rows = store.window(ids, start, end, Level.RAW)
        order = np.argsort(rows.at, kind="stable")
        moments, firsts = np.unique(rows.at[order], return_index=True)
        for moment, of_it in zip(moments.tolist(), np.split(order, firsts[1:]) if len(order) else (), strict=True):
            clock.moment = moment
            controller.alert_engine.judge(Committed(rows.series[of_it], rows.at[of_it], rows.mean[of_it], moment))
            controller.alert_engine.tick(moment)
        show((end - start) // _MINUTE_MS)
    clock.moment = stood_at


def _make_gauges(controller: Controller, show: Callable[[int], None]) -> None:
    """What the controller would have made itself of the frames' time, as often as history has samples."""
    now = controller.clock() // GAUGES_STEP_MS * GAUGES_STEP_MS
    begins = -(-controller.gauges.past_begins(now) // GAUGES_STEP_MS) * GAUGES_STEP_MS
    making = Making()
    for made in controller.gauges.rows_between(begins, now, GAUGES_STEP_MS):
        making.store(made, controller.store)
        show(len(made.series))
    controller.maintain_store(controller.clock())
