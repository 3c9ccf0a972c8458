"""Counters: what rates have summed up to since each device started.

A month's start is the fixed point: from there on the sum is exact and the same for every start of the simulator, because
the five-second ripple averages out over each five minutes (`Demand.cell_weights`). Faults change it only while they last.
"""

from datetime import UTC, datetime, timedelta

import numpy as np

from simulator.district.dice import key_of
from simulator.life.columns import Columns
from simulator.life.demand import BLOCK_MS, CELL_MS
from simulator.life.fault import FaultSet
from simulator.life.moment import CHINA_MS
from simulator.life.noise import Floats
from simulator.life.site_life import DistrictLife

_CHUNK_BLOCKS = 2016
_MOST_BEFORE = 4e12
"""Octets a counter may have counted before the fixed point, at most; other counters start at a small part of it."""


def fixed_point(now: int) -> int:
    """The first instant of the local month of `now` (UTC ms)."""
    local = datetime.fromtimestamp((now + CHINA_MS) / 1000, UTC)
    first = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return int((first - timedelta(milliseconds=CHINA_MS)).timestamp() * 1000)


def sums_at(life: DistrictLife, now: int) -> dict[str, Floats]:
    """Every column's sum at `now` by site, without faults (columns that are no rates have sums that mean nothing)."""
    block = now - now % BLOCK_MS
    sums = {site: _before(life.district.seed, site, each.columns) for site, each in life.sites.items()}
    ends = np.arange(fixed_point(now), block, BLOCK_MS, dtype=np.int64) + BLOCK_MS
    for start in range(0, len(ends), _CHUNK_BLOCKS):
        rows = life.evaluate_means(ends[start : start + _CHUNK_BLOCKS], {})
        for site, matrix in rows.items():
            sums[site] += matrix.sum(axis=0) * (BLOCK_MS / 1000)
    add_cells(life, sums, block, now, {})
    return sums


def add_cells(life: DistrictLife, sums: dict[str, Floats], begin: int, end: int, faults: dict[str, FaultSet]) -> None:
    """Add what passes from `begin` to `end` (UTC ms), cell by cell, to `sums`."""
    if end <= begin:
        return
    cuts = np.arange(begin - begin % CELL_MS, end, CELL_MS, dtype=np.int64)
    for start in range(0, len(cuts), _CHUNK_BLOCKS):
        cells = cuts[start : start + _CHUNK_BLOCKS]
        seconds = (np.minimum(cells + CELL_MS, end) - np.maximum(cells, begin)) / 1000
        for site, matrix in life.evaluate(np.maximum(cells, begin), faults).items():
            sums[site] += seconds @ matrix


def _before(seed: int, site: str, columns: Columns) -> Floats:
    keys = [key_of(seed, site, *name) % 10_000 / 10_000 for name in columns.names()]
    share = [1.0 if "octets" in name.quantity else 1e-10 for name in columns.names()]
    before: Floats = np.array(keys) * np.array(share) * _MOST_BEFORE
    return before
