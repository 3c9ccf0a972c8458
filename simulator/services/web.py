"""A web page that listens, and can go down, be slow, say something else, or show a certificate that soon expires."""

import asyncio
import contextlib
import ssl
from collections import Counter
from pathlib import Path
from typing import Final

from campus.errors import ConfigError

SLOW_S: Final = 3.0
_HEAD_TIMEOUT_S: Final = 5.0
_WRONG_PAGE: Final = "<!doctype html><meta charset=utf-8><title>Error</title><p>database connection failed</p>"


class WebPage:
    """Life: constructed inert; `start`, then set the switches at will (`obey` lets them take effect), `close`."""

    def __init__(self, host: str, port: int, page: str, certificates: tuple[Path, Path] | None = None) -> None:
        """`certificates`: the one that lasts and the one that does not, each with its key; None speaks no TLS."""
        self.counts: Counter[str] = Counter()
        self.is_down = False
        self.is_slow = False
        self.is_wrong = False
        self.is_expiring = False
        self._host = host
        self._port = port
        self._page = page
        self._certificates = certificates
        self._shown: Path | None = None
        self._context: ssl.SSLContext | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; `ConfigError` when the port is taken."""
        if self._certificates and self._context is None:
            self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._show()
        try:
            self._server = await asyncio.start_server(self._serve, self._host, self._port, ssl=self._context)
        except OSError as error:
            raise ConfigError(f"a service cannot listen on {self._host}:{self._port}: {error.strerror}") from error

    async def obey(self) -> None:
        """Let the switches take effect: listen or not, show one certificate or the other."""
        self._show()
        if self.is_down and self._server is not None:
            await self.close()
        elif not self.is_down and self._server is None:
            await self.start()

    async def close(self) -> None:
        """Stop listening; harmless when called twice."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def _show(self) -> None:
        """New connections get the certificate that is to be shown."""
        if self._certificates and self._context:
            wanted = self._certificates[self.is_expiring]
            if wanted != self._shown:
                self._context.load_cert_chain(wanted)
                self._shown = wanted

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.counts["asked"] += 1
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(_HEAD_TIMEOUT_S):
                await reader.readuntil(b"\r\n\r\n")
            if self.is_slow:
                await asyncio.sleep(SLOW_S)
            body = (_WRONG_PAGE if self.is_wrong else self._page).encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
        writer.close()
