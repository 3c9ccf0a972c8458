"""A million series never seen before, and what they cost those that were known.

    python -m benchmarks.new_series [--quick] [--json]

A district is there already: its devices are registered, the series of a tenth of its schools known to the store and
watched by the shipped rules. Then the other schools begin: frames of 1,000 samples of 1,000 new series each, as fast as
ingest takes them, and after each of them a frame of a school that was known. They go through ingest's own pipeline in
groups of ingest's own size: taken, committed durably, judged. There is no broker.

    total_s           until the last new series was stored and judged
    longest_stall_s   the longest that a known frame waited from being taken to being stored and judged
    us_per_series     processor time for each new series, the known frames' included
    usual_stall_s     the longest wait of the same known frames, before and without the new ones

The last line is one JSON object.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, count, islice
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.district import District, many_rules, many_schools, open_district, register, remember
from benchmarks.telemetry import School, sealed
from campus.wire.columns import pack_columns
from campus.wire.pack import pack_dictionary
from controller.alerts.rulebook import shipped_rules
from controller.clock import utc_ms
from controller.ingest.counters import IngestCounters
from controller.ingest.dead_letters import DeadLetters
from controller.ingest.group import Arrived
from controller.ingest.ingest import GROUP_FRAMES, GROUP_ROWS
from controller.ingest.pipeline import Pipeline
from controller.memory import return_large_blocks

SERIES: Final = 1_000_000
QUICK_SERIES: Final = 100_000
FRAME: Final = 1_000
KNOWN_SHARE: Final = 10
KEEP_DAYS: Final = 35
_numbers = count(1)


@dataclass
class Desk:
    """Ingest without a broker: frames in, groups committed and judged as soon as they are full."""

    district: District
    pipeline: Pipeline
    waits_s: list[float] = field(default_factory=list)
    """Of each group, from its first frame taken until it was judged."""
    _since: float = 0.0

    def take(self, frame: Arrived) -> None:
        """One frame, and the group when it is full."""
        self._since = self._since or time.perf_counter()
        self.pipeline.take(frame)
        if self.pipeline.group.rows >= GROUP_ROWS or len(self.pipeline.group.arrived) >= GROUP_FRAMES:
            self.settle()

    def settle(self) -> None:
        """Commit what was taken and judge it."""
        if not self.pipeline.group.arrived:
            return
        settled = self.pipeline.commit()
        if settled.committed is not None:
            self.district.alerts.judge(settled.committed)
        self.waits_s.append(time.perf_counter() - self._since)
        self._since = 0.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="measure the arrival of new series")
    parser.add_argument("--quick", action="store_true", help="a tenth of the series, under 45 s")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    options = parser.parse_args()
    return_large_blocks()
    with tempfile.TemporaryDirectory(prefix="campanile-benchmark-") as folder:
        report = _measure(Path(folder), QUICK_SERIES if options.quick else SERIES)
    if not options.json:
        for key, value in report.items():
            print(f"{key:16} {value}")
    print(json.dumps(report))


def _measure(folder: Path, series: int) -> dict[str, float]:
    now = utc_ms()
    owned = many_schools(series + series // KNOWN_SHARE, now)
    known, new = owned[: len(owned) // (KNOWN_SHARE + 1)], owned[len(owned) // (KNOWN_SHARE + 1) :]
    register(folder, owned, now)
    remember(folder, known, now)
    with open_district(folder, many_rules(len(shipped_rules().rules())), utc_ms) as district:
        before = district.store.figures().series
        fresh = list(_fresh(new))
        live = list(islice(_live(known), 2 * len(fresh)))
        usual = _desk(folder, district)
        for frame in live[: len(fresh)]:
            usual.take(frame)
        usual.settle()
        desk = _desk(folder, district)
        began, cpu_began = time.perf_counter(), time.process_time()
        for frame in chain.from_iterable(zip(fresh, live[len(fresh) :], strict=True)):
            desk.take(frame)
        desk.settle()
        total_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
        made = district.store.figures().series - before
    return {
        "total_s": round(total_s, 2),
        "longest_stall_s": round(max(desk.waits_s), 3),
        "us_per_series": round(cpu_s / made * 1e6, 2),
        "usual_stall_s": round(max(usual.waits_s), 3),
        "new_series": made,
        "groups": len(desk.waits_s),
    }


def _desk(folder: Path, district: District) -> Desk:
    counters = IngestCounters()
    pipeline = Pipeline(
        district.store,
        district.registry,
        district.alerts,
        DeadLetters(folder, counters),
        counters,
        utc_ms,
        keep_days=KEEP_DAYS,
    )
    return Desk(district, pipeline)


def _fresh(new: Sequence[School]) -> Iterator[Arrived]:
    """One sample of each series of each school, in frames."""
    for school in new:
        for first in range(0, len(school.series), FRAME):
            yield _frame(school, first)


def _live(known: Sequence[School]) -> Iterator[Arrived]:
    """The first series of the known schools in turn, for ever."""
    while True:
        for school in known:
            yield _frame(school, 0)


def _frame(school: School, first: int) -> Arrived:
    some = school.series[first : first + FRAME]
    now = utc_ms()
    body = pack_columns(
        pack_dictionary([one.key for one in some]),
        np.arange(len(some)),
        np.full(len(some), now - 1_000, np.int64),
        np.array([one.shape.level for one in some], np.float64),
    )
    return Arrived(school.address, sealed(school.address, 1, next(_numbers), now, body), now)


if __name__ == "__main__":
    main()
