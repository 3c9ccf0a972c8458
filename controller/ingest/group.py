"""The frames that will be committed together: their columns, their marks, and whom to tell."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from campus.topics import Address
from campus.wire.columns import Columns
from controller.ingest.accept import ACCEPTED, SeriesTable, counted, join_tables, verdicts
from controller.store.port import Batch, FrameMark


class Arrived(NamedTuple):
    """One message of a broker, or one frame of a file, which has no topic: then `address` is None and the frame is believed.

    `receipt` is whatever its bringer needs to acknowledge it; ingest only carries it.
    """

    address: Address | None
    payload: bytes
    received_at: int
    receipt: object = None


@dataclass
class Group:
    """Grows frame by frame in one thread; `batch` turns it into what the store takes."""

    arrived: list[Arrived] = field(default_factory=list)
    """Every frame taken, whatever became of it: their receipts are due after the commit."""
    marks: dict[FrameMark, None] = field(default_factory=dict)
    """Frames to be committed, in order of arrival."""
    repeated: list[FrameMark] = field(default_factory=list)
    """Frames that were stored before: only their acknowledgement is due again."""
    greeted: list[tuple[Address, int]] = field(default_factory=list)
    """Agents that said hello, with their epochs: each is answered, even where nothing is to be acknowledged."""
    rows: int = 0
    set_aside: dict[str, int] = field(default_factory=dict)
    _columns: list[Columns] = field(default_factory=list)
    _tables: dict[int, SeriesTable] = field(default_factory=dict)
    _offsets: dict[int, int] = field(default_factory=dict)
    _bases: list[int] = field(default_factory=list)
    _height: int = 0
    _batch: Batch | None = None

    def add_columns(self, columns: Columns, table: SeriesTable) -> None:
        """Take the samples of a frame; frames of one dictionary share its table."""
        key = id(table)
        if key not in self._tables:
            self._tables[key] = table
            self._offsets[key] = self._height
            self._height += len(table.series)
        self._bases.append(self._offsets[key])
        self._columns.append(columns)
        self.rows += len(columns.value)

    def batch(self, earliest: int, latest: int) -> Batch:
        """What can be believed of it, judged once; `set_aside` tells the rest. Instants must lie in earliest..latest."""
        if self._batch is None:
            self._batch = self._judged(earliest, latest)
        return self._batch

    def _judged(self, earliest: int, latest: int) -> Batch:
        marks = list(self.marks)
        if not self._columns:
            return Batch(marks, np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.float64))
        lengths = [len(columns.value) for columns in self._columns]
        entry = np.concatenate([columns.series for columns in self._columns])
        entry += np.repeat(self._bases, lengths)
        measured_at = np.concatenate([columns.measured_at for columns in self._columns])
        value = np.concatenate([columns.value for columns in self._columns])
        table = join_tables(list(self._tables.values()))
        verdict = verdicts(table, entry, measured_at, value, earliest, latest)
        series = table.series[entry]
        if verdict.any():
            self.set_aside = counted(verdict)
            taken = verdict == ACCEPTED
            series, measured_at, value = series[taken], measured_at[taken], value[taken]
        return Batch(marks, series, measured_at, value)
