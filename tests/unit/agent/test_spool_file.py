"""The durable queue: numbers, acknowledgement, bounds, restarts, and files that cannot be used."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.candidates import Candidate
from agent.spool import schema
from agent.spool.file import SpoolFile
from agent.spool.model import FRAME_OVERHEAD_BYTES, Moment
from agent.spool.report import read_report, read_strangers, stranger_lines
from campus.errors import ConfigError
from campus.ids import DeviceId
from campus.samples import DeviceFacts, DeviceKind, Document
from campus.wire.codec import decode_frame
from campus.wire.frame import Body, DocumentBody, EventsBody
from tests.unit.agent.bodies import HERE, NOW, event, facts, noisy, samples

MIB = 1 << 20
AT_NOW = Moment(NOW)
Open = Callable[..., SpoolFile]


@pytest.fixture
def open_spool(tmp_path: Path) -> Iterator[Open]:
    """Opens ``spool.db`` in the test's folder, closing the one opened before."""
    opened: list[SpoolFile] = []

    def open_it(
        max_bytes: int = 10 * MIB, max_age_s: int = 3600, keep_acknowledged_s: int = 0, now: int = NOW
    ) -> SpoolFile:
        while opened:
            opened.pop().close()
        spool = SpoolFile(tmp_path / "spool.db", HERE, max_bytes, max_age_s, keep_acknowledged_s)
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
    assert spool.append(bodies, AT_NOW) == [1, 2, 3]
    frames = [decode_frame(stored.payload) for stored in spool.read_from(1, 10)]
    assert [frame.body for frame in frames] == bodies
    assert [(frame.epoch, frame.number, frame.sent_at) for frame in frames] == [
        (spool.epoch, n, NOW) for n in (1, 2, 3)
    ]


def test_the_same_bytes_are_read_after_a_restart_which_begins_a_greater_epoch(open_spool: Open) -> None:
    spool = open_spool()
    spool.append([samples(5), facts()], AT_NOW)
    before, epoch = spool.read_from(0, 10), spool.epoch
    again = open_spool(now=0)  # a box without a battery for its clock
    assert again.read_from(0, 10) == before
    assert again.epoch > epoch
    again.append([samples(1)], AT_NOW)
    assert [frame.epoch for frame in again.read_from(0, 10)] == [epoch, epoch, again.epoch]
    assert decode_frame(again.read_from(3, 1)[0].payload).epoch == again.epoch
    assert open_spool(now=NOW + 3_600_000).epoch >= (NOW + 3_600_000) * 1024


def test_two_clones_of_a_file_never_give_one_name_to_two_frames(open_spool: Open, tmp_path: Path) -> None:
    open_spool().close()
    shutil.copy(tmp_path / "spool.db", tmp_path / "clone.db")
    clone = SpoolFile(tmp_path / "clone.db", HERE, MIB, 60)
    clone.open(NOW + 1)
    assert clone.epoch != open_spool(now=NOW + 2).epoch
    clone.close()


def test_what_was_sealed_in_an_earlier_epoch_is_acknowledged_by_it_and_by_no_other(open_spool: Open) -> None:
    spool = open_spool()
    spool.append([samples(1)] * 3, AT_NOW)
    earlier = spool.epoch
    again = open_spool()
    again.append([samples(1)], AT_NOW)
    assert again.acknowledge(again.epoch, [(1, 3)], NOW) == 0
    assert again.acknowledge(earlier, [(1, 4)], NOW) == 3
    assert numbers(again) == [4]


