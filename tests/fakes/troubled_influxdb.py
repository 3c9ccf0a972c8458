"""Stands before a real InfluxDB 1.x and gives the answers that one cannot be brought to give: 429, 503, 413 and the like."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen


@dataclass(frozen=True)
class Trouble:
    """What a write is answered, and whether it is passed on nevertheless."""

    status: int
    words: str
    headers: dict[str, str] = field(default_factory=dict)
    is_written: bool = False


class _Said(NamedTuple):
    status: int
    content: bytes
    headers: dict[str, str]


class TroubledInfluxDB(ThreadingHTTPServer):
    """Writes are answered by what is `planned`, one after the other; when nothing is, by the server itself."""

    def __init__(self, server_url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.server_url = server_url
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.planned: deque[Trouble] = deque()
        self.most_bytes = 1 << 30
        """A larger body is answered 413."""
        self.writes = 0

    def answer(self, path: str, body: bytes | None, headers: dict[str, str]) -> _Said:
        """What somebody who asks is told."""
        trouble = self._trouble(body or b"") if path.startswith("/write") else None
        if trouble is None:
            return self._passed_on(path, body, headers)
        if trouble.is_written:
            self._passed_on(path, body, headers)
        return _Said(trouble.status, f'{{"error":"{trouble.words}"}}'.encode(), trouble.headers)

    def _trouble(self, body: bytes) -> Trouble | None:
        self.writes += 1
        if len(body) > self.most_bytes:
            return Trouble(413, "Request Entity Too Large")
        return self.planned.popleft() if self.planned else None

    def _passed_on(self, path: str, body: bytes | None, headers: dict[str, str]) -> _Said:
        try:
            answer = urlopen(Request(f"{self.server_url}{path}", body, headers), timeout=30)
        except HTTPError as error:
            answer = error
        with answer:
            told = {"X-Influxdb-Version": answer.headers.get("X-Influxdb-Version", "")}
            return _Said(answer.status, answer.read(), told)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: TroubledInfluxDB

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body: bytes | None) -> None:
        headers = {name: self.headers[name] for name in ("Authorization", "Content-Type") if name in self.headers}
        said = self.server.answer(self.path, body, headers)
        self.send_response(said.status)
        for name, value in said.headers.items():
            self.send_header(name, value)
        if said.status != 204:
            self.send_header("Content-Length", str(len(said.content)))
        self.end_headers()
        if said.status != 204:
            self.wfile.write(said.content)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def troubled_influxdb(server_url: str) -> Iterator[TroubledInfluxDB]:
    """Runs in threads of this process until the block ends."""
    with TroubledInfluxDB(server_url) as front:
        thread = threading.Thread(target=front.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield front
        finally:
            front.shutdown()
            thread.join()
