"""How much of InfluxDB's own speed is left when the controller keeps its samples there.

    python -m benchmarks.influxdb_store [--quick] [--json] [--series N] [--rounds N]

One InfluxDB with two databases that know the same series. In turn, a round each: InfluxDB alone, which is given the lines of
a load, ready made, 10,000 in a body over one connection; and the controller's path, which is given the frames of another
load of the same size and does everything from there: decode, believe, put lines together, write, commit the marks. Both
rounds end when the last answer is there; how many samples each database then holds is checked. Our processor time is what
this process used in its rounds.

A server that holds a million series is busy with itself now and then (its garbage, its files), and whoever writes then waits
for seconds, several times as long as a round takes. So rounds are short and many, none waits for the server to rest, and of
each pair the other one begins. Rates and `ratio` are of median rounds, which no such wait moves; `waits` says how many rounds
took over twice the median, and `of_all` is the same ratio with all of them counted: with some forty rounds it is as good as
the luck of the draw.

Then upkeep, where there are at most 250,000 series: what the rounds wrote is read back and rolled up, once for each level;
what that takes is told per sample, and as shares of a core at the large tier's 16,700 samples a second. With a million series
in each of two databases the hours of all rounds, asked for together, are more than 24 GB of memory hold.

The last line is one JSON object; `spread` has the lowest and the highest rate of each.
"""

import argparse
import gc
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
import urllib3

from benchmarks.district import ZONE, many_schools, register
from benchmarks.ingest_baselines import readings
from benchmarks.ingest_load import Clock, Load, Loads
from benchmarks.servers import INFLUXDB_MANY_SERIES, Server, influxdb
from benchmarks.telemetry import School
from campus.samples import DeviceKind
from campus.topics import Address
from campus.version import VERSION
from controller.ingest.group import Arrived
from controller.ingest.import_frames import import_pipeline
from controller.ingest.ingest import GROUP_ROWS
from controller.ingest.pipeline import Pipeline
from controller.registry.database import create_engine, sqlite_url
from controller.registry.service import RegistryService
from controller.store.influx.lines import DeviceTags, Lines, TagsOf
from controller.store.influx.settings import InfluxSettings
from controller.store.influx.store import InfluxStore
from controller.store.port import Batch, DistrictSeries, FrameMark, Level, Retention
from controller.store.rollup import Rows
from controller.store.series_index import SeriesIndex

ALONE, OURS = "alone", "campus"
LINES = 10_000
FRAME = 1_000
LARGE_TIER_PER_S = 16_700
UPKEEP_SERIES = 250_000
DAY_MS = 86_400_000
REST_TIMEOUT_S = 60.0
_RESTING = 0.03


class Size(NamedTuple):
    """How much work a run is."""

    rounds: int
    series: int
    samples: int
    """Of each round; whole groups of ingest's."""


QUICK = Size(6, 22_650, 500_000)
FULL = Size(40, 1_200_000, 500_000)


class Round(NamedTuple):
    """One of either. Seconds of processor time are ours and the server's."""

    samples: int
    duration_s: float
    our_cpu_s: float
    server_cpu_s: float

    @property
    def per_s(self) -> float:
        """Samples a second."""
        return self.samples / self.duration_s