def test_the_clocks_anchor_is_told_only_of_what_was_sealed_since_the_last_boot(
    open_spool: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = open_spool()
    spool.append([samples(1)], Moment(NOW, anchor_ms=77))
    again = open_spool()
    again.append([samples(1)], Moment(NOW, anchor_ms=78))
    assert [frame.anchor_ms for frame in again.read_from(0, 9)] == [77, 78]
    monkeypatch.setattr(schema, "boot_id", lambda: "another boot")
    later = open_spool()
    later.append([samples(1)], Moment(NOW, anchor_ms=79))
    assert [frame.anchor_ms for frame in later.read_from(0, 9)] == [None, None, 79]


def test_what_was_acknowledged_is_kept_a_while_and_can_be_offered_again(open_spool: Open, tmp_path: Path) -> None:
    spool = open_spool(keep_acknowledged_s=600)
    for minute in range(4):
        spool.append([samples(1)], Moment(NOW + 60_000 * minute))
    assert spool.acknowledge(spool.epoch, [(1, 2)], NOW + 200_000) == 2
    assert spool.acknowledge(spool.epoch, [(3, 4)], NOW + 300_000) == 2
    assert numbers(spool) == []
    assert spool.read_backlog(9, frozenset(), 9) == []
    report = read_report(tmp_path / "spool.db", MIB, NOW)
    assert (report.frames, report.size_bytes, report.acknowledged_frames) == (0, 0, 4)
    assert "4 frames that the controller has are kept" in report.sentences()
    assert spool.offer_again(NOW + 250_000, 0) == 2  # sealed long before, stored since
    assert numbers(open_spool(keep_acknowledged_s=600)) == [3, 4]


def test_an_offer_counts_from_when_a_frame_was_sealed_too_by_the_clock_as_it_is_now(open_spool: Open) -> None:
    spool = open_spool(keep_acknowledged_s=600)
    spool.append([samples(1)], Moment(NOW, anchor_ms=1_000))
    spool.acknowledge(spool.epoch, [(1, 1)], NOW)
    assert spool.offer_again(NOW + 5_000, 1_000) == 0
    assert spool.offer_again(NOW + 5_000, 6_000) == 1


def test_what_was_acknowledged_goes_after_its_time_once_the_clock_is_confirmed(open_spool: Open) -> None:
    spool = open_spool(keep_acknowledged_s=600)
    spool.append([samples(1)], AT_NOW)
    spool.acknowledge(spool.epoch, [(1, 1)], NOW)
    spool.append([samples(1)], Moment(NOW + 700_000))
    assert spool.state().acknowledged_frames == 1
    spool.append([samples(1)], Moment(NOW + 700_000, is_confirmed=True))
    assert spool.state().acknowledged_frames == 0
    assert numbers(spool) == [2, 3]


def test_a_number_is_not_used_again_after_everything_was_acknowledged_and_the_agent_restarted(open_spool: Open) -> None:
    spool = open_spool()
    spool.append([samples(1)] * 4, AT_NOW)
    assert spool.acknowledge(spool.epoch, [(1, 4)], NOW) == 4
    again = open_spool()
    assert again.state().oldest_kept == 5
    assert again.append([samples(1)], AT_NOW) == [5]


def test_acknowledgement_takes_runs_with_gaps_and_ignores_what_is_not_there(open_spool: Open) -> None:
    spool = open_spool()
    spool.append([samples(1)] * 10, AT_NOW)
    assert spool.acknowledge(spool.epoch, [(2, 3), (7, 7), (9, 9 << 60), (-(9 << 70), -1), (6, 5)], NOW) == 5
    assert numbers(spool) == [1, 4, 5, 6, 8]
    assert spool.acknowledge(spool.epoch, [(2, 3)], NOW) == 0


def test_an_acknowledgement_of_another_epoch_deletes_nothing(open_spool: Open) -> None:
    spool = open_spool()
    spool.append([samples(1)], AT_NOW)
    assert spool.acknowledge(spool.epoch + 1, [(1, 1)], NOW) == 0
    assert numbers(spool) == [1]


def test_over_the_byte_bound_the_oldest_samples_go_and_facts_and_events_stay(open_spool: Open) -> None:
    spool = open_spool(max_bytes=20_000)
    spool.append([facts(), event(), samples(1)], AT_NOW)
    for first in range(100):
        spool.append([samples(50, first)], AT_NOW)
    kept, state = numbers(spool), spool.state()
    assert kept[:2] == [1, 2]
    assert kept[2:] == list(range(kept[2], 104))
    assert kept[2] > 10
    assert state.size_bytes <= 20_000
    assert state.dropped_frames == 103 - len(kept)
    assert state.dropped_points == 1 + 50 * (state.dropped_frames - 1)


def test_a_flood_of_events_is_refused_beyond_a_quarter_and_what_was_kept_stays(open_spool: Open) -> None:
    spool = open_spool(max_bytes=20_000)
    spool.append([event("x" * 50)], AT_NOW)
    each = spool.state().size_bytes
    for _ in range(100):
        spool.append([event("y" * 50), facts()], AT_NOW)
    spool.append([noisy(5_000, 1)], AT_NOW)
    bodies = [decode_frame(frame.payload).body for frame in spool.read_from(0, 999)]
    events = [body for body in bodies if isinstance(body, EventsBody)]
    assert (len(events) + 1) * each > 5_000 >= (len(events) - 1) * each
    assert events[0].events[0].text == "x" * 50
    assert spool.state().refused_events == 101 - len(events)
    assert spool.state().dropped_points == 5_000
    spool.acknowledge(spool.epoch, [(1, 1)], NOW)
    kept = spool.state().frames
    spool.append([event("again")], AT_NOW)
    assert spool.state().frames == kept + 1


def test_facts_give_way_when_all_their_devices_have_newer_ones(open_spool: Open) -> None:
    spool = open_spool(max_bytes=20_000)
    spool.append([facts("sw-1"), facts("sw-2"), facts("sw-1"), event()], AT_NOW)
    for first in range(20):
        spool.append([noisy(200, first)], AT_NOW)
    assert numbers(spool)[:3] == [2, 3, 4]


def test_a_document_gives_way_to_a_newer_one_of_its_device_and_kind_alone(open_spool: Open) -> None:
    spool = open_spool(max_bytes=20_000)
    told = [("sw-1", "stations"), ("sw-1", "configuration"), ("sw-2", "stations"), ("sw-1", "stations")]
    spool.append([DocumentBody(Document(DeviceId(device), kind, NOW, b"")) for device, kind in told], AT_NOW)
    for first in range(20):
        spool.append([noisy(200, first)], AT_NOW)
    assert numbers(spool)[:3] == [2, 3, 4]


def test_samples_over_the_age_bound_go(open_spool: Open) -> None:
    spool = open_spool(max_age_s=60)
    spool.append([samples(1), facts()], AT_NOW)
    spool.append([samples(1)], Moment(NOW + 60_000, is_confirmed=True))
    assert numbers(spool) == [1, 2, 3]
    spool.append([samples(1)], Moment(NOW + 120_000, is_confirmed=True))
    assert numbers(spool) == [2, 3, 4]
    assert open_spool().state().dropped_frames == 1


def test_the_file_on_disk_is_not_much_larger_than_its_bound(open_spool: Open, tmp_path: Path) -> None:
    spool = open_spool(max_bytes=4 * MIB)
    for first in range(0, 1200, 20):
        spool.append([noisy(600, first + n) for n in range(20)], AT_NOW)
    assert spool.state().dropped_frames > 0
    report = read_report(tmp_path / "spool.db", 4 * MIB, NOW)
    assert report.size_bytes > 3.9 * MIB
    assert report.file_bytes < 1.3 * 4 * MIB + 5 * MIB  # and the log, which SQLite turns around at 4 MB


def test_a_file_that_was_full_shrinks_again_as_it_works(open_spool: Open, tmp_path: Path) -> None:
    spool = open_spool(max_bytes=20 * MIB)
    for first in range(0, 1600, 40):
        spool.append([noisy(1000, first + n) for n in range(40)], AT_NOW)
    full = read_report(tmp_path / "spool.db", 20 * MIB, NOW)
    assert full.file_bytes > 12 * MIB
    assert spool.acknowledge(spool.epoch, [(1, 5000)], NOW) == 1600
    for _ in range(10):
        (number,) = spool.append([samples(1)], AT_NOW)
        spool.acknowledge(spool.epoch, [(number, number)], NOW)
    drained = read_report(tmp_path / "spool.db", 20 * MIB, NOW)
    assert drained.file_bytes < full.file_bytes - 2 * MIB


def test_backlog_is_read_oldest_first_with_facts_and_events_before_samples(open_spool: Open) -> None:
    spool = open_spool()
    spool.append([samples(1), event(), samples(1), facts(), samples(1)], AT_NOW)
    read = [frame.number for frame in spool.read_backlog(5, frozenset({2}), 10)]
    assert read == [4, 1, 3]
    assert [frame.number for frame in spool.read_backlog(5, frozenset(), 2)] == [2, 4]


def test_facts_are_remembered_until_they_are_forgotten(open_spool: Open) -> None:
    spool = open_spool()
    one, two = (DeviceFacts(DeviceId(name), DeviceKind.BOARD, NOW, name="大屏") for name in ("b-1", "b-2"))
    spool.remembered.save_facts([one, two])
    spool.remembered.save_facts([one])
    again = open_spool()
    assert again.remembered.load_facts() == [one, two]
    again.remembered.forget_facts([one.device])
    assert again.remembered.load_facts() == [two]


def test_unknown_publishers_are_remembered_and_shown(open_spool: Open, tmp_path: Path) -> None:
    spool = open_spool()
    spool.remembered.save_candidates([Candidate("old", 1, "no_profile", NOW, b"")])
    strangers = [
        Candidate("acme/fridge/7", 12, "no_profile", NOW, b"\xff warm"),
        Candidate("b/1", 2, "not_json", NOW, b"{"),
    ]
    spool.remembered.save_candidates(strangers)
    assert open_spool().remembered.load_candidates() == strangers
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
    spool.append([samples(1)], AT_NOW)
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


def test_an_empty_file_becomes_a_spool(open_spool: Open, tmp_path: Path) -> None:
    (tmp_path / "spool.db").touch()
    assert open_spool().state().frames == 0


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
    spool.append([samples(10), facts()], AT_NOW)
    report = read_report(tmp_path / "spool.db", 10 * MIB, NOW + 150_000)
    assert (report.frames, report.oldest_age_s, report.oldest_kept, report.next_number) == (2, 150, 1, 3)
    assert report.size_bytes == sum(len(f.payload) + FRAME_OVERHEAD_BYTES for f in spool.read_from(0, 9))
    assert "2 frames wait" in report.sentences()
    assert "2 min" in report.sentences()


KILLED_WRITER = """
import os, sys
from pathlib import Path
from agent.spool import schema
from agent.spool.file import SpoolFile
from agent.spool.model import Moment
from tests.unit.agent.bodies import HERE, NOW, samples
spool = SpoolFile(Path(sys.argv[1]), HERE, 10 << 20, 3600)
spool.open(NOW)
while True:
    print(*spool.append([samples(20), samples(20)], Moment(NOW)), flush=True)
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
