"""A file of frames becomes history: stored, rolled up, closed, and only once."""

import io
from pathlib import Path

import numpy as np
import pytest

from campus.wire.frame import FrameError
from campus.wire.frame_file import FrameWriter
from controller.ingest.import_frames import ImportProgress, import_frames, import_pipeline
from controller.store.port import Level, Retention
from tests.fakes.ingest_neighbours import MemoryRegistrar
from tests.unit.ingest.frames import NO_1, NOW, facts, frame, sample
from tests.unit.store.stores import DAY, embedded

DAYS = 3
FRAMES = 20


def history() -> bytes:
    """Facts, then `DAYS` days of samples."""
    file = io.BytesIO()
    writer = FrameWriter(file)
    writer.write_frame(frame(1, facts("sw-9")))
    step = DAYS * DAY // FRAMES
    for n in range(FRAMES):
        writer.write_frame(frame(n + 2, [sample("sw-9", value=float(n), at=NOW - DAYS * DAY + n * step)]))
    return file.getvalue()


def test_history_is_imported_once(tmp_path: Path) -> None:
    store, registrar = embedded(tmp_path / "samples"), MemoryRegistrar(NO_1)
    seen: list[ImportProgress] = []
    for _ in range(2):
        pipeline = import_pipeline(store, registrar, lambda: NOW, dead_letter_directory=tmp_path, retention=Retention())
        done = import_frames(io.BytesIO(history()), pipeline, store, NOW, seen.append)
        assert done.frames == FRAMES + 1
    assert seen[0].frames >= 1
    closing = [(each.days_closed, each.days_due) for each in seen if each.days_due]
    assert closing == [(closed, len(closing) - 1) for closed in range(len(closing))]
    assert len(closing) - 1 >= DAYS - 1
    assert pipeline.counters.frames_repeated == FRAMES + 1
    ids = np.array([0], np.int32)
    assert store.window(ids, 0, 2 * NOW, Level.RAW).mean.tolist() == [float(n) for n in range(FRAMES)]
    assert store.window(ids, 0, 2 * NOW, Level.DAY).count.sum() == FRAMES
    assert len(store._shelf.layout.rolled) >= DAYS - 1
    store.close()


def test_an_import_by_a_clock_in_doubt_drops_nothing(tmp_path: Path) -> None:
    store, registrar = embedded(tmp_path / "samples"), MemoryRegistrar(NO_1)
    pipeline = import_pipeline(store, registrar, lambda: NOW, dead_letter_directory=tmp_path, retention=Retention())
    import_frames(io.BytesIO(history()), pipeline, store, NOW + 3_650 * DAY, believed=lambda _: NOW)
    assert len(store.window(np.array([0], np.int32), 0, 2 * NOW, Level.RAW).at) == FRAMES
    store.close()


def test_a_file_that_ends_early_keeps_what_came(tmp_path: Path) -> None:
    store, registrar = embedded(tmp_path / "samples"), MemoryRegistrar(NO_1)
    pipeline = import_pipeline(store, registrar, lambda: NOW, dead_letter_directory=tmp_path, retention=Retention())
    with pytest.raises(FrameError, match="ends"):
        import_frames(io.BytesIO(history()[:-10]), pipeline, store, NOW)
    assert store.figures().samples_stored == FRAMES - 1
    store.close()


def test_a_file_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    store = embedded(tmp_path / "samples")
    pipeline = import_pipeline(
        store, MemoryRegistrar(NO_1), lambda: NOW, dead_letter_directory=tmp_path, retention=Retention()
    )
    with pytest.raises(FrameError, match="not a frame file"):
        import_frames(io.BytesIO(b"a spreadsheet"), pipeline, store, NOW)
    store.close()
