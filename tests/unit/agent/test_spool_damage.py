"""A damaged file is moved aside, what can be read of it is carried over, and the agent goes on."""

import asyncio
import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
import zstandard

from agent.clock import SteadyClock
from agent.spool.file import SpoolFile
from agent.spool.model import Moment, SpoolDamaged, StoredFrame
from agent.spool.report import read_report
from agent.spool.salvage import KEEP_DAMAGED, move_aside, salvage
from agent.spool.schema import open_database
from agent.spool.spool import Spool
from campus.errors import ConfigError
from campus.wire.codec import decode_frame
from tests.support.disk import file_size_limit
from tests.unit.agent.bodies import HERE, NOW, event, facts, noisy, samples

PAGE = 4096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A spool of 300 frames of about 2 kB."""
    path = tmp_path / "spool.db"
    spool = SpoolFile(path, HERE, 10 << 20, 3600)
    spool.open(NOW)
    spool.append([noisy(200, n) for n in range(300)], Moment(NOW))
    spool.acknowledge(spool.epoch, [(300, 300)], NOW)
    spool.close()
    return path


def overwrite(path: Path, first_page: int, pages: int) -> None:
    """Write nonsense over pages of a closed file; the first has number 0."""
    with path.open("r+b") as file:
        file.seek(first_page * PAGE)
        file.write(b"\xa5" * PAGE * pages)


def damaged(path: Path) -> list[Path]:
    return sorted(path.parent.glob("spool.db.damaged-*Z"))


def run(path: Path) -> tuple[SpoolFile, int]:
    """A spool that starts, keeps a frame, reads all and ends; its closed file, and how many frames wait in it."""
    file = SpoolFile(path, HERE, 10 << 20, 3600)

    async def life() -> int:
        spool = Spool(file, SteadyClock(lambda: NOW))
        await spool.start()
        await spool.append([samples(3)])
        await spool.read_from(0, 1_000)
        frames = (await spool.state()).frames
        await spool.close()
        return frames

    return file, asyncio.run(life())


def test_nothing_can_be_read(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    overwrite(path, 0, path.stat().st_size // PAGE)
    nonsense = path.read_bytes()
    with pytest.raises(SpoolDamaged):
        SpoolFile(path, HERE, 10 << 20, 3600).open(NOW)
    with pytest.raises(ConfigError, match="damaged"):
        read_report(path, 1, NOW)
    with caplog.at_level(logging.ERROR):
        assert run(path)[1] == 1
    assert [each.read_bytes() for each in damaged(path)] == [nonsense]
    assert len([record for record in caplog.records if "spool_damaged" in record.message]) == 1
    report = read_report(path, 1 << 20, NOW)
    assert report.damaged_files == 1
    assert "found damaged" in report.sentences()


def test_frames_beside_the_damage_are_saved_with_number_and_epoch(path: Path) -> None:
    before = {frame.number: frame for frame in whole(path)}
    pages = path.stat().st_size // PAGE
    overwrite(path, pages // 2, 12)
    file, _ = run(path)
    after = {frame.number: frame for frame in whole(path)}
    new = max(after)
    assert new == 301  # counted on from the highest ever given
    saved = after.keys() - {new}
    assert 150 < len(saved) < 299
    assert all(before[number] == after[number] for number in saved)
    assert file.epoch > after[1].epoch
    assert decode_frame(after[new].payload).number == new


@pytest.mark.parametrize("is_half_done", [False, True])
def test_an_agent_killed_while_it_saves_frames_saves_them_at_the_next_start(path: Path, *, is_half_done: bool) -> None:
    before = {frame.number: frame for frame in whole(path)}
    aside = move_aside(path, NOW)
    if is_half_done:
        with closing(open_database(path)) as new:
            salvage(aside, new)
            new.execute("DELETE FROM frames WHERE number > 100")
            new.execute("DELETE FROM payloads WHERE number > 100")
    run(path)
    after = {frame.number: frame for frame in whole(path)}
    assert before.keys() <= after.keys()
    assert all(before[number].payload == after[number].payload for number in before)
    assert len(damaged(path)) == 1


def whole(path: Path) -> list[StoredFrame]:
    """The waiting frames as they lie in the file."""
    spool = SpoolFile(path, HERE, 10 << 20, 3600)
    spool.open(NOW)
    frames = spool.read_from(0, 1_000)
    spool.close()
    return frames


def test_damage_that_is_met_while_the_agent_runs_costs_no_new_frame(path: Path) -> None:
    file = SpoolFile(path, HERE, 10 << 20, 3600)
    pages = path.stat().st_size // PAGE

    async def life() -> None:
        spool = Spool(file, SteadyClock(lambda: NOW))
        await spool.start()
        await spool.append([facts()])
        epoch, following = spool.epoch, spool.next_number
        file.close()
        overwrite(path, 1, pages - 1)
        await spool.append([event("after")])
        assert spool.epoch > epoch
        assert spool.next_number > following
        frames = await spool.read_from(following, 9)
        assert [decode_frame(frame.payload).body for frame in frames] == [event("after")]
        assert (await spool.state()).damaged_files == 1
        await spool.close()

    asyncio.run(life())


def test_only_a_few_damaged_files_are_kept(path: Path) -> None:
    for life in range(KEEP_DAMAGED + 2):
        path.write_bytes(b"nonsense" * PAGE)
        file = SpoolFile(path, HERE, 10 << 20, 3600)
        with pytest.raises(SpoolDamaged):
            file.open(NOW)
        file.replace_damaged(NOW + life)
        file.close()
    assert len(damaged(path)) == KEEP_DAMAGED
    assert str(damaged(path)[-1]).endswith("004Z")


def test_without_room_for_a_first_file_the_agent_runs_and_begins_when_there_is(tmp_path: Path) -> None:
    path = tmp_path / "new" / "spool.db"

    async def life() -> None:
        spool = Spool(SpoolFile(path, HERE, 10 << 20, 3600), SteadyClock(lambda: NOW))
        with file_size_limit(0):
            assert (await spool.start()).frames == 0
            await spool.append([samples(10), facts()])
            assert await spool.read_backlog(9, frozenset(), 9) == []
            assert await spool.load_facts() == []
        assert (spool.epoch, spool.counts["disk_full_points"]) == (0, 10)
        await spool.append([samples(3)])
        bodies = [decode_frame(frame.payload).body for frame in await spool.read_from(0, 9)]
        assert bodies == [facts(), samples(3)]
        assert spool.epoch > 0
        await spool.close()

    asyncio.run(life())


def test_a_spool_of_version_1_that_is_damaged_is_saved_too(tmp_path: Path) -> None:
    from tests.unit.agent.test_spool_migrate import VERSION_1

    path = tmp_path / "spool.db"
    spool = SpoolFile(tmp_path / "other.db", HERE, 10 << 20, 3600)
    spool.open(NOW)
    spool.append([noisy(200, n) for n in range(50)], Moment(NOW))
    frames = spool.read_from(0, 99)
    spool.close()
    with closing(sqlite3.connect(path)) as database:
        database.executescript(VERSION_1)
        database.execute("UPDATE counts SET value = ? WHERE name = 'epoch'", (frames[0].epoch,))
        database.executemany(
            "INSERT INTO frames VALUES (?, 0, ?, ?, 200, ?)",
            [(frame.number, NOW, len(frame.payload), frame.payload) for frame in frames],
        )
        database.commit()
    overwrite(path, path.stat().st_size // PAGE - 20, 4)
    run(path)
    saved = [frame for frame in whole(path) if frame in frames]
    assert 30 < len(saved) < 50


def test_a_frame_whose_bits_flipped_is_dropped_and_counted_and_its_neighbours_go_out(tmp_path: Path) -> None:
    spool = SpoolFile(tmp_path / "spool.db", HERE, 10 << 20, 3600)
    spool.open(NOW)
    spool.append([samples(3, n) for n in range(4)], Moment(NOW))
    spool.close()
    with closing(sqlite3.connect(tmp_path / "spool.db")) as file:
        (whole,) = file.execute("SELECT payload FROM payloads WHERE number = 2").fetchone()
        flipped = bytes([*whole[:-20], whole[-20] ^ 4, *whole[-19:]])
        file.execute("UPDATE payloads SET payload = ? WHERE number = 2", [flipped])
        file.execute("UPDATE payloads SET payload = ? WHERE number = 3", [whole])  # sound, and another frame's
        file.commit()
    spool.open(NOW)
    assert [frame.number for frame in spool.read_from(0, 10)] == [1, 4]
    assert [frame.number for frame in spool.read_backlog(100, frozenset(), 10)] == [1, 4]
    state = spool.state()
    assert (state.frames, state.dropped_frames, state.dropped_points) == (2, 2, 6)
    spool.close()


def test_a_frame_of_another_version_is_no_damage(tmp_path: Path) -> None:
    spool = SpoolFile(tmp_path / "spool.db", HERE, 10 << 20, 3600)
    spool.open(NOW)
    spool.append([samples(3)], Moment(NOW))
    spool.close()
    newer = zstandard.ZstdCompressor(write_checksum=True).compress(msgspec.msgpack.encode({"v": 9, "later": True}))
    with closing(sqlite3.connect(tmp_path / "spool.db")) as file:
        file.execute("UPDATE payloads SET payload = ?", [newer])
        file.commit()
    spool.open(NOW)
    assert [frame.payload for frame in spool.read_from(0, 10)] == [newer]
    assert spool.state().dropped_frames == 0
    spool.close()
