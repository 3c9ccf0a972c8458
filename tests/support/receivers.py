"""Receivers of messages, as real servers on loopback ports: an HTTP one that answers like a robot, and a mail server."""

import asyncio
import json
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.authority import KeyPair


class Posted:
    """One request as it arrived."""

    def __init__(self, path: str, headers: dict[str, str], content: bytes) -> None:
        self.path = path
        self.headers = headers
        self.content = content

    @property
    def body(self) -> Any:
        """What the JSON says."""
        return json.loads(self.content)


class WebReceiver:
    """Keeps what is posted; answers `status` with `headers` and `answer`."""

    def __init__(self) -> None:
        self.posted: list[Posted] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.answer: bytes = b'{"errcode": 0, "code": 0}'
        self.before_answer: Callable[[], None] = lambda: None
        self.address = ""


@contextmanager
def web_receiver() -> Iterator[WebReceiver]:
    """Listen until the block ends."""
    receiver = WebReceiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.posted.append(Posted(self.path, dict(self.headers), content))
            receiver.before_answer()
            self.send_response(receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(receiver.answer)))
            self.end_headers()
            self.wfile.write(receiver.answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class MailReceiver:
    """Keeps what is mailed; knows one login; refuses recipients that begin with ``nobody``, is busy for ``busy``."""

    def __init__(self, login: tuple[str, str]) -> None:
        self.login = login
        self.mails: list[EmailMessage] = []
        self.port = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.startswith("nobody"):
            return "550 no such mailbox"
        if address.startswith("busy"):
            return "450 try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object
    ) -> AuthResult:
        """Whether a login is ours."""
        is_ours = isinstance(given, LoginPassword) and (given.login.decode(), given.password.decode()) == self.login
        return AuthResult(success=is_ours, handled=False)


@contextmanager
def mail_receiver(pair: KeyPair, *, by_starttls: bool) -> Iterator[MailReceiver]:
    """Listen until the block ends, with TLS from the first byte or by STARTTLS; a login is asked for."""
    receiver = MailReceiver(("campanile", "mail-password"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    settings: dict[str, Any] = {
        "hostname": "localhost",
        "authenticator": receiver.authenticate,
        "auth_required": by_starttls,  # the server knows of no other TLS, and warns
        "auth_require_tls": by_starttls,
        "tls_context": context if by_starttls else None,
        "require_starttls": by_starttls,
    }
    is_ready = threading.Event()
    loop = asyncio.new_event_loop()
    stopping = asyncio.Event()

    async def serve() -> None:
        server = await loop.create_server(
            lambda: SMTP(receiver, loop=loop, **settings), "127.0.0.1", 0, ssl=None if by_starttls else context
        )
        receiver.port = server.sockets[0].getsockname()[1]
        is_ready.set()
        async with server:
            await stopping.wait()

    with ThreadPoolExecutor(1) as pool:
        served = pool.submit(_run, loop, serve())
        is_ready.wait(10)
        try:
            yield receiver
        finally:
            loop.call_soon_threadsafe(stopping.set)
            served.result(10)


def _run(loop: asyncio.AbstractEventLoop, serve: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(serve)
