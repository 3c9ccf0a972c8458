"""How fast the alert engine judges, how much memory it takes, and how fast it is back after a restart.

    python -m benchmarks.alerts [--quick] [--json] [--rules N --series N [--schools N]]

Two districts stand in a real registry and a real store: fifty schools with 22,650 series and the shipped rules, and eight
hundred schools with 1.2 million series and 200 rules; or the one that is asked for. Batches of about 100,000 samples are
judged as ingest hands them over, all series in turn. One sample in a thousand lies at the end of its metric's range, and
in each round some 200 series stay there, so that alerts open and clear all the time; writing them down is the
tick's work and not counted.

    evaluations_per_s         one rule over one sample, in batches of series that some rule watches
    ns_per_first_sample       the first of each series after a start: what it may be without changing anything is worked out
    ns_per_sample             in batches of all series, as they come
    ns_per_unwatched_sample   in batches of series that no rule is about; null where there is none
    restore_s                 a new engine's `restore`: every series bound, the open alerts taken up
    engine_mb                 resident memory of a process of its own: after `restore` less before
    learn_s                   binding all series as if never seen before, without a restart
    longest_wait_ms           the longest piece of that: what ingest may wait for
    exchange_s                another rulebook, in which half of the schools have an exception from every tenth rule
    exchange_wait_ms          the longest piece of that
    tick_ms                   a tick that finds nothing

The last line is one JSON object: all of that of each district by its name, and `evaluations_per_s`, `rules`, `series` and
`restore_s` of the largest. `conditions` counts the rules by their kind, `derived_share` is the share of bindings whose
value is derived. Figures are medians of the rounds, in time of the one thread's processor; `spread` holds
the lowest and highest rate.
"""

import argparse
import gc
import json
import multiprocessing
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import psutil

from benchmarks.alert_district import District, Size, build, opened
from benchmarks.telemetry import POLL_MS
from controller.alerts.engine import AlertEngine
from controller.alerts.judging.selection import Selection
from controller.alerts.judging.watch import Watch
from controller.alerts.rulebook import SiteRule
from controller.clock import utc_ms
from controller.ingest.port import Committed
from controller.memory import return_large_blocks
from controller.store.port import Ids

SHIPPED: Final = Size(rules=0, series=22_650, schools=50)
LARGE: Final = Size(rules=200, series=1_200_000, schools=800)
BATCH: Final = 100_000
ODD_SHARE: Final = 0.001
FAULTY: Final = 200
TOLD_FIRST: Final = ("evaluations_per_s", "rules", "series", "restore_s")
ROUNDS: Final = 20
QUICK_ROUNDS: Final = 5


@dataclass(frozen=True)
class Rates:
    """Of one round: seconds per sample and evaluations per second."""

    s_per_sample: float
    evaluations_per_s: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="measure the alert engine")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    parser.add_argument("--rules", type=int, default=0, help="how many: the shipped ones, and variants of them")
    parser.add_argument("--series", type=int, default=0, help="one district with so many series")
    parser.add_argument("--schools", type=int, default=LARGE.schools, help="of how many schools")
    options = parser.parse_args()
    rounds = QUICK_ROUNDS if options.quick else ROUNDS
    asked = Size(options.rules, options.series, options.schools)
    sizes = {"asked": asked} if asked.series else {"shipped": SHIPPED, "large": LARGE}
    report = {name: _in_processes(size, rounds) for name, size in sizes.items()}
    if not options.json:
        for name, figures in report.items():
            print(name)
            for key, value in figures.items():
                print(f"    {key:26} {value}")
    largest = list(report.values())[-1]
    print(json.dumps({**{key: largest[key] for key in TOLD_FIRST}, **report}))


def _in_processes(size: Size, rounds: int) -> dict[str, object]:
    """Each step in a new process, so that memory is only what the engine needs."""
    processes = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="campanile-benchmark-") as folder:
        with processes.Pool(1) as pool:
            pool.apply(build, (Path(folder), size))
        with processes.Pool(1) as pool:
            return pool.apply(_measure, (Path(folder), size, rounds))


