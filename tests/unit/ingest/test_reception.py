"""What pages are told of how frames come in."""

from pathlib import Path

from campus.delivery import TELL_FACTS
from campus.wire.codec import decode_frame
from campus.wire.frame import CommandBody
from controller.ingest.inquiry import ASK_AFTER_MS
from controller.ingest.limits import Limits
from controller.ingest.reception import SET_ASIDE_MINUTES, Reception
from tests.fakes.memory_store import MemoryStore
from tests.unit.ingest.frames import NO_1, NOW
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


def test_an_agent_whose_frames_wait_for_facts_is_asked_for_them_when_they_do_not_come_by_themselves(
    tmp_path: Path,
) -> None:
    reception = Reception(Limits(), tmp_path, MemoryStore(), Clock())
    reception.note_strangers(NO_1, ASK_AFTER_MS - 1)
    assert reception.tend(0.0, 0.0, NOW) == []
    reception.note_strangers(NO_1, ASK_AFTER_MS)
    ((address, payload),) = reception.tend(0.0, 0.0, NOW)
    body = decode_frame(payload).body
    assert isinstance(body, CommandBody)
    assert (address, body.name) == (NO_1, TELL_FACTS)
    figures = {figure.name: figure.value for figure in reception.figures(NOW)}
    assert figures["ingest_facts_asked_total"] == 1
