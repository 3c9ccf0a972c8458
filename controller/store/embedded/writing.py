# ruff: noqa: S608 - the names put into statements are our own
"""Writing: rows and frame marks in one transaction."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, replace
from itertools import count, pairwise
from pathlib import Path
from threading import Lock

import numpy as np

from controller.store.days import DayCutter
from controller.store.embedded.database import Cursor, Database, insert, texts
from controller.store.embedded.names import insert_names
from controller.store.embedded.part import PART_COLUMNS, Part, PartKind, write_rows
from controller.store.embedded.schema import HOT_COLUMNS
from controller.store.embedded.shelf import Change, Hot, Layout, Shelf
from controller.store.embedded.sizes import Sizes
from controller.store.latest import LatestValues
from controller.store.marks import CommittedFrames, Run, Stream, runs_of
from controller.store.port import Batch, Ids, Level
from controller.store.rollup import Rows, sort_by_metric
from controller.store.series_index import Extent, SeriesIndex

_log = logging.getLogger(__name__)


class Segments:
    """Writes rows of any days as sorted parts, one for each day."""

    def __init__(self, directory: Path, cutter: DayCutter, series: SeriesIndex) -> None:
        self._directory = directory
        self._cutter = cutter
        self._series = series
        self._numbers = count(1)
        self._counting = Lock()
        self.too_late = 0
        """Rows left out by `without_final` of what is durable now."""

    def begin_after(self, part_id: int) -> None:
        """Give numbers above the highest that was ever used."""
        self._numbers = count(part_id + 1)

    def next_number(self) -> int:
        """A part number never given before."""
        return next(self._numbers)

    def write(self, cursor: Cursor, rows: Rows) -> list[Part]:
        """Durable on return; they count once the `part` table names them."""
        metric_of = self.metric_of
        pieces = ((day, sort_by_metric(piece, metric_of)) for day, piece in self.by_day(rows))
        return [
            write_rows(cursor, self._directory, self.next_number(), PartKind.SEGMENT, day, piece, metric_of)
            for day, piece in pieces
        ]

    @property
    def metric_of(self) -> Ids:
        """The number of the metric of each series."""
        return self._series.columns(0).metric

    def days(self, rows: Rows) -> frozenset[int]:
        """The local days that rows fall into."""
        if not len(rows.series):
            return frozenset()
        edges = self._cutter.edges(int(rows.measured_at.min()), int(rows.measured_at.max()))
        if len(edges) == 2:
            return frozenset(edges[:1].tolist())
        present = np.bincount(np.searchsorted(edges, rows.measured_at, "right") - 1)
        return frozenset(edges[np.flatnonzero(present)].tolist())

    def without_final(self, rows: Rows, layout: Layout) -> Rows:
        """The rows without those of days whose raw data retention has dropped after rolling them up: too late to count."""
        final = [day for day in self.days(rows) if layout.is_final(day)]
        if not final:
            return rows
        return rows.taken(~np.isin(self._cutter.bucket_of(rows.measured_at, Level.DAY), final))

    def note_too_late(self, samples: int) -> None:
        """So many rows were left out; told once the others are durable, for what fails is tried again."""
        if samples:
            _log.warning("samples came after their day was closed for good", extra={"samples": samples})
            with self._counting:  # who appends and upkeep
                self.too_late += samples

    def by_day(self, rows: Rows) -> list[tuple[int, Rows]]:
        """The rows of each local day, in their order."""
        if not len(rows.series):
            return []
        edges = self._cutter.edges(int(rows.measured_at.min()), int(rows.measured_at.max()))
        if len(edges) == 2:
            return [(int(edges[0]), rows)]
        day = (np.searchsorted(edges, rows.measured_at, "right") - 1).astype(np.int16)
        order = np.argsort(day, kind="stable")
        cuts = np.searchsorted(day[order], np.arange(len(edges)))
        pieces = [order[start:end] for start, end in pairwise(cuts)]
        return [(int(edge), rows.taken(piece)) for edge, piece in zip(edges[:-1], pieces, strict=True) if len(piece)]


class Writer:
    """Appends batches. One thread at a time; `rotate` may be called by another."""

    def __init__(self, database: Database, shelf: Shelf, segments: Segments, series: SeriesIndex, sizes: Sizes) -> None:
        self.frames = CommittedFrames()
        self.latest = LatestValues()
        self.loose_runs = 0
        """Rows of `frame_runs` added since they were merged last; upkeep merges them when they are many."""
        self._database = database
        self._shelf = shelf
        self._segments = segments
        self._series = series
        self._sizes = sizes
        self._durable = Extent()
        self._appending = Lock()

    def append(self, batch: Batch) -> None:
        """As the port says."""
        marks = batch.marks
        # Nearly always the first of them tells: it is new, as all are.
        if marks and all(self.frames.is_committed(marks[:1])) and all(self.frames.is_committed(marks)):
            return
        runs = runs_of(marks)
        rows = Rows(batch.series, batch.measured_at, batch.value)
        rows = self._segments.without_final(rows, self._shelf.layout)
        with self._appending:
            if len(rows.series) >= self._sizes.bulk_rows:
                self._append_parts(rows, runs)
            else:
                self._append_hot(rows, runs)
            for stream, run in runs:
                self.frames.add(stream, run)
                self.loose_runs += 1
            self.latest.update(*rows)
            self._segments.note_too_late(len(batch.series) - len(rows.series))
            # Last of all: the batch is durable, and if this fails it is brought again and must be recognised.
            if self._shelf.layout.hot[-1].rows >= self._sizes.hot_rows:
                self._begin_hot()

    @property
    def series_count(self) -> int:
        """How many series there are."""
        return len(self._series)

    def rotate(self) -> None:
        """Begin a new hot table, unless the current one is empty."""
        with self._appending:
            if self._shelf.layout.hot[-1].rows:
                self._begin_hot()

    def _append_hot(self, rows: Rows, runs: Sequence[tuple[Stream, Run]]) -> None:
        hot = self._shelf.layout.hot[-1]
        hot.days |= self._segments.days(rows)  # before the commit: a reader may look too often, never too little
        with self._database.transaction() as cursor:
            durable = self._insert_frames(cursor, runs)
            if len(rows.series):
                insert(cursor, hot.table, {"series": rows.series, "measured_at": rows.measured_at, "value": rows.value})
        self._durable = durable
        hot.rows += len(rows.series)

    def _append_parts(self, rows: Rows, runs: Sequence[tuple[Stream, Run]]) -> None:
        with self._database.cursor() as cursor:
            parts = self._segments.write(cursor, rows)

        def keep(cursor: Cursor, layout: Layout) -> Layout:
            newest = LatestValues()
            newest.update(*rows)
            return keep_segments(cursor, layout, parts, newest)

        self._change_with_frames(runs, keep)

    def adopt(self, runs: Sequence[tuple[Stream, Run]], latest: Rows, change: Change) -> None:
        """Frames and newest values of another store, names that are new and a change of the layout, in one commit."""
        newest = LatestValues()
        newest.update(*latest)

        def keep(cursor: Cursor, layout: Layout) -> Layout:
            after = change(cursor, layout)
            return replace(after, loose_values=after.loose_values + keep_latest(cursor, newest))

        with self._appending:
            self._change_with_frames(runs, keep)
            for stream, run in runs:
                self.frames.add(stream, run)
                self.loose_runs += 1
            self.latest.update(*latest)

    def _change_with_frames(self, runs: Sequence[tuple[Stream, Run]], change: Change) -> None:
        durable = self._durable

        def keep(cursor: Cursor, layout: Layout) -> Layout:
            nonlocal durable
            durable = self._insert_frames(cursor, runs)
            return change(cursor, layout)

        self._shelf.change(keep)
        self._durable = durable

    def _insert_frames(self, cursor: Cursor, runs: Sequence[tuple[Stream, Run]]) -> Extent:
        """Write committed frames, and names that are new; the extent of names that are durable with the commit."""
        if runs:
            insert_runs(cursor, runs)
        return insert_names(cursor, self._series, self._durable)

    def _begin_hot(self) -> None:
        def begin(cursor: Cursor, layout: Layout) -> Layout:
            hot = Hot(layout.hot[-1].number + 1)
            cursor.execute(f"CREATE TABLE {hot.table} ({HOT_COLUMNS})")
            cursor.execute("INSERT INTO hot VALUES (?)", [hot.number])
            return replace(layout, hot=(*layout.hot, hot))

        self._shelf.change(begin)

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Nothing is appended and no table begun while the block lasts."""
        with self._appending:
            yield

    def restored(self, durable: Extent) -> None:
        """So much of the names known by now is in the database."""
        self._durable = durable


