"""TLS towards a real broker: the right authority is let in, the wrong one is a sentence."""

import asyncio
import gc
import subprocess
from pathlib import Path

import pytest

from agent.clock import utc_ms
from agent.config import Broker
from agent.link import MqttLink
from agent.settings import BrokerSettings
from campus.errors import ConfigError, Transient
from campus.secret import Secret
from campus.tls import TlsSettings
from tests.servers.daemon import free_port, require_program
from tests.servers.mosquitto import mosquitto


def certificate(folder: Path, name: str) -> Path:
    """A self-signed certificate for 127.0.0.1, its key beside it."""
    program = require_program("openssl", "openssl")
    path = folder / f"{name}.pem"
    command = [
        program,
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    command += ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(folder / f"{name}.key"), "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    (folder / f"{name}.key").chmod(0o644)
    return path


def opened(port: int, tls: TlsSettings | None, username: str = "", password: str = "") -> None:
    """Open a link and close it."""

    async def main() -> None:
        broker = Broker(BrokerSettings(port=port, username=username), Secret(password) if password else None, tls)
        link = MqttLink(broker, "tls-test", utc_ms)
        try:
            await link.open(["any/topic"])
        finally:
            await link.close()

    asyncio.run(main())


@pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")
def test_only_the_right_authority_is_let_in(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    ours, other = certificate(tmp_path, "ours"), certificate(tmp_path, "other")
    tls_port = free_port()
    extra = f"listener {tls_port} 127.0.0.1\ncertfile {ours}\nkeyfile {ours.with_suffix('.key')}"
    with mosquitto(tmp_path, extra=extra):
        opened(tls_port, TlsSettings(ca_file=str(ours)))
        with pytest.raises(Transient, match=r"cannot be reached: .*certificate verify failed"):
            opened(tls_port, TlsSettings(ca_file=str(other)))
        with pytest.raises(Transient):
            opened(tls_port, None)
    gc.collect()  # paho 2.2 leaves the socket of a failed handshake to the garbage collector, which warns: here, not later


def test_a_file_that_is_no_certificate_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(ConfigError, match="TLS cannot be set up"):
        opened(free_port(), TlsSettings(ca_file=str(tmp_path / "ca.pem")))


def test_a_broker_that_refuses_the_password_is_named(tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    passwords.write_text("")
    with (
        mosquitto(tmp_path, extra=f"allow_anonymous false\npassword_file {passwords}") as broker,
        pytest.raises(Transient, match=f"the broker at 127.0.0.1:{broker.port} refuses us: Not authorized"),
    ):
        opened(broker.port, None, "no-1", "wrong")
