"""Writing: names and staleness first, then the points, then the frames' marks. Nothing counts before its marks do.

A crash between the points and the marks makes agents send the same frames again, and the same points come to stand where
they stand already.
"""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Final

import numpy as np

from campus.influx import Policy
from controller.store.influx.catalogue import Catalogue
from controller.store.influx.delivery import LINES_OF_BODY, Delivery
from controller.store.influx.ledger import Ledger
from controller.store.influx.lines import Lines
from controller.store.latest import LatestValues
from controller.store.marks import CommittedFrames, Run, Stream, runs_of
from controller.store.port import Batch
from controller.store.rollup import Rows
from controller.store.series_index import Extent, SeriesIndex

_MOST_LOOSE_RUNS: Final = 50_000
_LOOSE_ROWS: Final = 1_000_000
"""Besides twice the series: so many samples in the catalogue are read again within a second."""
_log = logging.getLogger(__name__)


class Writer:
    """Appends batches. One thread at a time; `tidy` may be called by another."""

    def __init__(
        self, catalogue: Catalogue, ledger: Ledger, delivery: Delivery, index: SeriesIndex, lines: Lines
    ) -> None:
        self.frames = CommittedFrames()
        self.latest = LatestValues()
        self.samples = 0
        """Written so far, each as often as it was."""
        self.too_late = 0
        self._catalogue = catalogue
        self._ledger = ledger
        self._delivery = delivery
        self._index = index
        self._lines = lines
        self._kept = Extent()
        self._loose_runs = 0
        self._loose_rows = 0
        self._appending = Lock()
        self._posting: ThreadPoolExecutor | None = None

    def restore(self) -> None:
        """Read the catalogue, names apart, which the index has already."""
        self._kept = self._index.extent
        runs, self._loose_runs = self._catalogue.frames()
        for stream, run in runs:
            self.frames.add(stream, run)
        for rows in self._catalogue.newest():
            self.latest.update(*rows)
            self._loose_rows += len(rows.series)
        self.samples = int(self._catalogue.meta()["samples"])
        self._posting = ThreadPoolExecutor(1, "influx-post")

    def append(self, batch: Batch) -> None:
        """As the port says."""
        marks = batch.marks
        # Nearly always the first of them tells: it is new, as all are.
        if marks and all(self.frames.is_committed(marks[:1])) and all(self.frames.is_committed(marks)):
            return
        rows = Rows(batch.series, batch.measured_at, batch.value)
        is_kept = self._ledger.are_kept(rows.measured_at)
        too_late = len(is_kept) - int(np.count_nonzero(is_kept))
        if too_late:
            rows = rows.taken(is_kept)
        runs = runs_of(marks)
        with self._appending:
            rows = self._stored(rows)
            self._commit(runs, rows, len(rows.series))
        if too_late:
            self.too_late += too_late
            _log.warning("samples came after their day was closed for good", extra={"samples": too_late})

    def inherit(self, runs: Sequence[tuple[Stream, Run]], latest: Rows, samples: int) -> None:
        """Frames, newest values and the number of samples of another store, with names that are new."""
        with self._appending:
            self._kept = self._catalogue.announce(self._index, self._kept, [])
            self._commit(runs, latest, samples)

    def tidy(self, *, entirely: bool = False) -> None:
        """Make short what a start reads, when it has grown long."""
        if self._loose_runs > (0 if entirely else _MOST_LOOSE_RUNS):
            with self._appending:
                self._loose_runs = self._catalogue.merge_runs()
        if self._loose_rows > (0 if entirely else _LOOSE_ROWS + 2 * len(self._index)):
            self.keep_newest()

    def keep_newest(self) -> None:
        """The newest value of each series, in the place of all samples since the last time."""
        with self._appending:
            until = self._catalogue.last_newest()
            newest, written = Rows(*self.latest.known()), self._loose_rows
        self._catalogue.keep_newest(until, newest)
        with self._appending:
            self._loose_rows += len(newest.series) - written

    def close(self) -> None:
        """End the thread; harmless when called twice."""
        if self._posting is not None:
            self._posting.shutdown()
            self._posting = None

    def _commit(self, runs: Sequence[tuple[Stream, Run]], newer: Rows, samples: int) -> None:
        self._catalogue.commit(runs, newer, samples)
        for stream, run in runs:
            self.frames.add(stream, run)
        self.latest.update(*newer)
        self.samples += samples
        self._loose_runs += len(runs)
        self._loose_rows += len(newer.series)

    def _stored(self, rows: Rows) -> Rows:
        """Those of the rows that InfluxDB has now."""
        device = self._index.columns(0).device[rows.series]
        buckets, fresh = self._ledger.touch(rows.measured_at, device)
        try:
            self._kept = self._catalogue.announce(self._index, self._kept, fresh)
        except BaseException:
            self._ledger.withdraw(buckets, fresh)
            raise
        try:
            refused = self._posted(rows)
        finally:
            self._ledger.settle(buckets)
        if not refused:
            return rows
        is_stored = np.ones(len(rows.series), np.bool_)
        is_stored[refused] = False
        return rows.taken(is_stored)

    def _posted(self, rows: Rows) -> list[int]:
        """Numbers of the rows that are refused. One body is on its way while the next is put together; their order stays."""
        if len(rows.series) <= LINES_OF_BODY:
            return self._delivery.write(Policy.RAW, self._lines.of_rows(rows)) if len(rows.series) else []
        refused: list[int] = []
        under_way: list[tuple[int, Future[list[int]]]] = []
        assert self._posting is not None  # noqa: S101 - `restore` came first
        try:
            for first, body in self._bodies(rows):
                under_way.append((first, self._posting.submit(self._delivery.write, Policy.RAW, body)))
                if len(under_way) > 1:
                    refused += _refused(*under_way.pop(0))
            for each in under_way:
                refused += _refused(*each)
        except BaseException:
            for _, future in under_way:  # nothing may come to stand in InfluxDB once this is over
                if not future.cancel():
                    future.exception()
            raise
        return refused

    def _bodies(self, rows: Rows) -> Iterator[tuple[int, bytes]]:
        for first in range(0, len(rows.series), LINES_OF_BODY):
            chosen = slice(first, first + LINES_OF_BODY)
            some = Rows(rows.series[chosen], rows.measured_at[chosen], rows.value[chosen])
            yield first, self._lines.of_rows(some)


def _refused(first: int, written: "Future[list[int]]") -> list[int]:
    return [first + number for number in written.result()]
