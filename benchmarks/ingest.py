"""How many samples a second one controller takes, from broker to disk.

    python -m benchmarks.ingest [--quick] [--json]

Frames of 1,000 samples wait in a real Mosquitto for the controller's session. The controller's own ingest drains them:
receive, decode, accept, commit durably, acknowledge to broker and agents, judge by the shipped alert rules. Every round
checks the number and the sum of the samples in the store. Two baselines run in turn with it: one JSON message for each
sample, written in groups of 1,000 to the same store, and InfluxDB's line protocol, per second of processor time.

The last line is one JSON object. Rates are medians of the rounds; `spread` holds the lowest and the highest.
"""

import argparse
import json
import platform
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import paho.mqtt
import psutil

from benchmarks.ingest_baselines import Baseline, influxdb_round, json_round
from benchmarks.queue import publish, reserve_session
from benchmarks.servers import Server, influxdb, mosquitto, wait_until
from benchmarks.telemetry import School, frames, schools
from campus.delivery import LATE_AFTER_MS
from campus.topics import Leg
from campus.version import VERSION
from controller.alerts.engine import AlertEngine
from controller.identity.scope import SYSTEM
from controller.ingest.ingest import Ingest
from controller.ingest.subscriber import BrokerAddress
from controller.registry.database import create_engine, sqlite_url
from controller.registry.enrolment import Enrolment, OrganisationEntry, SiteEntry
from controller.registry.schema import migrate
from controller.registry.service import RegistryService
from controller.store.embedded import EmbeddedStore
from controller.store.port import Level, Retention

SCHOOLS = 20
FRAME_SAMPLES = 1_000
LIVE_MS = LATE_AFTER_MS // 2
"""Polls are drawn together so far that all samples are younger than this: the alert engine skips what is late."""
CLIENT_ID = "benchmark-controller"
ROUND_TIMEOUT_S = 120.0
ZONE = ZoneInfo("Asia/Shanghai")


class Size(NamedTuple):
    """How much work a run is."""

    rounds: int
    frames: int
    json_samples: int
    influxdb_lines: int


QUICK = Size(rounds=3, frames=2_000, json_samples=20_000, influxdb_lines=200_000)
FULL = Size(rounds=7, frames=6_000, json_samples=60_000, influxdb_lines=1_000_000)


class Load(NamedTuple):
    """What waits in the broker: topics and payloads of all schools in turn, and what must be in the store after it."""

    built_at: int
    schools: list[School]
    messages: list[tuple[str, bytes]]
    samples: int
    total: float

    @property
    def wire_bytes(self) -> int:
        """Of all payloads."""
        return sum(len(payload) for _, payload in self.messages)


