"""What the containers of deploy/compose.yaml are told to run, run here: configurations, the simulated school, the proxy."""

import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import psutil
import pytest
import yaml

from agent.build import build_agent
from controller.config import load_config
from controller.main import Controller
from controller.registry.enrolment_file import load_enrolment
from controller.run import check_controller
from tests.servers.daemon import accepts_tcp, free_port, require_program, running
from tests.unit.deploy.compose_file import DEPLOY, mounts, project

ROOT = DEPLOY.parent
CAMPANILE = [sys.executable, "-m", "campanile"]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require_program("openssl", "openssl")
    folder = tmp_path_factory.mktemp("keys")
    subprocess.run(["sh", str(DEPLOY / "first-start.sh"), str(folder)], check=True)
    (folder / "token-controller" / "token.txt").write_text(
        "as InfluxDB would write it\n"
    )  # deploy/influxdb/tokens.sh does
    return folder


def in_the_container_of(service: str, text: str, keys: Path, data: Path) -> str:
    """`text` with the paths that the service's mounts stand for on this machine."""
    for mount in sorted(mounts(project().services[service]), key=lambda one: -len(one.target)):
        if mount.source.startswith(("keys-", "token-")):
            text = text.replace(mount.target, str(keys / mount.source.removeprefix("keys-")))
        elif not mount.is_file_of_ours:
            text = text.replace(mount.target, str(data))
    return text


def written_for(service: str, keys: Path, folder: Path) -> Path:
    """The configuration the service is started with, its paths on this machine."""
    for name in ("controller.yaml", "district.yaml", "agent.yaml"):
        text = (DEPLOY / "compose" / name).read_text(encoding="utf-8")
        (folder / name).write_text(in_the_container_of(service, text, keys, folder / "data"), encoding="utf-8")
    written = folder / f"{service}.yaml"
    assert "/run/" not in written.read_text().replace(str(keys), "")
    return written


def test_the_configuration_of_the_controller_passes_check(keys: Path, tmp_path: Path) -> None:
    config = load_config(written_for("controller", keys, tmp_path))
    check_controller(Controller(config))
    assert config.database_url().reveal().startswith("postgresql+psycopg://campanile:")


def test_the_configuration_of_the_agent_passes_check(keys: Path, tmp_path: Path) -> None:
    built = build_agent(written_for("agent", keys, tmp_path))
    built.check()
    assert "uplink to broker:8883" in built.summary


def test_the_controller_dials_the_services_of_the_file() -> None:
    config = yaml.safe_load((DEPLOY / "compose" / "controller.yaml").read_text(encoding="utf-8"))
    services = project().services
    assert config["broker"]["host"] in services
    assert config["influxdb"]["url"] == "http://influxdb:8086"
    setup = services["influxdb"].environment
    assert config["influxdb"]["organisation"] == setup["DOCKER_INFLUXDB_INIT_ORG"]
    assert config["influxdb"].get("database", "campus") == setup["DOCKER_INFLUXDB_INIT_BUCKET"]
    assert config["http"]["public_url"] == "https://localhost:8443"
    volume = next(mount.target for mount in mounts(services["controller"]) if mount.source == "controller")
    assert Path(config["data_dir"]).parent == Path(volume), "a restore lays the data aside, beside where it was"


