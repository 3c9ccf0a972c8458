"""How fast the alert engine judges, and how fast it is back after a restart.

    python -m benchmarks.alerts [--quick] [--json]

Fifty schools of `benchmarks.telemetry` stand in a real registry and a real store; the shipped rules are bound to their
20,000 series. Batches of about 100,000 samples are judged as ingest hands them over. One sample in a thousand lies at
the end of its metric's range, and in each round one series in a hundred stays there, so that alerts open and clear all the
time; writing them down is the tick's work and not counted.

    evaluations_per_s         one rule over one sample, in batches of series that some rule watches
    ns_per_sample             in batches of all series, as they come
    ns_per_unwatched_sample   in batches of series that no rule is about
    restore_s                 a new engine's `restore`: every series bound, the open alerts taken up

The last line is one JSON object. Figures are medians of the rounds, one thread; `spread` holds the lowest and highest rate.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from benchmarks.telemetry import POLL_MS, School, schools
from campus.ids import AgentId, SiteId
from campus.metrics import catalogue
from controller.alerts.engine import AlertEngine
from controller.alerts.rulebook import shipped_rules
from controller.alerts.selection import Selection
from controller.clock import utc_ms
from controller.identity.scope import SYSTEM
from controller.ingest.port import Committed
from controller.registry.database import create_engine, sqlite_url
from controller.registry.enrolment import Enrolment, OrganisationEntry, SiteEntry
from controller.registry.schema import migrate
from controller.registry.service import RegistryService
from controller.store.embedded import EmbeddedStore
from controller.store.port import Batch, DistrictSeries, FrameMark, Ids, Retention

SCHOOLS: Final = 50
BATCH: Final = 100_000
ODD_SHARE: Final = 0.001
FAULTY_SHARE: Final = 0.01
ROUNDS: Final = 20
QUICK_ROUNDS: Final = 5
ZONE: Final = ZoneInfo("Asia/Shanghai")


@dataclass
class District:
    """Everything an engine needs, and the usual value, swing and range of each series by id."""

    store: EmbeddedStore
    registry: RegistryService
    make_engine: Callable[[], AlertEngine]
    names: list[DistrictSeries]
    usual: NDArray[np.float64]
    swing: NDArray[np.float64]
    ends: NDArray[np.float64]
    """Lowest and highest possible, shape (series, 2)."""


@dataclass(frozen=True)
class Rates:
    """Of one round: seconds per sample and evaluations per second."""

    s_per_sample: float
    evaluations_per_s: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="measure the alert engine")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, under 45 s")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    options = parser.parse_args()
    rounds = QUICK_ROUNDS if options.quick else ROUNDS
    with tempfile.TemporaryDirectory(prefix="campanile-benchmark-") as folder:
        report = _measure(_district(Path(folder)), rounds)
    if not options.json:
        for key, value in report.items():
            print(f"{key:26} {value}")
    print(json.dumps(report))


def _measure(district: District, rounds: int) -> dict[str, object]:
    engine = district.make_engine()
    engine.restore()
    selection = Selection(shipped_rules(), district.registry)
    names = district.store.series_columns()
    selection.meet(names)
    everything = np.arange(len(district.names), dtype=np.int32)
    is_watched = np.isin(everything, selection.choose(names, everything).series)
    clock = _Clock(utc_ms())
    rng = np.random.default_rng(7)
    rates = {
        name: [_round(engine, district, ids, clock, rng) for _ in range(rounds)]
        for name, ids in (
            ("all", everything),
            ("watched", everything[is_watched]),
            ("unwatched", everything[~is_watched]),
        )
    }
    restores = [_restore_s(district) for _ in range(max(3, rounds // 4))]
    watched = sorted(each.evaluations_per_s for each in rates["watched"])
    figures = engine.figures()
    return {
        "evaluations_per_s": round(statistics.median(watched)),
        "spread": [round(watched[0]), round(watched[-1])],
        "ns_per_sample": _ns(rates["all"]),
        "ns_per_unwatched_sample": _ns(rates["unwatched"]),
        "rules": figures.rules,
        "series": figures.series,
        "bindings": figures.bindings,
        "open_alerts": figures.open,
        "alerts_raised": figures.written.get("raised", 0),
        "restore_s": round(statistics.median(restores), 4),
        "rounds": rounds,
    }


@dataclass
class _Clock:
    now: int


def _round(engine: AlertEngine, district: District, ids: Ids, clock: _Clock, rng: np.random.Generator) -> Rates:
    """One batch of polls of `ids`, one after the other, all of them live."""
    polls = min(-(-BATCH // len(ids)), 7)
    series = np.tile(ids, polls)
    start = clock.now
    clock.now += polls * POLL_MS
    at = np.repeat(start + np.arange(polls, dtype=np.int64) * POLL_MS, len(ids))
    value = district.usual[series] + district.swing[series] * rng.uniform(-1, 1, len(series))
    odd = np.flatnonzero(rng.random(len(series)) < ODD_SHARE)
    value[odd] = district.ends[series[odd], rng.integers(0, 2, len(odd))]
    is_faulty = rng.random(len(district.names)) < FAULTY_SHARE
    faulty = np.flatnonzero(is_faulty[series])
    value[faulty] = district.ends[series[faulty], series[faulty] % 2]
    batch = Committed(series, at, value, int(at[-1]))
    before = engine.figures().judged
    began = time.perf_counter()
    engine.judge(batch)
    took_s = time.perf_counter() - began
    engine.tick(clock.now)
    return Rates(took_s / len(series), (engine.figures().judged - before) / took_s)


def _restore_s(district: District) -> float:
    engine = district.make_engine()
    began = time.perf_counter()
    engine.restore()
    return time.perf_counter() - began


def _ns(rates: list[Rates]) -> float:
    return round(statistics.median(each.s_per_sample for each in rates) * 1e9, 1)


def _district(folder: Path) -> District:
    now = utc_ms()
    owned = schools(SCHOOLS, now)
    store = EmbeddedStore(folder / "samples", timezone=ZONE, retention=Retention())
    store.start()
    registry, make_engine = _registry(folder, owned, store, now)
    series = [(school.address.site, one) for school in owned for one in school.series]
    names = [DistrictSeries(site, *one.key) for site, one in series]
    ids = store.series_ids(names)
    usual = np.array([one.shape.level for _, one in series])
    mark = FrameMark(SiteId("no-1-primary"), AgentId("no-1-primary"), 1, 1)
    store.append(Batch([mark], ids, np.full(len(ids), now - POLL_MS, dtype=np.int64), usual))
    ranges = [catalogue()[name.metric] for name in names]
    return District(
        store=store,
        registry=registry,
        make_engine=make_engine,
        names=names,
        usual=usual,
        swing=np.array([one.shape.swing for _, one in series]),
        ends=np.array([[metric.minimum, metric.maximum] for metric in ranges]),
    )


def _registry(
    folder: Path, owned: list[School], store: EmbeddedStore, now: int
) -> tuple[RegistryService, Callable[[], AlertEngine]]:
    engine = create_engine(sqlite_url(folder / "registry.db"))
    migrate(engine)
    registry = RegistryService(engine, utc_ms)
    registry.start()
    sites = tuple(
        SiteEntry(str(school.address.site), "district", "School", "学校", agents=(str(school.address.agent),))
        for school in owned
    )
    registry.enrol(SYSTEM, Enrolment((OrganisationEntry("district", "District", "区"),), sites))
    for school in owned:
        registry.learn_facts(school.address, school.facts, now)
    return registry, lambda: AlertEngine(store, registry, engine, utc_ms)


if __name__ == "__main__":
    main()
