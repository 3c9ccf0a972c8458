"""InfluxDB away, slow, full, busy or unwilling: nothing counts before it is stored, and all goes on by itself."""

import logging
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from campus.errors import ConfigError, Transient
from campus.influx import Policy
from controller.store.influx.client import InfluxClient
from controller.store.influx.delivery import REFUSED_FILE
from controller.store.influx.settings import InfluxSettings
from controller.store.influx.store import InfluxStore
from controller.store.port import Batch, Level
from tests.fakes.troubled_influxdb import Trouble, TroubledInfluxDB, troubled_influxdb
from tests.servers.daemon import free_port, wait_until
from tests.servers.influxdb import InfluxServer, influxdb
from tests.unit.store.stores import (
    DAY,
    INFLUX_KINDS,
    MIDNIGHT,
    Row,
    asked,
    batch,
    ids,
    influx_settings,
    mark,
    names,
    server_of,
)
from tests.unit.store.stores import influx as opened

pytestmark = pytest.mark.slow
SERIES = 7


def rows(first: int, quantity: int) -> list[Row]:
    return [(n % SERIES, MIDNIGHT + n * 1000, float(n)) for n in range(first, first + quantity)]


def stored(store: InfluxStore) -> list[float]:
    """Every value that a window tells, ascending."""
    found = asked(store, ids(*range(SERIES)), MIDNIGHT, MIDNIGHT + DAY, Level.RAW)
    return sorted(row[3] for row in found)


@pytest.fixture
def settings(influx: InfluxServer, tmp_path: Path) -> InfluxSettings:
    return replace(influx_settings(influx, tmp_path), timeout_s=2)


@pytest.fixture
def store(settings: InfluxSettings, tmp_path: Path) -> Iterator[InfluxStore]:
    store = opened(tmp_path, settings)
    store.series_ids(names(SERIES))
    yield store
    store.close()


@pytest.fixture
def troubled(influx: InfluxServer) -> Iterator[TroubledInfluxDB]:
    with troubled_influxdb(influx.url) as front:
        yield front


