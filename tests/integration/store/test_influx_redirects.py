"""A token goes to the server that the configuration names, and nowhere else, whatever that server says.

Two libraries bring the package `urllib3` (docs/90-dependencies.md), so what one of them does is not taken for granted.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from campus.errors import Transient
from campus.influx import Policy
from controller.store.influx.client import InfluxClient
from controller.store.influx.settings import InfluxSettings


class _Server(ThreadingHTTPServer):
    def __init__(self, elsewhere: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.elsewhere = elsewhere
        self.asked: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """As POST: where everything is, for whoever asks."""
        self.do_POST()

    def do_POST(self) -> None:
        """Where everything is, for whoever asks."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(self.path)
        self.send_response(307 if self.server.elsewhere else 204)
        self.send_header("Location", self.server.elsewhere + self.path)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def served(server: _Server) -> Iterator[_Server]:
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    "ask", [lambda one: one.write(Policy.RAW, b"cpu value=1 1"), lambda one: list(one.query("SHOW DATABASES"))]
)
def test_nobody_is_followed(tmp_path: Path, version: int, ask: Callable[[InfluxClient], object]) -> None:
    (tmp_path / "secret").write_text("a-secret")
    secret = str(tmp_path / "secret")
    with served(_Server()) as thief, served(_Server(f"http://localhost:{thief.server_address[1]}")) as named:
        url = f"http://127.0.0.1:{named.server_address[1]}"
        settings = InfluxSettings(url, version=2, organisation="o", token_file=secret)
        if version == 1:
            settings = InfluxSettings(url, version=1, username="campanile", password_file=secret)
        client = InfluxClient(settings)
        client.open()
        try:
            with pytest.raises(Transient, match="307"):
                ask(client)
        finally:
            client.close()
    assert len(named.asked) == 1
    assert thief.asked == []
