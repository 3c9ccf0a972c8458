"""The controller's own series, out of the figures of `/metrics` and of the process: a panel and a scrape say the same."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from campus.delivery import SetAside
from campus.ids import Instance, MetricId, SiteId
from controller.figure import Figure
from controller.gauges.model import CONTROLLER, Table
from controller.store.port import DistrictSeries

LEVELS: Final = {
    "controller_ingest_lag_s": "ingest_lag_seconds",
    "controller_frames_waiting": "ingest_queue_frames",
    "controller_store_series": "store_series",
    "controller_store_size_bytes": "store_size_bytes",
    "controller_alerts_open": "alerts_open",
}
RATES: Final = {
    "controller_samples_per_s": ("ingest_samples_committed_total", 1.0),
    "controller_http_answers_per_min": ("http_answers_total", 60.0),
}
"""What a counter grew by, in so many seconds."""
MEANS: Final = {
    "controller_store_append_ms": ("ingest_commit_seconds_total", "ingest_commits_total"),
    "controller_alert_tick_ms": ("housekeeping_seconds_total{alerts}", "housekeeping_rounds_total{alerts}"),
}
"""Seconds for each time, in milliseconds."""
REFUSED: Final = ("ingest_samples_set_aside_total", "ingest_frames_dropped_total", "ingest_messages_refused_total")
"""Each by reason: what kept readings, frames and messages out."""
_NOTHING_REFUSED: Final = {str(reason): 0.0 for reason in SetAside}
"""What readings are kept out for, known before the first of them is: a line at 0, and not an empty picture."""
_STATM: Final = Path("/proc/self/statm")


class Counted(NamedTuple):
    """All counters and levels at one moment, by name and label."""

    at_s: float
    cpu_s: float
    value: dict[str, float]
    refused: dict[str, float]


class Centre:
    """Remembers the last counters, for what is told by the minute; the first time only levels are told. One thread."""

    def __init__(self, figures: Callable[[], Iterable[Figure]], clock_s: Callable[[], float] = time.monotonic) -> None:
        self._figures = figures
        self._clock_s = clock_s
        self._last: Counted | None = None

    def table(self, site: SiteId) -> Table:
        """How it is now, of a controller that stands at `site`."""
        now = self._count()
        last, self._last = self._last, now
        found = [(name, "", now.value[figure]) for name, figure in LEVELS.items() if figure in now.value]
        memory = memory_bytes()
        found += [("controller_memory_bytes", "", memory)] if memory else []
        found += _since(last, now) if last is not None and now.at_s > last.at_s else []
        names = [DistrictSeries(site, CONTROLLER, MetricId(name), Instance(part)) for name, part, _ in found]
        return Table(names, np.array([value for _, _, value in found]).reshape(-1, 1))

    def _count(self) -> Counted:
        value: dict[str, float] = {}
        refused: dict[str, float] = {}
        for figure in self._figures():
            word = figure.labels[0][1] if figure.labels else ""
            value[figure.name] = value.get(figure.name, 0.0) + figure.value
            value[f"{figure.name}{{{word}}}"] = figure.value
            if figure.name in REFUSED:
                refused[word] = refused.get(word, 0.0) + figure.value
        return Counted(self._clock_s(), time.process_time(), value, refused)


def memory_bytes() -> int:
    """What the process holds in memory; 0 where the system does not tell (proc(5))."""
    try:
        return int(_STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def _since(last: Counted, now: Counted) -> list[tuple[str, str, float]]:
    passed_s = now.at_s - last.at_s

    def grown(name: str) -> float:
        return max(0.0, now.value.get(name, 0.0) - last.value.get(name, 0.0))

    def means() -> Iterator[tuple[str, str, float]]:
        for name, (seconds, times) in MEANS.items():
            if grown(times):
                yield name, "", 1000 * grown(seconds) / grown(times)

    rates = [(name, "", grown(counter) * per_s / passed_s) for name, (counter, per_s) in RATES.items()]
    refused = [
        ("controller_refused_per_min", word, max(0.0, count - last.refused.get(word, 0.0)) * 60 / passed_s)
        for word, count in sorted((_NOTHING_REFUSED | now.refused).items())
    ]
    cpu = ("controller_cpu_percent", "", 100 * (now.cpu_s - last.cpu_s) / passed_s)
    return [*rates, *means(), *refused, cpu]