def test_a_killed_server_loses_nothing_that_was_appended(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    folder = tmp_path / "server"
    with influxdb(folder, port) as server:
        settings = influx_settings(server, tmp_path)
        store = opened(tmp_path, settings)
        store.series_ids(names(SERIES))
        for number in range(20):
            store.append(batch(rows(number * 50, 50), [mark(number)]))
        os.kill(server.pid, signal.SIGKILL)
        late = batch(rows(1000, 25_000), [mark(20)])
        for _ in range(3):
            with pytest.raises(Transient, match="cannot be reached"):
                store.append(late)
        assert store.is_committed([mark(19), mark(20)]) == [True, False]
        assert store.latest(ids(0)).measured_at.tolist() == [MIDNIGHT + 994 * 1000]
        with pytest.raises(Transient):
            stored(store)
    with influxdb(folder, port):
        store.append(late)
        assert stored(store) == [float(n) for n in range(26_000)]
        store.close()
        store = opened(tmp_path, settings)
        assert store.is_committed([mark(19), mark(20)]) == [True, True]
        assert store.figures().samples_stored == 26_000
        store.close()
    said = [record.message for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(said) == 2, said  # of writing and of asking, once each


def test_a_server_that_stands_still_is_waited_for_and_asked_again(store: InfluxStore, influx: InfluxServer) -> None:
    store.append(batch(rows(0, 10)))
    os.kill(influx.pid, signal.SIGSTOP)
    try:
        with pytest.raises(Transient, match="does not answer in time"):
            store.append(batch(rows(10, 10), [mark(9_001)]))
    finally:
        os.kill(influx.pid, signal.SIGCONT)
    assert store.is_committed([mark(9_001)]) == [False]
    store.append(batch(rows(10, 10), [mark(9_001)]))
    assert stored(store) == [float(n) for n in range(20)]


def test_a_wrong_password_is_told_at_the_start(settings: InfluxSettings, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("hunter2")
    with pytest.raises(ConfigError, match=r"does not let us in \(401.*password_file") as raised:
        opened(tmp_path, replace(settings, password_file=str(wrong)))
    assert "hunter2" not in str(raised.value)


def test_access_that_is_lost_in_flight_is_told_and_comes_back(
    store: InfluxStore, influx: InfluxServer, caplog: pytest.LogCaptureFixture
) -> None:
    change = f"SET PASSWORD FOR \"{influx.username}\" = '{{}}'"
    store.append(batch(rows(0, 10)))
    influx.query(change.format("another"))
    try:
        for _ in range(3):
            with pytest.raises(Transient, match="does not let us in"):
                store.append(batch(rows(10, 10), [mark(9_001)]))
        assert store.is_committed([mark(9_001)]) == [False]
    finally:
        replaced = InfluxServer(influx.url, 1, username=influx.username, password="another")
        replaced.query(change.format(influx.password))
    store.append(batch(rows(10, 10), [mark(9_001)]))
    assert stored(store) == [float(n) for n in range(20)]
    assert [record.levelname for record in caplog.records if "influx.client" in record.name] == ["ERROR"]
    assert influx.password not in caplog.text


@pytest.mark.parametrize("kind", INFLUX_KINDS)
def test_points_of_another_type_are_set_aside_with_the_servers_words(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server = server_of(kind, request)
    assert server is not None
    settings = influx_settings(server, tmp_path)
    store = opened(tmp_path, settings)
    store.series_ids(names(SERIES))
    stranger = InfluxClient(settings)
    stranger.open()
    stranger.write(Policy.RAW, f"cpu_percent,site=x value=1i {MIDNIGHT}".encode())  # somebody else's: an integer
    stranger.close()
    store.append(batch(rows(0, 3_000), [mark(9_001)]))
    poison = [n for n in range(3_000) if names(SERIES)[n % SERIES].metric == "cpu_percent"]
    assert store.is_committed([mark(9_001)]) == [True]
    assert stored(store) == [float(n) for n in range(3_000) if n not in set(poison)]
    assert (store.figures().samples_stored, store.figures().points_refused) == (3_000 - len(poison), len(poison))
    kept = (tmp_path / REFUSED_FILE).read_text()
    assert "field type conflict" in kept
    assert f"value={float(poison[0])} {MIDNIGHT + poison[0] * 1000}\n" in kept
    assert store.latest(ids(poison[0] % SERIES)).measured_at.tolist() == [0]
    store.append(batch([(poison[0] % SERIES, round(time.time() * 1000), 1.0)], [mark(9_002)]))
    assert store.is_committed([mark(9_002)]) == [True]  # fresh poison stops nothing either
    store.close()


def test_roll_ups_that_are_refused_are_counted_and_set_aside(
    store: InfluxStore, settings: InfluxSettings, influx: InfluxServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    influx.write(f"cpu_percent,site=x count=1 {MIDNIGHT}", settings.database, "5m")  # somebody else's: a float
    store.append(batch(rows(0, 700)))
    store.maintain(MIDNIGHT + 20 * 60_000)
    figures = store.figures()
    poison = sum(name.metric == "cpu_percent" for name in names(SERIES)) * 3  # buckets that have ended
    assert (figures.points_refused, figures.rollups_refused) == (0, poison)
    kept = (tmp_path / REFUSED_FILE).read_text()
    assert " 5m: " in kept
    assert "field type conflict" in kept
    assert kept.count("cpu_percent,") >= poison
    assert [record for record in caplog.records if getattr(record, "policy", "") == "5m"]


def test_few_points_in_fault_are_found_among_many(
    store: InfluxStore, settings: InfluxSettings, influx: InfluxServer
) -> None:
    influx.write(f"temperature_c,site=x value=1i {MIDNIGHT}", settings.database)
    is_warm = [name.metric == "temperature_c" for name in names(SERIES)]
    chosen = [row for row in rows(0, 20_000) if not is_warm[row[0]] or row[2] in (5.0, 19_997.0)]
    store.append(batch(chosen, [mark(9_001)]))
    assert stored(store) == sorted(row[2] for row in chosen if not is_warm[row[0]])
    assert store.figures().points_refused == sum(is_warm[row[0]] for row in chosen) == 2


def test_points_beyond_what_the_server_keeps_are_set_aside_at_once(
    influx: InfluxServer, settings: InfluxSettings, tmp_path: Path, troubled: TroubledInfluxDB
) -> None:
    store = opened(tmp_path / "store", replace(settings, url=troubled.url))
    store.series_ids(names(SERIES))
    influx.query(f'ALTER RETENTION POLICY "autogen" ON "{settings.database}" DURATION 48h SHARD DURATION 1h')
    before = troubled.writes
    store.append(batch([(0, 1_000_000_000_000 + n, 1.0) for n in range(5_000)], [mark(9_001)]))
    assert troubled.writes == before + 1
    assert store.figures().points_refused == 5_000
    assert store.is_committed([mark(9_001)]) == [True]
    store.close()


def test_fresh_samples_wait_while_the_clock_of_the_server_is_ahead(
    settings: InfluxSettings, tmp_path: Path, troubled: TroubledInfluxDB
) -> None:
    """It drops them all for their age, and they would be lost for good."""
    store = opened(tmp_path / "store", replace(settings, url=troubled.url))
    store.series_ids(names(SERIES))
    now = round(time.time() * 1000)
    fresh = batch([(n, now, float(n)) for n in range(SERIES)], [mark(9_001)])
    troubled.planned.append(Trouble(400, f"partial write: points beyond retention policy dropped={SERIES}"))
    with pytest.raises(Transient, match=r"samples for older.*clock"):
        store.append(fresh)
    assert (store.is_committed([mark(9_001)]), store.figures().points_refused) == ([False], 0)
    store.append(fresh)
    assert store.latest(ids(*range(SERIES))).value.tolist() == [float(n) for n in range(SERIES)]
    store.close()


def test_samples_that_are_to_be_kept_wait_while_the_clock_of_the_whole_machine_is_ahead(
    settings: InfluxSettings, tmp_path: Path, troubled: TroubledInfluxDB
) -> None:
    """However old they look to it: upkeep knows by its floors what is too old."""
    store = opened(tmp_path / "store", replace(settings, url=troubled.url))
    store.series_ids(names(SERIES))
    now = round(time.time() * 1000)
    store.maintain(now)
    late = batch([(0, now - 20 * 86_400_000, 1.0)], [mark(9_001)])
    troubled.planned.append(Trouble(400, "partial write: points beyond retention policy dropped=1"))
    with pytest.raises(Transient, match="set its clock right"):
        store.append(late)
    assert (store.is_committed([mark(9_001)]), store.figures().points_refused) == ([False], 0)
    store.append(late)
    assert store.is_committed([mark(9_001)]) == [True]
    store.close()


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (Trouble(429, "too many writes", {"Retry-After": "1"}), "is busy"),
        (Trouble(503, "unavailable", {"Retry-After": "1"}), "is busy"),
        (Trouble(500, "engine: write /data/1.wal: no space left on device"), "disk .* is full"),
        (Trouble(500, "timeout"), "cannot do this now"),
        (Trouble(400, "partial write: max-series-per-database limit exceeded: (9) dropped=4"), "keeps no more series"),
        (Trouble(404, "database not found"), "lacks what it had"),
        (Trouble(403, "not authorized"), "does not let us in"),
    ],
)
def test_what_passes_is_tried_again(
    settings: InfluxSettings, tmp_path: Path, troubled: TroubledInfluxDB, trouble: Trouble, words: str
) -> None:
    store = opened(tmp_path / "store", replace(settings, url=troubled.url))
    store.series_ids(names(SERIES))
    one = batch(rows(0, 10), [mark(9_001)])
    troubled.planned.append(trouble)
    with pytest.raises(Transient, match=words):
        store.append(one)
    assert store.is_committed([mark(9_001)]) == [False]
    before = troubled.writes
    if "Retry-After" in trouble.headers:
        with pytest.raises(Transient, match="asked again in"):
            store.append(one)
        assert troubled.writes == before

    def is_taken() -> bool:
        try:
            store.append(one)
        except Transient:
            return False
        return True

    wait_until(is_taken, "the server's patience to return")
    assert troubled.writes == before + 1
    assert stored(store) == [float(n) for n in range(10)]
    store.close()


def test_a_body_that_is_too_large_is_halved(
    settings: InfluxSettings, tmp_path: Path, troubled: TroubledInfluxDB
) -> None:
    store = opened(tmp_path / "store", replace(settings, url=troubled.url))
    store.series_ids(names(SERIES))
    troubled.most_bytes = 5_000
    store.append(batch(rows(0, 1_000)))
    assert stored(store) == [float(n) for n in range(1_000)]
    assert store.figures().points_refused == 0
    store.close()


def test_an_answer_that_is_lost_makes_no_point_twice(
    settings: InfluxSettings, tmp_path: Path, troubled: TroubledInfluxDB
) -> None:
    store = opened(tmp_path / "store", replace(settings, url=troubled.url))
    store.series_ids(names(SERIES))
    one = batch(rows(0, 10), [mark(9_001)])
    troubled.planned.append(Trouble(500, "timeout", is_written=True))
    with pytest.raises(Transient):
        store.append(one)
    assert store.is_committed([mark(9_001)]) == [False]
    store.append(one)
    assert stored(store) == [float(n) for n in range(10)]
    assert store.figures().samples_stored == 10
    store.close()


def some(number: int) -> Batch:
    start = MIDNIGHT + number * 10_000
    return batch([(n % SERIES, start + n, n * 0.1) for n in range(5_000)], [mark(9_000 + number)])


def filled(store: InfluxStore) -> tuple[int, str]:
    """Append until the store will not; the number of the batch that failed, and why."""
    for number in range(500):
        try:
            store.append(some(number))
        except Transient as error:
            return number, str(error)
    pytest.fail("the disk takes too much")


def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")

    port = free_port()
    try:
        with influxdb(disk / "server", port) as server:
            store = opened(tmp_path, influx_settings(server, tmp_path))
            store.series_ids(names(SERIES))
            number, said = filled(store)
            assert re.search(r"disk of InfluxDB .* is full", said)
            assert store.is_committed([mark(9_000 + number - 1), mark(9_000 + number)]) == [True, False]
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        with influxdb(disk / "server", port):  # a 1.x goes on refusing until it is started again
            store.append(some(number))
            assert len(stored(store)) == 5_000 * (number + 1)
            store.close()
    finally:
        subprocess.run(["umount", disk], check=True)
