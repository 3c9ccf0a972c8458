"""What the ingest benchmark is compared with.

One JSON message for each sample is what most device platforms send. Its consumer here is as good as that form allows:
orjson, acknowledged after a durable write, 1,000 rows in one write, into the same store as ours.
"""

import http.client
import queue
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import orjson
import paho.mqtt.client as mqtt
import psutil
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.queue import publish, reserve_session
from benchmarks.servers import Server
from campus.ids import DeviceId, Instance, MetricId, SiteId
from controller.store.embedded import EmbeddedStore
from controller.store.port import Batch, DistrictSeries, Level, Retention

GROUP = 1_000
LINES = 10_000
DEVICES = 40
METRICS = 25
TOPIC = "telemetry"
CLIENT_ID = "benchmark-json"
TIMEOUT_S = 60.0


class Baseline(NamedTuple):
    """One round of a baseline."""

    per_s: float
    per_cpu_s: float


def json_round(directory: Path, broker: Server, samples: int) -> Baseline:
    """Drain `samples` queued messages of one JSON sample each; check what is stored."""
    directory.mkdir()
    start = time.time_ns() // 1_000_000 - samples
    rows = _rows(samples, start)
    reserve_session(broker.port, CLIENT_ID, [f"{TOPIC}/#"])
    publish(broker.port, [(f"{TOPIC}/{row['device']}", orjson.dumps(row)) for row in rows])
    store = EmbeddedStore(directory, timezone=ZoneInfo("Asia/Shanghai"), retention=Retention())
    store.start()
    cpu, started = time.process_time(), time.perf_counter()
    _drain(broker.port, store, samples)
    duration_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu
    ids = np.array(sorted(store.find_series()), np.int32)
    stored = store.window(ids, start, start + samples, Level.RAW)
    wanted = sum(row["value"] for row in rows)
    if len(stored.mean) != samples or not np.isclose(stored.mean.sum(), wanted):
        raise RuntimeError(f"the JSON baseline has stored {len(stored.mean)} of {samples} samples")
    store.close()
    shutil.rmtree(directory)
    return Baseline(samples / duration_s, samples / cpu_s)


def influxdb_round(server: Server, database: str, lines: int) -> Baseline:
    """Write `lines` lines of one field in batches of 10,000; processor time is the server's."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT_S)
    _ask(connection, "POST", f"/query?q=CREATE%20DATABASE%20{database}")
    bodies = list(_line_protocol(lines))
    process = psutil.Process(server.pid)
    cpu, started = _cpu_s(process), time.perf_counter()
    for body in bodies:
        _ask(connection, "POST", f"/write?db={database}&precision=ms", body)
    duration_s, cpu_s = time.perf_counter() - started, _cpu_s(process) - cpu
    answer = orjson.loads(_ask(connection, "GET", f"/query?db={database}&q=SELECT%20count(value)%20FROM%20telemetry"))
    stored = answer["results"][0]["series"][0]["values"][0][1]
    if stored != lines:
        raise RuntimeError(f"InfluxDB holds {stored} of {lines} samples")
    _ask(connection, "POST", f"/query?q=DROP%20DATABASE%20{database}")
    connection.close()
    return Baseline(lines / duration_s, lines / cpu_s)


def _rows(samples: int, start: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng(7)
    value = np.round(rng.random(samples) * 1000, 1).tolist()
    return [
        {
            "site": "no-1-primary",
            "device": f"device-{n // METRICS % DEVICES}",
            "metric": f"metric_{n % METRICS}",
            "at": start + n,
            "value": value[n],
        }
        for n in range(samples)
    ]


def _drain(port: int, store: EmbeddedStore, samples: int) -> None:
    waiting: queue.Queue[mqtt.MQTTMessage] = queue.Queue(20_000)
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=CLIENT_ID, clean_session=False, manual_ack=True)
    client.on_message = lambda _client, _data, message: waiting.put(message)
    client.connect("127.0.0.1", port)
    client.loop_start()
    ids: dict[tuple[str, str, str], int] = {}
    done = 0
    while done < samples:
        group = [waiting.get(timeout=TIMEOUT_S) for _ in range(min(GROUP, samples - done))]
        rows = []
        for message in group:
            sample = orjson.loads(message.payload)
            key = (sample["site"], sample["device"], sample["metric"])
            if key not in ids:
                ids[key] = _id_of(store, key)
            if sample["value"] > 1e12:  # the alert check of this baseline
                raise RuntimeError("an impossible value")
            rows.append((ids[key], sample["at"], sample["value"]))
        series, at, value = zip(*rows, strict=True)
        store.append(Batch([], np.array(series, np.int32), np.array(at, np.int64), np.array(value, np.float64)))
        for message in group:
            client.ack(message.mid, message.qos)
        done += len(group)
    client.disconnect()
    client.loop_stop()


def _id_of(store: EmbeddedStore, key: tuple[str, str, str]) -> int:
    name = DistrictSeries(SiteId(key[0]), DeviceId(key[1]), MetricId(key[2]), Instance(""))
    return int(store.series_ids([name])[0])


def _line_protocol(lines: int) -> Iterator[bytes]:
    start = time.time_ns() // 1_000_000 - lines
    for first in range(0, lines, LINES):
        yield "\n".join(
            f"telemetry,device=device-{n // METRICS % 800},metric=metric_{n % METRICS} value={n % 1000 / 10} {start + n}"
            for n in range(first, min(first + LINES, lines))
        ).encode()


def _ask(connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None) -> bytes:
    connection.request(method, path, body)
    response = connection.getresponse()
    answer = response.read()
    if response.status >= 300:
        raise RuntimeError(f"InfluxDB answers {response.status}: {answer[:200]!r}")
    return answer


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
