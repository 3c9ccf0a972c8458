"""How dense a large district's past is, and the numbers themselves: samples and roll-ups that wander, some at a time.

Dense is what dashboards read: of the whole district each metric that a query reads of it, of a few schools everything. All
other series are there with one sample and one bucket of each level.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.dashboards_reads import Reads
from benchmarks.dashboards_variants import HOUR_MS, Line, is_lesson
from campus.metrics import catalogue
from controller.store.days import WIDTH_MS
from controller.store.port import Ids, Level, Times, Values
from controller.store.rollup import Buckets, Rows
from simulator.life.noise import Floats, chance, wander

NEWEST_MS: Final = HOUR_MS
"""Queries that read raw samples of a longer range want the newest of each series: so long every one is there."""
LONGEST_RAW_MS: Final = 4 * HOUR_MS
"""Of a shorter range raw samples are drawn, and all are there."""
_ROWS_AT_ONCE: Final = 1_000_000
_PERIOD_MS: Final = 6 * HOUR_MS
_RARE: Final = 0.99
_SPREAD: Final = 0.02


@dataclass(frozen=True)
class Columns:
    """Series of a district in the order of their ids."""

    low: Values
    high: Values
    resolution: Values
    is_state: NDArray[np.bool_]
    cadence_ms: NDArray[np.int64]
    in_lessons: NDArray[np.bool_]
    metric: Ids
    metrics: Sequence[str]
    kind: Ids
    kinds: Sequence[str]
    is_dense: NDArray[np.bool_]
    """Of a school of which everything is dense."""

    def __len__(self) -> int:
        return len(self.low)


def columns_of(schools: Sequence[Sequence[Line]], dense: frozenset[int]) -> Columns:
    """Of the series of schools, one school after the other; `dense` are the places of some schools."""
    metrics, kinds = _Numbers(), _Numbers()
    known: dict[int, list[NDArray[np.float64]]] = {}
    pieces, is_dense = [], []
    for place, lines in enumerate(schools):
        piece = known.get(id(lines))
        if piece is None:
            rows = [_numbers(line, metrics, kinds) for line in lines]
            piece = known[id(lines)] = list(np.array(rows, np.float64).reshape(-1, 8).T)
        pieces.append(piece)
        is_dense.append(np.full(len(lines), place in dense))
    low, high, resolution, is_state, cadence, in_lessons, metric, kind = (
        np.concatenate(each) for each in zip(*pieces, strict=True)
    )
    numbers = (metric.astype(np.int32), metrics.words, kind.astype(np.int32), kinds.words)
    return Columns(
        low,
        high,
        resolution,
        is_state > 0,
        cadence.astype(np.int64),
        in_lessons > 0,
        *numbers,
        np.concatenate(is_dense),
    )


class _Numbers:
    def __init__(self) -> None:
        self.words: list[str] = []
        self._number: dict[str, int] = {}

    def of(self, word: str) -> int:
        if word not in self._number:
            self._number[word] = len(self.words)
            self.words.append(word)
        return self._number[word]


def _numbers(line: Line, metrics: _Numbers, kinds: _Numbers) -> tuple[float, ...]:
    metric = catalogue()[line.key.metric]
    kind = kinds.of(str(line.kind or ""))
    return (
        line.low,
        line.high,
        metric.resolution,
        bool(metric.states),
        line.cadence_ms,
        line.in_lessons,
        metrics.of(line.key.metric),
        kind,
    )


class Density:
    """From when on each series is dense, at each level; `now` (UTC ms) is where everything ends."""

    def __init__(self, columns: Columns, reads: Reads, now: int) -> None:
        self._columns = columns
        self._reads = reads
        self._now = now

    def since(self, level: Level) -> Times:
        """For each series; `now` for one that is not dense at the level."""
        columns, now = self._columns, self._now
        since = np.full(len(columns), now)
        for read in self._reads.whole:
            if read.level is level and read.metric in columns.metrics:
                chosen = columns.metric == columns.metrics.index(read.metric)
                if read.kinds:
                    kinds = [number for number, kind in enumerate(columns.kinds) if kind in read.kinds]
                    chosen &= np.isin(columns.kind, kinds)
                since[chosen] = np.minimum(since[chosen], now - self._reach_ms(level, read.range_ms))
        if level in self._reads.of_one_ms:
            reach_ms = (
                min(self._reads.of_one_ms[level], LONGEST_RAW_MS)
                if level is Level.RAW
                else self._reads.of_one_ms[level]
            )
            since[columns.is_dense] = now - reach_ms
        return since

    def rolled(self) -> list[Level]:
        """Levels that anything reads, but raw."""
        levels = {read.level for read in self._reads.whole} | set(self._reads.of_one_ms)
        return [level for level in (Level.HOUR, Level.FIVE_MINUTES) if level in levels]

    def _reach_ms(self, level: Level, range_ms: int) -> int:
        return NEWEST_MS if level is Level.RAW and range_ms >= LONGEST_RAW_MS else range_ms


def samples(columns: Columns, since: Times, now: int) -> Iterator[Rows]:
    """Of each series a sample at each of its times from `since` on, before `now`; of one that is not dense a single one."""
    alone = np.flatnonzero(since >= now).astype(np.int32)
    if len(alone):
        yield _rows(columns, alone, np.array([now - columns.cadence_ms.min()]))
    for chosen, step_ms, start in _groups(columns, since, now):
        at = _instants(columns, chosen, start, now, step_ms)
        together = max(1, _ROWS_AT_ONCE // len(chosen))
        for first in range(0, len(at), together):
            yield _rows(columns, chosen, at[first : first + together])


def buckets(
    columns: Columns, level: Level, since: Times, now: int, days: Sequence[tuple[int, int]], until: int
) -> Iterator[Buckets]:
    """Of each series its buckets from `since` on, before `until`, by day and metric; of one that is not dense (`since` is
    `now`) a single one.

    `days` are starts and ends of days, ascending; that one is the last of the last day that has ended.
    """
    width_ms = WIDTH_MS[level]
    ended = max(end for _, end in days if end <= now)
    for start, end in days:
        if start >= until:
            return
        alone = np.flatnonzero(since >= now).astype(np.int32) if end == ended else np.empty(0, np.int32)
        groups = [(alone, np.array([ended - width_ms]))] if len(alone) else []
        for chosen, step_ms, begin in _groups(columns, np.maximum(since, start), min(end, until), width_ms):
            at = _instants(columns, chosen, begin - begin % width_ms, min(end, until), step_ms)
            groups.append((chosen, at))
        for chosen, at in groups:
            ordered = chosen[np.argsort(columns.metric[chosen], kind="stable")]
            together = max(1, _ROWS_AT_ONCE // max(len(at), 1))
            for first in range(0, len(ordered) if len(at) else 0, together):
                yield _buckets(columns, ordered[first : first + together], at, width_ms)


def _groups(columns: Columns, since: Times, end: int, width_ms: int = 0) -> Iterator[tuple[Ids, int, int]]:
    """Series with the same times: their ids, how far those lie apart, and where they begin."""
    for start in np.unique(since[since < end]).tolist():
        for cadence_ms in np.unique(columns.cadence_ms).tolist():
            for told_in_lessons in (False, True):
                chosen = (since == start) & (columns.cadence_ms == cadence_ms) & (columns.in_lessons == told_in_lessons)
                if chosen.any():
                    yield np.flatnonzero(chosen).astype(np.int32), max(cadence_ms, width_ms), start


def _instants(columns: Columns, chosen: Ids, start: int, end: int, step_ms: int) -> Times:
    at = np.arange(-(-start // step_ms) * step_ms, end, step_ms, dtype=np.int64)
    return at[is_lesson(at)] if columns.in_lessons[chosen[0]] else at


def _rows(columns: Columns, chosen: Ids, at: Times) -> Rows:
    value = _values(columns, chosen, at)
    resolution = columns.resolution[chosen]
    rounded = (np.round(value / resolution) * resolution).round(6)
    return Rows(np.tile(chosen, len(at)), np.repeat(at, len(chosen)), rounded.ravel())


def _buckets(columns: Columns, chosen: Ids, at: Times, width_ms: int) -> Buckets:
    """Series by series."""
    mean = _values(columns, chosen, at)
    spread = np.where(columns.is_state[chosen], 0.0, _SPREAD * (columns.high[chosen] - columns.low[chosen]))
    low, high = np.maximum(mean - spread, columns.low[chosen]), np.minimum(mean + spread, columns.high[chosen])
    low, high = np.minimum(low, mean), np.maximum(high, mean)
    count = np.maximum(width_ms // columns.cadence_ms[chosen], 1)
    minimum, means, maximum = (each.T.ravel().round(6) for each in (low, mean, high))
    series, samples = np.repeat(chosen, len(at)), np.repeat(count, len(at))
    return Buckets(series, np.tile(at, len(chosen)), samples, minimum, means, maximum, maximum)


def _values(columns: Columns, chosen: Ids, at: Times) -> Floats:
    """Shape (instants, series)."""
    keys = chosen.astype(np.uint64)
    unit = (wander(keys, at, _PERIOD_MS) + 1) / 2 * (1 - _SPREAD) + chance(keys, at) * _SPREAD
    unit = np.where(columns.is_state[chosen], unit > _RARE, unit)
    low, high = columns.low[chosen], columns.high[chosen]
    values: Floats = low + unit * (high - low)
    return values
