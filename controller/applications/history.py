"""How one service was over time, for all sites together. Pure: rows of the store in, columns out."""

import math

import numpy as np

from controller.applications.evidence import condition_of
from controller.applications.model import Condition, ServiceHistory, nearest_rank
from controller.store.port import Window


def history_of(responses: Window | None, states: Window | None, start: int, end: int, step_ms: int) -> ServiceHistory:
    """Buckets of `step_ms` over [start, end), those in which anybody looked; each site counts once in each."""
    places = sorted(
        {(int(at) // step_ms) * step_ms for window in (responses, states) if window is not None for at in window.at}
    )
    p50, p95, failed = (np.full(len(places), np.nan) for _ in range(3))
    index = {at: place for place, at in enumerate(places)}
    for place, values in _by_bucket(responses, index, step_ms, "mean").items():
        p50[place] = nearest_rank(values, 0.5) or math.nan
        p95[place] = nearest_rank(values, 0.95) or math.nan
    for place, values in _by_bucket(states, index, step_ms, "maximum").items():
        failed[place] = sum(condition_of(int(value)) is Condition.FAILED for value in values) / len(values)
    return ServiceHistory(start, end, step_ms, np.array(places, dtype=np.int64), p50, p95, failed)


def _by_bucket(window: Window | None, index: dict[int, int], step_ms: int, column: str) -> dict[int, list[float]]:
    """The values of each bucket, one for each series: its worst where it has several rows in one."""
    if window is None:
        return {}
    worst: dict[tuple[int, int], float] = {}
    values = getattr(window, column).tolist()
    for series, at, value in zip(window.series.tolist(), window.at.tolist(), values, strict=True):
        key = (index[at // step_ms * step_ms], series)
        worst[key] = max(worst.get(key, -math.inf), value)
    found: dict[int, list[float]] = {}
    for (place, _), value in worst.items():
        found.setdefault(place, []).append(value)
    return found
