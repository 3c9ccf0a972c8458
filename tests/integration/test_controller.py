"""The controller as a process beside a real Mosquitto: frames in, acknowledgements out, figures and alerts by the API."""

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import paho.mqtt.client as mqtt
import pytest
import yaml
from paho.mqtt.enums import CallbackAPIVersion

from campus.ids import DeviceId, Instance, MetricId
from campus.samples import DeviceFacts, Event, Sample, SeriesKey, Severity
from campus.topics import Leg
from campus.wire.codec import decode_frame, encode_frame
from campus.wire.frame import AckBody, Body, EventsBody, FactsBody, Frame
from campus.wire.pack import pack_samples
from controller.clock import utc_ms
from tests.servers.daemon import wait_until
from tests.servers.mosquitto import Mosquitto, mosquitto
from tests.support.controller_file import controller_file
from tests.support.controller_process import command, live
from tests.support.district import GATEWAY, KITCHEN, NO_1, address_of, school_facts

ADDRESS = address_of(NO_1)
TEMPERATURE = MetricId("temperature_cel")
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Running:
    """A controller process."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path
    config: Path

    def console(self) -> str:
        """The one-time address it printed."""
        found = re.search(r"^console: (\S+)$", self.log.read_text(errors="replace"), re.MULTILINE)
        assert found is not None
        return found[1]


class School:
    """Speaks for one agent: publishes frames, hears acknowledgements."""

    def __init__(self, broker: Mosquitto) -> None:
        self.acknowledged: set[int] = set()
        self._number = 0
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="school-under-test")
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", broker.port)
        self._client.subscribe(ADDRESS.topic(Leg.DOWN), 1)
        self._client.loop_start()

    def say(self, body: Body) -> int:
        """Publish one frame; its number."""
        self._number += 1
        frame = Frame(NO_1, ADDRESS.agent, 1, self._number, utc_ms(), body)
        self._client.publish(ADDRESS.topic(Leg.UP), encode_frame(frame), qos=1)
        return self._number

    def be_online(self) -> None:
        """The retained state."""
        state = msgspec.json.encode({"online": True, "version": "9.9"})
        self._client.publish(ADDRESS.topic(Leg.STATE), state, qos=1, retain=True)

    def leave(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        body = decode_frame(bytes(message.payload)).body
        if isinstance(body, AckBody):
            for first, last in body.runs:
                self.acknowledged |= set(range(first, last + 1))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A fresh real broker that writes of every packet."""
    with mosquitto(tmp_path, extra="log_type all") as running:
        yield running


@pytest.fixture
def receipts(tmp_path: Path, broker: Mosquitto) -> Callable[[], int]:
    """Of how many frames the controller has told the broker that it has them: those never come again."""
    return lambda: (tmp_path / "mosquitto.log").read_bytes().count(b"Received PUBACK from campanile-controller")


@pytest.fixture
def config(tmp_path: Path, broker: Mosquitto) -> Path:
    return controller_file(tmp_path / "controller.yaml", broker.port)


@pytest.fixture
def start(config: Path) -> Iterator[Callable[[], Running]]:
    """Start the controller of `config`; every one is ended with the test."""
    port = yaml.safe_load(config.read_text())["http"]["port"]
    with ExitStack() as stack:

        def started() -> Running:
            log = config.parent / f"controller-{time.monotonic_ns()}.log"
            process = stack.enter_context(live(config, log))
            return Running(process, f"http://127.0.0.1:{port}", log, config)

        yield started


@pytest.fixture
def school(broker: Mosquitto) -> Iterator[School]:
    speaker = School(broker)
    yield speaker
    speaker.leave()


def warm_freezer(school: School, value: float, at: int) -> int:
    key = SeriesKey(KITCHEN, TEMPERATURE, Instance("freezer-1"))
    return school.say(pack_samples([Sample(key, at, value)]))


def health(controller: Running) -> dict[str, Any]:
    answer: dict[str, Any] = httpx.get(f"{controller.url}/api/v1/health").json()
    return answer


