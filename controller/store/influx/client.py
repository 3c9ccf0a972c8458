"""The doors of one InfluxDB server: write lines, ask InfluxQL; its errors in our words. Knows nothing of samples.

    CampusError
    ├── Transient       away, busy or full: nothing of the call counts, try again
    │   ├── Forbidden   401 or 403: it does not let us in (any more), or not do this
    │   └── Busy        429 or 503: it wants to be left alone for a while
    └── Refused         400 or 422: it will never take some of these lines, and says which or why
        └── TooLarge    413: fewer lines at a time

1.x takes lines at `/write` with a user and a password, 2.x and 3.x at `/api/v2/write` (influxdb-client) with a token. All
are asked at `/query`, where a policy is a parameter; 2.x maps database and policy to a bucket by its name.
"""

import base64
import logging
import re
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final, cast
from urllib.parse import urlencode

import msgspec
import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS, WriteApi
from influxdb_client.domain.write_precision import WritePrecision
from influxdb_client.rest import ApiException

from campus.errors import CampusError, ConfigError, Transient
from campus.influx import Policy
from campus.tls import tls_context
from controller.store.influx.answers import QueryError, Table, read_tables, said_in
from controller.store.influx.reaching import unreachable
from controller.store.influx.settings import InfluxSettings

_CONNECT_TIMEOUT_S: Final = 5.0
_MOST_RETRY_AFTER_S: Final = 300.0
_CONNECTIONS: Final = 16
_ROWS_A_CHUNK: Final = 20_000
_BYTES_A_PIECE: Final = 1 << 18
_LIMITS: Final = ("max-series-per-database", "max-values-per-tag")
"""Of 1.x, over all of a database: what is over them is good, and taken once they are raised."""
_VERSION = re.compile(r"v?(\d+)\.")
_log = logging.getLogger(__name__)
Answer = urllib3.BaseHTTPResponse
_MILLISECONDS: Final = cast(WritePrecision, WritePrecision.MS)  # the library types its constants as what they are not


