"""kill -9 at any moment: nothing that was durable is lost, nothing is stored twice."""

import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from campus.ids import AgentId, SiteId
from controller.store.port import FrameMark, Level
from tests.integration.store.writer_process import ROWS, SERIES, frame
from tests.unit.store.stores import DAY, MIDNIGHT, SMALL, embedded

ROUNDS = 6
ROOT = Path(__file__).resolve().parents[3]


def run_and_kill(directory: Path, first: int, after_s: float) -> int:
    """Let a writer run for a while, kill it, return the last frame it called durable."""
    command = [sys.executable, "-m", "tests.integration.store.writer_process", str(directory), str(first)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        said = process.stdout.readline()
        assert said, process.stderr.read()
        time.sleep(after_s)
        process.kill()
        lines = [said, *process.stdout.readlines()]
    return int([line for line in lines if line.endswith("\n")][-1])


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_doubled(tmp_path: Path) -> None:
    chance = random.Random(20260921)
    first, killed_at = 1, []
    for _ in range(ROUNDS):
        acknowledged = run_and_kill(tmp_path, first, chance.uniform(0.05, 0.5))
        store = embedded(tmp_path)
        try:
            marks = [FrameMark(SiteId("no-1"), AgentId("no-1"), 1, number) for number in range(1, acknowledged + 3)]
            is_committed = store.is_committed(marks)
            assert all(is_committed[:acknowledged])
            last = sum(is_committed)
            assert last in (acknowledged, acknowledged + 1)  # killed between the commit and the word
            check(store, last)
            store.append(frame(last))  # a repeat after the crash
            store.maintain(MIDNIGHT + 20 * DAY)
            check(store, last, Level.DAY)
        finally:
            store.close()
        first = last + 1
        killed_at.append(last)
    assert len(set(killed_at)) == ROUNDS
    wanted = {part.path(tmp_path) for part in store._shelf.layout.all_parts()}
    embedded(tmp_path).close()
    assert set(tmp_path.rglob("*.parquet")) == wanted


def check(store: object, last: int, level: Level = Level.RAW) -> None:
    """Every frame up to `last` is there exactly once."""
    window = store.window(np.arange(SERIES, dtype=np.int32), 0, MIDNIGHT + 10_000 * DAY, level)  # type: ignore[attr-defined]
    wanted = Counter({number: len(frame(number).series) for number in range(1, last + 1)})
    assert max(wanted.values()) == ROWS >= SMALL.bulk_rows
    if level is Level.RAW:
        assert Counter(window.mean.astype(int).tolist()) == wanted
    assert int(window.count.sum()) == sum(wanted.values())
    assert float((window.mean * window.count).sum()) == pytest.approx(sum(n * rows for n, rows in wanted.items()))