def insert_runs(cursor: Cursor, runs: Sequence[tuple[Stream, Run]]) -> None:
    """Add committed frames to the database."""
    columns = {
        "site": texts([stream.site for stream, _ in runs]),
        "agent": texts([stream.agent for stream, _ in runs]),
        "epoch": np.array([stream.epoch for stream, _ in runs], np.int64),
        "first": np.array([run.first for _, run in runs], np.int64),
        "last": np.array([run.last for _, run in runs], np.int64),
    }
    insert(cursor, "frame_runs", columns)


def keep_segments(cursor: Cursor, layout: Layout, parts: list[Part], newest: LatestValues) -> Layout:
    """Tell the database of new segments: they count, their days are rolled no more, the latest values include them."""
    insert_parts(cursor, parts)
    days = {part.day for part in parts}
    cursor.execute(f"DELETE FROM rolled WHERE day IN ({', '.join(map(str, days))})")
    loose_values = layout.loose_values + keep_latest(cursor, newest)
    samples = layout.samples + sum(part.samples for part in parts)
    cursor.execute("UPDATE meta SET content = ? WHERE name = 'samples'", [str(samples)])
    after = layout.with_parts(parts)
    return replace(after, rolled=layout.rolled - days, samples=samples, loose_values=loose_values)


def insert_parts(cursor: Cursor, parts: Sequence[Part]) -> None:
    """Name parts in the database."""
    for part in parts:
        cursor.execute(f"INSERT INTO part ({PART_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", astuple(part))


def keep_latest(cursor: Cursor, newest: LatestValues) -> int:
    """Add values to the table `latest`, behind those it has, and say how many rows that were."""
    ids, measured_at, value = newest.known()
    insert(cursor, "latest", {"series": ids, "measured_at": measured_at, "value": value})
    return len(ids)
