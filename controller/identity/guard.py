"""What stands before every route: who may address us, who may change something, and what a browser may load.

- Host: only names of this machine and the configured public one, so that a page elsewhere cannot reach the console through
  a name it controls (DNS rebinding).
- Unsafe methods: only from our own pages. `Sec-Fetch-Site` decides where the browser sends it (every browser since 2023),
  else `Origin` must be our own; a program without a cookie has neither and passes.
- Bodies: no more of one than a photo takes, for forms are read and kept before it is asked who sends them.
- Headers: everything comes from us, no inline scripts, no framing, no guessing of types.

The session cookie is SameSite=Lax and not Strict, so that an address sent to a colleague opens signed in; unsafe methods
never ride on that, they are checked here.
"""

from collections import Counter
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from campus.loopback import is_loopback
from controller.identity.dependency import SESSION_COOKIE

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_BODY_BYTES: Final = 16 << 20
_COUNTS_ITSELF: Final = "/api/v1/throughput/"
"""What measures a line takes more, from agents alone, and keeps none of it."""
SECURITY_HEADERS: Final = {
    # Charts set style attributes, nothing may set a style element or a script that is not a file of ours.
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    # The scan page looks for codes; every other page of a stranger stays without a camera.
    "Permissions-Policy": "geolocation=(), microphone=(), camera=(self)",
}


class Guard:
    """ASGI middleware around the whole app; counts the answers by status. `public_name` is the reverse proxy's, if any."""

    def __init__(self, app: ASGIApp, answers: Counter[str], public_name: str = "") -> None:
        self._app = app
        self._public_name = public_name
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on and add the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._answers[str(message["status"])] += 1
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = refused(str(scope["method"]), Headers(scope=scope), self._public_name)
        if not str(scope["path"]).startswith(_COUNTS_ITSELF):
            refusal = refusal or too_large(Headers(scope=scope))
            receive = _counted(receive)
        try:
            await (refusal or self._app)(scope, receive, send_with_headers)
        except Exception:
            self._answers["500"] += 1
            raise


def refused(method: str, headers: Headers, public_name: str = "") -> PlainTextResponse | None:
    """The answer to a request that may not pass; None when it may."""
    name = host_name(headers.get("host", ""))
    if not is_loopback(name) and (not name or name != public_name):
        return PlainTextResponse(
            "this console answers to names of its own machine and to http.public_url only: use 127.0.0.1\n", 421
        )
    if method not in _SAFE_METHODS and not _is_our_own(headers):
        return PlainTextResponse(
            "this change does not come from a page of this console and was refused; a program sends its Origin\n", 403
        )
    return None


def too_large(headers: Headers) -> PlainTextResponse | None:
    """The answer to a request that says itself that its body is larger than any may be; None for others."""
    size = headers.get("content-length", "")
    if not size.isdecimal() or (len(size) < 20 and int(size) <= MAX_BODY_BYTES):
        return None
    return PlainTextResponse(_TOO_LARGE, 413)


def _counted(receive: Receive) -> Receive:
    """The same, that ends a body without a told size where it gets larger than any may be."""
    taken = 0

    async def receive_some() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MAX_BODY_BYTES:
            raise HTTPException(413, _TOO_LARGE)
        return message

    return receive_some


_TOO_LARGE: Final = f"nothing larger than {MAX_BODY_BYTES >> 20} MB is taken\n"


def host_name(host: str) -> str:
    """The name in a Host header, without the port.

    >>> host_name("[::1]:8080"), host_name("localhost")
    ('::1', 'localhost')
    """
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_our_own(headers: Headers) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin")
    if origin is not None:
        return origin.partition("://")[2] == headers.get("host")
    return SESSION_COOKIE not in headers.get("cookie", "")
