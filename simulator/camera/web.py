"""A camera's web server and its RTSP door, small: what is asked goes to one function, what it says goes back."""

import asyncio
import contextlib
import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from campus.errors import ConfigError
from simulator.camera.proof import Account

IDLE_S = 60.0
MAX_BODY = 1 << 16
_GONE = (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
"""How a conversation ends: the other side left, or said what is no request."""
_Say = Callable[[str, str, dict[str, str], str], tuple["Said", list[str]]]
_WORDS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}


class Asked(NamedTuple):
    """One request. `path` has its query; `is_known` tells whether the password was proven."""

    method: str
    path: str
    body: str
    is_known: bool
    account: Account


class Said(NamedTuple):
    """One answer."""

    status: int = 200
    content: bytes = b""
    kind: str = "text/plain"


@dataclass
class CameraDoors:
    """HTTP on one port and RTSP on another. Inert until `start`, which finds free ones for 0; `close` may be called twice.

    `is_silent` takes connections and says nothing, `babbles` says nonsense.
    """

    host: str
    port: int
    rtsp_port: int
    server: str
    account: Account
    answer: Callable[[Asked], Said]
    codec: str = "H264"
    tls: ssl.SSLContext | None = None
    is_silent: bool = False
    babbles: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    _servers: list[asyncio.Server] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> None:
        """Listen; `ConfigError` when a port is taken."""
        try:
            self._servers.append(await asyncio.start_server(self._serve_http, self.host, self.port, ssl=self.tls))
            self._servers.append(await asyncio.start_server(self._serve_rtsp, self.host, self.rtsp_port))
        except OSError as error:
            raise ConfigError(f"{self.host}:{self.port} cannot be listened on: {error.strerror}") from error
        self.port, self.rtsp_port = (server.sockets[0].getsockname()[1] for server in self._servers)

    async def close(self) -> None:
        """Stop listening and drop every connection."""
        servers, self._servers = self._servers, []
        for server in servers:
            server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve_http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._serve(reader, writer, "HTTP/1.1", self._http)

    async def _serve_rtsp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._serve(reader, writer, "RTSP/1.0", self._rtsp)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, version: str, say: _Say) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("connections are served in tasks")
        self._tasks.add(task)
        try:
            with contextlib.suppress(*_GONE):
                while True:
                    heard = await _heard(reader)
                    if self.is_silent:
                        continue
                    said, more = (Said(content=b"\x00\xffgarbage"), []) if self.babbles else say(*heard)
                    writer.write(self._written(version, said, more))
                    await writer.drain()
        except asyncio.CancelledError:
            pass  # told to close
        finally:
            self._tasks.discard(task)
            writer.close()

    def _written(self, version: str, said: Said, more: list[str]) -> bytes:
        lines = [
            f"{version} {said.status} {_WORDS.get(said.status, 'Error')}",
            f"Server: {self.server}",
            f"Content-Type: {said.kind}",
            f"Content-Length: {len(said.content)}",
            *more,
        ]
        return "\r\n".join([*lines, "", ""]).encode() + said.content

    def _http(self, method: str, path: str, headers: dict[str, str], body: str) -> tuple[Said, list[str]]:
        self.counts["http"] += 1
        is_known = self.account.admits(headers.get("authorization", ""), method)
        said = self.answer(Asked(method, path, body, is_known, self.account))
        return said, [f"WWW-Authenticate: {self.account.challenge}"] if said.status == 401 else []

    def _rtsp(self, method: str, _path: str, headers: dict[str, str], _body: str) -> tuple[Said, list[str]]:
        self.counts["rtsp"] += 1
        number = f"CSeq: {headers.get('cseq', '0')}"
        if method == "OPTIONS":
            return Said(), [number, "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN"]
        if not self.account.admits(headers.get("authorization", ""), method):
            return Said(401), [number, f"WWW-Authenticate: {self.account.challenge}"]
        sdp = f"v=0\r\ns=Media\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 {self.codec}/90000\r\n"
        return Said(content=sdp.encode(), kind="application/sdp"), [number]


async def _heard(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str], str]:
    """Method, path, headers by their names in small letters, and body of the next request."""
    async with asyncio.timeout(IDLE_S):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in head[1:])
        headers = {key.strip().lower(): value.strip() for key, _, value in pairs}
        size = min(int(headers.get("content-length", "0")), MAX_BODY)
        body = (await reader.readexactly(size)).decode("utf-8", "replace")
    method, path, _ = head[0].split(" ", 2)
    return method, path, headers, body
