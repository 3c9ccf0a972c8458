"""The arithmetic of capacity against definitions written the obvious way."""

import math
from collections import defaultdict
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.capacity.rules import (
    FIVE_MINUTES_MS,
    MIN_BUCKETS_IN_HOUR,
    BusyHour,
    busy_hour,
    coverage,
    days_above,
    nearest_rank,
)
from controller.localtime import HOUR_MS

ZONES = ("Asia/Shanghai", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns")
MARCH = 1_774_000_000_000 // FIVE_MINUTES_MS
"""Some days before Europe's and America's clocks changed in 2026."""

rates = st.integers(0, 1_000).map(float)
averages = st.dictionaries(st.integers(0, 12 * 24 * 12), rates, max_size=120).map(
    lambda found: (
        np.array([(MARCH + bucket) * FIVE_MINUTES_MS for bucket in sorted(found)], dtype=np.int64),
        np.array([found[bucket] for bucket in sorted(found)], dtype=np.float64),
    )
)
zones = st.sampled_from(ZONES).map(ZoneInfo)
Columns = tuple[np.ndarray[tuple[int], np.dtype[np.int64]], np.ndarray[tuple[int], np.dtype[np.float64]]]


def naive_nearest_rank(values: list[float], percent: float) -> float:
    """The smallest value that at least that share does not exceed."""
    for candidate in sorted(values):
        if sum(value <= candidate for value in values) * 100 >= percent * len(values):
            return candidate
    return math.nan


@given(st.lists(rates, min_size=1, max_size=60), st.sampled_from([1, 5, 50, 90, 95, 99, 100]))
def test_nearest_rank(values: list[float], percent: int) -> None:
    assert nearest_rank(np.array(values), percent) == naive_nearest_rank(values, percent)


def test_nearest_rank_of_billing_sized_samples_is_exact() -> None:
    """95 % of 20, 100 and of a 30-day month are whole numbers: no rounding may push the rank up."""
    for count in (20, 100, 8640):
        assert nearest_rank(np.arange(1.0, count + 1), 95) == count * 95 // 100
    assert math.isnan(nearest_rank(np.empty(0), 95))


def naive_hours(columns: Columns, zone: ZoneInfo) -> dict[tuple[str, float], list[tuple[int, float]]]:
    """Averages by local clock hour; the offset tells two 02:00 of an autumn night apart."""
    hours = defaultdict(list)
    for at, rate in zip(columns[0].tolist(), columns[1].tolist(), strict=True):
        local = datetime.fromtimestamp(at / 1000, UTC).astimezone(zone)
        offset = local.utcoffset()
        assert offset is not None
        hours[local.strftime("%Y-%m-%d %H"), offset.total_seconds()].append((at, rate))
    return hours


@given(averages, zones)
def test_busy_hour(columns: Columns, zone: ZoneInfo) -> None:
    found = busy_hour(*columns, zone)
    means = {
        hour: sum(rate for _, rate in rows) / len(rows)
        for hour, rows in naive_hours(columns, zone).items()
        if len(rows) >= MIN_BUCKETS_IN_HOUR
    }
    if not means:
        assert math.isnan(found.bps)
        assert found.at == 0
        return
    assert found.bps == pytest.approx(max(means.values()))
    local = datetime.fromtimestamp(found.at / 1000, UTC).astimezone(zone)
    offset = local.utcoffset()
    assert offset is not None
    assert means[local.strftime("%Y-%m-%d %H"), offset.total_seconds()] == pytest.approx(found.bps)
    assert local.minute == local.second == 0


def test_the_busy_hour_is_whole_hours_of_full_days() -> None:
    """Dense data, so that the property above is not only met by sparse hours."""
    at = (MARCH + np.arange(3 * 288)) * FIVE_MINUTES_MS
    zone = ZoneInfo("Asia/Kathmandu")  # 45 minutes off
    start = int(at[100] - (at[100] + 20_700_000) % HOUR_MS)
    rate = np.where((at >= start) & (at < start + HOUR_MS), 80.0, 10.0)
    assert busy_hour(at, rate, zone) == BusyHour(80.0, start)


@given(averages, zones, st.sampled_from([0.0, 300.0, 700.0, math.nan]))
def test_days_above(columns: Columns, zone: ZoneInfo, line: float) -> None:
    days = defaultdict(list)
    for at, rate in zip(columns[0].tolist(), columns[1].tolist(), strict=True):
        days[datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).date()].append(rate)
    expected = sum(naive_nearest_rank(rows, 95) > line for rows in days.values()) if line > 0 else 0
    assert days_above(*columns, line, zone) == expected


@given(averages, st.integers(-5_000_000, 5_000_000), st.integers(0, 40_000_000))
def test_coverage(columns: Columns, shift_ms: int, length_ms: int) -> None:
    start = MARCH * FIVE_MINUTES_MS + shift_ms
    end = start + length_ms
    first = math.ceil(start / FIVE_MINUTES_MS)
    whole = [bucket * FIVE_MINUTES_MS for bucket in range(first, end // FIVE_MINUTES_MS)]
    there = set(columns[0].tolist())
    expected = sum(bucket in there for bucket in whole) / len(whole) if whole else 0.0
    assert coverage(columns[0], start, end) == expected
