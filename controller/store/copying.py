"""Moving all history from one store to another, so that it may be killed at any moment and go on later.

What is carried is cut into pieces in an order that follows from the source alone. Each piece is committed under a mark of its
own, so the target itself knows what it has; a journal beside the target says which copy that is. Raw samples are carried
where both keep them; of older days their roll-ups. Frame marks come last: an agent is never told that something is stored
before it is. `controller.store.comparing` then reads both again.
"""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np

from campus.errors import ConfigError
from campus.ids import AgentId, SiteId
from controller.store.days import DayCutter
from controller.store.marks import Run, Stream
from controller.store.moving import MovableStore
from controller.store.port import Batch, FrameMark, Ids, Level, Retention
from controller.store.rollup import NO_ROWS, Buckets, Rows, join_rows

Advance = Callable[[int], None]
"""So many more of `Plan.size` are done."""
_STREAM: Final = Stream(SiteId("~copy"), AgentId("~copy"), 1)
"""Marks of pieces; no agent can have such a name."""
_SERIES_OF_PIECE: Final = {Level.RAW: 500, Level.FIVE_MINUTES: 2_000, Level.HOUR: 20_000, Level.DAY: 200_000}
"""About half a million rows each."""
_ROWS_OF_BATCH: Final = 1_000_000
"""Smaller pieces are committed together."""
_NAMES_AT_ONCE: Final = 20_000


class Journal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which copy a target is being made of. `source` is for people, `fingerprint` tells whether it is still the same."""

    source: str
    fingerprint: str
    begun_at: int
    done: bool = False


class Piece(NamedTuple):
    """Some series of one day at one level."""

    number: int
    day: int
    end: int
    level: Level
    ids: Ids


class Plan:
    """What is carried, in its order: roll-ups of days whose raw samples are gone, then the other days' samples."""

    def __init__(
        self, source: MovableStore, days: dict[int, bool], cutter: DayCutter, retention: Retention, now: int
    ) -> None:
        """`days` are those of `source.kept_days` to carry. `retention` is the target's: what it would drop at once is left
        out. `now` decides, and must not change."""
        self._cutter = cutter
        floors = {level: cutter.days_back(now, days) for level, days in retention.by_level.items()}
        columns = source.series_columns()
        self._order = np.argsort(columns.metric, kind="stable").astype(np.int32)
        with_raw = [day for day, has_raw in days.items() if has_raw and day >= floors[Level.RAW]]
        final = [day for day in days if day not in set(with_raw)]
        rolled = (Level.DAY, Level.HOUR, Level.FIVE_MINUTES)
        self.parts = [(day, level) for day in final for level in rolled if day >= floors[level]]
        self.parts += [(day, Level.RAW) for day in with_raw]

    @property
    def size(self) -> int:
        """How much there is to do, in series of a day at a level."""
        return len(self.parts) * len(self._order)

    def pieces(self) -> Iterator[Piece]:
        """All of it, numbered from 1."""
        number = 0
        for day, level in self.parts:
            for first in range(0, len(self._order), _SERIES_OF_PIECE[level]):
                number += 1
                ids = np.sort(self._order[first : first + _SERIES_OF_PIECE[level]])
                yield Piece(number, day, self._cutter.end_of(day), level, ids)


class Carried(NamedTuple):
    """What became of a copy."""

    samples: int
    buckets: int
    twins: int
    """Samples that another one of the same series and instant has taken the place of, in a target that keeps one."""
    frames: int


