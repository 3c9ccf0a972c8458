"""A small district and its life, made once for all unit tests of the simulator."""

from datetime import UTC, datetime
from functools import cache

import numpy as np

from simulator.district.district import District, build_district
from simulator.district.timetable import holidays
from simulator.life.columns import ColumnName, Quantity
from simulator.life.moment import day_numbers
from simulator.life.noise import Floats, Longs
from simulator.life.site_life import DistrictLife

SEED = 3
SCHOOLS = 8
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MONDAY = int(datetime(2026, 11, 15, 16, 0, tzinfo=UTC).timestamp() * 1000)
"""Monday 2026-11-16 00:00 in China."""
SATURDAY = MONDAY + 5 * DAY_MS


@cache
def district() -> District:
    return build_district(SEED, SCHOOLS)


@cache
def life() -> DistrictLife:
    return DistrictLife(district(), day_numbers(holidays(2026)))


@cache
def monday() -> dict[str, Floats]:
    """Every five minutes of a Monday, by site."""
    return life().evaluate_means(five_minutes(MONDAY, 288), {})


def five_minutes(begin: int, count: int) -> Longs:
    return begin + 300_000 * np.arange(1, count + 1, dtype=np.int64)


def column(matrix: Floats, site: str, device: str, quantity: Quantity, part: str = "") -> Floats:
    values: Floats = matrix[:, life().sites[site].columns[ColumnName(device, quantity, part)]]
    return values
