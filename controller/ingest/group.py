"""The frames that will be committed together: their columns, their marks, and whom to tell."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from campus.topics import Address
from campus.wire.columns import Columns, check_sizes, join_columns, read_columns
from campus.wire.frame import FrameError, SamplesBody
from controller.ingest.accept import ACCEPTED, MetricLimits, SeriesTable, counted, verdicts
from controller.store.port import Batch, FrameMark, Ids, Times, Values

PIECE_ROWS: Final = 16_384
"""Columns are read and judged in pieces of about this many samples: those stay in a processor's cache."""

_NOTHING: Final = (np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.float64))


class Arrived(NamedTuple):
    """One message of a broker, or one frame of a file, which has no topic: then `address` is None and the frame is believed.

    `receipt` is whatever its bringer needs to acknowledge it; ingest only carries it.
    """

    address: Address | None
    payload: bytes
    received_at: int
    receipt: object = None


class _Taken(NamedTuple):
    """A frame of samples whose columns have not been read yet."""

    arrived: Arrived
    body: SamplesBody
    table: SeriesTable


@dataclass
class Group:
    """Grows frame by frame in one thread; `batch` turns it into what the store takes, after which it must not grow.

    Columns are read when the group is whole, those of many frames together: the fixed cost of array operations is more
    than that of the samples of a small frame.
    """

    limits: MetricLimits
    arrived: list[Arrived] = field(default_factory=list)
    """Every frame taken, whatever became of it: their receipts are due after the commit."""
    marks: dict[FrameMark, None] = field(default_factory=dict)
    """Frames to be committed, in order of arrival."""
    repeated: list[FrameMark] = field(default_factory=list)
    """Frames that were stored before: only their acknowledgement is due again."""
    greeted: list[tuple[Address, int]] = field(default_factory=list)
    """Agents that said hello, with their epochs: each is answered, even where nothing is to be acknowledged."""
    rows: int = 0
    set_aside: Counter[str] = field(default_factory=Counter)
    """Samples that cannot be believed, by reason; complete once `batch` was asked for, as is `unreadable`."""
    unreadable: list[tuple[Arrived, FrameError]] = field(default_factory=list)
    """Frames whose columns are not what they should be: nothing of them is in the batch, but their marks are."""
    _taken: list[_Taken] = field(default_factory=list)
    _batch: Batch | None = None

    @property
    def is_closed(self) -> bool:
        """Whether its batch was asked for: a frame that joins now would be in no batch."""
        return self._batch is not None

    def add_samples(self, arrived: Arrived, body: SamplesBody, table: SeriesTable) -> None:
        """Take a frame of samples, with the table of its dictionary; `FrameError` when the columns' sizes disagree."""
        check_sizes(body)
        self._taken.append(_Taken(arrived, body, table))
        self.rows += body.count

    def batch(self, earliest: int, latest: int) -> Batch:
        """What can be believed of it, judged once. Instants must lie in earliest..latest."""
        if self._batch is None:
            pieces = [self._judged(piece, earliest, latest) for piece in self._pieces()]
            columns = (np.concatenate(column) for column in zip(_NOTHING, *pieces, strict=True))
            self._batch = Batch(list(self.marks), *columns)
        return self._batch

    def _pieces(self) -> Iterator[list[_Taken]]:
        piece: list[_Taken] = []
        rows = 0
        for taken in self._taken:
            piece.append(taken)
            rows += taken.body.count
            if rows >= PIECE_ROWS:
                yield piece
                piece, rows = [], 0
        if piece:
            yield piece

    def _judged(self, piece: list[_Taken], earliest: int, latest: int) -> tuple[Ids, Times, Values]:
        try:
            entry, measured_at, value = _joined(piece)
        except FrameError:
            piece = [taken for taken in piece if self._is_readable(taken)]
            if not piece:
                return _NOTHING
            entry, measured_at, value = _joined(piece)
        tables = {id(taken.table): taken.table for taken in piece}
        bases = np.cumsum([0, *(len(table.series) for table in tables.values())])
        base_of = dict(zip(tables, bases.tolist(), strict=False))  # the last of the bases is where all end
        entry += np.repeat([base_of[id(taken.table)] for taken in piece], [taken.body.count for taken in piece])
        series = np.concatenate([table.series for table in tables.values()])[entry]
        metric = np.concatenate([table.metric for table in tables.values()])[entry]
        verdict = verdicts(series, metric, measured_at, value, self.limits, earliest, latest)
        if not verdict.any():
            return series, measured_at, value
        self.set_aside.update(counted(verdict))
        accepted = verdict == ACCEPTED
        return series[accepted], measured_at[accepted], value[accepted]

    def _is_readable(self, taken: _Taken) -> bool:
        try:
            read_columns(taken.body, len(taken.table.series))
        except FrameError as error:
            self.unreadable.append((taken.arrived, error))
            return False
        return True


def _joined(piece: Sequence[_Taken]) -> Columns:
    return join_columns([taken.body for taken in piece], [len(taken.table.series) for taken in piece])
