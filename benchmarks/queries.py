# ruff: noqa: S608 - the words of the queries are our own
"""How fast the embedded store answers, beside InfluxDB 1.6.7 with the same rows, and how many bytes a row takes.

    python -m benchmarks.queries [--quick] [--json]

800 devices with 25 metrics each are written for seven days, a sample of each every four minutes: 50.4 million rows in the
order in which they would have come; all days but the last are closed by upkeep as they would have been. A Debian InfluxDB
gets the same rows as line protocol and a minute to compact. Then each question is put to both in turn, in several rounds:

    series_24h_ms        the raw samples of one series over a closed day, another series each time
    series_24h_5m_ms     the same day in 5-minute buckets
    p95_device_ms        the 95th percentile (nearest rank) of all raw samples of one metric, for each of 800 devices, 7 days
    latest_ms            the newest values of 100,000 devices (InfluxDB: last() of the 800)
    bytes_per_sample     what the store's directory takes, without and with its roll-ups

Figures are medians; the answers of both are compared row by row before anything is timed. The last line is one JSON object.
With --quick one day, and 5-minute means of 7 days are left out.
"""

import argparse
import http.client
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from benchmarks.servers import Server, influxdb
from campus.ids import AgentId, DeviceId, Instance, MetricId, SiteId
from controller.store.embedded import EmbeddedStore
from controller.store.port import Batch, DistrictSeries, FrameMark, Ids, Level, Retention, Values
from controller.store.rollup import Rows

DEVICES: Final = 800
METRICS: Final = 25
EVERY_MS: Final = 240_000
DAYS: Final = 7
LATEST_DEVICES: Final = 100_000
ROUNDS: Final = 11
DAY_MS: Final = 86_400_000
ZONE: Final = ZoneInfo("Asia/Shanghai")
BEGAN_AT: Final = 1_789_920_000_000
"""Midnight of 2026-09-21 in Shanghai."""
SETTLE_S: Final = 60.0
LINES: Final = 50_000
_SITE: Final = SiteId("no-1-primary")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.queries", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--quick", action="store_true", help="two days instead of seven, InfluxDB settles for 10 s")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="campanile-benchmark-") as folder:
        report = _measure(Path(folder), 2 if options.quick else DAYS, 10.0 if options.quick else SETTLE_S)
    if not options.json:
        for key, value in report.items():
            print(f"{key:24} {value}")
    print(json.dumps(report))


def _measure(folder: Path, days: int, settle_s: float) -> dict[str, Any]:
    store = EmbeddedStore(folder / "samples", timezone=ZONE, retention=Retention())
    store.start()
    ids = store.series_ids([_name(number) for number in range(DEVICES * METRICS)])
    with influxdb(folder) as server:
        connection = _connected(server)
        _fill(store, ids, connection, days)
        report: dict[str, Any] = {"rows": DEVICES * METRICS * days * DAY_MS // EVERY_MS} | _sizes(
            folder / "samples", store
        )
        if connection:
            time.sleep(settle_s)
        ours, theirs = _questions(store, ids, days), _influx_questions(connection, days)
        _compare(ours, theirs)
        took: dict[str, list[float]] = {}
        for (
            name,
            ask,
        ) in ours.items():  # one after the other: a question over millions of rows leaves cold caches to the next
            for turn in range(ROUNDS):
                took.setdefault(f"{name}_ms", []).append(_ms(ask, turn))
                if name in theirs:
                    took.setdefault(f"influx_{name}_ms", []).append(_ms(theirs[name], turn))
    medians = {name: statistics.median(values) for name, values in took.items()}
    report |= {name: round(value, 2) for name, value in medians.items()}
    for name in theirs:
        report[f"{name}_ratio"] = round(medians[f"influx_{name}_ms"] / medians[f"{name}_ms"], 1)
    store.close()
    return report | {"rounds": ROUNDS, "days": days}