def _measure(folder: Path, size: Size, rounds: int) -> dict[str, object]:
    return_large_blocks()
    district = opened(folder, size)
    before_mb = _resident_mb()
    engine = district.make_engine()
    restores = [_thread_s(engine.restore)]
    engine_mb = _resident_mb() - before_mb
    restores += [_thread_s(district.make_engine().restore) for _ in range(2)]
    everything = np.arange(len(district.usual), dtype=np.int32)
    selection = Selection(district.rulebook, district.registry)
    watch, pieces = _pieces_s(district, selection)
    is_watched = np.isin(everything, watch.pairs(everything).series)
    derived_share = len(watch.derived) / len(watch)
    exchanged = _exchange_s(district, selection, watch)
    del watch, selection
    traffic = _Traffic(engine, district, utc_ms())
    first = [traffic.round(everything) for _ in range(-(-len(everything) // BATCH))]
    rates = {
        name: [traffic.round(ids) for _ in range(rounds)] if len(ids) else []
        for name, ids in (
            ("all", everything),
            ("watched", everything[is_watched]),
            ("unwatched", everything[~is_watched]),
        )
    }
    watched = sorted(each.evaluations_per_s for each in rates["watched"])
    ticks = [_thread_s(lambda: engine.tick(traffic.now)) for _ in range(rounds)]
    figures = engine.figures()
    return {
        "evaluations_per_s": round(statistics.median(watched)),
        "spread": [round(watched[0]), round(watched[-1])],
        "ns_per_first_sample": _ns(first),
        "ns_per_sample": _ns(rates["all"]),
        "ns_per_unwatched_sample": _ns(rates["unwatched"]),
        "rules": figures.rules,
        "series": figures.series,
        "devices": district.registry.device_count(),
        "bindings": figures.bindings,
        "watched_share": round(float(is_watched.mean()), 3),
        "open_alerts": figures.open,
        "alerts_raised": figures.written.get("raised", 0),
        "restore_s": round(statistics.median(restores), 3),
        "engine_mb": round(engine_mb, 1),
        "learn_s": round(sum(pieces), 3),
        "longest_wait_ms": round(max(pieces) * 1000, 1),
        "exchange_s": round(sum(exchanged), 3),
        "exchange_wait_ms": round(max(exchanged) * 1000, 1),
        "conditions": dict(Counter(type(rule.condition).__name__.lower() for rule in district.rulebook.rules())),
        "derived_share": round(derived_share, 3),
        "tick_ms": round(statistics.median(ticks) * 1000, 2),
        "rounds": rounds,
    }


class _Traffic:
    """Batches as ingest hands them over: each round takes the next series, poll after poll, all of them live."""

    def __init__(self, engine: AlertEngine, district: District, now: int) -> None:
        self.now = now
        self._engine = engine
        self._district = district
        self._rng = np.random.default_rng(7)
        self._first = 0

    def round(self, ids: Ids) -> Rates:
        """One batch of `ids`."""
        district, rng = self._district, self._rng
        places = (self._first + np.arange(min(BATCH, 7 * len(ids)))) % len(ids)
        self._first += BATCH
        series, poll = ids[places], np.arange(len(places)) // len(ids)
        at = self.now + poll * POLL_MS
        self.now = int(at[-1]) + POLL_MS
        value = district.usual[series] + district.swing[series] * rng.uniform(-1, 1, len(series))
        odd = np.flatnonzero(rng.random(len(series)) < ODD_SHARE)
        value[odd] = district.ends[series[odd], rng.integers(0, 2, len(odd))]
        is_faulty = rng.random(len(district.usual)) < FAULTY / len(district.usual)
        faulty = np.flatnonzero(is_faulty[series])
        value[faulty] = district.ends[series[faulty], series[faulty] % 2]
        batch = Committed(series, at, value, int(at[-1]))
        before = self._engine.figures().judged
        took_s = _thread_s(lambda: self._engine.judge(batch))
        self._engine.tick(self.now)
        return Rates(took_s / len(series), (self._engine.figures().judged - before) / took_s)


def _exchange_s(district: District, selection: Selection, watch: Watch) -> list[float]:
    """How long each piece takes of judging by another rulebook from now on."""
    sites = sorted({site for site, _ in district.store.series_columns().devices})
    half = frozenset(sites[: len(sites) // 2])
    book = district.rulebook.with_exceptions(
        [SiteRule(rule.id, half, None) for rule in district.rulebook.rules()[::10]]
    )
    metrics: list[frozenset[str]] = []
    pieces = [_thread_s(lambda: metrics.append(selection.take_rules(book))), _thread_s(watch.take_rules)]
    return pieces + [_thread_s(partial(watch.rebind, series, utc_ms())) for series in watch.of_metrics(metrics[0])]


def _pieces_s(district: District, selection: Selection) -> tuple[Watch, list[float]]:
    """A watch for which every series is new, and how long each piece of learning them takes."""
    watch = Watch(selection)
    names = district.store.series_columns()
    pieces = []
    while watch.size < len(names.metric):
        pieces.append(_thread_s(lambda: watch.learn(names, utc_ms())))
    return watch, pieces


def _thread_s(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


def _resident_mb() -> float:
    gc.collect()
    return float(psutil.Process().memory_info().rss) / 1e6


def _ns(rates: list[Rates]) -> float | None:
    if not rates:
        return None
    return round(statistics.median(each.s_per_sample for each in rates) * 1e9, 1)


if __name__ == "__main__":
    main()
