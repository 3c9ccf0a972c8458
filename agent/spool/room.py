"""What goes when there is not room for everything, or when it is too old: the order of worth.

1. What the controller has acknowledged.
2. Facts of devices all of which have newer facts here, sent or not: facts are whole, so nothing is lost with the older. The
   same holds for documents.
3. *Thinning*: the oldest samples that were certainly never sent become few (`agent.spool.thin`); the newest hour stays raw.
   A frame that may have been sent is never thinned: the controller may have stored it, and would store its samples twice.
4. Samples that may have been sent, then thinned ones, then what is left of the raw ones; the oldest first.

Every step is one short transaction: whatever is killed, a frame is here whole, or replaced, or counted as gone.
"""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import chain
from typing import NamedTuple

from agent.spool.database import Database
from agent.spool.model import Moment, Progress, Worth
from agent.spool.rows import SEALED_AT, Row, add_count, delete_frames, drop_frames, insert_frames
from agent.spool.thin import WINDOW_MS, samples_of, thinned
from campus.ids import DeviceId
from campus.samples import Sample
from campus.wire.codec import decode_frame
from campus.wire.frame import DocumentBody, FactsBody, FrameError, SamplesBody

RAW_MS = 3_600_000
"""The newest samples are never thinned."""
_THIN_FRAMES = 2_000
_THIN_POINTS = 30_000
_ONE_ANCHOR_MS = 1_000
"""Frames whose clock's anchors lie closer together may become one."""
_GIVE_AT_ONCE = 64
_EXPIRE_AT_ONCE = 500
_MOST_STEPS = 32
"""After `max_bytes` was lowered an append does so much of the work and leaves the rest to the next."""
Sealer = Callable[[SamplesBody, int, int | None], Row]
"""Seals a thinned body under a new number, with its `created_at` and anchor."""


class _Candidate(NamedTuple):
    number: int
    created_at: int
    anchor_ms: int | None
    """None when the frame is of an earlier boot."""
    points: int
    size_bytes: int
    sealed_at: int


class Room:
    """Frees bytes in an open file."""

    def __init__(self, database: Database, max_age_ms: int, keep_acknowledged_ms: int) -> None:
        self._database = database
        self._max_age_ms = max_age_ms
        self._keep_acknowledged_ms = keep_acknowledged_ms

    def tidy(self, moment: Moment, boot: str) -> int:
        """Remove a part of what is too old; the bytes freed. Believes `moment`: its clock must be confirmed."""
        bounds = {
            "acknowledged": Progress.ACKNOWLEDGED,
            "long_ago": moment.at - self._keep_acknowledged_ms,
            "thinned": Worth.THINNED,
            "earliest": moment.at - self._max_age_ms,
            "boot": boot,
            "anchor_ms": moment.anchor_ms,
            "limit": _EXPIRE_AT_ONCE,
        }
        with self._database.transaction() as connection:
            kept = connection.execute(
                "SELECT number, size_bytes FROM frames WHERE progress = :acknowledged AND acknowledged_at < :long_ago "
                "LIMIT :limit",
                bounds,
            ).fetchall()
            delete_frames(connection, [number for number, _ in kept])
            late = connection.execute(
                "SELECT number, points, size_bytes FROM frames WHERE progress < :acknowledged AND worth <= :thinned "  # noqa: S608
                f"AND {SEALED_AT} < :earliest LIMIT :limit",
                bounds,
            ).fetchall()
            drop_frames(connection, [(number, points) for number, points, _ in late])
        return sum(row[-1] for row in (*kept, *late))

    def make(self, over_bytes: int, moment: Moment, boot: str, seal: Sealer) -> int:
        """Free `over_bytes`, in a bounded number of steps; the bytes freed, which may be fewer. `boot` as in `SEALED_AT`."""
        steps: tuple[Callable[[int], int | None], ...] = (
            self._give_acknowledged,
            self._give_superseded_facts,
            lambda _: self._thin(moment, boot, seal),
            lambda wanted: self._drop_oldest(Progress.SENT, Worth.SAMPLES, wanted),
            lambda wanted: self._drop_oldest(Progress.SENT, Worth.THINNED, wanted),
            lambda wanted: self._drop_oldest(Progress.WAITING, Worth.THINNED, wanted),
            lambda wanted: self._drop_oldest(Progress.WAITING, Worth.SAMPLES, wanted),
        )
        freed_bytes = 0
        left = _MOST_STEPS
        for step in steps:
            while freed_bytes < over_bytes and left:
                left -= 1
                step_bytes = step(over_bytes - freed_bytes)
                if step_bytes is None:
                    break
                freed_bytes += step_bytes
        return freed_bytes

    def _give_acknowledged(self, _: int) -> int | None:
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT number, size_bytes FROM frames WHERE progress = ? ORDER BY worth, number LIMIT ?",
                (Progress.ACKNOWLEDGED, _GIVE_AT_ONCE),
            ).fetchall()
            delete_frames(connection, [row[0] for row in rows])
        return sum(row[1] for row in rows) if rows else None

    def _give_superseded_facts(self, _: int) -> int | None:
        """Without this the facts of a restless device would grow without bound."""
        told: set[tuple[str, DeviceId]] = set()
        gone: list[tuple[int, int]] = []
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT number, size_bytes, payload FROM frames JOIN payloads USING (number) "
                "WHERE progress < ? AND worth = ? ORDER BY number DESC",
                (Progress.ACKNOWLEDGED, Worth.FACTS),
            )
            for number, size_bytes, payload in rows:
                subjects = _subjects(payload)
                if subjects and subjects <= told:
                    gone.append((number, size_bytes))
                told |= subjects
            delete_frames(connection, [number for number, _ in gone])
        return sum(size_bytes for _, size_bytes in gone) if gone else None

    def _thin(self, moment: Moment, boot: str, seal: Sealer) -> int | None:
        with self._database.transaction() as connection:
            group = _thinnable(connection, moment, boot)
            if not group:
                return None
            samples = _samples(connection, group)
            whole = [each for each in group if each.number in samples]
            freed_bytes = 0
            if whole:
                row = seal(thinned(chain(*samples.values())), whole[0].created_at, whole[0].anchor_ms)
                freed_bytes = sum(each.size_bytes for each in whole) - row.size_bytes
            if freed_bytes > 0:
                delete_frames(connection, samples)
                insert_frames(connection, [row])
                add_count(connection, "thinned_points", sum(each.points for each in whole) - row.points)
            # What could not be made smaller is as thin as it gets, and is not looked at again.
            connection.executemany(
                "UPDATE frames SET worth = ? WHERE number = ?", [(Worth.THINNED, each.number) for each in group]
            )
        return max(freed_bytes, 0)

    def _drop_oldest(self, progress: Progress, worth: Worth, wanted_bytes: int) -> int | None:
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT number, points, size_bytes FROM frames WHERE progress = ? AND worth = ? ORDER BY number LIMIT ?",
                (progress, worth, _GIVE_AT_ONCE),
            ).fetchall()
            freed_bytes = 0
            dropped = []
            for number, points, size_bytes in rows:
                if freed_bytes >= wanted_bytes:
                    break
                freed_bytes += size_bytes
                dropped.append((number, points))
            drop_frames(connection, dropped)
        return freed_bytes if dropped else None