def _name(number: int) -> DistrictSeries:
    device, metric = divmod(number, METRICS)
    return DistrictSeries(_SITE, DeviceId(f"device-{device}"), MetricId(f"metric_{metric}"), Instance(""))


def _fill(store: EmbeddedStore, ids: Ids, connection: http.client.HTTPConnection | None, days: int) -> None:
    """Day by day: the rows as they came, then upkeep as it comes after midnight."""
    rng = np.random.default_rng(5)
    level = rng.uniform(10, 90, len(ids))
    extra = store.series_ids(
        [
            DistrictSeries(_SITE, DeviceId(f"lamp-{number}"), MetricId("reachable"), Instance(""))
            for number in range(LATEST_DEVICES)
        ]
    )
    mark = FrameMark(_SITE, AgentId(_SITE), 1, 1)
    store.append(Batch([mark], extra, np.full(len(extra), BEGAN_AT, np.int64), np.ones(len(extra))))
    for day in range(days):
        start = BEGAN_AT + day * DAY_MS
        rows = _day(ids, level, start, rng)
        store.append(Batch([mark._replace(number=day + 2)], *rows))
        store.maintain(start + DAY_MS + 3_600_000)
        if connection:
            _write_lines(connection, rows)
        print(f"day {day + 1} of {days} written", file=sys.stderr)


def _day(ids: Ids, level: Values, start: int, rng: np.random.Generator) -> Rows:
    """A random walk of each series, rounded to 0.1, poll after poll."""
    polls = DAY_MS // EVERY_MS
    steps = rng.normal(0, 0.4, (polls, len(ids))) * (rng.random((polls, len(ids))) < 0.6)
    values = np.round(level + np.cumsum(steps, axis=0), 1)
    level[:] = values[-1]
    at = start + np.arange(polls, dtype=np.int64) * EVERY_MS
    return Rows(np.tile(ids, polls), np.repeat(at, len(ids)), values.ravel())


def _write_lines(connection: http.client.HTTPConnection, rows: Rows) -> None:
    heads = [
        f"telemetry,device=device-{n // METRICS},metric=metric_{n % METRICS} value=" for n in range(DEVICES * METRICS)
    ]
    for first in range(0, len(rows.series), LINES):
        cut = slice(first, first + LINES)
        numbers = (np.arange(first, min(first + LINES, len(rows.series))) % len(heads)).tolist()
        pairs = zip(numbers, rows.value[cut].tolist(), rows.measured_at[cut].tolist(), strict=True)
        body = "\n".join([f"{heads[number]}{value} {at}" for number, value, at in pairs])
        connection.request("POST", "/write?db=bench&precision=ms", body.encode())
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 204, answer.status


def _sizes(directory: Path, store: EmbeddedStore) -> dict[str, float]:
    samples = store.figures().samples_stored
    sizes = {path: path.stat().st_size for path in directory.rglob("*") if path.is_file()}
    raw = sum(size for path, size in sizes.items() if path.parent.name in ("raw", "segment"))
    return {
        "bytes_per_sample": round(raw / samples, 3),
        "bytes_per_sample_with_rollups": round(sum(sizes.values()) / samples, 3),
    }


Answer = NDArray[np.float64]
Question = Callable[[int], Answer]
"""Takes the number of the round, gives values in the order of series, then time."""


def _questions(store: EmbeddedStore, ids: Ids, days: int) -> dict[str, Question]:
    end = BEGAN_AT + days * DAY_MS
    of_metric = ids[3::METRICS]
    lamps = np.array(sorted(store.find_series(metric=MetricId("reachable"))), np.int32)

    def series_24h(turn: int) -> Answer:
        return store.window(ids[[_pick(turn)]], BEGAN_AT, BEGAN_AT + DAY_MS).mean

    def series_24h_5m(turn: int) -> Answer:
        return store.window(ids[[_pick(turn)]], BEGAN_AT, BEGAN_AT + DAY_MS, Level.FIVE_MINUTES).mean

    def p95_device(_turn: int) -> Answer:
        window = store.window(of_metric, BEGAN_AT, end, Level.RAW)
        return _percentiles(window.series, window.mean)

    def latest(_turn: int) -> Answer:
        return store.latest(lamps).value

    return {"series_24h": series_24h, "series_24h_5m": series_24h_5m, "p95_device": p95_device, "latest": latest}


