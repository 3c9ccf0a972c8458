"""The large tier in daily life: 800 schools connected over TLS, 1.2 million series, 200 rules, 16,700 samples a second.

    python -m benchmarks.large_tier [--quick] [--json] [--seconds 60] [--agents 800] [--rules 200] [--seal 1.5]

Everything is real: Mosquitto as `deploy/mosquitto` has it, `campanile controller run` as a process of its own, and agents
that sign in, send frames of a school of 125 devices and keep each frame until it is acknowledged; one process plays
all agents (`benchmarks.fleet`). In a warm-up that runs faster than time every device is read at least once, so that the
controller has met what it meets every day; then the same stretch is measured twice:

    undisturbed   processor time and memory of the controller; how long each frame waits for its acknowledgement, which
                  comes after the commit: what is acknowledged can be asked for
    watched       a signed-in reader asks the API again and again: when does a value that must raise an alert show as one,
                  when does it show as the latest value

`sealed_to_...` counts from the moment an agent seals a frame, `measured_to_...` from the measurement itself: an agent
waits `--seal` seconds for more before it seals. At the end every sample sent is counted in the store.

The last line is one JSON object. Latencies are in milliseconds.
"""

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import psutil

from benchmarks.centre import PROBE_METRIC, PROBE_RULE, PROBE_VALUE, Centre, controller, fleet
from benchmarks.district import ZONE, prepare
from benchmarks.fleet import PROBE_LINE, Account, Phase, Plan, percentiles
from benchmarks.servers import DistrictBroker, district_mosquitto, wait_until
from benchmarks.telemetry import LARGE, schools
from campus.metrics import made_by_centre
from controller.localtime import DAY_MS
from controller.store.embedded import EmbeddedStore
from controller.store.port import Level, Retention

AGENTS = 800
SAMPLES_PER_S = 16_700
UNDISTURBED, WATCHED = "undisturbed", "watched"
WARM_UP = [Phase("warm-up", 30.0, pace=3.0), Phase("settling", 5.0)]
"""Everything is polled 1.25 times."""
PROBED_EVERY_S = 0.05
PROBED_DEVICE = "ups-1"
LOOK_EVERY_S = 0.5
PATIENCE_S = 600.0
MEBIBYTE = 1 << 20


