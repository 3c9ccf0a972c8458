"""The durable queue: numbers, acknowledgement, bounds, restarts, and files that cannot be used."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.candidates import Candidate
from agent.spool.file import FRAME_OVERHEAD_BYTES, SpoolFile
from agent.spool.report import read_report, read_strangers, stranger_lines
from campus.errors import ConfigError
from campus.ids import DeviceId
from campus.samples import DeviceFacts, DeviceKind
from campus.wire.codec import decode_frame
from campus.wire.frame import Body
from tests.unit.agent.bodies import HERE, NOW, event, facts, noisy, samples

MIB = 1 << 20
Open = Callable[..., SpoolFile]


@pytest.fixture
def open_spool(tmp_path: Path) -> Iterator[Open]:
    """Opens ``spool.db`` in the test's folder, closing the one opened before."""
    opened: list[SpoolFile] = []

    def open_it(max_bytes: int = 10 * MIB, max_age_s: int = 3600, now: int = NOW) -> SpoolFile:
        while opened:
            opened.pop().close()
        spool = SpoolFile(tmp_path / "spool.db", HERE, max_bytes, max_age_s)
        spool.open(now)
        opened.append(spool)
        return spool

    yield open_it
    while opened:
        opened.pop().close()


def numbers(spool: SpoolFile) -> list[int]:
    return [frame.number for frame in spool.read_from(0, 10_000)]


def test_frames_are_numbered_from_one_and_decode_as_what_was_kept(open_spool: Open) -> None:
    spool = open_spool()
    bodies: list[Body] = [facts(), samples(3), event("cut")]
    assert spool.append(bodies, NOW) == [1, 2, 3]
    frames = [decode_frame(stored.payload) for stored in spool.read_from(1, 10)]
    assert [frame.body for frame in frames] == bodies
    assert [(frame.epoch, frame.number, frame.sent_at) for frame in frames] == [
        (spool.epoch, n, NOW) for n in (1, 2, 3)
    ]


def test_the_same_bytes_are_read_after_a_restart(open_spool: Open) -> None:
    spool = open_spool()
    spool.append([samples(5), facts()], NOW)
    before, epoch = spool.read_from(0, 10), spool.epoch
    again = open_spool()
    assert again.read_from(0, 10) == before
    assert again.epoch == epoch


def test_a_number_is_not_used_again_after_everything_was_acknowledged_and_the_agent_restarted(open_spool: Open) -> None:
    spool = open_spool()
    spool.append([samples(1)] * 4, NOW)
    assert spool.acknowledge(spool.epoch, [(1, 4)]) == 4
    again = open_spool()
    assert again.state().oldest_kept == 5
    assert again.append([samples(1)], NOW) == [5]


def test_acknowledgement_takes_runs_with_gaps_and_ignores_what_is_not_there(open_spool: Open) -> None:
    spool = open_spool()
    spool.append([samples(1)] * 10, NOW)
    assert spool.acknowledge(spool.epoch, [(2, 3), (7, 7), (9, 9 << 60), (-(9 << 70), -1), (6, 5)]) == 5
    assert numbers(spool) == [1, 4, 5, 6, 8]
    assert spool.acknowledge(spool.epoch, [(2, 3)]) == 0


def test_an_acknowledgement_of_another_epoch_deletes_nothing(open_spool: Open) -> None:
    spool = open_spool()
    spool.append([samples(1)], NOW)
    assert spool.acknowledge(spool.epoch + 1, [(1, 1)]) == 0
    assert numbers(spool) == [1]


def test_over_the_byte_bound_the_oldest_samples_go_and_facts_and_events_stay(open_spool: Open) -> None:
    spool = open_spool(max_bytes=20_000)
    spool.append([facts(), event(), samples(1)], NOW)
    for first in range(100):
        spool.append([samples(50, first)], NOW)
    kept, state = numbers(spool), spool.state()
    assert kept[:2] == [1, 2]
    assert kept[2:] == list(range(kept[2], 104))
    assert kept[2] > 10
    assert state.size_bytes <= 20_000
    assert state.dropped_frames == 103 - len(kept)
    assert state.dropped_points == 1 + 50 * (state.dropped_frames - 1)