def main(arguments: Sequence[str] | None = None) -> None:
    """Run and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.influxdb_store", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="six rounds with few series, under a minute")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    parser.add_argument("--series", type=int, help="series known before (22,650 with --quick, else 1,200,000)")
    parser.add_argument("--rounds", type=int, help="of each kind (6 with --quick, else 40)")
    options = parser.parse_args(arguments)
    size = QUICK if options.quick else FULL
    size = size._replace(series=options.series or size.series, rounds=options.rounds or size.rounds)
    say: Callable[[str], None] = (lambda text: None) if options.json else print
    print(json.dumps(run(size, say)))


def run(size: Size, say: Callable[[str], None]) -> dict[str, object]:
    """All rounds, in turn, so that a noisy moment meets both."""
    now = int(time.time() * 1000)
    owned = many_schools(size.series, now)
    with tempfile.TemporaryDirectory(prefix="campanile-benchmark-") as name:
        directory = Path(name)
        register(directory, owned, now)
        (directory / "influxdb").mkdir()
        with influxdb(directory / "influxdb", INFLUXDB_MANY_SERIES) as server:
            if server is None:
                raise SystemExit("InfluxDB is not installed (Debian package influxdb)")
            path = OurPath(directory, server, owned, now)
            try:
                return _rounds(size, path, BareServer(server, owned, now), server, say) | {"series": path.series}
            finally:
                path.close()


def _rounds(
    size: Size, path: "OurPath", bare: "BareServer", server: Server, say: Callable[[str], None]
) -> dict[str, object]:
    loads = Loads(path.now)
    alone: list[Round] = []
    ours: list[Round] = []
    path.round(path.load(loads, size.samples))  # not counted: a controller that runs has met the dictionaries
    for number in range(1, size.rounds + 1):
        for which, rounds in ((bare, alone), (path, ours))[:: 1 if number % 2 else -1]:
            rounds.append(which.round(path.load(loads, size.samples)))
        say(f"round {number}: InfluxDB alone {alone[-1].per_s:,.0f} samples/s, our path {ours[-1].per_s:,.0f}")
    bare.check(sum(each.samples for each in alone))
    upkeep = path.upkeep() if size.series <= UPKEEP_SERIES else None
    took = {name: [each.duration_s for each in rounds] for name, rounds in (("ours", ours), ("alone", alone))}
    usual = {name: statistics.median(durations) for name, durations in took.items()}
    all_ours, all_alone = _together(ours), _together(alone)
    return {
        "samples_per_s": round(size.samples / usual["ours"]),
        "influxdb_alone_per_s": round(size.samples / usual["alone"]),
        "ratio": round(usual["alone"] / usual["ours"], 3),
        "of_all": round(all_ours.per_s / all_alone.per_s, 3),
        "waits": {name: sum(each > 2 * usual[name] for each in durations) for name, durations in took.items()},
        "our_samples_per_cpu_s": round(all_ours.samples / all_ours.our_cpu_s),
        "server_samples_per_cpu_s": round(all_ours.samples / all_ours.server_cpu_s),
        "server_alone_samples_per_cpu_s": round(all_alone.samples / all_alone.server_cpu_s),
        "upkeep": upkeep,
        "rounds": size.rounds,
        "samples_per_round": size.samples,
        "spread": {
            name: [round(min(each.per_s for each in rounds)), round(max(each.per_s for each in rounds))]
            for name, rounds in (("ours", ours), ("alone", alone))
        },
        "versions": {
            "campanile": VERSION,
            "python": platform.python_version(),
            "influxdb": server.version,
            "cpus": psutil.cpu_count(),
        },
    }


def _together(rounds: Sequence[Round]) -> Round:
    return Round(*(sum(column) for column in zip(*rounds, strict=True)))


class OurPath:
    """The controller's rooms from a frame to the store."""

    def __init__(self, directory: Path, server: Server, owned: Sequence[School], now: int) -> None:
        self.now = now
        self._owned = owned
        self._clock = Clock(now)
        self._process, self._server = psutil.Process(), psutil.Process(server.pid)
        self._engine = create_engine(sqlite_url(directory / "registry.db"))
        registry = RegistryService(self._engine, self._clock)
        registry.start()
        settings = InfluxSettings(url=f"http://127.0.0.1:{server.port}", database=OURS)
        self._store = InfluxStore(directory / "influx", settings, tags_of(owned), timezone=ZONE, retention=Retention())
        self._store.start()
        self._pipeline: Pipeline = import_pipeline(
            self._store, registry, self._clock, dead_letter_directory=directory, retention=Retention()
        )
        self._addresses: list[Address] = [school.address for school in owned]
        self._remember()

    @property
    def series(self) -> int:
        """How many are known."""
        return self._store.figures().series

    def load(self, loads: Loads, samples: int) -> Load:
        """Frames that neither has seen."""
        load = loads.next(self._owned, FRAME, samples)
        self._clock.set(load.built_at)
        return load

    def round(self, load: Load) -> Round:
        """All frames of a load, in groups as ingest makes them."""
        before = self._store.figures().samples_stored
        gc.collect()
        pipeline, cpu, started = self._pipeline, _cpu_s(self._process, self._server), time.perf_counter()
        for number, (_, payload) in enumerate(load.messages):
            address = self._addresses[number % len(self._addresses)]
            pipeline.take(Arrived(address, payload, load.built_at))
            if pipeline.group.rows >= GROUP_ROWS:
                pipeline.commit()
        pipeline.commit()
        duration_s, after = time.perf_counter() - started, _cpu_s(self._process, self._server)
        if self._store.figures().samples_stored - before != load.samples:
            raise RuntimeError(f"not everything was taken: {pipeline.counters}")
        return Round(load.samples, duration_s, after[0] - cpu[0], after[1] - cpu[1])

    def upkeep(self) -> dict[str, object]:
        """Roll up what the rounds wrote, a level at a time as it comes due; processor time of each, ours and the server's."""
        samples = self._store.figures().samples_stored
        written = self._clock()
        passes = {
            Level.FIVE_MINUTES: written + 600_000,
            Level.HOUR: written + 3 * 3_600_000,
            Level.DAY: written + 26 * 3_600_000,
        }
        ours, servers = {}, {}
        for level, now in passes.items():
            come_to_rest(self._server)
            cpu = _cpu_s(self._process, self._server)
            self._store.maintain(now)
            after = _cpu_s(self._process, self._server)
            ours[level], servers[level] = ((b - a) / samples * 1e6 for a, b in zip(cpu, after, strict=True))
        ids = np.arange(min(self.series, 1_000), dtype=np.int32)
        if not len(self._store.window(ids, self.now - DAY_MS, written, Level.DAY).series):
            raise RuntimeError("upkeep has made no roll-ups")
        return {
            "our_us_per_sample": {str(level): round(each, 2) for level, each in ours.items()},
            "server_us_per_sample": {str(level): round(each, 2) for level, each in servers.items()},
            "our_core_at_large_tier": round(sum(ours.values()) * LARGE_TIER_PER_S / 1e6, 3),
            "server_core_at_large_tier": round(sum(servers.values()) * LARGE_TIER_PER_S / 1e6, 3),
        }

    def close(self) -> None:
        """Let go of everything."""
        self._store.close()
        self._engine.dispose()

    def _remember(self) -> None:
        """One sample of each series, an hour ago."""
        for school in self._owned:
            ids = self._store.series_ids([DistrictSeries(school.address.site, *one.key) for one in school.series])
            value = np.array([one.shape.level for one in school.series], np.float64)
            mark = FrameMark(school.address.site, school.address.agent, 0, 1)
            self._store.append(Batch([mark], ids, np.full(len(ids), self.now - 3_600_000, np.int64), value))