class Copy:
    """One copy, begun or gone on with. Both stores are started, and nobody else uses them."""

    def __init__(
        self, source: MovableStore, target: MovableStore, journal: Path, cutter: DayCutter, retention: Retention
    ) -> None:
        self._source = source
        self._target = target
        self._journal_path = journal
        self._cutter = cutter
        self._retention = retention
        self._now = 0
        self._target_ids: Ids = np.empty(0, np.int32)
        self._samples = self._buckets = self._twins = 0

    def begin(self, description: str, now: int) -> Plan:
        """Write the journal, or find the one of the same copy; `ConfigError` when the target has anything else.

        `description` names the source for people.
        """
        found = self._read_journal()
        begun_at = found.begun_at if found else now
        # A store in InfluxDB takes every day for one that may have samples until it was opened: those since are empty.
        days = {day: has_raw for day, has_raw in self._source.kept_days().items() if not begun_at < day <= now}
        mark = _fingerprint(self._source, days)
        journal = found or Journal(description, mark, now)
        if journal.done:
            raise ConfigError(
                f"{self._journal_path}: this copy of {journal.source} is complete: nothing is left to do (remove the "
                "file, and the target's data, to copy anew)"
            )
        if journal.fingerprint != mark:
            raise ConfigError(
                f"{self._journal_path}: a copy of {journal.source} has begun here, and {description} is not it or has taken "
                "samples since: remove the target's data and that file, then copy anew"
            )
        self._refuse_other_data()
        self._write_journal(journal)
        self._now = journal.begun_at
        return Plan(self._source, days, self._cutter, self._retention, self._now)

    def run(self, plan: Plan, advance: Advance) -> Carried:
        """Carry what the target has not yet, then roll up. `begin` has been called."""
        self._target_ids = self._named_ids()
        for piece in plan.pieces():
            if piece.level is Level.RAW:
                break
            self._carry_buckets(piece)
            advance(len(piece.ids))
        self._target.inherit([], self._latest(), self._source.floors())
        self._carry_rows((piece for piece in plan.pieces() if piece.level is Level.RAW), advance)
        frames = _frames_of(self._source)
        self._target.inherit(frames, NO_ROWS, {})
        self._target.maintain(self._now)
        return Carried(self._samples, self._buckets, self._twins, sum(run.last - run.first + 1 for _, run in frames))

    def finish(self) -> None:
        """The copy is complete and was compared."""
        journal = self._read_journal()
        if journal is not None:
            self._write_journal(msgspec.structs.replace(journal, done=True))

    def target_ids(self) -> Ids:
        """The target's id of each series of the source; after `run`."""
        return self._target_ids

    def _carry_buckets(self, piece: Piece) -> None:
        mark = _mark(piece)
        if self._target.is_committed([mark])[0]:
            return
        found = self._source.window(piece.ids, piece.day, piece.end, piece.level)
        if len(found.series):
            series, aggregates = self._target_ids[found.series], (found.minimum, found.mean, found.maximum, found.p95)
            buckets = Buckets(series, found.at, found.count, *aggregates)
            self._target.append_buckets(piece.level, buckets, [mark])
            self._buckets += len(buckets.series)

    def _carry_rows(self, pieces: Iterator[Piece], advance: Advance) -> None:
        marks: list[FrameMark] = []
        waiting: list[Rows] = []
        day = 0
        for piece in pieces:
            if piece.day != day:
                self._commit(marks, waiting)
                self._target.maintain(self._now)  # a day at a time: nothing piles up
                marks, waiting, day = [], [], piece.day
            if not self._target.is_committed([_mark(piece)])[0]:
                marks.append(_mark(piece))
                waiting.append(self._rows(piece))
                if sum(len(rows.series) for rows in waiting) >= _ROWS_OF_BATCH:
                    self._commit(marks, waiting)
                    marks, waiting = [], []
            advance(len(piece.ids))
        self._commit(marks, waiting)

    def _commit(self, marks: list[FrameMark], waiting: list[Rows]) -> None:
        if marks:
            rows = join_rows(waiting)
            self._target.append(Batch(marks, rows.series, rows.measured_at, rows.value))
            self._samples += len(rows.series)

    def _rows(self, piece: Piece) -> Rows:
        found = read_rows(self._source, piece.ids, piece.day, piece.end)
        rows = found if self._target.keeps_twins else without_twins(found)
        self._twins += len(found.series) - len(rows.series)
        return rows._replace(series=self._target_ids[rows.series])

    def _latest(self) -> Rows:
        """Newest values of all series: those older than any raw sample must be told."""
        ids = np.arange(len(self._target_ids), dtype=np.int32)
        latest = self._source.latest(ids)
        known = latest.measured_at > 0
        return Rows(self._target_ids[known], latest.measured_at[known], latest.value[known])

    def _named_ids(self) -> Ids:
        series = len(self._source.series_columns().device)
        pieces = [np.arange(first, min(first + _NAMES_AT_ONCE, series)) for first in range(0, series, _NAMES_AT_ONCE)]
        named = [self._target.series_ids(self._source.series_names(piece.astype(np.int32))) for piece in pieces]
        return np.concatenate([np.empty(0, np.int32), *named])

    def _refuse_other_data(self) -> None:
        """A target has nothing, or pieces of this copy and in the end the very frames of the source."""
        others = _frames_of(self._target)
        is_begun = self._journal_path.exists()
        if (others and others != _frames_of(self._source)) or (not is_begun and self._target.figures().series):
            raise ConfigError(
                "the target has data already: copy into an empty store (another data_dir or database), or go on with a "
                "copy that was begun, before a controller takes samples there"
            )

    def _read_journal(self) -> Journal | None:
        return read_journal(self._journal_path)

    def _write_journal(self, journal: Journal) -> None:
        self._journal_path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._journal_path.with_suffix(".new")
        unfinished.write_bytes(msgspec.json.encode(journal))
        unfinished.replace(self._journal_path)


def read_journal(path: Path) -> Journal | None:
    """Which copy has begun or ended here; None where there was none."""
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Journal)
    except msgspec.DecodeError as error:
        raise ConfigError(f"{path} is no journal of a copy: remove it ({error})") from error


def read_rows(store: MovableStore, ids: Ids, start: int, end: int) -> Rows:
    """Raw samples of some series, by series and time."""
    window = store.window(ids, start, end, Level.RAW)
    return Rows(window.series, window.at, window.mean)


def without_twins(rows: Rows) -> Rows:
    """Of samples of one series at the same instant the last; rows are sorted by both."""
    if len(rows.series) < 2:
        return rows
    is_last = np.ones(len(rows.series), np.bool_)
    is_last[:-1] = (rows.series[1:] != rows.series[:-1]) | (rows.measured_at[1:] != rows.measured_at[:-1])
    return rows if is_last.all() else rows.taken(is_last)


def _frames_of(store: MovableStore) -> list[tuple[Stream, Run]]:
    """Frames of agents, sorted: a store that is a copy itself has marks of pieces, too."""
    return sorted(one for one in store.frame_runs() if one[0] != _STREAM)


def _mark(piece: Piece) -> FrameMark:
    return FrameMark(*_STREAM, piece.number)


def _fingerprint(store: MovableStore, days: dict[int, bool]) -> str:
    """Tells one content of a store from every other."""
    figures, frames = store.figures(), [(*stream, *run) for stream, run in sorted(store.frame_runs())]
    text = repr((figures.series, figures.samples_stored, frames, days))
    return hashlib.sha256(text.encode()).hexdigest()
