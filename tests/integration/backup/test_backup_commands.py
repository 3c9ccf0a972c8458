"""The commands beside a real controller under load, and after its death. As a person runs them."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from campus.ids import Instance, MetricId
from campus.samples import Sample, SeriesKey
from campus.topics import Leg
from campus.wire.codec import decode_frame, encode_frame
from campus.wire.frame import AckBody, Body, FactsBody, Frame
from campus.wire.pack import pack_samples
from controller.backup.model import SAMPLES
from controller.backup.reading import backups_in, is_verified, read_manifest
from controller.backup.staging import STAGE
from controller.clock import utc_ms
from controller.desk.model import SOCKET
from controller.store.port import FrameMark
from tests.servers.daemon import running, wait_until
from tests.servers.mosquitto import Mosquitto
from tests.support.controller_file import controller_file
from tests.support.district import HOUR_MS, KITCHEN, NO_1, address_of, school_facts
from tests.unit.store.stores import embedded

ADDRESS = address_of(NO_1)
KEY = SeriesKey(KITCHEN, MetricId("temperature_cel"), Instance("freezer-1"))
SAMPLES_EACH = 500
MOST_UNDER_WAY = 200
pytestmark = pytest.mark.slow


class BusySchool:
    """Sends frames as fast as they are acknowledged, and notes when the controller said that each is stored."""

    def __init__(self, broker: Mosquitto) -> None:
        self.acknowledged: dict[int, int] = {}
        """By frame number the controller's clock."""
        self.sent = 0
        self._ending = threading.Event()
        self._started_at = utc_ms() - 3 * HOUR_MS
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="busy-school")
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", broker.port)
        self._client.subscribe(ADDRESS.topic(Leg.DOWN), 1)
        self._client.loop_start()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def leave(self) -> None:
        """Send no more."""
        self._ending.set()
        self._thread.join(20)
        self._client.disconnect()
        self._client.loop_stop()

    def _run(self) -> None:
        self.sent, facts = 1, self._frame(1, FactsBody(school_facts(NO_1)))
        self._client.publish(*facts, qos=1)
        while 1 not in self.acknowledged and not self._ending.wait(0.2):  # the controller may not listen yet
            self._client.publish(*facts, qos=1)
        while not self._ending.is_set():
            if self.sent - len(self.acknowledged) >= MOST_UNDER_WAY:
                self._ending.wait(0.01)
                continue
            at = self._started_at + self.sent * SAMPLES_EACH
            self.sent += 1
            body = pack_samples([Sample(KEY, at + number, -18.0) for number in range(SAMPLES_EACH)])
            self._client.publish(*self._frame(self.sent, body), qos=1)

    def _frame(self, number: int, body: Body) -> tuple[str, bytes]:
        return ADDRESS.topic(Leg.UP), encode_frame(Frame(NO_1, ADDRESS.agent, 1, number, utc_ms(), body))

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        frame = decode_frame(bytes(message.payload))
        if isinstance(frame.body, AckBody):
            for first, last in frame.body.runs:
                for number in range(first, last + 1):
                    self.acknowledged.setdefault(number, frame.sent_at)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "campanile", "controller", *arguments]


def said(*arguments: str) -> subprocess.CompletedProcess[str]:
    ended = subprocess.run(command(*arguments), capture_output=True, text=True, check=False, timeout=100)
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended


@pytest.fixture
def config(tmp_path: Path, broker: Mosquitto) -> Path:
    return controller_file(tmp_path / "controller.yaml", broker.port)


@pytest.fixture
def start() -> Iterator[Callable[[Path], subprocess.Popen[bytes]]]:
    """Start the controller of a configuration; every one is ended with the test."""
    with ExitStack() as stack:

        def started(config: Path) -> subprocess.Popen[bytes]:
            log = config.with_suffix(".log")
            ready = running(command("run", "--config", str(config)), log, lambda: b"console: " in log.read_bytes())
            return stack.enter_context(ready)

        yield started


@pytest.fixture
def school(broker: Mosquitto) -> Iterator[BusySchool]:
    speaker = BusySchool(broker)
    yield speaker
    speaker.leave()


def test_a_backup_under_load_holds_every_frame_acknowledged_before_it(
    config: Path, start: Callable[[Path], subprocess.Popen[bytes]], school: BusySchool, broker: Mosquitto
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
        assert store.figures().samples_stored == manifest.counts.samples == (len(stored) - 1) * SAMPLES_EACH
    finally:
        store.close()
    assert said("verify", str(place)).returncode == 0


def test_a_killed_backup_leaves_nothing_whole_and_disturbs_nobody(
    config: Path, start: Callable[[Path], subprocess.Popen[bytes]], school: BusySchool
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


def test_a_killed_controller_is_backed_up_from_its_files(
    config: Path, start: Callable[[Path], subprocess.Popen[bytes]], school: BusySchool
) -> None:
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
