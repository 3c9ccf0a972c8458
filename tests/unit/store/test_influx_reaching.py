"""What is told of a server that cannot be reached: host, port and what to look at, in no library's words."""

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from msgspec.structs import replace

from campus.errors import Transient
from campus.influx import Policy
from campus.tls import TlsSettings
from controller.store.influx.client import InfluxClient
from controller.store.influx.preparing import prepare
from controller.store.influx.settings import InfluxSettings
from controller.store.port import Retention
from tests.servers.authority import Authority
from tests.servers.daemon import free_port


@contextmanager
def listening(certificate: Path | None = None, key: Path | None = None) -> Iterator[int]:
    """A port where somebody takes a connection, speaks TLS if it has a certificate, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection, suppress(OSError):
                        if certificate:
                            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                            context.load_cert_chain(certificate, key)
                            context.wrap_socket(connection, server_side=True).close()
                        else:
                            connection.recv(65_536)

        server = threading.Thread(target=serve)
        server.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            server.join()


@pytest.fixture
def settings(tmp_path: Path) -> InfluxSettings:
    token = tmp_path / "token"
    token.write_text("secret")
    token.chmod(0o600)
    return InfluxSettings(version=2, organisation="district", token_file=str(token), timeout_s=1)


def told(settings: InfluxSettings) -> str:
    """Of tries to ask, to make buckets, and to write: they go different ways."""
    client = InfluxClient(settings)
    client.open()
    try:
        with pytest.raises(Transient) as asked:
            list(client.query("SHOW DATABASES"))
        with pytest.raises(Transient) as prepared:
            prepare(client, Retention())
        with pytest.raises(Transient) as written:
            client.write(Policy.RAW, b"m value=1 1")
    finally:
        client.close()
    assert str(written.value) == str(prepared.value) == str(asked.value)
    assert not [word for word in ("object at", "urllib3", "Pool", "Error", "Errno") if word in str(asked.value)]
    return str(asked.value)


def test_nothing_listens(settings: InfluxSettings) -> None:
    port = free_port()
    said = told(replace(settings, url=f"http://127.0.0.1:{port}"))
    assert f"InfluxDB at 127.0.0.1, port {port}, cannot be reached: nothing listens there" in said


def test_a_name_that_nobody_knows(settings: InfluxSettings) -> None:
    said = told(replace(settings, url="https://no-such-host.invalid"))
    assert "InfluxDB at no-such-host.invalid, port 443, cannot be reached: no name server knows that name" in said


@pytest.mark.slow
def test_no_answer(settings: InfluxSettings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        said = told(replace(settings, url=f"http://127.0.0.1:{port}"))
    assert said == f"InfluxDB at 127.0.0.1, port {port}, does not answer in time: it is asked again"


def test_who_hangs_up_and_who_speaks_no_tls(settings: InfluxSettings) -> None:
    with listening() as port:
        assert "it ends the connection" in told(replace(settings, url=f"http://127.0.0.1:{port}"))
        assert "does not speak TLS as we do" in told(replace(settings, url=f"https://127.0.0.1:{port}"))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("strange", r"authority that is not trusted .*tls\.ca_file"),
        ("expired", "has expired"),
        ("another name", "is for another name"),
    ],
)
def test_certificates(settings: InfluxSettings, tmp_path: Path, fault: str, words: str) -> None:
    authority = Authority(tmp_path)
    trusted = Authority(tmp_path, "Another") if fault == "strange" else authority
    name = "elsewhere.example" if fault == "another name" else "localhost"
    pair = authority.issue([name], begins_days=-9, ends_days=-1 if fault == "expired" else 9)
    with listening(pair.certificate, pair.key) as port:
        tls = TlsSettings(ca_file=str(trusted.file))
        said = told(replace(settings, url=f"https://localhost:{port}", tls=tls))
    assert f"InfluxDB at localhost, port {port}, cannot be reached: its TLS certificate" in said
    assert re.search(words, said)