def test_a_frame_is_stored_acknowledged_and_shown(start: Callable[[], Running], school: School) -> None:
    controller = start()
    wait_until(lambda: health(controller)["status"] == "ok", "the broker session")
    assert health(controller).keys() == {
        *("status", "version", "agents", "devices", "series", "samples_stored", "open_alerts", "ingest_lag_s")
    }
    school.be_online()
    told = school.say(FactsBody(school_facts(NO_1)))
    now = utc_ms()
    measured = warm_freezer(school, -18.5, now)
    wait_until(lambda: {told, measured} <= school.acknowledged, "both acknowledgements")
    counted = health(controller)
    assert (counted["devices"], counted["agents"]) == (6, 3)
    wait_until(lambda: health(controller)["series"] > 1, "what the controller makes itself")

    with httpx.Client(base_url=controller.url) as person:
        assert person.get("/api/v1/sites").status_code == 401
        assert person.get(controller.console()).headers["location"] == "/"
        latest = person.get(f"/api/v1/sites/{NO_1}/devices/{KITCHEN}/latest").json()
        assert [(each["metric"], each["value"], each["measured_at"]) for each in latest] == [
            ("temperature_cel", -18.5, now)
        ]
        chart = person.get(
            f"/api/v1/sites/{NO_1}/devices/{KITCHEN}/chart", params={"metric": TEMPERATURE, "end": now + 1}
        ).json()
        assert chart["series"][0]["mean"] == [-18.5]
        assert chart["unit"] == "Cel"
        wait_until(lambda: agent_of(person)["online"] is True, "the agent's state")
        assert agent_of(person)["version"] == "9.9"
    figures = httpx.get(f"{controller.url}/metrics").text
    assert "campanile_ingest_samples_committed_total 1.0" in figures
    assert "campanile_ingest_frames_acknowledged_total 2.0" in figures


def agent_of(person: httpx.Client) -> dict[str, Any]:
    (found,) = (each for each in person.get("/api/v1/agents").json() if each["site"] == NO_1)
    return dict(found)


def test_a_frame_sent_again_is_stored_once_and_acknowledged_twice_across_a_restart(
    start: Callable[[], Running], school: School, broker: Mosquitto, receipts: Callable[[], int]
) -> None:
    first = start()
    wait_until(lambda: health(first)["status"] == "ok", "the broker session")
    school.say(FactsBody(school_facts(NO_1)))
    at = utc_ms()
    number = warm_freezer(school, -18.0, at)
    wait_until(lambda: number in school.acknowledged, "the acknowledgement")
    wait_until(lambda: receipts() == 2, "the broker's receipts: what it has none of it would send again by itself")
    first.process.kill()
    first.process.wait(10)

    second = start()
    school.acknowledged.clear()
    again = School(broker)
    again.acknowledged = school.acknowledged
    again._number = number - 1
    assert warm_freezer(again, -18.0, at) == number
    wait_until(lambda: number in school.acknowledged, "the acknowledgement after the restart")
    again.leave()
    figures = httpx.get(f"{second.url}/metrics").text
    assert "campanile_ingest_frames_repeated_total 1.0" in figures
    assert "campanile_ingest_samples_committed_total 0.0" in figures


def test_strangers_and_rubbish_cost_nothing(start: Callable[[], Running], school: School, broker: Mosquitto) -> None:
    controller = start()
    wait_until(lambda: health(controller)["status"] == "ok", "the broker session")
    stranger = mqtt.Client(CallbackAPIVersion.VERSION2)
    stranger.connect("127.0.0.1", broker.port)
    stranger.loop_start()
    stranger.publish(ADDRESS.topic(Leg.UP), b"\x00rubbish", qos=1)
    stranger.publish("campus/1/00/no-1-primary/no-1-primary/up", b"wrong partition", qos=1)
    unknown = DeviceFacts(DeviceId("x"), school_facts(NO_1)[0].kind, utc_ms())
    other = address_of(NO_1).__class__(NO_1, ADDRESS.agent.__class__("burglar"))
    frame = Frame(NO_1, other.agent, 1, 1, utc_ms(), FactsBody([unknown]))
    stranger.publish(other.topic(Leg.UP), encode_frame(frame), qos=1)
    told = school.say(FactsBody(school_facts(NO_1)))
    wait_until(lambda: told in school.acknowledged, "the good frame's acknowledgement")
    stranger.disconnect()
    stranger.loop_stop()
    figures = httpx.get(f"{controller.url}/metrics").text
    assert health(controller)["devices"] == 6
    assert 'campanile_ingest_frames_dropped_total{reason="not_a_frame"} 1.0' in figures
    assert 'campanile_ingest_frames_dropped_total{reason="unknown_agent"} 1.0' in figures
    assert 'campanile_ingest_frames_dropped_total{reason="bad_topic"} 1.0' in figures


