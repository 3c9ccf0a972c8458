"""What a spool file says of its frames, as the judge needs it."""

from pathlib import Path

import pytest

from agent.spool.file import SpoolFile
from agent.spool.model import Moment
from campanile.chaos.reconcile import Taken, Verdict
from campanile.chaos.spools import (
    Disk,
    Span,
    collect,
    copy_spool,
    count_acknowledged,
    count_waiting,
    is_spool,
    read_spool,
    replace_spool,
)
from campus.ids import AgentId, DeviceId, Instance, MetricId, SiteId
from campus.samples import Sample, SeriesKey
from campus.topics import Address
from campus.wire.pack import pack_samples

AT = 1_800_000_000_000
ADDRESS = Address(SiteId("school-1"), AgentId("school-1"))
KEY = SeriesKey(DeviceId("device-1"), MetricId("sessions"), Instance("row 1"))


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """Frame 1 is acknowledged, frame 2 waits."""
    path = tmp_path / "spool.db"
    file = SpoolFile(path, ADDRESS, 1 << 24, 86_400, 86_400)
    file.open(AT)
    for value in (1.0, 2.0):
        file.append([pack_samples([Sample(KEY, AT, value)])], Moment(AT))
    file.acknowledge(file.epoch, [(1, 1)], AT + 1_000)
    file.close()
    return path


def must_arrive(spool: Path, disk: Disk, *forgotten: Span) -> list[bool]:
    taken = Taken(Verdict())
    collect(taken, spool, disk, forgotten)
    return [taken.fates[mark].must_arrive for mark in sorted(taken.fates)]


def test_frames_are_read_with_their_rows_and_what_became_of_them(spool: Path) -> None:
    assert [(each.mark.number, each.rows[0].value, each.acknowledged_at) for each in read_spool(spool)] == [
        (1, 1.0, AT + 1_000),
        (2, 2.0, None),
    ]
    assert (count_waiting(spool), count_acknowledged(spool)) == (1, 1)


def test_of_a_disk_that_stayed_all_must_arrive(spool: Path) -> None:
    assert must_arrive(spool, Disk.KEPT) == [True, True]


def test_of_a_disk_that_was_taken_only_what_was_acknowledged_must_be_stored(spool: Path) -> None:
    assert must_arrive(spool, Disk.TAKEN) == [True, False]


def test_an_acknowledgement_that_the_controller_was_made_to_forget_binds_it_no_more(spool: Path) -> None:
    assert must_arrive(spool, Disk.TAKEN, (AT, AT + 2_000)) == [False, False]
    assert must_arrive(spool, Disk.TAKEN, (AT + 1_001, AT + 2_000)) == [True, False]


def test_a_copy_put_in_the_place_of_another_is_that_spool(spool: Path, tmp_path: Path) -> None:
    copy_spool(spool, tmp_path / "copies" / "a.db")
    replace_spool(tmp_path / "copies" / "a.db", tmp_path / "other.db")
    assert list(read_spool(tmp_path / "other.db")) == list(read_spool(spool))


def test_no_spool_holds_nothing(tmp_path: Path) -> None:
    assert list(read_spool(tmp_path / "none.db")) == []
    assert count_waiting(tmp_path / "none.db") == 0


def test_a_file_is_a_spool_once_it_has_been_made(spool: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.db"
    empty.touch()
    assert [is_spool(path) for path in (spool, empty, tmp_path / "none.db")] == [True, False, False]
