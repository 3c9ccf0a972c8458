"""deploy/first-start.sh is run for real: what it makes, that a second run changes nothing, and that Mosquitto takes it."""

import getpass
import os
import re
import signal
import ssl
import stat
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from tests.servers.daemon import accepts_tcp, free_port, require_program, running, wait_until
from tests.unit.deploy.compose_file import DEPLOY, project

pytestmark = pytest.mark.slow
IS_ROOT = os.geteuid() == 0
OWNERS = {"authority": 0, "broker": 1883, "controller": 10001, "agent": 10001, "simulator": 10001, "console": 101}
OWNERS |= {"grafana": 472, "database": 999, "influxdb": 1000, "token-controller": 1000, "token-grafana": 1000}


def first_start(keys: Path, *arguments: str, name: str = "campanile.example") -> subprocess.CompletedProcess[str]:
    command = ["sh", str(DEPLOY / "first-start.sh"), str(keys), *arguments]
    environment = os.environ | {"CAMPANILE_NAME": name}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first start made. Tests that change something take a folder of their own."""
    require_program("openssl", "openssl")
    folder = tmp_path_factory.mktemp("keys")
    done = first_start(folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "", "no secret is printed"
    return folder


def everything_in(folder: Path) -> dict[str, tuple[int, int, int, bytes, int]]:
    """Owner, group, mode, content and time of change of every file and folder."""
    found = {}
    for path in folder.rglob("*"):
        state = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        found[str(path.relative_to(folder))] = (state.st_uid, state.st_gid, state.st_mode, content, state.st_mtime_ns)
    return found


def test_a_second_run_changes_nothing(keys: Path) -> None:
    before = everything_in(keys)
    done = first_start(keys)
    assert done.returncode == 0, done.stderr
    assert everything_in(keys) == before


def test_every_secret_is_for_one_user_only(keys: Path) -> None:
    assert {path.name for path in keys.iterdir()} == set(OWNERS)
    files = [path for path in keys.rglob("*") if path.is_file()]
    assert len(files) > 25
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o400, path
    for name, owner in OWNERS.items():
        mode = stat.S_IMODE((keys / name).stat().st_mode)
        assert mode == (0o2750 if name.startswith("token-") else 0o700), name
        if IS_ROOT:
            assert {path.stat().st_uid for path in [keys / name, *(keys / name).rglob("*")]} == {owner}, name


def test_no_two_secrets_are_alike_and_none_is_known_beforehand(keys: Path, tmp_path: Path) -> None:
    def secrets_of(folder: Path) -> list[str]:
        own = [
            path.read_text()
            for path in folder.rglob("*.txt")
            if path.parent.name in {"schools", *OWNERS} - {"agent", "simulator"}
        ]
        return [re.sub(r"postgresql.*", "", text) for text in own if not text.startswith("postgresql")]

    assert first_start(tmp_path).returncode == 0
    ours, others = secrets_of(keys), secrets_of(tmp_path)
    assert len(ours) == len(set(ours)) == 9
    assert not set(ours) & set(others)
    assert all(re.fullmatch(r"[0-9a-f]{48}\n", text) for text in ours)


def test_the_controller_finds_the_database_by_its_own_password(keys: Path) -> None:
    url = (keys / "controller" / "database-url.txt").read_text()
    password = (keys / "database" / "password.txt").read_text().strip()
    database = project().services["database"].environment
    user, name = database["POSTGRES_USER"], database["POSTGRES_DB"]
    assert url == f"postgresql+psycopg://{user}:{password}@database:5432/{name}\n"


def names_in(certificate: Path) -> str:
    command = ["openssl", "x509", "-in", str(certificate), "-noout", "-ext", "subjectAltName", "-serial"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_certificates_follow_the_name_and_other_peoples_are_left_alone(tmp_path: Path) -> None:
    assert first_start(tmp_path, name="old.example").returncode == 0
    authority = (tmp_path / "authority" / "ca.pem").read_bytes()
    bought = tmp_path / "console" / "server.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ed25519",
        "-nodes",
        "-subj",
        "/CN=bought",
        "-keyout",
        "/dev/null",
        "-out",
        str(bought),
    ]
    bought.unlink()
    subprocess.run(command, check=True, capture_output=True)
    content = bought.read_bytes()
    before = names_in(tmp_path / "broker" / "server.pem")
    assert "DNS:old.example" in before
    assert first_start(tmp_path, name="new.example").returncode == 0
    after = names_in(tmp_path / "broker" / "server.pem")
    assert "DNS:new.example" in after
    assert before != after
    assert bought.read_bytes() == content
    assert (tmp_path / "authority" / "ca.pem").read_bytes() == authority


class Broker:
    """Mosquitto as the container runs it: deploy's configuration, the first start's files."""

    def __init__(self, keys: Path) -> None:
        self.keys = keys
        self.tls_port, self.port = free_port(), free_port()
        self.pid = 0

    def configuration(self) -> str:
        text = (DEPLOY / "mosquitto" / "mosquitto.conf").read_text()
        for written, here in (
            ("/etc/mosquitto/campanile", str(self.keys / "broker")),
            ("listener 8883", f"listener {self.tls_port} 127.0.0.1"),
            ("listener 1883 127.0.0.1", f"listener {self.port} 127.0.0.1"),
        ):
            assert written in text
            text = text.replace(written, here)
        return f"{text}user {getpass.getuser()}\n"

    def lets_in(self, user: str, password: str) -> bool:
        """By TLS, with the authority that the first start gave to all clients."""
        client = mqtt.Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
        client.username_pw_set(user, password)
        client.tls_set(str(self.keys / "controller" / "ca.pem"), tls_version=ssl.PROTOCOL_TLS_CLIENT)
        said: list[bool] = []
        answered = threading.Event()

        def connected(_client: object, _data: object, _flags: object, reason: ReasonCode, _more: object) -> None:
            said.append(not reason.is_failure)
            answered.set()

        client.on_connect = connected
        client.connect("localhost", self.tls_port)
        client.loop_start()
        try:
            assert answered.wait(10)
        finally:
            client.disconnect()
            client.loop_stop()
        return said[0]


@pytest.fixture(scope="module")
def broker(keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    one = Broker(keys)
    folder = tmp_path_factory.mktemp("mosquitto")
    (folder / "mosquitto.conf").write_text(one.configuration())
    command = [require_program("mosquitto", "mosquitto"), "-c", str(folder / "mosquitto.conf")]
    with running(command, folder / "log", lambda: accepts_tcp(one.port) and accepts_tcp(one.tls_port)) as process:
        one.pid = process.pid
        yield one


@pytest.mark.parametrize(
    ("user", "folder"), [("controller", "controller"), ("centre", "agent"), ("no-1-primary", "simulator")]
)
def test_every_client_enters_by_its_own_password(broker: Broker, user: str, folder: str) -> None:
    password = (broker.keys / folder / "broker-password.txt").read_text().strip()
    assert broker.lets_in(user, password)
    assert not broker.lets_in(user, "campanile")


def test_the_healthcheck_of_the_broker_is_well_with_it_alone(broker: Broker) -> None:
    service = project().services["broker"]
    assert service.healthcheck is not None
    program, *options = service.healthcheck.test[1:]
    require_program(program, "mosquitto-clients")
    options = [option.replace("$$", "$") for option in options]
    home = service.environment["XDG_CONFIG_HOME"].replace("/etc/mosquitto/campanile", str(broker.keys / "broker"))
    command = [program, *options, "-p", str(broker.port)]
    done = subprocess.run(
        command, env=os.environ | {"XDG_CONFIG_HOME": home}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"\d+ seconds\n", done.stdout)
    without = subprocess.run(command, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False)
    assert without.returncode != 0


def test_a_new_school_is_let_in_after_a_hangup(broker: Broker) -> None:
    done = first_start(broker.keys, "school", "no-7-middle")
    assert done.returncode == 0, done.stderr
    said = dict(line.split(": ", 1) for line in done.stdout.splitlines() if ": " in line)
    assert said["username"] == "no-7-middle"
    assert "BEGIN CERTIFICATE" in done.stdout
    os.kill(broker.pid, signal.SIGHUP)
    wait_until(lambda: broker.lets_in("no-7-middle", said["password"]), "the new school to be let in", 10)
    assert first_start(broker.keys, "school", "no-7-middle").stdout == done.stdout, "asked again it says the same"


@pytest.mark.parametrize("wrong", ["", "No-1", "第一小学", "a b", "a\nb", "-x", "a/b", "x" * 64])
def test_what_is_no_id_is_no_school(keys: Path, wrong: str) -> None:
    before = (keys / "broker" / "passwords").read_bytes()
    done = first_start(keys, "school", wrong)
    assert done.returncode == 2
    assert "cannot be a school's id" in done.stderr
    assert (keys / "broker" / "passwords").read_bytes() == before
