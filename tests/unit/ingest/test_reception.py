"""What pages are told of how frames come in."""

from pathlib import Path

from controller.ingest.limits import Limits
from controller.ingest.reception import SET_ASIDE_MINUTES, Reception
from tests.fakes.memory_store import MemoryStore
from tests.unit.ingest.frames import NOW
from tests.unit.ingest.test_door import Clock


def test_what_was_set_aside_is_told_for_ten_minutes(tmp_path: Path) -> None:
    clock = Clock()
    reception = Reception(Limits(), tmp_path, MemoryStore(), clock)
    reception.counters.samples_set_aside["too_old"] += 3
    reception.counters.frames_dropped["corrupt"] += 1
    for _ in range(SET_ASIDE_MINUTES):
        assert reception.state(NOW).set_aside == {"too_old": 3, "corrupt": 1}
        clock.now_s += 60
        reception.tend(0.0, 0.0, NOW)
    clock.now_s += 60
    reception.tend(0.0, 0.0, NOW)
    assert reception.state(NOW).set_aside == {}


def test_a_store_that_is_away_is_told_until_something_is_stored(tmp_path: Path) -> None:
    reception = Reception(Limits(), tmp_path, MemoryStore(), Clock())
    counters = reception.counters
    for retries, commits, is_stuck in ((0, 0, False), (1, 0, True), (2, 0, True), (2, 1, False), (3, 1, True)):
        counters.append_retries, counters.commits = retries, commits
        reception.tend(0.0, 0.0, NOW)
        assert reception.state(NOW).is_stuck is is_stuck
    assert reception.state(NOW).level == 2