def _thinnable(connection: sqlite3.Connection, moment: Moment, boot: str) -> list[_Candidate]:
    """The oldest raw frames that may become one, in whole windows where that can be; empty when there are none."""
    found = [
        _Candidate(*row)
        for row in connection.execute(
            f"SELECT number, created_at, CASE WHEN epoch IN (SELECT value FROM json_each(:boot)) THEN anchor_ms END, "  # noqa: S608
            f"points, size_bytes, {SEALED_AT} FROM frames WHERE progress = :waiting AND worth = :raw "
            "ORDER BY number LIMIT :limit",
            {
                "boot": boot,
                "anchor_ms": moment.anchor_ms,
                "waiting": Progress.WAITING,
                "raw": Worth.SAMPLES,
                "limit": _THIN_FRAMES + 1,
            },
        )
    ]
    group: list[_Candidate] = []
    points = 0
    for each in found:
        points += each.points
        # A frame sealed far ahead of now was sealed by a wrong clock: it is not new.
        is_new = abs(moment.at - each.sealed_at) < RAW_MS
        is_too_much = points > _THIN_POINTS or len(group) == _THIN_FRAMES
        if is_new or (group and (is_too_much or not _are_alike(group[0], each))):
            whole = [one for one in group if one.sealed_at // WINDOW_MS != each.sealed_at // WINDOW_MS]
            return whole if whole or is_new else group
        group.append(each)
    return group


def _are_alike(first: _Candidate, other: _Candidate) -> bool:
    """Of about the same time, by the same clock."""
    if (first.anchor_ms is None) != (other.anchor_ms is None):
        return False
    is_one_anchor = abs((first.anchor_ms or 0) - (other.anchor_ms or 0)) < _ONE_ANCHOR_MS
    return is_one_anchor and 0 <= other.sealed_at - first.sealed_at < RAW_MS


def _samples(connection: sqlite3.Connection, group: Sequence[_Candidate]) -> dict[int, list[Sample]]:
    """What the frames of `group` hold, by number, without those that cannot be read: they stay as they are."""
    samples = {}
    for each in group:
        (payload,) = connection.execute("SELECT payload FROM payloads WHERE number = ?", (each.number,)).fetchone()
        with suppress(FrameError):
            body = decode_frame(payload).body
            if isinstance(body, SamplesBody):
                samples[each.number] = list(samples_of(body))
    return samples


def _subjects(payload: bytes) -> set[tuple[str, DeviceId]]:
    """What a frame of facts or a document tells of whom; empty when it cannot be read."""
    try:
        body = decode_frame(payload).body
    except FrameError:
        return set()
    if isinstance(body, DocumentBody):
        return {(body.document.kind, body.document.device)}
    return {("", facts.device) for facts in body.devices} if isinstance(body, FactsBody) else set()
