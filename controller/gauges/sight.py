"""What was measured last as of some instants: now, from memory, or in the past, from raw samples."""

from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from controller.gauges.model import Matrix
from controller.store.port import Ids, Level, SampleStore, Times

ROWS_AT_ONCE: Final = 2_000_000
"""Series times instants that are looked up together, about 50 MB."""


class Newest(NamedTuple):
    """A row for each series, a column for each instant; 0 and NaN where nothing was measured lately enough."""

    measured_at: NDArray[np.int64]
    value: Matrix


class Sight(Protocol):
    """One look at the store."""

    @property
    def instants(self) -> Times:
        """As of when, ascending."""

    def newest(self, ids: Ids, fresh_ms: int) -> Newest:
        """Of each series what was measured last at each instant, unless that was more than `fresh_ms` before."""


@dataclass(frozen=True)
class Present:
    """As of this moment: what came in meanwhile counts as of `at` too."""

    store: SampleStore
    at: int

    @property
    def instants(self) -> Times:
        """The one."""
        return np.array([self.at], np.int64)

    def newest(self, ids: Ids, fresh_ms: int) -> Newest:
        """From memory."""
        measured_at, value = (column.reshape(-1, 1) for column in self.store.latest(ids))
        is_stale = (measured_at == 0) | (self.at - measured_at > fresh_ms)
        return Newest(np.where(is_stale, 0, measured_at), np.where(is_stale, np.nan, value))


@dataclass(frozen=True)
class Past:
    """As of some instants, as far as raw samples are kept."""

    store: SampleStore
    instants: Times

    def newest(self, ids: Ids, fresh_ms: int) -> Newest:
        """Each piece of series is read over all the instants."""
        together = max(1, ROWS_AT_ONCE // len(self.instants))
        pieces = [self._some(ids[first : first + together], fresh_ms) for first in range(0, len(ids), together)]
        nothing = Newest(np.empty((0, len(self.instants)), np.int64), np.empty((0, len(self.instants))))
        return Newest(*(np.concatenate(column) for column in zip(nothing, *pieces, strict=True)))

    def _some(self, ids: Ids, fresh_ms: int) -> Newest:
        order = np.sort(ids)
        start, end = int(self.instants[0]) - fresh_ms, int(self.instants[-1]) + 1
        window = self.store.window(order, start, end, Level.RAW)
        span = end - start + 1
        # One line of numbers for all series, each in a stretch of its own, so that one search finds them all.
        heard = np.searchsorted(order, window.series).astype(np.int64) * span + (window.at - start)
        first = np.searchsorted(order, ids).astype(np.int64)[:, None] * span
        place = np.searchsorted(heard, first + (self.instants - start)[None, :], side="right") - 1
        measured_at, value = np.append(window.at, 0)[place], np.append(window.mean, np.nan)[place]
        is_other = np.append(heard, -1)[place] < first
        is_stale = is_other | (self.instants[None, :] - measured_at > fresh_ms)
        return Newest(np.where(is_stale, 0, measured_at), np.where(is_stale, np.nan, value))
