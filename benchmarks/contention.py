"""Whether commits stay quick while the same process does something large.

    python -m benchmarks.contention [--quick] [--json] [--schools 100] [--seconds 30]

Schools of `benchmarks.telemetry` with a history: their uplinks and boards every quarter of an hour for a month, closed day
by day, and yesterday with everything, which is still to be closed. 16,700 samples a second are committed and judged all
the time, every 100 ms what has come since; a commit's latency counts from when it was due. Measured are

    alone         nothing else happens
    upkeep        the store's `maintain` closes yesterday, until it is done
    month         a report works out the use of all uplinks and all boards over the month, again and again

`ratio` is a stretch's 99th percentile by that of `alone`; wanted is at most 3. `work` counts what was done meanwhile. The
last line is one JSON object.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.district import ZONE, District, many_rules, open_district, prepare
from benchmarks.fleet import percentiles
from benchmarks.telemetry import LARGE, School, schools
from campus.ids import AgentId, DeviceId, Instance, MetricId, SiteId
from campus.samples import DeviceKind
from controller.capacity.service import CapacityService
from controller.clock import utc_ms
from controller.identity.scope import SYSTEM
from controller.ingest.port import Committed
from controller.ingest.turn import give_way
from controller.memory import lasting_objects, return_large_blocks
from controller.run import SWITCH_INTERVAL_S
from controller.store.days import DayCutter
from controller.store.port import Batch, DistrictSeries, FrameMark, Ids
from controller.utilisation.service import UtilisationService

DAY_MS: Final = 86_400_000
STEP_MS: Final = 900_000
SAMPLES_PER_S: Final = 16_700
COMMIT_EVERY_S: Final = 0.1
RULES: Final = 200
BOARD_METRICS: Final = ("power_state", "input_state", "touch_per_min")
UPLINK_METRICS: Final = ("if_in_bps", "if_out_bps")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.contention", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="20 schools, a week, 8 seconds each")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    parser.add_argument("--schools", type=int, help="100, with --quick 20")
    parser.add_argument("--seconds", type=float, help="length of each stretch (30, with --quick 8)")
    options = parser.parse_args(arguments)
    say: Callable[[str], None] = (lambda text: None) if options.json else (lambda text: print(text, flush=True))
    quantity = options.schools or (20 if options.quick else 100)
    seconds = options.seconds or (8.0 if options.quick else 30.0)
    return_large_blocks()  # as the controller does
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    now = utc_ms()
    owned = schools(quantity, now, LARGE)
    with tempfile.TemporaryDirectory(prefix="campanile-benchmark-") as name:
        prepare(Path(name), owned, now)
        with open_district(Path(name), many_rules(RULES), utc_ms) as district, lasting_objects():
            print(json.dumps(_run(district, owned, 7 if options.quick else 31, seconds, now, say)))


def _run(
    district: District, owned: list[School], days: int, seconds: float, now: int, say: Callable[[str], None]
) -> dict[str, object]:
    midnight = DayCutter(ZONE).days_back(now, 0)
    read = _often_read(district, owned)
    for day in range(days, 1, -1):
        _write(district, read, midnight - day * DAY_MS, number=day)
    say(f"{days - 1} days of {len(read):,} series are written")
    district.store.maintain(now)
    everything = np.arange(district.store.figures().series, dtype=np.int32)
    commits = _Commits(district, everything)
    capacity = CapacityService(district.store, district.registry, ZONE.key, utc_ms, commits.give_way)
    utilisation = UtilisationService(
        district.store, district.registry, district.calendar, ZONE.key, utc_ms, commits.give_way
    )
    first = midnight - days * DAY_MS

    def close_yesterday(_turn: int) -> None:
        district.store.maintain(now)

    def report_month(turn: int) -> None:
        capacity.links_use(SYSTEM, first + turn, now)  # another start each time: answers are kept for a while
        utilisation.sites(SYSTEM, first + turn, now)

    report: dict[str, object] = {"schools": len(owned), "series": len(everything), "days": days}
    latencies, done = {}, {}
    latencies["alone"], done["alone"] = commits.beside([], seconds)
    _write(district, everything, midnight - DAY_MS, number=1)
    latencies["upkeep"], done["upkeep"] = commits.beside([close_yesterday], 0)
    latencies["month"], done["month"] = commits.beside([report_month], seconds)
    for name, latency_ms in latencies.items():
        say(f"{name}: {latency_ms}, done meanwhile: {done[name]}")
    alone = latencies["alone"]["p99"]
    return report | {
        "commit_ms": latencies,
        "ratio": {name: round(each["p99"] / alone, 2) for name, each in latencies.items()},
        "work": done,
    }


class _Commits:
    """The steady stream: every `COMMIT_EVERY_S` a commit of what came since."""

    def __init__(self, district: District, series: Ids) -> None:
        self._district = district
        self._series = series
        self._rng = np.random.default_rng(3)
        self._number = 1 << 20
        self._turn = threading.Lock()

    def give_way(self) -> None:
        """As `Ingest.give_way`."""
        give_way(self._turn)

    def beside(self, works: list[Callable[[int], None]], seconds: float) -> tuple[dict[str, float], list[int]]:
        """Latencies (ms) while each of `works` is done in a thread of its own: again and again, once with `seconds` 0."""
        end_s = time.monotonic() + seconds
        done = [0] * len(works)

        def repeat(place: int) -> None:
            while not done[place] or time.monotonic() < end_s:
                works[place](done[place])
                done[place] += 1

        threads = [threading.Thread(target=repeat, args=(place,)) for place in range(len(works))]
        for thread in threads:
            thread.start()
        took_ms = []
        due_s = time.monotonic()
        while due_s < end_s or any(thread.is_alive() for thread in threads):
            time.sleep(max(0.0, due_s - time.monotonic()))
            with self._turn:
                self._commit(round(SAMPLES_PER_S * COMMIT_EVERY_S))
            took_ms.append((time.monotonic() - due_s) * 1000)
            due_s += COMMIT_EVERY_S
        return percentiles(np.array(took_ms)), done

    def _commit(self, rows: int) -> None:
        now = utc_ms()
        series = self._rng.choice(self._series, rows)
        batch = Batch([_mark(self._number)], series, np.full(rows, now), np.ones(rows))
        self._number += 1
        self._district.store.append(batch)
        self._district.alerts.judge(Committed(batch.series, batch.measured_at, batch.value, now))


def _often_read(district: District, owned: list[School]) -> Ids:
    """Series of uplinks and boards."""
    names = [
        DistrictSeries(school.address.site, one.key.device, one.key.metric, one.key.instance)
        for school in owned
        for one in school.series
        if one.key.metric in BOARD_METRICS or _is_uplink(one.key.device, one.key.metric, one.key.instance)
    ]
    return district.store.series_ids(names)


def _is_uplink(device: DeviceId, metric: MetricId, instance: Instance) -> bool:
    return device.startswith(DeviceKind.GATEWAY) and metric in UPLINK_METRICS and instance.endswith("/1")


def _write(district: District, series: Ids, start: int, number: int) -> None:
    """A day of `series`, a sample each quarter of an hour, in the order in which they would have come."""
    steps = np.arange(start, start + DAY_MS, STEP_MS, dtype=np.int64)
    batch = Batch(
        [_mark(number)], np.tile(series, len(steps)), np.repeat(steps, len(series)), np.ones(len(series) * len(steps))
    )
    district.store.append(batch)


def _mark(number: int) -> FrameMark:
    return FrameMark(SiteId("no-1-primary"), AgentId("no-1-primary"), 1, number)


if __name__ == "__main__":
    main()
