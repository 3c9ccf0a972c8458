"""A spool whose process is killed at any moment: every sample is stored once, or was thinned before it was ever sent."""

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

import pytest

from agent.spool.file import SpoolFile
from agent.spool.thin import WINDOW_MS, samples_of
from campus.samples import Sample
from campus.wire.codec import decode_frame
from campus.wire.frame import FrameError, SamplesBody
from campus.wire.frame_file import read_frames
from tests.integration.agent import spool_life
from tests.unit.agent.bodies import HERE, NOW

LIVES = 12


def killed_after(path: Path, broker: Path, life: int, lines: int) -> int:
    """Run a life until it has told `lines` minutes, kill it; the number of minutes it told."""
    command = [sys.executable, "-m", spool_life.__name__, str(path), str(broker), str(life)]
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        told = sum(1 for _ in zip(range(lines), process.stdout, strict=False))
        process.kill()
        return told + sum(line.endswith("\n") for line in process.stdout)


def published(broker: Path) -> Iterator[bytes]:
    """What the broker got; a frame that the kill cut off never arrived."""
    with broker.open("rb") as file, suppress(FrameError):
        yield from read_frames(file)


@pytest.mark.slow
def test_no_sample_is_stored_twice_and_none_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    brokers = [tmp_path / f"broker-{life}" for life in range(LIVES)]
    chance = random.Random(7)
    told = [killed_after(path, broker, life, chance.randint(50, 700)) for life, broker in enumerate(brokers)]
    spool = SpoolFile(path, HERE, spool_life.MAX_BYTES, 40 * 86_400, spool_life.KEEP_S)
    spool.open(NOW)
    state = spool.state()
    waiting = [frame.payload for frame in spool.read_from(0, 100_000)]
    spool.close()
    names: dict[tuple[int, int], bytes] = {}
    stored: dict[Sample, tuple[int, int]] = {}
    for payload in chain(*map(published, brokers), waiting):
        frame = decode_frame(payload)
        name = (frame.epoch, frame.number)
        assert names.setdefault(name, payload) == payload
        if isinstance(frame.body, SamplesBody):
            for sample in samples_of(frame.body):
                assert stored.setdefault(sample, name) == name
    minutes = [spool_life.minute(life, n) for life, count in enumerate(told) for n in range(count)]
    # Committed, and killed before it was told.
    untold = [spool_life.minute(life, count) for life, count in enumerate(told)]
    minutes += [samples for samples in untold if any(sample in stored for sample in samples)]
    said = {sample for samples in minutes for sample in samples}
    assert stored.keys() <= said
    assert state.dropped_points == 0
    assert state.thinned_points > 0
    assert len(said) - len(stored) == state.thinned_points
    left = Counter((sample.key, sample.measured_at // WINDOW_MS) for sample in stored)
    assert all(left[sample.key, sample.measured_at // WINDOW_MS] for sample in said)
