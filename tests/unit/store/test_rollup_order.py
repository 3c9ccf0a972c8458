"""However rows come, sorting gives what a stable sort of the whole gives."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from controller.store.rollup import Buckets, Rows, as_buckets, sort_by_metric, sort_rows

METRIC_OF = np.array([5, 1, 5, 0, 1, 3], np.int32)
run = st.tuples(st.integers(0, 5), st.integers(0, 40), st.integers(1, 90), st.sampled_from([0, 1, 1000]))
"""Series, first instant, how many rows, how far apart."""
runs = st.lists(run, max_size=9)


def rows_of(pieces: list[tuple[int, int, int, int]]) -> Rows:
    """Rows that come run after run; values tell their places apart."""
    at = [np.arange(n, dtype=np.int64) * width + first * 500 for _, first, n, width in pieces]
    series = [np.full(n, number, np.int32) for number, _, n, _ in pieces]
    joined = np.concatenate([np.empty(0, np.int32), *series])
    return Rows(joined, np.concatenate([np.empty(0, np.int64), *at]), np.arange(len(joined), dtype=np.float64))


def same(found: Rows | Buckets, wanted: Rows | Buckets) -> bool:
    """Equal column by column."""
    return all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in zip(found, wanted, strict=True))


def by(rows: Rows, *keys: NDArray[np.int32]) -> Rows:
    """The rows in the order of the keys, then time; equal ones as they came."""
    last_first: list[NDArray[Any]] = [rows.measured_at, *reversed(keys)]
    return rows.taken(np.lexsort(last_first))


@given(runs)
def test_rows_are_sorted_by_series_and_time(pieces: list[tuple[int, int, int, int]]) -> None:
    rows = rows_of(pieces)
    assert same(sort_rows(rows), by(rows, rows.series))
    assert same(as_buckets(rows).sorted(), as_buckets(by(rows, rows.series)))


@given(runs)
def test_rows_are_sorted_by_metric_series_and_time(pieces: list[tuple[int, int, int, int]]) -> None:
    rows = rows_of(pieces)
    assert same(sort_by_metric(rows, METRIC_OF), by(rows, METRIC_OF[rows.series], rows.series))


@pytest.mark.parametrize("second", [99 * 60_000, 100 * 60_000], ids=["they touch", "one after the other"])
def test_long_runs_of_one_series_are_told_apart(second: int) -> None:
    at = np.arange(100, dtype=np.int64) * 60_000
    rows = Rows(np.zeros(200, np.int32), np.concatenate([at + second, at]), np.arange(200, dtype=np.float64))
    assert same(sort_rows(rows), by(rows, rows.series))
