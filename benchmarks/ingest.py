"""How many samples a second one controller takes, from broker to disk.

    python -m benchmarks.ingest [--quick] [--json] [--series N] [--rules N] [--frame N ...] [--fresh SHARE]

A district is there already: its devices are registered, its series known to the store and watched by alert rules. Frames
wait in a real Mosquitto for the controller's session. The controller's own ingest drains them: receive, decode, accept,
commit durably, acknowledge to broker and agents, judge. Before the first round comes one that is not counted, for a
controller that runs has met the sets of series that agents usually seal. Every round brings new frames and checks the number
and the sum of what they left in the store; it lasts until the last sample is judged.

Two baselines run in turn with the first frame size and do the same work with the same population: one JSON message for each
sample, written in groups to the same store and judged by the same alert engine, and InfluxDB's line protocol, per second of
processor time.
`benchmarks.ingest_baselines` and `benchmarks.ingest_influxdb` say what they do; what is easier for them, fewer series and
nothing judged, is told beside it.

A share of the frames (`--fresh`) names a set of series that was never seen before, as happens where a switch answers late
or a port changes; the others name sets that come again with the polls. The first figures are those of the first frame size.

The last line is one JSON object. Rates are medians of the rounds; `spread` holds the lowest and the highest.
"""

import argparse
import json
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
import paho.mqtt
import psutil

from benchmarks.district import District, many_rules, many_schools, open_district, prepare
from benchmarks.ingest_baselines import Baseline, JsonRounds
from benchmarks.ingest_influxdb import InfluxRounds
from benchmarks.ingest_load import Clock, Load, Loads, verify
from benchmarks.queue import publish, reserve_session
from benchmarks.servers import INFLUXDB_MANY_SERIES, Server, influxdb, mosquitto, wait_until
from campus.version import VERSION
from controller.ingest.ingest import Ingest
from controller.ingest.subscriber import BrokerAddress
from controller.memory import lasting_objects, return_large_blocks
from controller.run import SWITCH_INTERVAL_S

CLIENT_ID = "benchmark-controller"
ROUND_TIMEOUT_S = 120.0


class Size(NamedTuple):
    """How much work a run is. `samples` are those of one round for each frame size, whole groups of ingest's.

    A last group that is not full waits for what may still come, which it does not where samples come all day.
    """

    rounds: int
    series: int
    samples: dict[int, int]
    json_samples: int
    influxdb_lines: int
    """About so many; as many of each school."""


QUICK = Size(3, 22_650, {1_000: 2_000_000, 100: 500_000}, json_samples=10_000, influxdb_lines=200_000)
FULL = Size(5, 1_200_000, {1_000: 6_000_000, 100: 2_000_000}, json_samples=32_000, influxdb_lines=800_000)


class Result(NamedTuple):
    """One round of our own path."""

    samples_per_s: float
    samples_per_cpu_s: float
    samples_per_total_cpu_s: float
    """The broker's processor time included."""
    wire_bytes_per_sample: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Run and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="three small rounds, under 45 seconds")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    parser.add_argument("--series", type=int, help="series known before (22,650 with --quick, else 1,200,000)")
    parser.add_argument("--rules", type=int, default=200, help="alert rules in force")
    parser.add_argument("--frame", type=int, action="append", help="samples in each frame (1,000 and 100)")
    parser.add_argument("--fresh", type=float, default=0.0, help="share of frames with a dictionary never seen before")
    options = parser.parse_args(arguments)
    size = QUICK if options.quick else FULL
    if options.frame:
        size = size._replace(samples={frame: size.samples.get(frame, size.samples[100]) for frame in options.frame})
    size = size._replace(series=options.series or size.series)
    say: Callable[[str], None] = (lambda text: None) if options.json else print
    print(json.dumps(run(size, options.rules, options.fresh, say)))


def run(size: Size, rules: int, fresh: float, say: Callable[[str], None]) -> dict[str, object]:
    """All rounds; the baselines take turns with ours, so that a noisy moment meets them all."""
    return_large_blocks()  # as the controller does
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    now = int(time.time() * 1000)
    owned = many_schools(size.series, now)
    loads = Loads(now)
    ours: dict[int, list[Result]] = {frame: [] for frame in size.samples}
    with tempfile.TemporaryDirectory(prefix="campanile-benchmark-") as name:
        directory = Path(name)
        prepare(directory, owned, now)
        (directory / "influxdb").mkdir()
        clock = Clock(now)
        with (
            mosquitto(directory) as broker,
            influxdb(directory / "influxdb", INFLUXDB_MANY_SERIES) as other,
            open_district(directory, many_rules(rules), clock) as district,
            lasting_objects(),
        ):
            say(f"{district.store.figures().series:,} series known, {rules} rules, {len(owned)} schools")
            ingest = _ingest(directory, broker, district, clock)
            singles = JsonRounds(broker, district, clock, owned, size.json_samples)
            influx = InfluxRounds(other, owned, now, size.influxdb_lines) if other else None
            # One frame size after the other: an agent seals frames of one size, and what ingest remembers of both together
            # is more than it keeps. The first round is not counted.
            for frame, samples in size.samples.items():
                _round(broker, district, ingest, clock, loads.next(owned, frame, samples, fresh))
                for n in range(size.rounds):
                    load = loads.next(owned, frame, samples, fresh)
                    ours[frame].append(_round(broker, district, ingest, clock, load))
                    say(f"round {n + 1}, frames of {frame}: {_told(ours[frame][-1])}")
                    if frame != next(iter(size.samples)):
                        continue
                    say(f"  one JSON message each: {singles.run(loads)}")
                    if influx is not None:
                        say(f"  InfluxDB: {influx.run(loads)}")
            setting = {
                "series_known": district.store.figures().series,
                "rules": rules,
                "fresh_dictionaries": fresh,
                "rounds": size.rounds,
                "samples_per_round": size.samples,
            }
            return _report(ours, singles, influx) | setting | {"versions": _versions(broker, other)}


