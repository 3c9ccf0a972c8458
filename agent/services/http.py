"""The check of a web page: connect, ask, read as much as is allowed, look for the words. HTTP/1.1 by h11."""

import asyncio
import base64
import re
import ssl
import time
import zlib
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

import h11

from agent.address import HostPort
from agent.credentials import Credential
from agent.services.dial import USUAL_PORT, days_left, dialled
from agent.services.model import CheckFailed, Finding, HttpEntry, ServiceState
from campus.version import VERSION

MAX_REDIRECTS = 5
_READ_BYTES = 65_536
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CODECS = {
    "gb2312": "gb18030",  # what pages that say so really are
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5",
    "iso-8859-1": "cp1252",
    "windows-1252": "cp1252",
    "utf-16": "utf-16",
}
"""Character sets that pages name and that are not UTF-8; Python knows stranger ones, which no page gets to choose."""
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w-]{1,40})", re.IGNORECASE)


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    first_byte_ms: float
    tls_days_left: float | None


class HttpCheck:
    """Asks for one page. Inert; `connect_to` stands for what the host's name leads to."""

    def __init__(
        self,
        entry: HttpEntry,
        context: ssl.SSLContext | None = None,
        credential: Credential | None = None,
        connect_to: HostPort | None = None,
    ) -> None:
        self._entry = entry
        self._context = context
        self._credential = credential
        self._connect_to = connect_to

    @property
    def tls_place(self) -> tuple[HostPort, str] | None:
        """Where the certificate is, and of which name it must be; None for a page without TLS."""
        url = urlsplit(self._entry.url)
        return (self._place(url), url.hostname or "") if url.scheme == "https" else None

    async def ask(self) -> Finding:
        """Ask once. `CheckFailed` when the page is not what it should be; the caller limits the time."""
        try:
            return await self._asked()
        except (h11.LocalProtocolError, ValueError) as error:  # an address to which a redirect leads, and that is none
            raise CheckFailed(ServiceState.WRONG_ANSWER, "leads to an address that is none") from error

    async def _asked(self) -> Finding:
        began_s = time.perf_counter()
        url = self._entry.url
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._fetch(urlsplit(url))
            target = self._followed(url, answer)
            if not target:
                self._judge(answer)
                return Finding(
                    ServiceState.UP,
                    response_ms=_ms_since(began_s),
                    first_byte_ms=answer.first_byte_ms,
                    tls_days_left=answer.tls_days_left,
                )
            url = target
        raise CheckFailed(ServiceState.WRONG_ANSWER, f"more than {MAX_REDIRECTS} redirects one after another")

    def _followed(self, url: str, answer: _Answer) -> str:
        """Where to go on; empty when this is the answer. Leads to no other host, and from TLS to nothing less."""
        entry = self._entry
        if answer.status not in _REDIRECTS or (answer.status in entry.status and not entry.redirect):
            return ""
        here, target = urlsplit(url), urljoin(url, answer.headers.get("location", ""))
        if entry.redirect:
            if target.startswith(entry.redirect):
                return ""
            raise CheckFailed(ServiceState.WRONG_ANSWER, f"leads to {_shown(target)} and not to {entry.redirect}")
        there = urlsplit(target)
        is_safe = there.scheme == here.scheme or (here.scheme, there.scheme) == ("http", "https")
        if there.hostname != here.hostname or not is_safe:
            raise CheckFailed(ServiceState.WRONG_ANSWER, f"leads to another place: {_shown(target)}")
        return target

    def _judge(self, answer: _Answer) -> None:
        entry = self._entry
        if entry.redirect and answer.status not in _REDIRECTS:
            raise CheckFailed(ServiceState.WRONG_ANSWER, f"answers {answer.status} and leads nowhere")
        good = answer.status in entry.status if entry.status else 200 <= answer.status < 300
        if not good and not entry.redirect:
            raise CheckFailed(ServiceState.WRONG_ANSWER, f"answers with status {answer.status}")
        text = page_text(answer.headers, answer.body, entry.max_bytes) if entry.words else ""
        for word in entry.words:
            if word not in text:
                raise CheckFailed(ServiceState.WRONG_ANSWER, f"the page does not say {word!r}")

    async def _fetch(self, url: SplitResult) -> _Answer:
        place = self._place(url)
        is_tls = url.scheme == "https"
        context = (self._context or ssl.create_default_context()) if is_tls else None
        async with dialled(place, context, url.hostname or "") as (reader, writer):
            asked_s = time.perf_counter()
            connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_READ_BYTES)
            writer.write(connection.send(self._request(url)) or b"")
            writer.write(connection.send(h11.EndOfMessage()) or b"")
            try:
                status, headers, body, first_s = await _read(connection, reader, self._entry.max_bytes)
            except h11.RemoteProtocolError as error:
                raise CheckFailed(ServiceState.WRONG_ANSWER, f"{place} does not speak HTTP: {error}") from error
            return _Answer(status, headers, body, round((first_s - asked_s) * 1000, 1), days_left(writer))

    def _place(self, url: SplitResult) -> HostPort:
        own = urlsplit(self._entry.url)
        if self._connect_to and (url.scheme, url.netloc) == (own.scheme, own.netloc):
            return self._connect_to
        return HostPort(url.hostname or "", url.port or USUAL_PORT[url.scheme])

    def _request(self, url: SplitResult) -> h11.Request:
        headers = [
            ("Host", url.netloc),
            ("User-Agent", f"Campanile/{VERSION} (service check)"),
            ("Accept", "*/*"),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
        ]
        own = urlsplit(self._entry.url)
        if self._credential and (url.scheme, url.netloc) == (own.scheme, own.netloc):  # nobody else is told
            password = self._credential.password.reveal() if self._credential.password else ""
            pair = base64.b64encode(f"{self._credential.username}:{password}".encode()).decode()
            headers.append(("Authorization", f"Basic {pair}"))
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        return h11.Request(method="GET", target=target, headers=headers)