def _percentiles(series: Ids, value: Values) -> Answer:
    """Nearest rank ceil(0.95 n) of each run of `series`."""
    ends = np.append(np.flatnonzero(series[1:] != series[:-1]) + 1, len(series))
    first = np.append(0, ends[:-1])
    ranks = np.ceil(0.95 * (ends - first)).astype(int) - 1
    return np.array(
        [np.partition(value[a:b], rank)[rank] for a, b, rank in zip(first, ends, ranks, strict=True)], np.float64
    )


def _influx_questions(connection: http.client.HTTPConnection | None, days: int) -> dict[str, Question]:
    if connection is None:
        return {}
    first, end = BEGAN_AT, BEGAN_AT + days * DAY_MS

    def of_one(selected: str, turn: int, more: str = "") -> Answer:
        device, metric = divmod(_pick(turn), METRICS)
        where = f"device='device-{device}' AND metric='metric_{metric}'"
        text = (
            f"SELECT {selected} FROM telemetry WHERE {where} AND time >= {first}ms AND time < {first + DAY_MS}ms{more}"
        )
        return np.array([row[1] for row in _influx(connection, text)[0]["values"] if row[1] is not None], np.float64)

    def p95_device(_turn: int) -> Answer:
        text = (
            f"SELECT percentile(value, 95) FROM telemetry WHERE metric='metric_3' AND time >= {first}ms AND time < {end}ms "
            "GROUP BY device"
        )
        found = {one["tags"]["device"]: one["values"][0][1] for one in _influx(connection, text)}
        return np.array([found[f"device-{number}"] for number in range(DEVICES)], np.float64)

    return {
        "series_24h": lambda turn: of_one("value", turn),
        "series_24h_5m": lambda turn: of_one("mean(value)", turn, " GROUP BY time(5m)"),
        "p95_device": p95_device,
    }


def _compare(ours: dict[str, Question], theirs: dict[str, Question]) -> None:
    """Both must say the same; InfluxDB rounds the rank of a percentile, we take its ceiling, so ranks may differ by one."""
    for name, ask in theirs.items():
        mine, other = ours[name](0), ask(0)
        tolerance = 0.5 if name == "p95_device" else 1e-9
        if mine.shape != other.shape or not np.allclose(mine, other, rtol=0, atol=tolerance):
            sys.exit(f"{name}: the stores disagree: {mine[:5]} and {other[:5]}")


def _pick(turn: int) -> int:
    """Another series each round."""
    return (turn * 7919 + 13) % (DEVICES * METRICS)


def _connected(server: Server | None) -> http.client.HTTPConnection | None:
    if server is None:
        print("InfluxDB is not installed (Debian package influxdb): measured without it", file=sys.stderr)
        return None
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    connection.request("POST", "/query?" + urlencode({"q": "CREATE DATABASE bench"}))
    connection.getresponse().read()
    return connection


def _influx(connection: http.client.HTTPConnection, text: str) -> list[dict[str, Any]]:
    connection.request("GET", "/query?" + urlencode({"db": "bench", "q": text, "epoch": "ms"}))
    answer: dict[str, Any] = json.loads(connection.getresponse().read())
    series: list[dict[str, Any]] = answer["results"][0]["series"]
    return series


def _ms(ask: Question, turn: int) -> float:
    began_s = time.perf_counter()
    ask(turn + 1)
    return (time.perf_counter() - began_s) * 1000


if __name__ == "__main__":
    main()
