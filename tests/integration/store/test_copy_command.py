"""`campanile store copy` as people run it: in a process of its own, killed, and begun again."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from campanile.cli import main
from campus.errors import ConfigError
from controller.backup.model import SAMPLES
from controller.config import load_config
from controller.main import Controller
from controller.relocation import JOURNAL, require_no_half_copy
from controller.sample_store import sample_store
from controller.store.copying import Journal
from controller.store.influx.lines import DeviceTags
from controller.store.moving import MovableStore
from controller.store.port import Level
from tests.servers.daemon import wait_until
from tests.servers.influxdb import InfluxServer
from tests.unit.store.stores import DAY, MINUTE, asked, batch, mark, names

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[3]
SERIES = 40
DAYS = 6
"""Long enough to be killed in the middle."""
NOW = time.time_ns() // 1_000_000
EVERYTHING = (NOW - (DAYS + 2) * DAY, NOW + DAY)


def configuration(folder: Path, name: str, more: str = "") -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(f"data_dir: {name}\n{more}")
    return path


@contextmanager
def opened(path: Path) -> Iterator[MovableStore]:
    store = sample_store(load_config(path), lambda *_: DeviceTags())
    store.start()
    try:
        yield store
    finally:
        store.close()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A controller.yaml whose store has some days."""
    path = configuration(tmp_path, "source")
    with opened(path) as store:
        store.series_ids(names(SERIES))
        for day in range(DAYS):
            start = NOW - (DAYS - day) * DAY
            rows = [
                (series, start + step * 20 * MINUTE, series + step / 7)
                for series in range(SERIES)
                for step in range(72)
            ]
            store.append(batch(rows, [mark(day + 1)]))
        store.maintain(NOW)
    return path


def arguments(source: Path, target: Path) -> list[str]:
    return ["store", "copy", "--from", str(source), "--to", str(target)]


def copied(source: Path, target: Path) -> tuple[int, str, str]:
    """Exit code, what it said, and what it said of mistakes and progress."""
    done = CliRunner().invoke(main, arguments(source, target))
    return done.exit_code, done.stdout, done.stderr


def killed_once(source: Path, target: Path, is_under_way: Callable[[], bool]) -> int:
    """The exit code of a process that does the same."""
    command = [sys.executable, "-m", "campanile", *arguments(source, target)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: is_under_way() or process.poll() is not None, "the copy to be under way")
        process.kill()
    return process.returncode


def influx_yaml(folder: Path, server: InfluxServer, database: str) -> Path:
    entry = f"username: {server.username}, password_file: {server.secret_file(folder)}"
    return configuration(
        folder, "between", f"store: influxdb\ninfluxdb: {{url: '{server.url}', database: {database}, {entry}}}\n"
    )


def points(server: InfluxServer, database: str) -> int:
    """Samples that stand in InfluxDB."""
    if [database] not in server.query("SHOW DATABASES")[0]["series"][0].get("values", []):
        return 0
    found = server.query("SELECT count(value) FROM /percent|temperature/", database)[0].get("series", [])
    return sum(series["values"][0][1] for series in found)


def test_there_and_back_killed_in_the_middle(influx: InfluxServer, source: Path, tmp_path: Path) -> None:
    database = f"copy{NOW}"
    between, back = influx_yaml(tmp_path, influx, database), configuration(tmp_path, "back")
    assert killed_once(source, between, lambda: points(influx, database) > 0) == -9
    assert 0 < points(influx, database) < SERIES * 72 * DAYS

    code, said, told = copied(source, between)
    assert code == 0, told
    assert f"the marks of {DAYS} frames" in said
    assert "every day and metric has the same count and sum in both" in said
    assert "series-days" in told
    assert copied(between, back)[0] == 0
    with opened(source) as one, opened(between) as two, opened(back) as three:
        every = np.arange(SERIES, dtype=np.int32)
        for level in Level:
            wanted = asked(one, every, *EVERYTHING, level)
            assert sum(row[2] for row in wanted) == SERIES * 72 * DAYS
            assert asked(two, every, *EVERYTHING, level) == asked(three, every, *EVERYTHING, level) == wanted
        assert three.is_committed([mark(number) for number in range(1, DAYS + 2)]) == [True] * DAYS + [False]
    code, _, told = copied(source, between)
    assert (code, told.count("\n")) == (2, 1)
    assert "complete" in told


def test_ctrl_c_says_how_far_it_came_and_that_it_goes_on(influx: InfluxServer, source: Path, tmp_path: Path) -> None:
    database = f"stopped{NOW}"
    target = influx_yaml(tmp_path, influx, database)
    command = [sys.executable, "-m", "campanile", *arguments(source, target)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_until(lambda: points(influx, database) > 0 or process.poll() is not None, "the copy to be under way")
        process.send_signal(signal.SIGINT)
        said, told = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, ""), told
    found = re.search(r"stopped after ([\d,]+) of ([\d,]+) series-days: the same command goes on from there", told)
    assert found, told
    assert "Aborted" not in told
    assert "Traceback" not in told
    assert copied(source, target)[0] == 0


def test_a_wrong_login_is_told_once(influx: InfluxServer, source: Path, tmp_path: Path) -> None:
    target = influx_yaml(tmp_path, influx, f"never{NOW}")
    (tmp_path / "influxdb.secret").write_text("a wrong one")
    command = [sys.executable, "-m", "campanile", *arguments(source, target)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("does not let us in") == done.stderr.count("\n") == 1, done.stderr


def test_no_controller_begins_on_half_a_copy(tmp_path: Path) -> None:
    config = load_config(configuration(tmp_path, "target"))
    journal = tmp_path / "target" / SAMPLES / JOURNAL
    journal.parent.mkdir(parents=True)
    journal.write_bytes(msgspec.json.encode(Journal("the store of files in /old", "0", NOW)))
    with pytest.raises(ConfigError, match=r"a copy of the store of files in /old into .* is not complete"):
        Controller(config).start()
    assert not (tmp_path / "target" / "registry.db").exists()
    journal.write_bytes(msgspec.json.encode(Journal("the store of files in /old", "0", NOW, done=True)))
    require_no_half_copy(config)


def test_a_store_that_is_open_is_left_alone(source: Path, tmp_path: Path) -> None:
    target = configuration(tmp_path, "target")
    command = [sys.executable, "-m", "campanile", *arguments(source, target)]
    with opened(source):  # to another process it is closed
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "in use" in done.stderr
    assert not (tmp_path / "target" / SAMPLES / JOURNAL).exists()


@pytest.mark.parametrize(
    ("name", "more", "words"),
    [
        ("source", "", "both configurations name the store of files"),
        ("other", "district: {timezone: Asia/Urumqi}\n", "set district.timezone alike"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(source: Path, tmp_path: Path, name: str, more: str, words: str) -> None:
    path = configuration(tmp_path, name, more)
    code, _, told = copied(source, path)
    assert (code, told.count("\n")) == (2, 1)
    assert words in told


def test_an_empty_source_is_a_mistake(tmp_path: Path) -> None:
    code, _, told = copied(configuration(tmp_path, "none"), configuration(tmp_path, "target"))
    assert code == 2
    assert "holds no samples" in told
    assert not (tmp_path / "none" / "samples").exists()