async def _read(
    connection: h11.Connection, reader: asyncio.StreamReader, max_bytes: int
) -> tuple[int, dict[str, str], bytes, float]:
    """Status, headers, at most `max_bytes` of the body, and when the first byte came."""
    status, headers, body, first_s, is_closed = 0, dict[str, str](), bytearray(), 0.0, False
    while len(body) < max_bytes:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError as error:
            if is_closed:
                raise CheckFailed(
                    ServiceState.BROKEN_OFF, "the connection was closed before the answer ended"
                ) from error
            raise
        if event is h11.NEED_DATA:
            chunk = await reader.read(_READ_BYTES)
            is_closed = not chunk
            first_s = first_s or time.perf_counter()
            connection.receive_data(chunk)
        elif isinstance(event, h11.Response):
            status = event.status_code
            headers = {name.decode("ascii"): value.decode("latin-1") for name, value in event.headers}
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            break
        elif isinstance(event, h11.ConnectionClosed):
            raise CheckFailed(ServiceState.BROKEN_OFF, "the connection was closed before the answer ended")
    return status, headers, bytes(body[:max_bytes]), first_s


def page_text(headers: dict[str, str], body: bytes, max_bytes: int) -> str:
    """A page as text: unpacked (at most `max_bytes`), in the character set it names itself, else UTF-8; never raises.

    >>> page_text({"content-type": "text/html; charset=gb2312"}, "教学".encode("gbk"), 100)
    '教学'
    """
    if headers.get("content-encoding") == "gzip":
        try:
            body = zlib.decompressobj(31).decompress(body, max_bytes)
        except zlib.error:
            return ""
    named = re.search(r"charset=[\"']?([\w-]{1,40})", headers.get("content-type", ""), re.IGNORECASE)
    within = _META_CHARSET.search(body[:2048])
    charset = named[1] if named else within[1].decode("ascii", "replace") if within else "utf-8"
    return body.decode(_CODECS.get(charset.lower(), "utf-8"), "replace")


def _shown(target: str) -> str:
    """An address without what may be secret in it."""
    parts = urlsplit(target)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"[:120]


def _ms_since(began_s: float) -> float:
    return round((time.perf_counter() - began_s) * 1000, 1)
