"""Filling a controller from a file of frames: no broker, no alerts, no HTTP."""

from collections import Counter
from dataclasses import dataclass
from typing import BinaryIO, Final

from controller.ingest.import_frames import ImportProgress, import_frames, import_pipeline
from controller.ingest.making import Making
from controller.main import Controller
from controller.progress import Progress

GAUGES_STEP_MS: Final = 300_000


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


def import_history(controller: Controller, stream: BinaryIO, progress: Progress) -> Imported:
    """Import, roll up, close days; the controller is opened for it and closed again.

    `FrameError` when the stream is not a frame file or ends early: what came before is stored.
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
        heard = import_frames(stream, pipeline, controller.store, controller.clock(), show)
        bars[-1].finish()
        _make_gauges(controller)
    finally:
        controller.store.close()
        controller.close_registry()
    counters = pipeline.counters
    left_out = counters.samples_set_aside + counters.frames_dropped
    return Imported(heard.frames, heard.samples, counters.frames_repeated, left_out)


def _make_gauges(controller: Controller) -> None:
    """What the controller would have made itself of the frames' time, as often as history has samples."""
    now = controller.clock() // GAUGES_STEP_MS * GAUGES_STEP_MS
    begins = -(-controller.gauges.past_begins(now) // GAUGES_STEP_MS) * GAUGES_STEP_MS
    making = Making()
    for made in controller.gauges.rows_between(begins, now, GAUGES_STEP_MS):
        making.store(made, controller.store)
    controller.store.maintain(controller.clock())