@contextmanager
def simulated_school(folder: Path) -> Iterator[None]:
    """The simulator's script as its container runs it, until the block ends."""
    commands = folder / "bin"
    commands.mkdir()
    (commands / "campanile").write_text(f'#!/bin/sh\nexec {sys.executable} -m campanile "$@"\n')
    (commands / "campanile").chmod(0o755)
    command = [
        "env",
        f"PATH={commands}:/usr/bin:/bin",
        "sh",
        str(DEPLOY / "compose" / "simulated-school.sh"),
        str(folder / "school"),
    ]
    healthcheck = project().services["simulator"].healthcheck
    assert healthcheck is not None
    assert healthcheck.test[0] == "CMD-SHELL"
    check = healthcheck.test[1].replace("/var/lib/campanile-simulator", str(folder / "school"))
    environment = {"PATH": f"{commands}:/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    assert subprocess.run(["sh", "-c", check], capture_output=True, check=False, env=environment).returncode != 0

    def is_well() -> bool:
        if not any(path.is_socket() for path in (folder / "school").glob("*")):
            return False  # the check starts a program: it is not worth trying yet
        return subprocess.run(["sh", "-c", check], capture_output=True, check=False, env=environment).returncode == 0

    beside: list[psutil.Process] = []
    try:
        with running(command, folder / "log", is_well) as process:
            beside = psutil.Process(process.pid).children()  # which end with their container
            yield
    finally:
        for each in beside:
            with suppress(psutil.NoSuchProcess):
                each.terminate()
        assert not psutil.wait_procs(beside, timeout=10)[1]


@pytest.mark.slow
def test_the_simulated_school_gets_well_and_its_agent_dials_the_real_broker(keys: Path, tmp_path: Path) -> None:
    with simulated_school(tmp_path):
        school = tmp_path / "school"
        district = load_enrolment(school / "enrolment.yaml")
        assert [site.id for site in district.sites] == ["no-1-primary"]
        shipped = load_enrolment(DEPLOY / "compose" / "district.yaml")
        assert [one.id for one in shipped.organisations] == [one.id for one in district.organisations if not one.parent]
        written = school / "agents" / "no-1-primary.yaml"
        uplink = yaml.safe_load(written.read_text(encoding="utf-8"))["uplink"]
        assert (uplink["host"], uplink["port"], uplink["username"]) == ("broker", 8883, "no-1-primary")
        here = tmp_path / "agent.yaml"
        here.write_text(in_the_container_of("simulated-agent", written.read_text(encoding="utf-8"), keys, school))
        command = [*CAMPANILE, "agent", "run", "--config", str(here), "--check"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
        assert done.returncode == 0, done.stderr
        assert len(yaml.safe_load(written.read_text(encoding="utf-8"))["devices"]) > 5


class _Upstream(BaseHTTPRequestHandler):
    """Says what a controller would be told."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        told = [self.headers[name] for name in ("Host", "X-Forwarded-Proto", "X-Forwarded-For")]
        self.wfile.write("|".join(told).encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_the_proxy_brings_tls_and_hides_the_metrics(keys: Path, tmp_path: Path) -> None:
    nginx = require_program("nginx", "nginx")
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), _Upstream)
    Thread(target=upstream.serve_forever, daemon=True).start()
    port, health = free_port(), free_port()
    text = (DEPLOY / "console" / "nginx.conf").read_text()
    for written, here in (
        ("/tmp/", f"{tmp_path}/"),  # noqa: S108 - the container's
        ("/run/campanile", str(keys / "console")),
        ("listen 8443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("listen 127.0.0.1:8081", f"listen 127.0.0.1:{health}"),
        ("http://127.0.0.1:8080", f"http://127.0.0.1:{upstream.server_port}"),
    ):
        assert written in text
        text = text.replace(written, here)
    (tmp_path / "nginx.conf").write_text(text)
    command = [nginx, "-e", "stderr", "-c", str(tmp_path / "nginx.conf"), "-g", "daemon off;"]
    context = ssl.create_default_context(cafile=str(keys / "authority" / "ca.pem"))
    try:
        with running(command, tmp_path / "log", lambda: accepts_tcp(port) and accepts_tcp(health)):
            asked = HTTPSConnection("localhost", port, context=context)
            asked.request("GET", "/")
            assert asked.getresponse().read().decode() == f"localhost:{port}|https|127.0.0.1"
            asked.request("GET", "/metrics")
            assert asked.getresponse().status == 404
            asked.close()
    finally:
        upstream.shutdown()
        upstream.server_close()