class Refused(CampusError):
    """Lines of a body that the server will never take; the message is its own words. `status` is that of HTTP."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class Forbidden(Transient):
    """The user or the token is not known, or may not do this. At a start a person must see to it."""


class Busy(Transient):
    """The server takes no more now; until `wait_s` are over it is not asked again."""

    def __init__(self, words: str, wait_s: float) -> None:
        super().__init__(words)
        self.wait_s = wait_s


class TooLarge(Refused):
    """The body has more bytes than the server takes at once."""


class InfluxClient:
    """One server. Constructed inert, `open` finds out its version; then any thread at any time."""

    def __init__(self, settings: InfluxSettings) -> None:
        self._settings = settings
        self._url = settings.url.rstrip("/")
        self._pool: urllib3.PoolManager | None = None
        self._newer: InfluxDBClient | None = None
        self._write_api: WriteApi | None = None
        self._headers: dict[str, str] = {}
        self._writing = _State(f"InfluxDB at {self._url} takes points again")
        self._asking = _State(f"InfluxDB at {self._url} answers again")
        self.version = 0
        """1, 2 or 3 once open."""

    def open(self) -> None:
        """Read the secrets and ask for the version; `ConfigError` when a person must change something, else `Transient`."""
        settings = self._settings
        context = _tls_context(settings)
        token, password = settings.token(), settings.password()
        if token is not None:
            self._headers = {"Authorization": f"Token {token.reveal()}"}
        elif password is not None:
            entry = base64.b64encode(f"{settings.username}:{password.reveal()}".encode()).decode()
            self._headers = {"Authorization": f"Basic {entry}"}
        patience = urllib3.Timeout(connect=_CONNECT_TIMEOUT_S, read=settings.timeout_s)
        self._pool = urllib3.PoolManager(maxsize=_CONNECTIONS, retries=False, timeout=patience, ssl_context=context)
        self.version = settings.version if settings.version != "auto" else self._asked_version()
        if self.version == 1:
            return
        if token is None:
            raise ConfigError(
                f"influxdb.token_file: InfluxDB {self.version} at {self._url} is entered by a token: name its file"
            )
        self._newer = InfluxDBClient(
            self._url,
            token.reveal(),
            org=settings.organisation,
            timeout=round(settings.timeout_s * 1000),
            retries=False,
            **_tls_options(settings),
        )
        self._write_api = self._newer.write_api(write_options=SYNCHRONOUS)

    @property
    def settings(self) -> InfluxSettings:
        """As configured."""
        return self._settings

    @property
    def newer(self) -> InfluxDBClient:
        """The library's client of a 2.x or 3.x, for whoever creates buckets."""
        assert self._newer is not None  # noqa: S101 - only asked after `open` of such a server
        return self._newer

    def unreachable(self, error: Exception) -> Transient:
        """What to raise of an error that the library has instead of an answer."""
        return unreachable(self._url, error)

    def bucket(self, policy: Policy) -> str:
        """What a policy is called on 2.x and 3.x."""
        return self._settings.database if policy is Policy.RAW else f"{self._settings.database}/{policy}"

    def write(self, policy: Policy, body: bytes) -> None:
        """Make lines (instants in milliseconds) durable. `Refused` when some are not taken; the others then may be, or not."""
        with self._writing.watched():
            if self._write_api is not None:
                self._write_newer(self._write_api, policy, body)
                return
            fields = {"db": self._settings.database, "rp": str(policy), "precision": "ms"}
            with self._sent("POST", "/write", fields, body) as answer:
                self._check(answer)

    def query(self, text: str, policy: Policy = Policy.RAW) -> Iterator[Table]:
        """Ask InfluxQL (one statement or several); tables as they come, those of one series may come in pieces.

        Measurements without a policy are meant in `policy`. Instants are milliseconds.
        """
        with self._asking.watched():
            yield from self.peek(text, policy)

    def peek(self, text: str, policy: Policy = Policy.RAW) -> Iterator[Table]:
        """As `query`, for what may well fail: how it goes is nobody's news."""
        fields = {"db": self._settings.database, "epoch": "ms", "chunked": "true", "chunk_size": str(_ROWS_A_CHUNK)}
        if policy is not Policy.RAW:  # elsewhere it is the default
            fields["rp"] = str(policy)
        with self._sent("POST", "/query", fields, urlencode({"q": text}).encode()) as answer:
            self._check(answer)
            try:
                yield from read_tables(iter(lambda: answer.read(_BYTES_A_PIECE), b""))
            except QueryError as error:
                raise self._error(500, str(error), None) from error
            except (urllib3.exceptions.HTTPError, msgspec.DecodeError) as error:
                raise self.unreachable(error) from error

    def fetch(self, path: str) -> bytes:
        """A page of the server, such as its ``/metrics``; news as little as with `peek`."""
        with self._sent("GET", path, {}) as answer:
            self._check(answer)
            return bytes(answer.read())

    def close(self) -> None:
        """Let go of connections; harmless when called twice."""
        if self._pool is not None:
            self._pool.clear()
        if self._newer is not None:
            self._newer.close()  # type: ignore[no-untyped-call]
            self._newer = self._write_api = None

    @contextmanager
    def _sent(self, method: str, path: str, fields: Mapping[str, str], body: bytes | None = None) -> Iterator[Answer]:
        """The answer, its body to be read within the block; `Transient` when none comes."""
        if self._pool is None:
            raise Transient("the sample store is not open")
        headers = self._headers
        if path == "/query":
            headers = headers | {"Content-Type": "application/x-www-form-urlencoded"}
        address = f"{self._url}{path}?{urlencode(fields)}" if fields else f"{self._url}{path}"
        try:
            answer = self._pool.request(method, address, body=body, headers=headers, preload_content=False)
        except urllib3.exceptions.HTTPError as error:
            raise self.unreachable(error) from error
        is_read = False
        try:
            yield answer
            answer.drain_conn()
            is_read = True
        finally:
            if is_read:
                answer.release_conn()
            else:  # what is left of the answer must not be taken for the next one
                answer.close()

    def _check(self, answer: Answer) -> None:
        """Raise what the status says."""
        if answer.status < 300:
            return
        try:
            words = said_in(answer.read())
        except urllib3.exceptions.HTTPError as error:
            raise self.unreachable(error) from error
        raise self._error(answer.status, words, answer.headers.get("Retry-After"))

    def _write_newer(self, door: WriteApi, policy: Policy, body: bytes) -> None:
        organisation = self._settings.organisation
        try:
            door.write(self.bucket(policy), organisation, body, write_precision=_MILLISECONDS)
        except ApiException as error:
            if not error.status:  # what the library makes of trouble with TLS
                raise self.unreachable(error) from error
            words = said_in((error.body or error.reason or "").encode())
            headers: Mapping[str, str] = error.headers or {}
            raise self._error(error.status, words, headers.get("Retry-After")) from error
        except urllib3.exceptions.HTTPError as error:
            raise self.unreachable(error) from error

    def _error(self, status: int, words: str, retry_after: str | None) -> CampusError:
        """What an answer that is no success means for us."""
        server = f"InfluxDB at {self._url}"
        if status == 413:
            return TooLarge(status, words)
        if any(limit in words for limit in _LIMITS):
            return Transient(
                f"{server} keeps no more series: set {' and '.join(_LIMITS)} to 0 in influxdb.conf and restart it, "
                f"nothing is lost meanwhile ({words})"
            )
        if status in (400, 422):
            return Refused(status, words)
        if status in (401, 403):
            door = "influxdb.username and password_file" if self.version == 1 else "influxdb.token_file"
            return Forbidden(f"{server} does not let us in ({status}: {words}): see to {door}")
        if status in (429, 503):
            return Busy(f"{server} is busy ({status}: {words}): it is asked again later", _wait_s(retry_after))
        if _is_full(words):
            return Transient(f"the disk of {server} is full: make room, nothing is lost meanwhile ({words})")
        if status == 404 or "not found" in words:
            return Transient(
                f"{server} lacks what it had ({words}): put it back, or restart the controller to have it made"
            )
        return Transient(f"{server} cannot do this now ({status}: {words})")

    def _asked_version(self) -> int:
        """By `/ping`, which every version answers."""
        with self._sent("GET", "/ping", {}) as answer:
            told, status = answer.headers.get("X-Influxdb-Version", ""), answer.status
        if status in (401, 403):
            raise self._error(status, "ping", None)
        found = _VERSION.match(told)
        if found is None or int(found[1]) not in (1, 2, 3):
            raise ConfigError(
                f"influxdb.version: what answers at {self._url} does not say which InfluxDB it is "
                f"({status}, {told or 'no version'}): is it one? Then set version to 1, 2 or 3"
            )
        return int(found[1])