def _ingest(directory: Path, broker: Server, district: District, clock: Clock) -> Ingest:
    return Ingest(
        BrokerAddress("127.0.0.1", broker.port, client_id=CLIENT_ID),
        district.store,
        district.registry,
        district.alerts,
        district.alerts,
        clock,
        dead_letter_directory=directory,
        keep_days=35,
    )


def _round(broker: Server, district: District, ingest: Ingest, clock: Clock, load: Load) -> Result:
    reserve_session(broker.port, CLIENT_ID)
    publish(broker.port, load.messages)
    judged, stored = district.alerts.figures().judged, ingest.counters.frames_acknowledged
    clock.set(load.built_at)
    process, broker_process = psutil.Process(), psutil.Process(broker.pid)
    started, cpu, broker_cpu = time.perf_counter(), _cpu_s(process), _cpu_s(broker_process)
    ingest.start()
    wait_until(
        lambda: ingest.counters.frames_acknowledged >= stored + len(load.messages),
        "all frames to be stored",
        ROUND_TIMEOUT_S,
    )
    with ingest.paused():  # so that the last group was handed on
        pass
    wait_until(lambda: not ingest.unjudged_groups, "all samples to be judged", ROUND_TIMEOUT_S)
    duration_s = time.perf_counter() - started
    cpu, broker_cpu = _cpu_s(process) - cpu, _cpu_s(broker_process) - broker_cpu
    ingest.stop()
    if ingest.counters.samples_set_aside or ingest.counters.frames_dropped:
        raise RuntimeError(f"not everything was taken: {ingest.counters}")
    if district.alerts.figures().judged - judged < load.samples // 4:
        raise RuntimeError(f"the alert engine has not looked at everything: {district.alerts.figures()}")
    verify(district, load)
    district.store.maintain(clock())
    return Result(
        load.samples / duration_s,
        load.samples / cpu,
        load.samples / (cpu + broker_cpu),
        load.wire_bytes / load.samples,
    )


def _report(ours: dict[int, list[Result]], singles: JsonRounds, influx: InfluxRounds | None) -> dict[str, object]:
    influx_per_cpu_s = [one.per_cpu_s for one in influx.done] if influx else []
    frames = {frame: _of_frame(results, singles.per_s, influx_per_cpu_s) for frame, results in ours.items()}
    return {
        **next(iter(frames.values())),
        "frames": frames,
        "json_per_sample_per_s": round(statistics.median(singles.per_s)),
        "json_per_s_by_threads_and_group": {
            f"{way.threads}, {way.group}": _median(done, "per_s") for way, done in singles.done.items()
        },
        "json_few_series_unjudged_per_s": _median(singles.unjudged, "per_s"),
        "influxdb_per_cpu_s": _median(influx.done, "per_cpu_s") if influx else None,
        "influxdb_few_series_per_cpu_s": _median(influx.of_few, "per_cpu_s") if influx else None,
        "spread": {
            "samples_per_s": {
                frame: _spread([one.samples_per_s for one in results]) for frame, results in ours.items()
            },
            "json_per_sample_per_s": _spread(singles.per_s),
            "influxdb_per_cpu_s": _spread(influx_per_cpu_s) if influx else None,
        },
    }


def _median(done: list[Baseline], rate: str) -> int:
    return round(statistics.median(float(getattr(one, rate)) for one in done))


def _of_frame(results: list[Result], json_per_s: list[float], influx_per_cpu_s: list[float]) -> dict[str, float | None]:
    per_s, per_cpu_s, per_total_cpu_s, wire_bytes = (statistics.median(column) for column in zip(*results, strict=True))
    influx_ratio = round(per_total_cpu_s / statistics.median(influx_per_cpu_s), 1) if influx_per_cpu_s else None
    return {
        "samples_per_s": round(per_s),
        "samples_per_cpu_s": round(per_cpu_s),
        "samples_per_total_cpu_s": round(per_total_cpu_s),
        "ratio_json": round(per_s / statistics.median(json_per_s), 1),
        "ratio_influxdb_cpu": influx_ratio,
        "wire_bytes_per_sample": round(wire_bytes, 2),
    }


def _versions(broker: Server, other: Server | None) -> dict[str, object]:
    return {
        "campanile": VERSION,
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "numpy": np.__version__,
        "paho": paho.mqtt.__version__,
        "mosquitto": broker.version,
        "influxdb": other.version if other else None,
        "cpus": psutil.cpu_count(),
    }


def _told(result: Result) -> str:
    return f"{result.samples_per_s:,.0f} samples/s, {result.samples_per_total_cpu_s:,.0f} per CPU-s with the broker's"


def _spread(rates: list[float]) -> list[int]:
    return [round(min(rates)), round(max(rates))]


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    main()
