"""`EmbeddedStore`: the pieces put together, and finding one's way again at start."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from zoneinfo import ZoneInfo

import numpy as np

from campus.errors import ConfigError
from controller.store.days import DayCutter
from controller.store.embedded.adopting import Adopter
from controller.store.embedded.closing import with_raised_floors
from controller.store.embedded.database import Cursor, Database
from controller.store.embedded.names import extent_of, read_names
from controller.store.embedded.part import ROWS_OF_PART, PartKind
from controller.store.embedded.reading import Reader
from controller.store.embedded.shelf import Hot, Layout, Shelf
from controller.store.embedded.sizes import NORMAL, Sizes
from controller.store.embedded.snapshot import Snapshot, begun, read_parts
from controller.store.embedded.upkeep import Upkeep
from controller.store.embedded.writing import Segments, Writer
from controller.store.marks import Run, Stream
from controller.store.named_series import NamedSeries
from controller.store.port import (
    Batch,
    FrameMark,
    Ids,
    Latest,
    Level,
    OnClosed,
    Retention,
    StoreFigures,
    Window,
    note_nothing,
)
from controller.store.rollup import Buckets, Rows


class EmbeddedStore(NamedSeries):
    """A `SampleStore` in one directory: a DuckDB file and Parquet parts. One process at a time may have it open."""

    def __init__(self, directory: Path, *, timezone: ZoneInfo, retention: Retention, sizes: Sizes = NORMAL) -> None:
        super().__init__()
        self._directory = directory
        cutter = DayCutter(timezone)
        self._cutter = cutter
        self._database = Database(directory / "samples.duckdb", timezone)
        self._shelf = Shelf(self._database, directory)
        self._segments = Segments(directory, cutter, self._series)
        self._writer = Writer(self._database, self._shelf, self._segments, self._series, sizes)
        self._reader = Reader(self._shelf, directory, cutter, self._series)
        self._upkeep = Upkeep(
            self._database, self._shelf, self._writer, self._segments, directory, cutter, retention, sizes
        )
        self._adopter = Adopter(self._database, self._shelf, self._writer, self._segments, directory, cutter)
        self._size_bytes = 0
        self._mending = Lock()

    def start(self) -> None:
        """Open and recover: tables, marks, latest values; leftovers of an interrupted step are removed."""
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"{self._directory}: cannot be made: {error}") from error
        self._open()
        self._check_files(self._shelf.layout)
        self._shelf.drop_leftovers()
        self._measure()

    def append(self, batch: Batch) -> None:
        """Make rows and marks durable in one commit. A batch whose marks are all stored already is left alone."""
        self._mend()
        self._writer.append(batch)

    def is_committed(self, marks: Sequence[FrameMark]) -> list[bool]:
        """From memory."""
        return self._writer.frames.is_committed(marks)

    def latest(self, ids: Ids) -> Latest:
        """From memory."""
        return self._writer.latest.of(ids)

    def window(self, ids: Ids, start: int, end: int, level: Level | None = None, max_points: int = 2_000) -> Window:
        """As the port says."""
        self._mend()
        return self._reader.window(ids, start, end, level, max_points)

    def settled_days(self, start: int, end: int) -> dict[int, int]:
        """From memory: the roll-ups of a day lie in parts, which never change and are replaced by higher numbers."""
        layout = self._shelf.layout
        days = (
            day for day in layout.rolled if day < end and layout.is_rolled(day) and self._cutter.end_of(day) > start
        )
        return {day: layout.newest_part(day, PartKind.ROLLUP) for day in days}

    def maintain(self, now: int, on_closed: OnClosed = note_nothing, *, drop_as_of: int | None = None) -> None:
        """As the port says."""
        self._mend()
        self._upkeep.run(now, on_closed, now if drop_as_of is None else drop_as_of)
        self._measure()

    def figures(self) -> StoreFigures:
        """From memory; the size is that of the last upkeep."""
        layout = self._shelf.layout
        samples = layout.samples + sum(hot.rows for hot in layout.hot)
        return StoreFigures(len(self._series), samples, self._size_bytes, self._segments.too_late)

    @property
    def keeps_twins(self) -> bool:
        """It does."""
        return True

    def kept_days(self) -> dict[int, bool]:
        """From memory."""
        return self._shelf.layout.kept_days()

    def frame_runs(self) -> list[tuple[Stream, Run]]:
        """From memory."""
        return self._writer.frames.runs()

    def append_buckets(self, level: Level, buckets: Buckets, marks: Sequence[FrameMark]) -> None:
        """As `MovableStore` says."""
        self._adopter.append_buckets(level, buckets, marks)

    def floors(self) -> Mapping[Level, int]:
        """From memory."""
        return self._shelf.layout.floors

    def inherit(self, frames: Sequence[tuple[Stream, Run]], latest: Rows, floors: Mapping[Level, int]) -> None:
        """As `MovableStore` says."""
        self._writer.adopt(frames, latest, lambda cursor, layout: with_raised_floors(cursor, layout, floors))

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The store as it is at this instant, for a backup; upkeep keeps its files as long as the block lasts."""
        self._mend()
        with self._shelf.reading() as (cursor, _), begun(cursor, self._directory) as snapshot:
            yield snapshot

    def close(self) -> None:
        """Flush and release."""
        self._database.close()

    def _open(self) -> None:
        self._database.open()
        with self._database.cursor() as cursor:
            self._restore_series(cursor)
            self._restore_marks(cursor)
            layout = self._restored_layout(cursor)
            self._restore_latest(cursor, layout)
        self._shelf.restore(layout)

    def _mend(self) -> None:
        """Open again what the library has given up, and learn what of the last transaction has lasted.

        Until all of that is read nobody goes on. Files that nothing names stay: upkeep may be about to name them.
        """
        if self._database.is_broken:
            with self._mending, self._writer.standing_still():
                if self._database.is_broken:
                    self.close()
                    self._open()
                    self._database.note_mended()

    def _measure(self) -> None:
        self._size_bytes = self._database.size_bytes + sum(part.size for part in self._shelf.layout.all_parts())

    def _restore_series(self, cursor: Cursor) -> None:
        kept = read_names(cursor)
        if not len(self._series):  # else only the library was opened anew: what is in memory is at least as much
            self._series.restore(kept)
        self._writer.restored(extent_of(kept))

    def _restore_marks(self, cursor: Cursor) -> None:
        runs = cursor.execute("SELECT * FROM frame_runs").fetchall()
        for *stream, first, last in runs:
            self._writer.frames.add(Stream(*stream), Run(first, last))
        self._writer.loose_runs = len(runs) - len(self._writer.frames.runs())

    def _restored_layout(self, cursor: Cursor) -> Layout:
        meta = dict(cursor.execute("SELECT name, content FROM meta").fetchall())
        floors = {level: int(meta[f"floor_{level}"]) for level in Level if f"floor_{level}" in meta}
        rolled = frozenset(day for (day,) in cursor.execute("SELECT day FROM rolled").fetchall())
        numbers = [number for (number,) in cursor.execute("SELECT number FROM hot ORDER BY number").fetchall()]
        hot = tuple(Hot(number) for number in numbers)
        (loose_values,) = cursor.execute("SELECT count(*) FROM latest").fetchall()[0]
        layout = Layout(hot=hot, rolled=rolled, floors=floors, samples=int(meta["samples"]), loose_values=loose_values)
        return layout.with_parts(read_parts(cursor))

    def _restore_latest(self, cursor: Cursor, layout: Layout) -> None:
        for hot in (None, *layout.hot):
            table = hot.table if hot else "latest"
            found = cursor.execute(f"SELECT {ROWS_OF_PART} FROM {table}").fetchnumpy()  # noqa: S608 - our own names
            rows = Rows(*(np.asarray(column) for column in found.values()))
            self._writer.latest.update(*rows)
            if hot is not None:
                hot.rows = len(rows.series)
                hot.days = self._segments.days(rows)

    def _check_files(self, layout: Layout) -> None:
        wanted = {part.path(self._directory) for part in layout.all_parts()}
        there = {path for kind in PartKind for path in (self._directory / kind).glob("*")}
        missing = sorted(wanted - there)
        if missing:
            raise ConfigError(
                f"{self._directory} is not complete: {missing[0].relative_to(self._directory)} and {len(missing) - 1} more "
                "files are missing: put them back with `campanile controller repair`, or restore a backup"
            )
        for leftover in there - wanted:
            leftover.unlink()
        highest = max((int(path.stem) for path in wanted), default=0)
        self._segments.begin_after(highest)
