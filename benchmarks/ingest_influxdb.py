"""InfluxDB's line protocol, the ingest benchmark's other baseline.

It gets the very samples of the same series as ours, ready made in batches of 10,000 lines, one field in each. All series
have been written to before the clock runs, and it has come to rest. Its settings are those for many series
(`benchmarks.servers.INFLUXDB_MANY_SERIES`). What it does after its last answer is not counted, as our upkeep is not.
"""

import http.client
import time
from collections.abc import Iterator, Sequence

import orjson
import psutil

from benchmarks.ingest_baselines import Baseline, readings
from benchmarks.ingest_load import Loads
from benchmarks.servers import Server
from benchmarks.telemetry import School
from campus.ids import SiteId
from campus.samples import SeriesKey

LINES = 10_000
TIMEOUT_S = 120.0
REST_TIMEOUT_S = 30.0
_RESTING = 0.03
"""Of a core: a server that uses less has nothing left to do."""
FEW_SCHOOLS = 15
"""Of the easier rounds of the baselines: 22,605 series."""


class InfluxRounds:
    """The rounds of InfluxDB with all series, and with few."""

    def __init__(self, server: Server, owned: Sequence[School], now: int, lines: int) -> None:
        self._owned = owned
        self._lines = lines
        self._few, self._many = InfluxDb(server, "few"), InfluxDb(server, "many")
        self._few.know(owned[:FEW_SCHOOLS], now)
        self._many.know(owned, now)
        self.done: list[Baseline] = []
        self.of_few: list[Baseline] = []

    def run(self, loads: Loads) -> str:
        """A round of each; tells the rates."""
        for database, owned, done in (
            (self._many, self._owned, self.done),
            (self._few, self._owned[:FEW_SCHOOLS], self.of_few),
        ):
            load = loads.even(owned, self._lines)
            done.append(database.round([payload for _, payload in load.messages]))
        return (
            f"{self.done[-1].per_cpu_s:,.0f} samples per CPU-s ({self.done[-1].per_s:,.0f} a second), "
            f"{self.of_few[-1].per_cpu_s:,.0f} of few series"
        )


class InfluxDb:
    """A database of a running server. One connection; processor time is the server's."""

    def __init__(self, server: Server, name: str) -> None:
        self._name = name
        self._process = psutil.Process(server.pid)
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT_S)
        self._ask("POST", f"/query?q=CREATE%20DATABASE%20{name}")

    def know(self, owned: Sequence[School], at: int) -> None:
        """Write one sample of each series of the schools."""
        lines = (
            f"{_tags(school.address.site, one.key)} value={one.shape.level} {at}"
            for school in owned
            for one in school.series
        )
        for body in _in_batches(lines):
            self._write(body)
        self.come_to_rest()

    def round(self, payloads: Sequence[bytes]) -> Baseline:
        """Write the samples of frames, in their order; check how many there are then."""
        spans = [(min(each.measured_at), max(each.measured_at)) for each in readings(payloads)]
        bodies = list(_in_batches(_lines(payloads)))
        quantity = sum(body.count(b"\n") + 1 for body in bodies)
        cpu, started = _cpu_s(self._process), time.perf_counter()
        for body in bodies:
            self._write(body)
        duration_s, cpu_s = time.perf_counter() - started, _cpu_s(self._process) - cpu
        self._check(quantity, min(first for first, _ in spans), max(last for _, last in spans))
        self.come_to_rest()
        return Baseline(quantity / duration_s, quantity / cpu_s)

    def come_to_rest(self) -> None:
        """Wait until it is done with what it does on its own, though not for ever."""
        deadline = time.monotonic() + REST_TIMEOUT_S
        while time.monotonic() < deadline:
            before = _cpu_s(self._process)
            time.sleep(1.0)
            if _cpu_s(self._process) - before < _RESTING:
                return

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def _check(self, quantity: int, first: int, last: int) -> None:
        asked = f"SELECT%20count(value)%20FROM%20telemetry%20WHERE%20time%3E={first}ms%20AND%20time%3C={last}ms"
        answer = orjson.loads(self._ask("GET", f"/query?db={self._name}&q={asked}"))
        stored = answer["results"][0]["series"][0]["values"][0][1]
        if stored != quantity:
            raise RuntimeError(f"InfluxDB holds {stored} of {quantity} samples")

    def _write(self, body: bytes) -> None:
        self._ask("POST", f"/write?db={self._name}&precision=ms", body)

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        self._connection.request(method, path, body)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status >= 300:
            raise RuntimeError(f"InfluxDB answers {response.status}: {answer[:200]!r}")
        return answer


def _lines(payloads: Sequence[bytes]) -> Iterator[str]:
    for site, keys, series, measured_at, value in readings(payloads):
        tags = [_tags(site, key) for key in keys]
        for number, at, one in zip(series, measured_at, value, strict=True):
            yield f"{tags[number]} value={one} {at}"


def _tags(site: SiteId, key: SeriesKey) -> str:
    """A series as the line protocol names it, tags in the order InfluxDB sorts them anyway."""
    instance = f",instance={key.instance}" if key.instance else ""
    return f"telemetry,device={key.device}{instance},metric={key.metric},site={site}"


def _in_batches(lines: Iterator[str]) -> Iterator[bytes]:
    batch: list[str] = []
    for line in lines:
        batch.append(line)
        if len(batch) == LINES:
            yield "\n".join(batch).encode()
            batch = []
    if batch:
        yield "\n".join(batch).encode()


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
