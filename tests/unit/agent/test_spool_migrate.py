"""A file of version 1 goes on as version 2, all or nothing, and can be reported on before."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agent.spool import schema
from agent.spool.file import SpoolFile
from agent.spool.model import Moment
from agent.spool.report import read_report
from campus.wire.codec import decode_frame, encode_frame
from campus.wire.frame import Body, Frame
from tests.unit.agent.bodies import HERE, NOW, event, facts, noisy, samples

EPOCH = 77
VERSION_1 = """
CREATE TABLE frames (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    worth INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    points INTEGER NOT NULL,
    payload BLOB NOT NULL
);
CREATE INDEX frames_by_worth ON frames (worth, number, created_at, size_bytes, points);
CREATE TABLE counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE facts (device TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE candidates (
    topic TEXT PRIMARY KEY, messages INTEGER NOT NULL, reason TEXT NOT NULL, last_at INTEGER NOT NULL, sample BLOB NOT NULL
) WITHOUT ROWID;
INSERT INTO counts VALUES ('epoch', 77), ('dropped_frames', 2), ('dropped_points', 9);
PRAGMA user_version = 1;
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of version 1 with frames 1 to 4, of nine that were once given."""
    path = tmp_path / "spool.db"
    bodies: list[Body] = [facts(), samples(3), event("cut"), samples(4)]
    with closing(sqlite3.connect(path)) as database:
        database.executescript(VERSION_1)
        for number, body in enumerate([*bodies, *[samples(1)] * 5], start=1):
            payload = encode_frame(Frame(HERE.site, HERE.agent, EPOCH, number, NOW, body))
            points = getattr(body, "count", 0)
            row = (number, 0 if points else 1, NOW, len(payload) + 128, points, payload)
            database.execute("INSERT INTO frames VALUES (?, ?, ?, ?, ?, ?)", row)
        database.execute("DELETE FROM frames WHERE number > 4")
        database.commit()
    return path


def test_frames_keep_number_and_epoch_and_counting_goes_on(path: Path) -> None:
    before = read_report(path, 1 << 20, NOW)
    assert (before.frames, before.next_number, before.epoch, before.acknowledged_frames) == (4, 10, EPOCH, 0)
    spool = SpoolFile(path, HERE, 1 << 20, 3600)
    spool.open(NOW)
    assert [(frame.number, frame.epoch, frame.anchor_ms) for frame in spool.read_from(0, 9)] == [
        (number, EPOCH, None) for number in (1, 2, 3, 4)
    ]
    assert [frame.number for frame in spool.read_backlog(9, frozenset(), 9)] == [1, 3, 2, 4]
    assert spool.append([samples(1)], Moment(NOW)) == [10]
    assert spool.epoch > EPOCH
    assert spool.acknowledge(EPOCH, [(1, 10)], NOW) == 4
    state = spool.state()
    assert (state.frames, state.dropped_frames, state.dropped_points) == (1, 2, 9)
    spool.close()


def test_what_version_1_kept_may_have_been_sent_and_is_not_thinned(path: Path) -> None:
    spool = SpoolFile(path, HERE, 8_000, 30 * 86_400)
    spool.open(NOW)
    for hour in range(8):
        spool.append([noisy(200, hour)], Moment(NOW + hour * 3_600_000))
    assert spool.state().thinned_points > 0
    assert [decode_frame(frame.payload).body for frame in spool.read_from(0, 4)] == [
        facts(),
        samples(3),
        event("cut"),
        samples(4),
    ]
    spool.close()


def test_a_migration_that_fails_leaves_version_1(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "FRAME_TABLES", schema.FRAME_TABLES + "CREATE TABLE facts (x);\n")
    with pytest.raises(Exception, match="already exists"):
        SpoolFile(path, HERE, 1 << 20, 3600).open(NOW)
    assert read_report(path, 1 << 20, NOW).frames == 4
