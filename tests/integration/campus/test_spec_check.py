"""The checker on a live broker, and the script of the page against it."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import iotcore
import pytest
from click.testing import CliRunner

from campanile.cli import main
from campus.spec.check.live import Subscription, hear_messages
from campus.spec.check.message import Message
from campus.spec.page import page
from campus.topics import ALL_UP
from campus.wire.frame import FactsBody, SamplesBody
from tests.servers.daemon import free_port, require_program, wait_until
from tests.servers.mosquitto import Mosquitto, mosquitto
from tests.unit.campus.wire.frames import read_whole
from tests.unit.campus.wire.test_json_form import ROW

pytestmark = pytest.mark.slow
HEARD_WITHIN_S = 30.0


def script_of(language: str, directory: Path) -> Path:
    (block,) = re.findall(r"^```sh\n(#!/bin/sh\n.*?)^```", page(language), re.MULTILINE | re.DOTALL)
    path = directory / "publish.sh"
    path.write_text(block, encoding="utf-8")
    return path


def publish_by_script(script: Path, port: int, **environment: str) -> None:
    settings = os.environ | {"PORT": str(port), "STATE": str(script.parent / "state")} | environment
    subprocess.run(["sh", script], env=settings, check=True, capture_output=True)


def publish(port: int, topic: str, payload: str, *options: str) -> None:
    program = require_program("mosquitto_pub", "mosquitto-clients")
    subprocess.run([program, "-p", str(port), "-t", topic, "-m", payload, *options], check=True)


@contextmanager
def checking(broker: Mosquitto, log: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`campanile spec check --json` in a process of its own, listening before the block begins."""
    command = ["-m", "campanile", "spec", "check", "--broker", f"127.0.0.1:{broker.port}", "--json", *options]
    before = log.read_text().count("Sending SUBACK")
    with subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True) as process:
        try:
            wait_until(lambda: log.read_text().count("Sending SUBACK") > before, "the checker to listen")
            yield process
        finally:
            process.terminate()


def report_of(process: subprocess.Popen[str]) -> dict[str, Any]:
    said, _ = process.communicate(timeout=HEARD_WITHIN_S)
    report: dict[str, Any] = json.loads(said)
    return report


@pytest.fixture
def chatty(tmp_path: Path) -> Iterator[tuple[Mosquitto, Path]]:
    """A broker that logs every packet, so that a test can wait for a subscription."""
    with mosquitto(tmp_path, extra="log_type all") as running:
        yield running, tmp_path / "mosquitto.log"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_script_of_the_page_publishes_what_the_controller_takes(
    language: str, chatty: tuple[Mosquitto, Path], tmp_path: Path
) -> None:
    require_program("mosquitto_pub", "mosquitto-clients")
    broker, log = chatty
    heard: list[Message] = []
    listening = Subscription("127.0.0.1", broker.port, ALL_UP, HEARD_WITHIN_S, count=3)
    script = script_of(language, tmp_path)
    messages = hear_messages(listening)
    thread = threading.Thread(target=lambda: heard.extend(messages))
    thread.start()
    wait_until(lambda: "Sending SUBACK" in log.read_text(), "the listener")
    publish_by_script(script, broker.port)
    publish_by_script(script, broker.port, CELSIUS="-18.5")
    thread.join(HEARD_WITHIN_S)
    bodies = [read_whole(message.payload).body for message in heard]
    assert [type(body) for body in bodies] == [FactsBody, SamplesBody, SamplesBody]
    assert [read_whole(message.payload).number for message in heard] == [1, 2, 3]
    assert {message.qos for message in heard} == {1}


def test_the_script_is_clean_to_the_checker(chatty: tuple[Mosquitto, Path], tmp_path: Path) -> None:
    require_program("mosquitto_pub", "mosquitto-clients")
    broker, log = chatty
    script = script_of("en", tmp_path)
    with checking(broker, log, "--count", "3", "--for", str(HEARD_WITHIN_S)) as process:
        publish_by_script(script, broker.port)
        publish_by_script(script, broker.port)
        report = report_of(process)
    assert report["findings"] == []
    assert process.returncode == 0
    assert report["samples"] == 2
    assert report["publishers"] == ["no-3-primary/acme-fridges"]


