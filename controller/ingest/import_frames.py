"""History from a file of frames: the same reading, believing and keeping as live frames, in large commits and unjudged."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from campus.samples import Event
from campus.topics import Address
from campus.wire.frame_file import read_frames
from controller.ingest.counters import IngestCounters
from controller.ingest.dead_letters import DeadLetters
from controller.ingest.group import Arrived
from controller.ingest.pipeline import Pipeline
from controller.ingest.port import Registrar
from controller.store.port import Retention, SampleStore

COMMIT_ROWS: Final = 1_000_000
COMMIT_FRAMES: Final = 5_000
REPORT_EVERY_S: Final = 0.1


class ImportProgress(NamedTuple):
    """How far an import is; `is_closing` once all frames are stored and days are being rolled up."""

    bytes_read: int
    frames: int
    samples: int
    is_closing: bool = False


class _NoEvents:
    """History has no events worth waking anyone for."""

    def note_events(self, address: Address, events: Sequence[Event]) -> None:
        """Let them go."""


def import_pipeline(
    store: SampleStore,
    registrar: Registrar,
    clock: Callable[[], int],
    *,
    dead_letter_directory: Path,
    retention: Retention,
) -> Pipeline:
    """A pipeline for `import_frames`: takes samples as old as the coarsest level is kept."""
    counters = IngestCounters()
    dead_letters = DeadLetters(dead_letter_directory, counters)
    keep_days = retention.day_days
    return Pipeline(store, registrar, _NoEvents(), dead_letters, counters, clock, keep_days=keep_days)


def import_frames(
    stream: BinaryIO,
    pipeline: Pipeline,
    store: SampleStore,
    now: int,
    on_progress: Callable[[ImportProgress], None] = lambda progress: None,
) -> ImportProgress:
    """Store every frame of a frame file, then roll up and close the days that ended before `now` (UTC ms).

    `on_progress` is called about ten times a second and at the end. `FrameError` when the file is not one or ends early:
    what came before is stored. `Transient` when the store is away: import the same file again, frames that are stored
    already are recognised.
    """
    counters = pipeline.counters
    bytes_read = frames = 0
    report_at = 0.0

    def report(*, is_closing: bool) -> ImportProgress:
        progress = ImportProgress(bytes_read, frames, counters.samples_committed + pipeline.group.rows, is_closing)
        on_progress(progress)
        return progress

    try:
        for payload in read_frames(stream):
            pipeline.take(Arrived(None, payload, now))
            bytes_read += len(payload)
            frames += 1
            if pipeline.group.rows >= COMMIT_ROWS or len(pipeline.group.arrived) >= COMMIT_FRAMES:
                pipeline.commit()
            if time.monotonic() >= report_at:
                report(is_closing=False)
                report_at = time.monotonic() + REPORT_EVERY_S
    finally:
        pipeline.commit()
    report(is_closing=True)
    store.maintain(now)
    return report(is_closing=True)
