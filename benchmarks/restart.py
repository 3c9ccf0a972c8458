"""How long a controller of a whole large district takes to be back after a restart, and how much memory it then has.

    python -m benchmarks.restart [--quick] [--json]

800 schools of `benchmarks.telemetry` with 125 devices and 1,507 series each (with `--quick` 80) stand in a real registry
and a real store: 100,000 devices, 1.2 million series, samples of a day (two of each series and hour), a hot table that is
nearly full, marks of every agent. The controller was not closed but killed, so its log is read back too. Then a process of
its own starts `Controller`, without a broker to dial:

    stages_s       each stage of `Controller.start`, in seconds
    ready_s        all of them, until frames would be taken
    import_s       before them: the interpreter and the libraries
    resident_mb    of that process when it is ready; `before_mb` before the first stage

The last line is one JSON object. Figures are medians of the restarts, one after the other.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.district import ZONE, prepare
from benchmarks.telemetry import LARGE, School, schools
from campus.ids import AgentId, SiteId
from controller.clock import utc_ms
from controller.config import BrokerSettings, ControllerConfig
from controller.main import Controller
from controller.store.embedded import EmbeddedStore
from controller.store.port import Batch, FrameMark, Retention, Times, Values

SCHOOLS: Final = 800
QUICK_SCHOOLS: Final = 80
RESTARTS: Final = 5
QUICK_RESTARTS: Final = 2
HOT_ROWS: Final = 480_000
HOURS: Final = 24
ROUNDS_OF_HOUR: Final = 2
HOUR_MS: Final = 3_600_000
_STAGES: Final = ("registry", "store", "alerts", "housekeeping", "ingest")


def main() -> None:
    """Fill, kill, restart, print."""
    parser = argparse.ArgumentParser(description="measure a restart of the controller")
    parser.add_argument("--quick", action="store_true", help="a tenth of the district, under 45 s")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    parser.add_argument("--start", metavar="DIR", help=argparse.SUPPRESS)
    parser.add_argument("--fill", metavar="DIR", help=argparse.SUPPRESS)
    options = parser.parse_args()
    size = QUICK_SCHOOLS if options.quick else SCHOOLS
    if options.start:
        print(json.dumps(_started(Path(options.start))))
    elif options.fill:
        _fill(Path(options.fill), size)
        os._exit(0)  # like a kill: nothing is closed
    else:
        with tempfile.TemporaryDirectory(prefix="campanile-benchmark-") as folder:
            report = _measure(folder, size, QUICK_RESTARTS if options.quick else RESTARTS)
        if not options.json:
            for key, value in report.items():
                print(f"{key:16} {value}")
        print(json.dumps(report))


def _measure(folder: str, size: int, restarts: int) -> dict[str, object]:
    quick = ["--quick"] if size == QUICK_SCHOOLS else []
    subprocess.run([sys.executable, "-m", "benchmarks.restart", "--fill", folder, *quick], check=True)
    found = []
    for _ in range(restarts):
        began = time.perf_counter()
        command = [sys.executable, "-m", "benchmarks.restart", "--start", folder]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found.append(json.loads(done.stdout) | {"all_s": time.perf_counter() - began})

    def median(figure: Callable[[dict[str, float]], float]) -> float:
        return round(statistics.median(map(figure, found)), 3)

    ready_s = median(lambda one: sum(one[stage] for stage in _STAGES))
    return {
        "ready_s": ready_s,
        "stages_s": {stage: median(lambda one, stage=stage: one[stage]) for stage in _STAGES},  # type: ignore[misc]
        "import_s": median(lambda one: one["all_s"] - sum(one[stage] for stage in _STAGES)),
        "resident_mb": median(lambda one: one["resident_mb"]),
        "before_mb": median(lambda one: one["before_mb"]),
        "schools": size,
        "devices": found[0]["devices"],
        "series": found[0]["series"],
        "samples": found[0]["samples"],
        "restarts": restarts,
    }


def _started(folder: Path) -> dict[str, float]:
    """One start: seconds of each stage, and what was found."""
    before_mb = _resident_mb()
    controller = Controller(_config(folder))
    took: dict[str, float] = dict.fromkeys(_STAGES, 0.0)
    stages = [
        ("registry", controller, "open_registry"),
        ("store", controller.store, "start"),
        ("alerts", controller.alert_engine, "restore"),
        *(("housekeeping", work, "start") for work in controller.housekeeping),
        ("ingest", controller.ingest, "start"),
    ]
    for stage, owner, name in stages:
        setattr(owner, name, _timed(getattr(owner, name), stage, took))
    controller.start()
    held = controller.store.figures()
    found = {"resident_mb": _resident_mb(), "before_mb": before_mb, "devices": controller.registry.device_count()}
    sys.stdout.flush()
    print(json.dumps(took | found | {"series": held.series, "samples": held.samples_stored}), flush=True)
    os._exit(0)  # the next restart finds what this one found


def _timed(step: Callable[[], None], stage: str, took: dict[str, float]) -> Callable[[], None]:
    def run() -> None:
        began = time.perf_counter()
        step()
        took[stage] += time.perf_counter() - began

    return run


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def _config(folder: Path) -> ControllerConfig:
    return ControllerConfig(data_dir=str(folder), broker=BrokerSettings(port=1))  # nobody listens there


def _fill(folder: Path, size: int) -> None:
    now = utc_ms()
    district = schools(size, now, LARGE)
    prepare(folder, district, now)
    store = EmbeddedStore(_config(folder).data_path / "samples", timezone=ZONE, retention=Retention())
    store.start()
    _fill_store(store, district, now)


def _fill_store(store: EmbeddedStore, district: list[School], now: int) -> None:
    usual = np.array([one.shape.level for _ in district for one in district[0].series])
    swing = np.array([one.shape.swing for _ in district for one in district[0].series])
    rng = np.random.default_rng(7)

    def polled(at: int) -> tuple[Times, Values]:
        times = np.sort(at + rng.integers(0, 15_000, len(usual)))
        return times, np.round(usual + swing * rng.uniform(-1, 1, len(usual)))

    ids = np.arange(len(usual), dtype=np.int32)
    number = 0
    for hour in range(HOURS):
        for half in range(ROUNDS_OF_HOUR):
            number += 1
            times, values = polled(now - (HOURS - hour) * HOUR_MS + half * HOUR_MS // ROUNDS_OF_HOUR)
            store.append(Batch([_mark(school, number) for school in district], ids, times, values))
    times, values = polled(now - 60_000)
    hot = ids[:HOT_ROWS]
    for first in range(0, len(hot), 20_000):
        piece = slice(first, first + 20_000)
        store.append(
            Batch(
                [_mark(district[0], number + 1 + first)], hot[piece], times[:HOT_ROWS][piece], values[:HOT_ROWS][piece]
            )
        )


def _mark(school: School, number: int) -> FrameMark:
    return FrameMark(SiteId(school.address.site), AgentId(school.address.agent), 1, number)


if __name__ == "__main__":
    main()
