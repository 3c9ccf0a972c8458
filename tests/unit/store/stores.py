"""All stores behind one handle, and short words for filling and asking them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from campus.ids import AgentId, DeviceId, Instance, MetricId, SiteId
from controller.store.embedded import EmbeddedStore
from controller.store.embedded.sizes import Sizes
from controller.store.influx.lines import DeviceTags, TagsOf
from controller.store.influx.settings import InfluxSettings
from controller.store.influx.store import InfluxStore
from controller.store.port import Batch, DistrictSeries, FrameMark, Ids, Level, Retention, SampleStore
from tests.fakes.memory_store import MemoryStore
from tests.servers.influxdb import InfluxServer, influxdb2

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MIDNIGHT = 1_789_920_000_000
"""2026-09-21 00:00 in Shanghai, a Monday."""
SMALL = Sizes(
    bulk_rows=40,
    hot_rows=25,
    chunk_rows=16,
    small_part_rows=4,
    most_segments=3,
    most_loose_runs=5,
    most_values_each=1,
    hot_age_ms=HOUR,
)
"""Every way of working within a few rows."""
INFLUX_KINDS = [
    pytest.param(kind, marks=pytest.mark.slow) for kind in ("influx", "influx2") if kind == "influx" or influxdb2()
]
"""A real 1.x, and a real 2.x where the environment names one."""
Row = tuple[int, int, float]
"""Series, measured at, value."""


@dataclass
class Handle:
    """A store under test; `reopen` is a restart (the memory store only pretends)."""

    store: SampleStore
    again: Callable[[], SampleStore] | None = None
    """Starts a store on the same data."""
    keeps_twins: bool = True
    """False: of samples of one series at one instant only the last counts."""

    def reopen(self) -> None:
        """Close and start again on the same data."""
        if self.again is not None:
            self.store.close()
            self.store = self.again()


def embedded(
    directory: Path, timezone: ZoneInfo = SHANGHAI, retention: Retention | None = None, sizes: Sizes = SMALL
) -> EmbeddedStore:
    """A started embedded store."""
    store = EmbeddedStore(directory, timezone=timezone, retention=retention or Retention(), sizes=sizes)
    store.start()
    return store


def influx_settings(server: InfluxServer, directory: Path, database: str = "") -> InfluxSettings:
    """How to enter a server; a database of its own, whose policies keep everything, unless one is named."""
    return InfluxSettings(
        url=server.url,
        database=database or server.fresh_database(),
        organisation=server.organisation,
        token_file=str(server.secret_file(directory)) if server.token else "",
        username=server.username,
        password_file="" if server.token else str(server.secret_file(directory)),
        durations="ours" if database else "theirs",
    )


def influx(
    directory: Path,
    settings: InfluxSettings,
    timezone: ZoneInfo = SHANGHAI,
    retention: Retention | None = None,
    tags_of: TagsOf = lambda _site, _device: DeviceTags("switch", "101"),
) -> InfluxStore:
    """A started store in InfluxDB."""
    store = InfluxStore(directory, settings, tags_of, timezone=timezone, retention=retention or Retention())
    try:
        store.start()
    except BaseException:
        store.close()
        raise
    return store


def server_of(kind: str, request: pytest.FixtureRequest) -> InfluxServer | None:
    """The server that a kind of store needs, if it needs one."""
    if kind == "influx2":
        return influxdb2()
    return request.getfixturevalue("influx") if kind == "influx" else None


def handle(
    kind: str,
    directory: Path,
    timezone: ZoneInfo = SHANGHAI,
    retention: Retention | None = None,
    sizes: Sizes = SMALL,
    server: InfluxServer | None = None,
) -> Handle:
    """A started store of one kind: ``memory``, ``embedded``, or ``influx`` in a database of its own on a `server`."""
    kept = retention or Retention()
    if kind == "memory":
        return Handle(MemoryStore(timezone, kept))
    if kind == "embedded":
        again = partial(embedded, directory, timezone, kept, sizes)
        return Handle(again(), again)
    assert server is not None
    of_influx = partial(influx, directory, influx_settings(server, directory), timezone, kept)
    return Handle(of_influx(), of_influx, keeps_twins=False)


def names(quantity: int, site: str = "no-1") -> list[DistrictSeries]:
    """Distinct series of one site, two devices, three metrics: sorted by metric they come in another order than by id."""
    metrics = ["cpu_percent", "memory_percent", "temperature_c"]
    return [
        DistrictSeries(SiteId(site), DeviceId(f"sw-{i % 2}"), MetricId(metrics[i % 3]), Instance(str(i)))
        for i in range(quantity)
    ]


_numbers = count(1)


def mark(number: int, agent: str = "no-1", epoch: int = 1) -> FrameMark:
    """A mark of the first epoch."""
    return FrameMark(SiteId("no-1"), AgentId(agent), epoch, number)


def batch(rows: Sequence[Row], marks: Sequence[FrameMark] | None = None) -> Batch:
    """A batch of rows under a new mark, unless told which."""
    return Batch(
        [mark(next(_numbers))] if marks is None else marks,
        np.array([row[0] for row in rows], np.int32),
        np.array([row[1] for row in rows], np.int64),
        np.array([row[2] for row in rows], np.float64),
    )


def ids(*numbers: int) -> Ids:
    """An array of ids."""
    return np.array(numbers, np.int32)


def asked(
    store: SampleStore, series: Ids, start: int, end: int, level: Level | None = None, points: int = 2_000
) -> list[tuple[float, ...]]:
    """A window as rows: series, at, count, minimum, mean, maximum, p95; equal instants in order of value."""
    window = store.window(series, start, end, level, points)
    columns = (window.series, window.at, window.count, window.minimum, window.mean, window.maximum, window.p95)
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    assert [row[:2] for row in rows] == sorted(row[:2] for row in rows)
    return sorted(rows)