class Result(NamedTuple):
    """One round of our own path."""

    samples_per_s: float
    samples_per_cpu_s: float
    samples_per_total_cpu_s: float
    """The broker's processor time included."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="three small rounds, under 45 seconds")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    options = parser.parse_args(arguments)
    say: Callable[[str], None] = (lambda text: None) if options.json else print
    print(json.dumps(run(QUICK if options.quick else FULL, say)))


def run(size: Size, say: Callable[[str], None]) -> dict[str, object]:
    """All rounds; the baselines take turns with ours, so that a noisy moment meets them all."""
    with tempfile.TemporaryDirectory(prefix="campanile-benchmark-") as name:
        directory = Path(name)
        load = build_load(size.frames)
        say(
            f"{load.samples:,} samples in {len(load.messages):,} frames, {load.wire_bytes / load.samples:.2f} bytes each"
        )
        ours: list[Result] = []
        singles: list[Baseline] = []
        influx: list[Baseline] = []
        (directory / "influxdb").mkdir()
        with mosquitto(directory) as broker, influxdb(directory / "influxdb") as other:
            for n in range(size.rounds):
                ours.append(_round(directory / f"ours-{n}", broker, load))
                say(
                    f"round {n + 1}: {ours[-1].samples_per_s:12,.0f} samples/s, {ours[-1].samples_per_cpu_s:,.0f} per CPU-s"
                )
                singles.append(json_round(directory / f"json-{n}", broker, size.json_samples))
                say(f"  one JSON message each: {singles[-1].per_s:,.0f} samples/s")
                if other is not None:
                    influx.append(influxdb_round(other, f"round{n}", size.influxdb_lines))
                    say(f"  InfluxDB: {influx[-1].per_cpu_s:,.0f} samples per CPU-s, {influx[-1].per_s:,.0f} samples/s")
            return _report(load, ours, singles, influx, broker, other)


def build_load(quantity: int) -> Load:
    """`quantity` frames or a little more, of all schools in turn, measured within the last minutes."""
    now = int(time.time() * 1000)
    district = schools(SCHOOLS, now)
    each = -(-quantity // SCHOOLS)
    width = len(district[0].series)
    poll_ms = min(15_000, LIVE_MS // (each * FRAME_SAMPLES // width + 1))
    start = now - LIVE_MS
    made = [list(frames(school, each, FRAME_SAMPLES, start, n, poll_ms)) for n, school in enumerate(district)]
    messages = [
        (school.address.topic(Leg.UP), payload)
        for turn in zip(*made, strict=True)
        for school, (payload, _) in zip(district, turn, strict=True)
    ]
    total = sum(part for school_frames in made for _, part in school_frames)
    return Load(now, district, messages, len(messages) * FRAME_SAMPLES, total)


def _round(directory: Path, broker: Server, load: Load) -> Result:
    directory.mkdir()
    began = time.monotonic_ns()

    def clock() -> int:
        """Every round is at the time for which the load was built."""
        return load.built_at + (time.monotonic_ns() - began) // 1_000_000

    store = EmbeddedStore(directory / "samples", timezone=ZONE, retention=Retention())
    store.start()
    registry, alerts = _services(directory, store, load.schools, clock)
    reserve_session(broker.port, CLIENT_ID)
    publish(broker.port, load.messages)
    ingest = Ingest(
        BrokerAddress("127.0.0.1", broker.port, client_id=CLIENT_ID),
        store,
        registry,
        alerts,
        alerts,
        clock,
        dead_letter_directory=directory,
        keep_days=35,
    )
    process, broker_process = psutil.Process(), psutil.Process(broker.pid)
    started, cpu, broker_cpu = time.perf_counter(), _cpu_s(process), _cpu_s(broker_process)
    ingest.start()
    wait_until(
        lambda: ingest.counters.frames_acknowledged >= len(load.messages), "all frames to be stored", ROUND_TIMEOUT_S
    )
    duration_s = time.perf_counter() - started
    cpu, broker_cpu = _cpu_s(process) - cpu, _cpu_s(broker_process) - broker_cpu
    ingest.stop()
    figures = alerts.figures()
    if figures.judged < load.samples // 4 or figures.late:
        raise RuntimeError(f"the alert engine has not looked at everything: {figures}")
    _verify(store, load)
    store.close()
    shutil.rmtree(directory)
    return Result(load.samples / duration_s, load.samples / cpu, load.samples / (cpu + broker_cpu))


def _services(
    directory: Path, store: EmbeddedStore, district: list[School], clock: Callable[[], int]
) -> tuple[RegistryService, AlertEngine]:
    engine = create_engine(sqlite_url(directory / "registry.db"))
    migrate(engine)
    registry = RegistryService(engine, clock)
    registry.start()
    sites = tuple(
        SiteEntry(
            id=school.address.site,
            organisation="district",
            name_en=school.address.site,
            name_zh=school.address.site,
            agents=(school.address.agent,),
        )
        for school in district
    )
    organisations = (OrganisationEntry(id="district", name_en="District", name_zh="学区"),)
    registry.enrol(SYSTEM, Enrolment(organisations=organisations, sites=sites))
    for school in district:
        registry.learn_facts(school.address, school.facts, clock())
    alerts = AlertEngine(store, registry, engine, clock)
    alerts.restore()
    return registry, alerts


def _verify(store: EmbeddedStore, load: Load) -> None:
    ids = np.array(sorted(store.find_series()), np.int32)
    rows, total = 0, 0.0
    for some in np.array_split(ids, SCHOOLS):
        window = store.window(some, load.built_at - 86_400_000, load.built_at + 86_400_000, Level.RAW)
        rows, total = rows + len(window.mean), total + float(window.mean.sum())
    if rows != load.samples or not np.isclose(total, load.total, rtol=1e-9):
        raise RuntimeError(
            f"the store holds {rows} samples with sum {total}, sent were {load.samples} with {load.total}"
        )


def _report(
    load: Load,
    ours: list[Result],
    singles: list[Baseline],
    influx: list[Baseline],
    broker: Server,
    other: Server | None,
) -> dict[str, object]:
    per_s = [result.samples_per_s for result in ours]
    per_cpu_s = [result.samples_per_cpu_s for result in ours]
    per_total_cpu_s = [result.samples_per_total_cpu_s for result in ours]
    json_per_s = [baseline.per_s for baseline in singles]
    influx_per_cpu_s = [baseline.per_cpu_s for baseline in influx]
    median = statistics.median
    return {
        "samples_per_s": round(median(per_s)),
        "samples_per_cpu_s": round(median(per_cpu_s)),
        "samples_per_total_cpu_s": round(median(per_total_cpu_s)),
        "json_per_sample_per_s": round(median(json_per_s)),
        "ratio_json": round(median(per_s) / median(json_per_s), 1),
        "influxdb_per_cpu_s": round(median(influx_per_cpu_s)) if influx else None,
        "ratio_influxdb_cpu": round(median(per_total_cpu_s) / median(influx_per_cpu_s), 1) if influx else None,
        "wire_bytes_per_sample": round(load.wire_bytes / load.samples, 2),
        "rounds": len(ours),
        "samples_per_round": load.samples,
        "spread": {
            "samples_per_s": [round(min(per_s)), round(max(per_s))],
            "json_per_sample_per_s": [round(min(json_per_s)), round(max(json_per_s))],
            "influxdb_per_cpu_s": [round(min(influx_per_cpu_s)), round(max(influx_per_cpu_s))] if influx else None,
        },
        "versions": {
            "campanile": VERSION,
            "python": platform.python_version(),
            "duckdb": duckdb.__version__,
            "numpy": np.__version__,
            "paho": paho.mqtt.__version__,
            "mosquitto": broker.version,
            "influxdb": other.version if other else None,
            "cpus": psutil.cpu_count(),
        },
    }


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    main()
