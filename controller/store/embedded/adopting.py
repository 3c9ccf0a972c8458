"""Taking over roll-ups that another store has made, of days whose raw samples nobody has any more."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from controller.store.days import DayCutter
from controller.store.embedded.closing import ROLLED_LEVELS, with_raised_floors
from controller.store.embedded.database import Cursor, Database, insert
from controller.store.embedded.part import Part, as_columns, write_buckets
from controller.store.embedded.shelf import Layout, Shelf
from controller.store.embedded.writing import Segments, Writer, insert_parts
from controller.store.marks import runs_of
from controller.store.port import FrameMark, Level, Times
from controller.store.rollup import NO_ROWS, Buckets


class Adopter:
    """What `append_buckets` does. One thread at a time."""

    def __init__(
        self, database: Database, shelf: Shelf, writer: Writer, segments: Segments, directory: Path, cutter: DayCutter
    ) -> None:
        self._database = database
        self._shelf = shelf
        self._writer = writer
        self._segments = segments
        self._directory = directory
        self._cutter = cutter

    def append_buckets(self, level: Level, buckets: Buckets, marks: Sequence[FrameMark]) -> None:
        """As `MovableStore` says. The days count as rolled with their first bucket, so that upkeep leaves them alone."""
        if marks and all(self._writer.frames.is_committed(marks)):
            return
        day_of = self._cutter.bucket_of(buckets.at, Level.DAY)
        days = frozenset(np.unique(day_of).tolist())
        parts = self._parts(buckets, day_of) if level is Level.FIVE_MINUTES else []

        def keep(cursor: Cursor, layout: Layout) -> Layout:
            if level in ROLLED_LEVELS:
                insert(cursor, ROLLED_LEVELS[level], as_columns(buckets))
            insert_parts(cursor, parts)
            samples = layout.samples
            if level is Level.DAY:  # kept longest, so that the days count even where nothing finer is left
                samples += int(buckets.samples.sum())
                cursor.execute("UPDATE meta SET content = ? WHERE name = 'samples'", [str(samples)])
            return replace(_final(cursor, layout, days, self._end_of(days)).with_parts(parts), samples=samples)

        self._writer.adopt(runs_of(marks), NO_ROWS, keep)

    def _end_of(self, days: frozenset[int]) -> int:
        return self._cutter.end_of(max(days)) if days else 0

    def _parts(self, buckets: Buckets, day_of: Times) -> list[Part]:
        metric_of, parts = self._segments.metric_of, []
        with self._database.cursor() as cursor:
            for day in np.unique(day_of).tolist():
                chosen = buckets.taken(day_of == day)
                ordered = chosen.taken(np.lexsort((chosen.at, chosen.series, metric_of[chosen.series])))
                number = self._segments.next_number()
                parts.append(write_buckets(cursor, self._directory, number, day, ordered, metric_of))
        return parts


def _final(cursor: Cursor, layout: Layout, days: frozenset[int], end: int) -> Layout:
    """The days are rolled, and raw samples are kept no more before `end`."""
    for day in days - layout.rolled:
        cursor.execute("INSERT INTO rolled VALUES (?)", [day])
    after = with_raised_floors(cursor, layout, {Level.RAW: end})
    return replace(after, rolled=layout.rolled | days)