@dataclass
class Use:
    """Processor time of a process over a stretch, as the share of one core, and its highest resident memory."""

    process: psutil.Process
    began_s: float = field(default_factory=time.monotonic)
    cpu_s: float = 0.0
    rss_bytes: int = 0

    def __post_init__(self) -> None:
        self.cpu_s = self._cpu_s()

    def look(self) -> None:
        """Remember the memory in use now, if it is more."""
        self.rss_bytes = max(self.rss_bytes, self.process.memory_info().rss)

    def cores(self) -> float:
        """Cores used since the beginning."""
        return round((self._cpu_s() - self.cpu_s) / (time.monotonic() - self.began_s), 4)

    def _cpu_s(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large_tier", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the district, 10 seconds each")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    parser.add_argument("--seconds", type=float, help="length of each stretch (60, with --quick 10)")
    parser.add_argument("--agents", type=int, help="schools (800, with --quick 80)")
    parser.add_argument("--rules", type=int, default=200)
    parser.add_argument("--seal", type=float, default=1.5, help="seconds an agent waits before it seals a frame")
    options = parser.parse_args(arguments)
    say: Callable[[str], None] = (lambda text: None) if options.json else (lambda text: print(text, flush=True))
    agents = options.agents or (AGENTS // 10 if options.quick else AGENTS)
    seconds = options.seconds or (10.0 if options.quick else 60.0)
    phases = [*WARM_UP, Phase(UNDISTURBED, seconds), Phase(WATCHED, seconds)]
    with tempfile.TemporaryDirectory(prefix="campanile-benchmark-") as name:
        print(json.dumps(_run(Path(name), agents, options.rules, options.seal, phases, say)))


def _run(
    directory: Path, agents: int, rules: int, seal_s: float, phases: list[Phase], say: Callable[[str], None]
) -> dict[str, object]:
    ran = run_district(directory, agents, rules, seal_s, phases, _watch, say)
    ran.check()
    measured = next(phase for phase in ran.account.phases if phase.name == UNDISTURBED)
    seconds = next(phase.seconds for phase in phases if phase.name == UNDISTURBED)
    return {
        "agents": agents,
        "series": ran.series,
        "rules": rules,
        "samples_per_s": round(measured.samples / seconds),
        "frames_per_s": round(measured.frames / seconds),
        **ran.seen,
        "sealed_to_acknowledged_ms": measured.sealed_to_ack_ms,
        "measured_to_acknowledged_ms": measured.measured_to_ack_ms,
        "fleet_cores": round(ran.account.cpu_s / sum(phase.seconds for phase in phases), 3),
        "samples_sent": ran.account.samples,
        "samples_stored": ran.stored,
        "frames_acknowledged": int(ran.figures["ingest_frames_acknowledged_total"]),
        "commits": int(ran.figures["ingest_commits_total"]),
        "dictionaries_met": int(ran.figures["ingest_dictionaries_met_total"]),
    }


@dataclass(frozen=True)
class Stage:
    """Where a run takes place, for who watches it."""

    log: Path
    load: subprocess.Popen[bytes]
    centre: Centre
    broker: DistrictBroker
    say: Callable[[str], None]

    def has_reached(self, line: str) -> bool:
        """Whether the load process has said so; `RuntimeError` when it ended before."""
        text = self.log.read_text()
        if line not in text and self.load.poll() is not None:
            raise RuntimeError(f"the load process ended early: {text[-2000:]}")
        return line in text


Watch = Callable[[Stage], dict[str, object]]


@dataclass(frozen=True)
class Ran:
    """What a run left: the load process's account, what the store holds of it, /metrics, and what was seen meanwhile."""

    series: int
    account: Account
    stored: int
    figures: dict[str, float]
    seen: dict[str, object]

    def check(self) -> None:
        """Raise `RuntimeError` unless everything that was sent is acknowledged, and stored once."""
        account = self.account
        if account.unacknowledged or self.stored != account.samples:
            raise RuntimeError(
                f"{account.samples} samples were sent, {self.stored} are stored, {account.unacknowledged} not acknowledged"
            )


def run_district(
    directory: Path,
    agents: int,
    rules: int,
    seal_s: float,
    phases: list[Phase],
    watch: Watch,
    say: Callable[[str], None],
) -> Ran:
    """A district of so many schools, at the large tier's rate for each, through all phases; `watch` goes along."""
    data, log = directory / "data", directory / "fleet.log"
    owned = schools(agents, 0, LARGE)
    known = len(owned) * len(owned[0].series)
    say(f"{agents} schools with {known:,} series are made known")
    data.mkdir()
    prepare(data, owned, time.time_ns() // 1_000_000)
    with district_mosquitto(directory, [str(school.address.site) for school in owned]) as broker:
        started = time.monotonic()
        with controller(directory, data, broker, rules) as centre:
            say(f"the controller answers after {time.monotonic() - started:.1f} s")
            plan = _plan(broker, agents, seal_s, phases)
            with fleet(log, msgspec.json.encode(plan)) as load:
                seen = watch(Stage(log, load, centre, broker, say))
                load.wait()
            account = msgspec.json.decode(log.read_text().splitlines()[-1], type=Account)
            figures = centre.figures()
    return Ran(known, account, _stored(data) - known, figures, seen)


def _plan(broker: DistrictBroker, agents: int, seal_s: float, phases: list[Phase]) -> Plan:
    rate = SAMPLES_PER_S * agents / AGENTS
    return Plan(
        ca=str(broker.ca),
        port=broker.tls_port,
        password=broker.password,
        agents=agents,
        samples_per_s=rate,
        seal_s=seal_s,
        phases=phases,
        probe_metric=PROBE_METRIC,
        probe_value=PROBE_VALUE,
    )


def _stored(data: Path) -> int:
    """Samples in the store of a controller that has ended, without those it made itself."""
    store = EmbeddedStore(data / "samples", timezone=ZONE, retention=Retention())
    store.start()
    names, now = store.series_columns(), time.time_ns() // 1_000_000
    is_own = np.array([metric in made_by_centre() for metric in names.metrics], np.bool_)
    own = np.flatnonzero(is_own[names.metric]).astype(np.int32)
    stored = store.figures().samples_stored - len(store.window(own, now - DAY_MS, now + DAY_MS, Level.RAW).at)
    store.close()
    return stored


def _watch(stage: Stage) -> dict[str, object]:
    wait_until(lambda: stage.has_reached(f"phase {UNDISTURBED}"), "the warm-up to end", PATIENCE_S)
    ours, its = Use(stage.centre.process), Use(psutil.Process(stage.broker.pid))
    while not stage.has_reached(f"phase {WATCHED}"):
        ours.look()
        time.sleep(LOOK_EVERY_S)
    seen: dict[str, object] = {
        "controller_cores": ours.cores(),
        "controller_mib": round(ours.rss_bytes / MEBIBYTE),
        "broker_cores": its.cores(),
    }
    stage.say(f"undisturbed: {seen}")
    watched = Use(stage.centre.process)
    seen |= _probe(stage)
    return seen | {"watched_controller_cores": watched.cores()}


def _probe(stage: Stage) -> dict[str, object]:
    """How long after a probe was sealed it shows as an alert, and as the latest value of its device."""
    sealed_at: dict[str, int] = {}
    alerts: dict[str, float] = {}
    latest: dict[str, float] = {}
    with stage.log.open() as lines:
        lines.read()  # earlier probes were nobody's business
        while stage.load.poll() is None:
            for line in lines:
                word, *rest = line.split()
                if word == PROBE_LINE:
                    sealed_at[rest[0]] = int(rest[1])
            if sealed_at.keys() - alerts.keys():
                for alert in stage.centre.get("alerts", limit=200):
                    if alert["rule"] == PROBE_RULE.id and alert["site"] in sealed_at:
                        alerts.setdefault(alert["site"], _now() - sealed_at[alert["site"]])
            for site in sealed_at.keys() - latest.keys():
                values = stage.centre.get(f"sites/{site}/devices/{PROBED_DEVICE}/latest")
                if any(one["metric"] == PROBE_METRIC and one["value"] == PROBE_VALUE for one in values):
                    latest[site] = _now() - sealed_at[site]
            time.sleep(PROBED_EVERY_S)
    return {
        "sealed_to_alert_ms": percentiles(np.array(list(alerts.values()))),
        "sealed_to_latest_ms": percentiles(np.array(list(latest.values()))),
        "probes": len(sealed_at),
        "probes_missing": len(sealed_at) - min(len(alerts), len(latest)),
    }


def _now() -> int:
    return time.time_ns() // 1_000_000


if __name__ == "__main__":
    main()