def test_facts_and_events_alone_may_pass_the_bound(open_spool: Open) -> None:
    spool = open_spool(max_bytes=1_000)
    spool.append([event("x" * 50)] * 30, NOW)
    spool.append([samples(10)], NOW)
    assert numbers(spool) == list(range(1, 31))
    assert spool.state().size_bytes > 1_000
    assert spool.state().dropped_points == 10


def test_samples_over_the_age_bound_go(open_spool: Open) -> None:
    spool = open_spool(max_age_s=60)
    spool.append([samples(1), facts()], NOW)
    spool.append([samples(1)], NOW + 60_000)
    assert numbers(spool) == [1, 2, 3]
    spool.append([samples(1)], NOW + 60_001)
    assert numbers(spool) == [2, 3, 4]
    assert open_spool().state().dropped_frames == 1


def test_the_file_on_disk_is_not_much_larger_than_its_bound(open_spool: Open, tmp_path: Path) -> None:
    spool = open_spool(max_bytes=4 * MIB)
    for first in range(0, 1200, 20):
        spool.append([noisy(600, first + n) for n in range(20)], NOW)
    assert spool.state().dropped_frames > 0
    report = read_report(tmp_path / "spool.db", 4 * MIB, NOW)
    assert report.size_bytes > 3.9 * MIB
    assert report.file_bytes < 1.3 * 4 * MIB + 5 * MIB  # and the log, which SQLite turns around at 4 MB


def test_a_file_that_was_full_shrinks_again_as_it_works(open_spool: Open, tmp_path: Path) -> None:
    spool = open_spool(max_bytes=20 * MIB)
    for first in range(0, 1600, 40):
        spool.append([noisy(1000, first + n) for n in range(40)], NOW)
    full = read_report(tmp_path / "spool.db", 20 * MIB, NOW)
    assert full.file_bytes > 12 * MIB
    assert spool.acknowledge(spool.epoch, [(1, 5000)]) == 1600
    for _ in range(10):
        (number,) = spool.append([samples(1)], NOW)
        spool.acknowledge(spool.epoch, [(number, number)])
    drained = read_report(tmp_path / "spool.db", 20 * MIB, NOW)
    assert drained.file_bytes < full.file_bytes - 2 * MIB


def test_backlog_is_read_oldest_first_with_facts_and_events_before_samples(open_spool: Open) -> None:
    spool = open_spool()
    spool.append([samples(1), event(), samples(1), facts(), samples(1)], NOW)
    read = [frame.number for frame in spool.read_below(5, frozenset({2}), 10)]
    assert read == [4, 1, 3]
    assert [frame.number for frame in spool.read_below(5, frozenset(), 2)] == [2, 4]


def test_facts_are_remembered_until_they_are_forgotten(open_spool: Open) -> None:
    spool = open_spool()
    one, two = (DeviceFacts(DeviceId(name), DeviceKind.BOARD, NOW, name="大屏") for name in ("b-1", "b-2"))
    spool.save_facts([one, two])
    spool.save_facts([one])
    again = open_spool()
    assert again.load_facts() == [one, two]
    again.forget_facts([one.device])
    assert again.load_facts() == [two]


def test_unknown_publishers_are_remembered_and_shown(open_spool: Open, tmp_path: Path) -> None:
    spool = open_spool()
    spool.save_candidates([Candidate("old", 1, "no_profile", NOW, b"")])
    strangers = [
        Candidate("acme/fridge/7", 12, "no_profile", NOW, b"\xff warm"),
        Candidate("b/1", 2, "not_json", NOW, b"{"),
    ]
    spool.save_candidates(strangers)
    assert open_spool().load_candidates() == strangers
    read = read_strangers(tmp_path / "spool.db")
    assert read == strangers
    lines = stranger_lines(read, NOW + 5000)
    assert "12 messages, the last 5 s ago; no profile hears this topic" in lines
    assert "unreadable: not_json" in lines
    assert "belongs to a known device" in stranger_lines([], NOW)