class BareServer:
    """A database of the same server, given lines that are ready made."""

    def __init__(self, server: Server, owned: Sequence[School], now: int) -> None:
        self._url = f"http://127.0.0.1:{server.port}"
        self._process, self._server = psutil.Process(), psutil.Process(server.pid)
        self._pool = urllib3.PoolManager(maxsize=1, retries=False)
        self._index = SeriesIndex()
        self._lines = Lines(self._index, tags_of(owned))
        self._now = now
        self._ask("POST", f"/query?q=CREATE%20DATABASE%20{ALONE}")
        for school in owned:
            ids = self._index.ids([DistrictSeries(school.address.site, *one.key) for one in school.series])
            value = np.array([one.shape.level for one in school.series], np.float64)
            self._write(self._lines.of_rows(Rows(ids, np.full(len(ids), now - 3_600_000), value)))

    def round(self, load: Load) -> Round:
        """Write the samples of a load in their order."""
        bodies = list(self._bodies(load))
        samples = sum(body.count(b"\n") for body in bodies)
        gc.collect()
        cpu, started = _cpu_s(self._process, self._server), time.perf_counter()
        for body in bodies:
            self._write(body)
        duration_s, after = time.perf_counter() - started, _cpu_s(self._process, self._server)
        return Round(samples, duration_s, after[0] - cpu[0], after[1] - cpu[1])

    def check(self, samples: int) -> None:
        """Raise `RuntimeError` unless the database holds so many since the beginning."""
        asked = f"SELECT%20count(value)%20FROM%20/./%20WHERE%20time%3E={self._now - 600_000}ms"
        answer = json.loads(self._ask("GET", f"/query?db={ALONE}&q={asked}"))
        held = sum(series["values"][0][1] for series in answer["results"][0]["series"])
        if held != samples:
            raise RuntimeError(f"InfluxDB holds {held} of {samples} samples")

    def _bodies(self, load: Load) -> Iterator[bytes]:
        pieces = []
        for site, keys, series, measured_at, value in readings([payload for _, payload in load.messages]):
            ids = self._index.ids([DistrictSeries(site, *key) for key in keys])
            pieces.append(Rows(ids[np.array(series)], np.array(measured_at), np.array(value)))
        rows = Rows(*(np.concatenate(columns) for columns in zip(*pieces, strict=True)))
        for first in range(0, len(rows.series), LINES):
            yield self._lines.of_rows(rows.taken(np.arange(first, min(first + LINES, len(rows.series)))))

    def _write(self, body: bytes) -> None:
        self._ask("POST", f"/write?db={ALONE}&precision=ms", body)

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        answer = self._pool.request(method, self._url + path, body=body)
        if answer.status >= 300:
            raise RuntimeError(f"InfluxDB answers {answer.status}: {answer.data[:200]!r}")
        return answer.data


def tags_of(owned: Sequence[School]) -> TagsOf:
    """Kind and room of every device: forty rooms in each school."""
    known = {
        (school.address.site, facts.device): DeviceTags(str(facts.kind or DeviceKind.SWITCH), f"3-{100 + place % 40}")
        for school in owned
        for place, facts in enumerate(school.facts)
    }
    return lambda site, device: known.get((site, device), DeviceTags())


def come_to_rest(process: psutil.Process) -> None:
    """Wait until the server is done with what it does on its own, though not for ever."""
    deadline = time.monotonic() + REST_TIMEOUT_S
    while time.monotonic() < deadline:
        (before,) = _cpu_s(process)
        time.sleep(1.0)
        (after,) = _cpu_s(process)
        if after - before < _RESTING:
            return


def _cpu_s(*processes: psutil.Process) -> list[float]:
    times = [process.cpu_times() for process in processes]
    return [float(each.user + each.system) for each in times]


if __name__ == "__main__":
    main()
