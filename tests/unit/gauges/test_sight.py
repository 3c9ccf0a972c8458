"""What was measured last, now and in the past: the two ways of looking say the same, and what a plain loop says."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.ids import SiteId
from controller.gauges import sight as seen
from controller.gauges.sight import Past, Present
from controller.store.port import Batch
from tests.fakes.memory_store import MemoryStore
from tests.support.samples import series

START = 1_790_000_000_000
NAMES = [series(SiteId("no-1"), f"device-{number}", "uptime_s") for number in range(4)]
samples = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 100), st.integers(0, 9).map(float)),
    max_size=40,
    unique_by=lambda each: each[:2],
)
instants = st.lists(st.integers(0, 110), min_size=1, max_size=8, unique=True).map(sorted)


def filled(told: list[tuple[int, int, float]]) -> MemoryStore:
    store = MemoryStore()
    ids = store.series_ids(NAMES)
    rows = np.array(told, np.float64).reshape(-1, 3)
    store.append(Batch([], ids[rows[:, 0].astype(int)], START + rows[:, 1].astype(np.int64) * 1_000, rows[:, 2]))
    return store


def naive(told: list[tuple[int, int, float]], number: int, at: int, fresh: int) -> tuple[int, float]:
    before = [(when, value) for each, when, value in told if each == number and at - fresh <= when <= at]
    return max(before, default=(0, math.nan))


@given(samples, instants, st.integers(0, 30), st.permutations(range(4)))
def test_the_past_is_looked_up_instant_by_instant(
    told: list[tuple[int, int, float]], at: list[int], fresh: int, order: list[int]
) -> None:
    store = filled(told)
    found = Past(store, np.array([START + each * 1_000 for each in at])).newest(
        np.array(order, np.int32), fresh * 1_000
    )
    for row, number in enumerate(order):
        for column, each in enumerate(at):
            when, value = naive(told, number, each, fresh)
            assert found.value[row, column] == pytest.approx(value, nan_ok=True)
            assert found.measured_at[row, column] == (0 if math.isnan(value) else START + when * 1_000)


@given(samples, st.integers(0, 30))
def test_the_present_is_the_past_as_of_now(told: list[tuple[int, int, float]], fresh: int) -> None:
    store, now, ids = filled(told), START + 101_000, np.arange(4, dtype=np.int32)
    present, past = Present(store, now), Past(store, np.array([now]))
    assert present.instants.tolist() == past.instants.tolist()
    for one, other in zip(present.newest(ids, fresh * 1_000), past.newest(ids, fresh * 1_000), strict=True):
        np.testing.assert_array_equal(one, other)


def test_many_series_are_looked_up_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    told = [(number, 10 * number, float(number)) for number in range(4)]
    past, ids = Past(filled(told), START + np.arange(0, 60_000, 1_000)), np.arange(4, dtype=np.int32)
    whole = past.newest(ids, 15_000)
    monkeypatch.setattr(seen, "ROWS_AT_ONCE", 1)
    for one, other in zip(whole, past.newest(ids, 15_000), strict=True):
        np.testing.assert_array_equal(one, other)
