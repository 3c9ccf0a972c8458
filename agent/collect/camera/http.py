"""Talking HTTP to one device: digest authentication, TLS as far as the configuration trusts it, bounded in time and bytes.

Nothing a device says leads anywhere else: redirections are not followed, proxies of the environment are not used.
"""

import asyncio
import ssl
import time
from collections.abc import Generator
from typing import NamedTuple

import httpx

from agent.address import HostPort
from agent.collect.camera.answer import MAX_ANSWER_BYTES
from agent.collect.camera.login import Door, Login
from agent.settings import TlsTrust
from campus.errors import ConfigError, Poison, Transient

CONNECT_TIMEOUT_S = 4.0
ANSWER_TIMEOUT_S = 10.0
MAX_PICTURE_BYTES = 8 << 20
_HEADERS = {"User-Agent": "campanile", "Accept-Encoding": "identity"}


class Reply(NamedTuple):
    """What a device answered. `challenge` is what Server and WWW-Authenticate say, for recognising it."""

    status: int
    content: bytes
    challenge: str
    took_ms: float


class DeviceHttp:
    """One device's web server. Inert until asked; `close` drops the connection."""

    def __init__(self, address: HostPort, login: Login, verify: ssl.SSLContext | None = None) -> None:
        """`verify` None is HTTP without TLS."""
        self.login = login
        self._base = f"{'https' if verify else 'http'}://{address}"
        self._verify = verify
        self._is_private = verify is not None and verify.verify_mode is not ssl.CERT_NONE
        self._client: httpx.AsyncClient | None = None
        self._proof: _Proof | None = None

    async def look(self, path: str, content: bytes = b"", content_type: str = "") -> Reply:
        """Ask without a password, whatever the status. `Transient` when there is no answer, `Poison` ``too_large``."""
        return await self._exchange(path, content, content_type, None, MAX_ANSWER_BYTES)

    async def ask(
        self,
        path: str,
        now: int,
        *,
        content: bytes = b"",
        content_type: str = "",
        door: Door = Door.HTTP,
        most_bytes: int = MAX_ANSWER_BYTES,
    ) -> Reply:
        """Fetch `path`, or send it `content`, with the password where the device wants one. The status is below 300.

        `Transient` when there is no answer. `Poison`: ``login_closed`` (it was refused within the hour: nothing is asked),
        ``login_refused``, ``login_wanted`` (there is none, or it would go in the clear), ``http_403`` and the like.
        """
        if not self.login.may_try(door, now):
            raise Poison("login_closed", "the password was refused within the last hour")
        proof = self._proof or _Proof.of(self.login, is_private=self._is_private)
        reply = await self._exchange(path, content, content_type, proof, most_bytes)
        if reply.status == 401:
            self._proof = None
            if proof is None or not proof.was_shown:
                raise Poison(
                    "login_wanted", "the device asks for a password that is not there or would go in the clear"
                )
            self.login.refuse(door, now)
            raise Poison("login_refused", "the device refuses the password")
        if proof and proof.was_shown:
            self._proof = proof
            self.login.accept(door)
        if reply.status >= 300:
            raise Poison(f"http_{reply.status}", f"the device answers {reply.status} to {path}")
        return reply

    async def close(self) -> None:
        """Drop the connection; harmless when called twice."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _exchange(
        self, path: str, content: bytes, content_type: str, proof: httpx.Auth | None, most_bytes: int
    ) -> Reply:
        headers = {"Content-Type": content_type} if content_type else {}
        started = time.monotonic()
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                request = self._opened().build_request(
                    "POST" if content else "GET", self._base + path, content=content or None, headers=headers
                )
                response, gathered = await self._proven(request, proof or httpx.Auth(), most_bytes)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
            raise Transient(f"{self._base}: {error or type(error).__name__}") from error
        except (ValueError, KeyError, NotImplementedError) as error:  # a challenge that makes no sense
            raise Poison("bad_challenge", f"{path}: {error}") from error
        said = [response.headers.get("Server", ""), *response.headers.get_list("WWW-Authenticate")]
        return Reply(response.status_code, gathered, "\n".join(said), (time.monotonic() - started) * 1000)

    async def _proven(self, request: httpx.Request, proof: httpx.Auth, most_bytes: int) -> tuple[httpx.Response, bytes]:
        """Send what the proof's flow asks for, one request after another; the library would read a refusal of any size."""
        flow = proof.auth_flow(request)
        following = next(flow)
        while True:
            response, gathered = await self._sent(following, most_bytes)
            try:
                following = flow.send(response)
            except StopIteration:
                return response, gathered

    async def _sent(self, request: httpx.Request, most_bytes: int) -> tuple[httpx.Response, bytes]:
        response = await self._opened().send(request, stream=True, auth=None)
        try:
            gathered = bytearray()
            async for chunk in response.aiter_raw():
                gathered += chunk
                if len(gathered) > most_bytes:
                    raise Poison("too_large", f"more than {most_bytes} bytes for {request.url.path}")
            return response, bytes(gathered)
        finally:
            await response.aclose()

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                verify=self._verify or False,
                headers=_HEADERS,
                timeout=httpx.Timeout(ANSWER_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
                limits=httpx.Limits(max_connections=1, keepalive_expiry=30.0),
                trust_env=False,
            )
        return self._client


class _Proof(httpx.Auth):
    """Digest (RFC 7616) where the device offers it; Basic (RFC 7617) over TLS alone, for it shows the password."""

    def __init__(self, username: str, password: str, *, is_private: bool) -> None:
        self._digest = httpx.DigestAuth(username, password)
        self._basic = httpx.BasicAuth(username, password) if is_private else None
        self.was_shown = False

    @classmethod
    def of(cls, login: Login, *, is_private: bool) -> "_Proof | None":
        """None where the configuration has no password for the device."""
        known = login.credential
        if known is None or known.password is None:
            return None
        return cls(known.username, known.password.reveal(), is_private=is_private)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """See `httpx.Auth`: at most one try with the password for each request, but for a nonce that has grown old."""
        flow = self._digest.auth_flow(request)
        following: httpx.Request | None = next(flow)
        while following is not None:
            response = yield following
            try:
                following = flow.send(response)
            except StopIteration:
                following = None
        offered = response.headers.get("WWW-Authenticate", "").lower()
        if response.status_code == 401 and self._basic and "basic" in offered and "digest" not in offered:
            yield next(self._basic.auth_flow(request))
        self.was_shown = "Authorization" in request.headers


def tls_for(trust: TlsTrust, certificate: str) -> ssl.SSLContext | None:
    """The client's side of TLS: None without, `certificate` (PEM) is the device's own where that is pinned.

    `ConfigError` when the certificate cannot be used.
    """
    if trust is TlsTrust.NONE:
        return None
    if trust is TlsTrust.VERIFY:
        return ssl.create_default_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # a camera's certificate names nothing that anybody calls it by
    if trust is TlsTrust.ANY:
        context.verify_mode = ssl.CERT_NONE
        return context
    try:
        context.load_verify_locations(cafile=certificate)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigError(f"{certificate}: not a certificate in PEM form: {error}") from error
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
