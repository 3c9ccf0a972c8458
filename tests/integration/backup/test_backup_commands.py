"""The commands beside a real controller under load, and after its death. As a person runs them."""

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from controller.backup.model import SAMPLES
from controller.backup.reading import backups_in, is_verified, read_manifest
from controller.backup.staging import STAGE
from controller.clock import utc_ms
from controller.desk.model import SOCKET
from controller.store.port import FrameMark, Level, SampleStore
from tests.servers.daemon import wait_until
from tests.servers.mosquitto import Mosquitto
from tests.support.busy_school import ADDRESS, KEY, SAMPLES_EACH, BusySchool
from tests.support.controller_file import controller_file
from tests.support.controller_process import Starter, command, said, starting
from tests.support.district import NO_1
from tests.unit.store.stores import embedded

pytestmark = pytest.mark.slow


def sent_in(store: SampleStore) -> int:
    """How many samples of the busy school's series a store has."""
    return len(store.window(store.find_ids(metric=KEY.metric), 0, utc_ms(), Level.RAW).at)


@pytest.fixture
def config(tmp_path: Path, broker: Mosquitto) -> Path:
    return controller_file(tmp_path / "controller.yaml", broker.port)


@pytest.fixture
def start() -> Iterator[Starter]:
    """Start the controller of a configuration; every one is ended with the test."""
    with starting() as starter:
        yield starter


@pytest.fixture
def school(broker: Mosquitto) -> Iterator[BusySchool]:
    speaker = BusySchool(broker)
    yield speaker
    speaker.leave()


def test_a_backup_under_load_holds_every_frame_acknowledged_before_it(
    config: Path, start: Starter, school: BusySchool, broker: Mosquitto
) -> None:
    start(config)
    backups = config.parent / "backups"
    wait_until(lambda: len(school.acknowledged) > 500, "frames")
    done = said("backup", "--config", str(config), str(backups))
    assert done.returncode == 0, done.stderr + done.stdout
    assert done.stdout.splitlines()[-1].startswith("whole: ")
    acknowledged_by_then = len(school.acknowledged)
    wait_until(lambda: len(school.acknowledged) > acknowledged_by_then + 100, "frames after the backup")
    (place,) = backups_in(backups)
    assert is_verified(place)
    verified = said("verify", "--config", str(config), "--json")
    assert json.loads(verified.stdout)["whole"] is True, verified.stdout
    assert not (config.parent / "data" / STAGE).exists()

    refused = said("restore", "--config", str(config), "--replace", str(place))
    assert (refused.returncode, "stop it first" in refused.stderr) == (2, True)

    elsewhere = controller_file(config.parent / "second.yaml", broker.port, "second")
    restored = said("restore", "--config", str(elsewhere), str(place))
    assert restored.returncode == 0, restored.stderr
    manifest = read_manifest(place)
    before = [number for number, at in school.acknowledged.items() if at < manifest.whole_until]
    assert len(before) > 500
    store = embedded(config.parent / "second" / SAMPLES)
    try:
        marks = [FrameMark(NO_1, ADDRESS.agent, 1, number) for number in range(1, school.sent + 1)]
        stored = {number for number, is_in in enumerate(store.is_committed(marks), start=1) if is_in}
        assert set(before) <= stored
        assert store.figures().samples_stored == manifest.counts.samples
        assert sent_in(store) == (len(stored) - 1) * SAMPLES_EACH
    finally:
        store.close()
    assert said("verify", str(place)).returncode == 0


def test_a_killed_backup_leaves_nothing_whole_and_disturbs_nobody(
    config: Path, start: Starter, school: BusySchool
) -> None:
    controller = start(config)
    data, backups = config.parent / "data", config.parent / "backups"
    wait_until(lambda: len(school.acknowledged) > 200, "frames")
    moments: list[tuple[str, Callable[[], bool]]] = [
        ("the controller stages", lambda: (data / STAGE).exists()),
        ("the database is built", lambda: (data / STAGE / SAMPLES / "samples.duckdb").exists()),
        ("files are written", lambda: backups.is_dir() and any(backups.glob("*.new"))),
    ]
    for moment, is_reached in moments:
        process = subprocess.Popen(command("backup", "--config", str(config), str(backups)), stderr=subprocess.DEVNULL)
        wait_until(lambda is_reached=is_reached, process=process: is_reached() or process.poll() is not None, moment)  # type: ignore[misc]
        process.kill()
        process.wait(10)
        wait_until(lambda: not (data / STAGE).exists(), f"the stage to be cleared after: {moment}")
        assert (
            all(said("verify", str(place)).returncode == 0 for place in backups_in(backups))
            if backups.is_dir()
            else True
        )
    heard = len(school.acknowledged)
    wait_until(lambda: len(school.acknowledged) > heard + 50, "frames after the kills")
    assert said("backup", "--config", str(config), str(backups), "--keep", "1").returncode == 0
    assert not list(backups.glob("*.new"))
    assert controller.poll() is None


def test_a_killed_controller_is_backed_up_from_its_files(config: Path, start: Starter, school: BusySchool) -> None:
    controller = start(config)
    wait_until(lambda: len(school.acknowledged) > 200, "frames")
    socket = config.parent / "data" / SOCKET
    assert socket.stat().st_mode & 0o777 == 0o600
    controller.send_signal(signal.SIGKILL)
    controller.wait(10)
    stored = set(school.acknowledged)
    assert socket.exists()
    done = said("backup", "--config", str(config), str(config.parent / "backups"))
    assert done.returncode == 0, done.stderr
    (place,) = backups_in(config.parent / "backups")
    store = embedded(place / SAMPLES)
    assert all(store.is_committed([FrameMark(NO_1, ADDRESS.agent, 1, number) for number in stored]))
    store.close()
    start(config)
    heard = len(school.acknowledged)
    wait_until(lambda: len(school.acknowledged) > heard, "the controller started again")


def test_what_cannot_be_done_is_told_in_a_sentence(config: Path) -> None:
    folder = config.parent
    nothing = said("backup", "--config", str(config), str(folder / "backups"))
    assert (nothing.returncode, "holds no samples" in nothing.stderr) == (2, True)
    neither = said("verify")
    assert (neither.returncode, "Name either --config or a BACKUP_DIR" in neither.stderr) == (2, True)
    damaged = said("verify", str(folder))
    assert (damaged.returncode, "NOT WHOLE" in damaged.stdout) == (1, True)
