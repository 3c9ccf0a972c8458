"""What agents had on their disks: frames read from spool files, also from copies the bench set aside.

Reads what agents write and never changes it. A spool that was killed in the middle of a commit is recovered in a copy,
as SQLite does it at the next start.
"""

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from enum import Enum
from pathlib import Path
from typing import Final, NamedTuple

from agent.spool.model import Progress
from campanile.chaos.reconcile import Fate, Row, Taken
from campus.wire.codec import decode_frame
from campus.wire.columns import read_columns, read_dictionary
from campus.wire.frame import Frame, SamplesBody
from controller.store.port import DistrictSeries, FrameMark

_PARTS: Final = ("", "-wal")
"""What belongs to a SQLite database; the rest is made anew."""


class Disk(Enum):
    """Whether an agent still had the file at the end."""

    KEPT = "kept"
    TAKEN = "taken"


Span = tuple[int, int]
"""UTC ms, both ends included."""


class Spooled(NamedTuple):
    """One frame of a spool file."""

    mark: FrameMark
    rows: tuple[Row, ...]
    acknowledged_at: int | None


def copy_spool(source: Path, target: Path) -> None:
    """Copy a spool as it lies on the disk; of an agent that runs, as a backup of a running machine would find it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    remove_spool(target)
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as reading,
        closing(sqlite3.connect(target)) as writing,
    ):
        reading.backup(writing)


def remove_spool(path: Path) -> None:
    """Delete a spool and what SQLite keeps beside it; harmless when there is none."""
    for part in ("", "-wal", "-shm"):
        path.with_name(path.name + part).unlink(missing_ok=True)


def replace_spool(source: Path, target: Path) -> None:
    """Put a set-aside spool in the place of another, whose agent is down."""
    remove_spool(target)
    shutil.copyfile(source, target)


def count_waiting(path: Path) -> int:
    """How many frames are not acknowledged yet; 0 without a spool, 1 when it cannot be told in this moment."""
    return _count(path, "progress < ?")


def count_acknowledged(path: Path) -> int:
    """How many frames are kept though they are acknowledged; 0 without a spool, 1 when it cannot be told in this moment."""
    return _count(path, "progress >= ?")


def is_spool(path: Path) -> bool:
    """Whether there is a spool that can be read now: a new agent has made its own some time after its start."""
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
            connection.execute("SELECT count(*) FROM frames").fetchone()
    except sqlite3.Error:
        return False
    return True


def _count(path: Path, condition: str) -> int:
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
            query = f"SELECT count(*) FROM frames WHERE {condition}"  # noqa: S608 - one of the two above
            (count,) = connection.execute(query, [Progress.ACKNOWLEDGED]).fetchone()
            return int(count)
    except sqlite3.Error:
        return 1


def collect(taken: Taken, path: Path, disk: Disk, forgotten: Sequence[Span] = ()) -> None:
    """Add the frames of a spool file.

    What waits in it must arrive unless the disk was taken; what was acknowledged must be stored, except where that was in
    one of the `forgotten` times, to before which the controller was set back, and no agent has it any more to offer again.
    """
    for spooled in read_spool(path):
        at = spooled.acknowledged_at
        is_bound = at is not None and not any(start <= at <= end for start, end in forgotten)
        taken.add(spooled.mark, Fate(spooled.rows, is_bound or (at is None and disk is Disk.KEPT)))


def read_spool(path: Path) -> Iterator[Spooled]:
    """Every frame in the file, acknowledged ones that are still kept too."""
    if not path.exists():
        return
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        query = "SELECT payload, acknowledged_at FROM frames JOIN payloads USING (number) ORDER BY number"
        for payload, acknowledged_at in connection.execute(query):
            frame = decode_frame(payload)
            mark = FrameMark(frame.site, frame.agent, frame.epoch, frame.number)
            yield Spooled(mark, _rows(frame), acknowledged_at)


def _rows(frame: Frame) -> tuple[Row, ...]:
    body = frame.body
    if not isinstance(body, SamplesBody):
        return ()
    keys = read_dictionary(body.dictionary)
    columns = read_columns(body, len(keys))
    return tuple(
        Row(DistrictSeries(frame.site, *keys[series]), at, value)
        for series, at, value in zip(
            columns.series.tolist(), columns.measured_at.tolist(), columns.value.tolist(), strict=True
        )
    )
