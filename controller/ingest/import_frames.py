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
from controller.store.port import FrameMark, Retention, SampleStore

COMMIT_ROWS: Final = 1_000_000
COMMIT_FRAMES: Final = 5_000
REPORT_EVERY_S: Final = 0.1


class ImportProgress(NamedTuple):
    """How far an import is; `days_due` is above 0 once all frames are stored and days that ended are being closed."""

    bytes_read: int
    frames: int
    samples: int
    days_closed: int = 0
    days_due: int = 0


class _NoEvents:
    """History has no events worth waking anyone for."""

    def note_events(self, address: Address, mark: FrameMark, events: Sequence[Event]) -> None:
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
    *,
    believed: Callable[[int], int] = lambda now: now,
) -> ImportProgress:
    """Store every frame of a frame file, then roll up and close the days that ended before `now` (UTC ms).

    `on_progress` is called about ten times a second, when all is stored, and with each day that is closed. `believed`: what
    age counts from, given `now`. `FrameError` when the file is not one or ends early: what came before is stored.
    `Transient` when the store is away: import the same file again, frames that are stored already are recognised.
    """
    counters = pipeline.counters
    bytes_read = frames = 0
    report_at = 0.0

    def come_so_far() -> ImportProgress:
        return ImportProgress(bytes_read, frames, counters.samples_committed + pipeline.group.rows)

    def report(days_closed: int = 0, days_due: int = 0) -> None:
        on_progress(come_so_far()._replace(days_closed=days_closed, days_due=days_due))

    try:
        for payload in read_frames(stream):
            pipeline.take(Arrived(None, payload, now))
            bytes_read += len(payload)
            frames += 1
            if pipeline.group.rows >= COMMIT_ROWS or len(pipeline.group.arrived) >= COMMIT_FRAMES:
                pipeline.commit()
            if time.monotonic() >= report_at:
                report()
                report_at = time.monotonic() + REPORT_EVERY_S
    finally:
        pipeline.commit()
    report()
    store.maintain(now, report, drop_as_of=believed(now))
    return come_so_far()