def test_live_mistakes_are_found(chatty: tuple[Mosquitto, Path]) -> None:
    require_program("mosquitto_pub", "mosquitto-clients")
    broker, log = chatty
    now = time.time_ns() // 1_000_000
    header = {"site": "no-3-primary", "agent": "acme", "epoch": 1, "sent_at": now}
    rows = [ROW | {"at": now, "value": 5000}]
    up = "campus/1/15/no-3-primary/acme/up"
    publish(broker.port, up, json.dumps(header | {"number": 2, "samples": rows}), "-q", "1", "-r")
    with checking(broker, log, "--count", "4", "--topic", "campus/1/#", "--for", str(HEARD_WITHIN_S)) as process:
        publish(broker.port, up, json.dumps(header | {"number": 3, "samples": rows}), "-q", "0")
        publish(broker.port, up.replace("/up", "/state"), '{"online": true}', "-q", "1")
        publish(broker.port, up.replace("15", "16"), "rubbish", "-q", "1")
        report = report_of(process)
    assert process.returncode == 1
    reasons = sorted({finding["reason"] for finding in report["findings"]})
    assert reasons == ["bad_topic", "not_a_frame", "out_of_range", "wrong_qos", "wrong_retain"]
    assert {finding["subject"] for finding in report["findings"] if finding["reason"] == "wrong_retain"} == {
        up,
        up.replace("/up", "/state"),
    }


def test_silence_is_a_finding(chatty: tuple[Mosquitto, Path]) -> None:
    broker, log = chatty
    with checking(broker, log, "--for", "0.2") as process:
        report = report_of(process)
    assert process.returncode == 1
    assert [finding["reason"] for finding in report["findings"]] == ["nothing_heard"]


def test_a_refusing_broker_is_named(tmp_path: Path) -> None:
    with mosquitto(tmp_path, extra="allow_anonymous false") as broker:
        done = CliRunner().invoke(main, ["spec", "check", "--broker", f"127.0.0.1:{broker.port}", "--for", "1"])
    assert done.exit_code == 2
    assert "refuses" in done.output or "closed the connection" in done.output


def test_a_broker_that_speaks_only_3_1_1_is_heard_too() -> None:
    """The demonstration's broker closes the door on MQTT 5; whether a live message was published retained is then unknown."""
    require_program("mosquitto_pub", "mosquitto-clients")
    with iotcore.Broker(port=free_port(), listen="127.0.0.1") as broker:
        up, state = "campus/1/15/no-3-primary/acme/up", "campus/1/15/no-3-primary/acme/state"
        publish(broker.port, state, '{"online": true}', "-q", "1", "-r")
        messages = hear_messages(Subscription("127.0.0.1", broker.port, "campus/1/#", HEARD_WITHIN_S, count=2))
        kept = next(messages)
        publish(broker.port, up, "rubbish", "-q", "1")
        live = next(messages)
        messages.close()
    assert (kept.topic, kept.payload, kept.is_retained) == (state, b'{"online": true}', True)
    assert (live.topic, live.payload, live.is_retained) == (up, b"rubbish", None)


def test_a_broker_with_tls_and_passwords(tmp_path: Path) -> None:
    """A certificate for 127.0.0.1 that only `--tls-ca` makes trusted, and a user."""
    openssl, passwd = require_program("openssl", "openssl"), require_program("mosquitto_passwd", "mosquitto")
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    key, certificate = tmp_path / "key.pem", tmp_path / "ca.pem"
    made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    subprocess.run([openssl, *made, *names, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    subprocess.run([passwd, "-b", "-c", tmp_path / "users", "checker", "秘密"], check=True, capture_output=True)
    (tmp_path / "password").write_text("秘密\n", encoding="utf-8")
    (tmp_path / "wrong").write_text("guess\n", encoding="utf-8")
    extra = f"allow_anonymous false\npassword_file {tmp_path}/users\ncertfile {certificate}\nkeyfile {key}"
    with mosquitto(tmp_path, extra=extra) as broker:
        reach = ["spec", "check", "--broker", f"127.0.0.1:{broker.port}", "--for", "0.2", "--username", "checker"]
        trusting = [*reach, "--tls-ca", str(certificate), "--password-file"]
        heard = CliRunner().invoke(main, [*trusting, str(tmp_path / "password")])
        refused = CliRunner().invoke(main, [*trusting, str(tmp_path / "wrong")])
        plain = CliRunner().invoke(main, reach)
    assert "[nothing_heard]" in heard.output
    assert heard.exit_code == 1
    assert "refuses: Not authorized" in refused.output
    assert refused.exit_code == plain.exit_code == 2