def test_what_a_device_reports_becomes_an_alert_that_somebody_takes(
    start: Callable[[], Running], school: School
) -> None:
    controller = start()
    school.say(FactsBody(school_facts(NO_1)))
    event = Event(GATEWAY, utc_ms(), "fan_failed", "fan 2 stands still", Severity.MAJOR)
    told = school.say(EventsBody([event]))
    wait_until(lambda: told in school.acknowledged, "the acknowledgement")
    wait_until(lambda: health(controller)["open_alerts"] == 1, "the alert")
    with httpx.Client(base_url=controller.url, headers={"Origin": controller.url}) as person:
        person.get(controller.console())
        (alert,) = person.get("/api/v1/alerts", params={"state": "open"}).json()
        assert (alert["site"], alert["device"], alert["severity"]) == (NO_1, GATEWAY, "major")
        taken = person.post(f"/api/v1/alerts/{alert['id']}/acknowledge").json()
        assert taken["acknowledged_by"] == "administrator"
        assert [step["stage"] for step in taken["trail"]][-1] == "person"
        table = person.get("/api/v1/alerts.csv").text
        assert "fan" in table
    figures = httpx.get(f"{controller.url}/metrics").text
    assert "campanile_ingest_events_received_total 1.0" in figures
    assert 'campanile_alert_changes_written_total{outcome="raised"} 1.0' in figures


def test_sigterm_ends_it_cleanly_and_a_second_one_is_told_that_the_port_is_taken(
    start: Callable[[], Running], config: Path
) -> None:
    controller = start()
    second = subprocess.run(command("run", "--config", str(config)), capture_output=True, text=True, check=False)
    assert second.returncode == 2
    assert "Is a controller, or another program, running there?" in second.stderr
    assert "Traceback" not in second.stderr
    assert health(controller)["version"]
    controller.process.send_signal(signal.SIGTERM)
    assert controller.process.wait(20) == 0
    assert "Traceback" not in controller.log.read_text(errors="replace")


def test_commands_beside_a_running_controller(start: Callable[[], Running], config: Path) -> None:
    controller = start()
    link = subprocess.run(
        command("sign-in-link", "--config", str(config), "--role", "viewer", "--site", NO_1),
        capture_output=True,
        text=True,
        check=True,
    )
    with httpx.Client(base_url=controller.url) as person:
        person.get(link.stdout.strip())
        assert [site["id"] for site in person.get("/api/v1/sites").json()] == [NO_1]
        refused = person.post("/api/v1/alerts/1/acknowledge", headers={"Origin": controller.url})
        assert refused.status_code == 404
    document = json.loads(subprocess.run(command("openapi"), capture_output=True, text=True, check=True).stdout)
    assert "/api/v1/health" in document["paths"]


def test_a_tls_proxy_before_it_is_believed(config: Path, start: Callable[[], Running]) -> None:
    settings = yaml.safe_load(config.read_text())
    settings["http"]["public_url"] = "https://campanile.example"
    config.write_text(yaml.safe_dump(settings))
    controller = start()
    link = controller.console()
    assert link.startswith("https://campanile.example/enter?token=")
    as_proxied = {"Host": "campanile.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "10.1.2.3"}
    with httpx.Client(base_url=controller.url, headers=as_proxied) as proxy:
        entered = proxy.get(link.removeprefix("https://campanile.example"))
        assert entered.headers["location"] == "/"
        assert "Secure" in entered.headers["set-cookie"]
        session = {"Cookie": entered.headers["set-cookie"].partition(";")[0]}
        assert proxy.get("/api/v1/sites", headers=session).status_code == 200
        assert proxy.get("/api/v1/sites", headers=session | {"Host": "evil.example"}).status_code == 421