def test_a_second_agent_on_the_same_file_is_told_so(open_spool: Open, tmp_path: Path) -> None:
    open_spool()
    with pytest.raises(ConfigError, match="another agent is using this spool"):
        SpoolFile(tmp_path / "spool.db", HERE, MIB, 60).open(NOW)


def test_a_spool_of_a_newer_version_is_left_alone_with_a_sentence(open_spool: Open, tmp_path: Path) -> None:
    spool = open_spool()
    spool.append([samples(1)], NOW)
    spool.close()
    path = tmp_path / "spool.db"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 7")
    database.close()
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="newer version of Campanile"):
        open_spool()
    with pytest.raises(ConfigError, match="newer version"):
        read_report(path, MIB, NOW)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"not a database at all" * 100, "damaged"), (b"", None)],
)
def test_a_file_that_is_no_spool(open_spool: Open, tmp_path: Path, content: bytes, sentence: str | None) -> None:
    (tmp_path / "spool.db").write_bytes(content)
    if sentence is None:
        assert open_spool().state().frames == 0
    else:
        with pytest.raises(ConfigError, match=sentence):
            open_spool()
        assert (tmp_path / "spool.db").read_bytes() == content


def test_another_programs_database_is_left_alone(open_spool: Open, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "spool.db") as database:
        database.execute("CREATE TABLE theirs (x)")
    database.close()
    with pytest.raises(ConfigError, match="not a spool"):
        open_spool()


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be opened"):
        SpoolFile(tmp_path / "file" / "spool.db", HERE, MIB, 60).open(NOW)


def test_a_report_of_no_spool_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no spool yet"):
        read_report(tmp_path / "spool.db", MIB, NOW)


def test_a_report_beside_the_running_agent_says_what_waits(open_spool: Open, tmp_path: Path) -> None:
    spool = open_spool()
    spool.append([samples(10), facts()], NOW)
    report = read_report(tmp_path / "spool.db", 10 * MIB, NOW + 150_000)
    assert (report.frames, report.oldest_age_s, report.oldest_kept, report.next_number) == (2, 150, 1, 3)
    assert report.size_bytes == sum(len(f.payload) + FRAME_OVERHEAD_BYTES for f in spool.read_from(0, 9))
    assert "2 frames wait" in report.sentences()
    assert "2 min" in report.sentences()


KILLED_WRITER = """
import os, sys
from pathlib import Path
from agent.spool.file import SpoolFile
from tests.unit.agent.bodies import HERE, NOW, samples
spool = SpoolFile(Path(sys.argv[1]), HERE, 10 << 20, 3600)
spool.open(NOW)
while True:
    print(*spool.append([samples(20), samples(20)], NOW), flush=True)
"""


@pytest.mark.slow
def test_what_append_returned_is_there_after_kill_9(tmp_path: Path, open_spool: Open) -> None:
    root = Path(__file__).resolve().parents[3]
    writer = subprocess.Popen(
        [sys.executable, "-c", KILLED_WRITER, str(tmp_path / "spool.db")], stdout=subprocess.PIPE, cwd=root, text=True
    )
    assert writer.stdout is not None
    told = [int(word) for _ in range(50) for word in writer.stdout.readline().split()]
    writer.kill()
    told += [int(word) for word in writer.stdout.read().split()]
    writer.wait()
    writer.stdout.close()
    kept = numbers(open_spool())
    assert len(told) >= 100
    assert kept[: len(told)] == told
    assert len(kept) - len(told) in (0, 2)  # a commit that was done but not yet told