class _State:
    """How the server was last found: told when it changes, and how long it wants to be left alone.

    Until it has answered once, trouble is told by whoever tries to begin.
    """

    def __init__(self, again: str) -> None:
        self._again = again
        self._lock = Lock()
        self._trouble = ""
        self._is_met = False
        self._not_before_s = 0.0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """For a call to the server: `Transient` at once while it wants to be left alone."""
        left_s = self._not_before_s - time.monotonic()
        if left_s > 0:
            raise Transient(f"{self._trouble.strip()}: it is asked again in {left_s:.0f} s")
        try:
            yield
        except Transient as error:
            self._not_before_s = time.monotonic() + (error.wait_s if isinstance(error, Busy) else 0.0)
            self._note(str(error))
            raise
        except Refused:
            self._note("")  # it is there and at work
            raise
        self._note("")

    def _note(self, trouble: str) -> None:
        kind = trouble.partition("(")[0]  # what stands in parentheses differs from time to time
        with self._lock:
            is_news = self._is_met and kind != self._trouble
            self._trouble = kind
            self._is_met = self._is_met or not trouble
        if is_news and trouble:
            _log.error("%s", trouble)
        elif is_news:
            _log.info("%s", self._again)


def _wait_s(retry_after: str | None) -> float:
    """How long Retry-After (RFC 9110, section 10.2.3) asks for; a second where it says nothing or a date."""
    wait_s = float(retry_after) if retry_after and retry_after.isdecimal() else 1.0
    return min(wait_s, _MOST_RETRY_AFTER_S)


def _is_full(words: str) -> bool:
    return any(sign in words.lower() for sign in ("no space left", "file too large", "disk quota", "disk full"))


def _tls_context(settings: InfluxSettings) -> ssl.SSLContext | None:
    try:
        return tls_context(settings.tls) if settings.tls else None
    except ConfigError as error:
        raise ConfigError(f"influxdb.tls: {error}") from error


def _tls_options(settings: InfluxSettings) -> dict[str, Any]:
    tls = settings.tls
    if tls is None:
        return {}
    named = {"ssl_ca_cert": tls.ca_file, "cert_file": tls.cert_file, "cert_key_file": tls.key_file}
    return {name: path for name, path in named.items() if path}
