"""Rows of the spool's tables: made, inserted, deleted, counted and summed up. No transactions of its own."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agent.spool.model import FRAME_OVERHEAD_BYTES, Moment, Progress, SpoolState, Worth
from campus.topics import Address
from campus.wire.codec import decode_frame, encode_frame
from campus.wire.frame import Body, DocumentBody, FactsBody, Frame, FrameError, SamplesBody

SEALED_AT = (
    "(created_at + CASE WHEN anchor_ms + :anchor_ms IS NOT NULL AND epoch IN (SELECT value FROM json_each(:boot)) "
    "THEN :anchor_ms - anchor_ms ELSE 0 END)"
)
"""When a frame was sealed by the clock as it is now: what is of this boot moves with a correction of the clock.

``:boot`` is a JSON list of the epochs of this boot, ``:anchor_ms`` the clock's present anchor.
"""

_DAMAGED = {"corrupt", "not_a_frame", "too_large"}
"""No version seals what is too large: its header was damaged, which the checksum does not cover."""


class Row(NamedTuple):
    """One frame as it lies in the file: the columns of ``frames`` in their order, then its bytes."""

    number: int
    epoch: int
    worth: int
    progress: int
    created_at: int
    size_bytes: int
    points: int
    anchor_ms: int | None
    acknowledged_at: int | None
    payload: bytes


def row_of(address: Address, epoch: int, number: int, body: Body, moment: Moment, progress: Progress) -> Row:
    """Seal `body`; `FrameError` ``too_large`` when it cannot be a frame."""
    payload = encode_frame(Frame(address.site, address.agent, epoch, number, moment.at, body))
    points = body.count if isinstance(body, SamplesBody) else 0
    size_bytes = len(payload) + FRAME_OVERHEAD_BYTES
    return Row(number, epoch, _worth(body), progress, moment.at, size_bytes, points, moment.anchor_ms, None, payload)


def insert_frames(connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """Add whole rows."""
    connection.executemany("INSERT INTO frames VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [row[:-1] for row in rows])
    connection.executemany("INSERT INTO payloads VALUES (?, ?)", [(row.number, row.payload) for row in rows])


def delete_frames(connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """Remove frames with their bytes; numbers that are not here do no harm."""
    them = [(number,) for number in numbers]
    connection.executemany("DELETE FROM frames WHERE number = ?", them)
    connection.executemany("DELETE FROM payloads WHERE number = ?", them)


def drop_frames(connection: sqlite3.Connection, frames: Sequence[tuple[int, int]]) -> None:
    """Remove frames and count them as lost; `frames` are numbers and points."""
    delete_frames(connection, [number for number, _ in frames])
    add_count(connection, "dropped_frames", len(frames))
    add_count(connection, "dropped_points", sum(points for _, points in frames))


def is_sound(number: int, epoch: int, payload: bytes) -> bool:
    """Whether these are the bytes that were sealed under this number: a frame carries a checksum.

    What is whole and yet cannot be read was sealed by another version, and its controller may know better.
    """
    try:
        frame = decode_frame(payload)
    except FrameError as error:
        return error.reason not in _DAMAGED
    except TypeError:  # not even bytes
        return False
    return (frame.epoch, frame.number) == (epoch, number)


def add_count(connection: sqlite3.Connection, name: str, more: int) -> None:
    """Raise a counter of the file."""
    if more:
        connection.execute(
            "INSERT INTO counts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
            (name, more),
        )


def next_number(connection: sqlite3.Connection) -> int:
    """Above every number that this file ever gave."""
    last = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'frames'").fetchone()
    return (last[0] if last else 0) + 1


def held_bytes(connection: sqlite3.Connection) -> tuple[int, int]:
    """Bytes of all frames here, and of waiting events among them."""
    all_bytes, events_bytes = connection.execute(
        "SELECT coalesce(sum(size_bytes), 0), coalesce(sum(size_bytes) FILTER (WHERE worth = ? AND progress < ?), 0) "
        "FROM frames",
        (Worth.EVENTS, Progress.ACKNOWLEDGED),
    ).fetchone()
    return all_bytes, events_bytes


def read_state(
    connection: sqlite3.Connection, version: int, boot: str = "[]", anchor_ms: int | None = None
) -> SpoolState:
    """What an open file of `version` 1 or 2 holds; `boot` and `anchor_ms` as in `SEALED_AT`, for who knows the clock."""
    counts = dict(connection.execute("SELECT name, value FROM counts"))
    waits = "TRUE" if version == 1 else f"progress < {Progress.ACKNOWLEDGED.value}"
    sealed_at = "created_at" if version == 1 else SEALED_AT
    frames, size_bytes, oldest_at, oldest_kept = connection.execute(
        f"SELECT count(*), coalesce(sum(size_bytes), 0), min({sealed_at}), min(number) FROM frames WHERE {waits}",  # noqa: S608
        {"boot": boot, "anchor_ms": anchor_ms},
    ).fetchone()
    kept_frames, kept_bytes = connection.execute(
        f"SELECT count(*), coalesce(sum(size_bytes), 0) FROM frames WHERE NOT {waits}"  # noqa: S608
    ).fetchone()
    following = next_number(connection)
    return SpoolState(
        epoch=counts["epoch"],
        frames=frames,
        size_bytes=size_bytes,
        oldest_at=oldest_at,
        oldest_kept=oldest_kept or following,
        next_number=following,
        acknowledged_frames=kept_frames,
        acknowledged_bytes=kept_bytes,
        **{
            name: counts.get(name, 0)
            for name in ("dropped_frames", "dropped_points", "thinned_points", "refused_events", "damaged_files")
        },
    )


def _worth(body: Body) -> Worth:
    if isinstance(body, SamplesBody):
        return Worth.SAMPLES
    return Worth.FACTS if isinstance(body, FactsBody | DocumentBody) else Worth.EVENTS
