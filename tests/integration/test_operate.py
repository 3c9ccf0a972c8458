"""What the pages for operators and deploy/ give to an operator is used here as it stands."""

import getpass
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from campus.ids import AgentId, SiteId
from campus.topics import ALL_STATE, ALL_UP, Address, Leg
from tests.servers.daemon import accepts_tcp, free_port, require_program, running, wait_until
from tests.support.handbook import examples

ROOT = Path(__file__).resolve().parents[2]
BROKER = ROOT / "deploy" / "mosquitto"
OPENSSL = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
OURS = Address(SiteId("no-1-primary"), AgentId("no-1-primary"))
THEIRS = Address(SiteId("no-2-primary"), AgentId("no-2-primary"))


def make_certificate(certificate: Path, key: Path) -> None:
    """For 127.0.0.1, its own authority."""
    names = ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([require_program("openssl", "openssl"), *OPENSSL, *names, *files], check=True, capture_output=True)


def test_the_examples_of_the_pages_pass_check(tmp_path: Path) -> None:
    shown = examples()
    del shown["telling.yaml"]  # checked with its own command, in tests/unit/telling
    assert set(shown) == {"controller.yaml", "district.yaml", "agent.yaml"}
    for name, text in shown.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "broker-password.txt").write_text("secret\n")
    (tmp_path / "community.txt").write_text("public\n")
    make_certificate(tmp_path / "ca.pem", tmp_path / "ca.key")
    for side in ("controller", "agent"):
        command = [
            sys.executable,
            "-m",
            "campanile",
            side,
            "run",
            "--config",
            str(tmp_path / f"{side}.yaml"),
            "--check",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
        assert done.returncode == 0, done.stderr


class Broker:
    """Mosquitto with deploy's files: its two ports, and what the controller heard."""

    def __init__(self, folder: Path) -> None:
        self.tls_port, self.port = free_port(), free_port()
        self.ca = folder / "server.pem"

    def signed_in(self, user: str) -> mqtt.Client:
        """Connected: schools over TLS, the controller on loopback."""
        client = mqtt.Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
        client.username_pw_set(user, f"{user}-password")
        is_school = user != "controller"
        if is_school:
            client.tls_set(str(self.ca))
        accepted = threading.Event()
        client.on_connect = lambda _c, _u, _f, reason, _p: None if reason.is_failure else accepted.set()
        client.connect("127.0.0.1", self.tls_port if is_school else self.port)
        client.loop_start()
        assert accepted.wait(10), f"{user} is not let in"
        return client


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """The configuration as delivered, with paths and ports of this test."""
    tmp_path.chmod(0o755)
    one = Broker(tmp_path)
    make_certificate(one.ca, tmp_path / "server.key")
    (tmp_path / "acl").write_text((BROKER / "acl").read_text())
    program = require_program("mosquitto_passwd", "mosquitto")
    (tmp_path / "passwords").touch()
    for user in ("controller", OURS.site, THEIRS.site):
        subprocess.run([program, "-b", str(tmp_path / "passwords"), user, f"{user}-password"], check=True)
    text = (BROKER / "mosquitto.conf").read_text()
    for written, here in (
        ("/etc/mosquitto/campanile", str(tmp_path)),
        ("listener 8883", f"listener {one.tls_port} 127.0.0.1"),
        ("listener 1883 127.0.0.1", f"listener {one.port} 127.0.0.1"),
    ):
        assert written in text
        text = text.replace(written, here)
    for path in tmp_path.iterdir():
        path.chmod(0o644)
    (tmp_path / "mosquitto.conf").write_text(f"{text}user {getpass.getuser()}\n")
    command = [require_program("mosquitto", "mosquitto"), "-c", str(tmp_path / "mosquitto.conf")]
    with running(command, tmp_path / "log", lambda: accepts_tcp(one.port) and accepts_tcp(one.tls_port)):
        yield one


def forge(broker: Broker, leg: Leg) -> None:
    """Publish as the other school, and return once the broker has dealt with it."""
    forger = broker.signed_in(OURS.site)
    dealt_with = threading.Event()
    forger.on_publish = forger.on_disconnect = lambda *_: dealt_with.set()  # Mosquitto 2.0 ends the connection
    forger.publish(THEIRS.topic(leg), b"forged", qos=1)
    try:
        assert dealt_with.wait(10)
    finally:
        forger.disconnect()
        forger.loop_stop()


def test_a_school_cannot_speak_or_listen_as_another(broker: Broker) -> None:
    heard: dict[str, list[str]] = {"controller": [], OURS.site: []}
    controller, school = broker.signed_in("controller"), broker.signed_in(OURS.site)
    try:
        for user, client, filters in (
            ("controller", controller, [ALL_UP, ALL_STATE]),
            (OURS.site, school, [OURS.topic(Leg.DOWN), THEIRS.topic(Leg.DOWN)]),
        ):
            subscribed = threading.Event()
            topics = heard[user]
            client.on_message = lambda _c, _u, message, topics=topics: topics.append(message.topic)
            client.on_subscribe = lambda *_, done=subscribed: done.set()
            client.subscribe([(topic, 1) for topic in filters])
            assert subscribed.wait(10)
        for leg in (Leg.UP, Leg.STATE):
            forge(broker, leg)
        for leg in (Leg.UP, Leg.STATE):
            school.publish(OURS.topic(leg), b"ours", qos=1)
        controller.publish(THEIRS.topic(Leg.DOWN), b"not for us", qos=1)
        controller.publish(OURS.topic(Leg.DOWN), b"for us", qos=1)
        wait_until(lambda: len(heard["controller"]) >= 2 and bool(heard[OURS.site]), "what is allowed to arrive")
        assert heard["controller"] == [OURS.topic(Leg.UP), OURS.topic(Leg.STATE)]
        assert heard[OURS.site] == [OURS.topic(Leg.DOWN)]
    finally:
        for client in (controller, school):
            client.disconnect()
            client.loop_stop()


def test_nobody_comes_in_without_the_right_password(broker: Broker) -> None:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set("controller", "wrong")
    refused = threading.Event()
    client.on_connect = lambda _c, _u, _f, reason, _p: refused.set() if reason.is_failure else None
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    try:
        assert refused.wait(10)
    finally:
        client.disconnect()
        client.loop_stop()
