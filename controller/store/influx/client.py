"""The doors of one InfluxDB server: write lines, ask InfluxQL; its errors in our words. Knows nothing of samples.

    CampusError
    ├── Transient       away, busy or full: nothing of the call counts, try again
    │   └── Forbidden   401 or 403: it does not let us in (any more), or not do this
    └── Refused         400 or 422: it will never take some of these lines, and says which or why
        └── TooLarge    413: fewer lines at a time

1.x takes lines at `/write` with a user and a password, 2.x and 3.x at `/api/v2/write` (influxdb-client) with a token. All
are asked at `/query`, where a policy is a parameter; 2.x maps database and policy to a bucket by its name.
"""

import base64
import logging
import re
import time
from collections.abc import Iterator, Mapping
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
from controller.store.influx.settings import InfluxSettings

_CONNECT_TIMEOUT_S: Final = 5.0
_MOST_RETRY_AFTER_S: Final = 300.0
_CONNECTIONS: Final = 16
_ROWS_A_CHUNK: Final = 20_000
_BYTES_A_PIECE: Final = 1 << 18
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
        self._state = _State(self._url)
        self.version = 0
        """1, 2 or 3 once open."""

    def open(self) -> None:
        """Read the secrets and ask for the version; `ConfigError` when a person must change something, else `Transient`."""
        settings = self._settings
        context = tls_context(settings.tls) if settings.tls else None
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
            self._url, token.reveal(), org=settings.organisation, timeout=round(settings.timeout_s * 1000),
            **_tls_options(settings),
        )  # fmt: skip
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

    def bucket(self, policy: Policy) -> str:
        """What a policy is called on 2.x and 3.x."""
        return self._settings.database if policy is Policy.RAW else f"{self._settings.database}/{policy}"

    def write(self, policy: Policy, body: bytes) -> None:
        """Make lines (instants in milliseconds) durable. `Refused` when some are not taken; the others then may be, or not."""
        self._state.require_patience()
        try:
            if self._write_api is not None:
                self._write_newer(self._write_api, policy, body)
            else:
                path = "/write"
                fields = {"db": self._settings.database, "rp": str(policy), "precision": "ms"}
                self._checked(self._sent("POST", path, fields, body))
        except Refused:
            self._state.note_well()  # it is there and at work
            raise
        self._state.note_well()

    def query(self, text: str, policy: Policy = Policy.RAW) -> Iterator[Table]:
        """Ask InfluxQL (one statement or several); tables as they come, those of one series may come in pieces.

        Measurements without a policy are meant in `policy`. Instants are milliseconds.
        """
        self._state.require_patience()
        fields = {"db": self._settings.database, "epoch": "ms", "chunked": "true", "chunk_size": str(_ROWS_A_CHUNK)}
        if policy is not Policy.RAW:  # elsewhere it is the default
            fields["rp"] = str(policy)
        answer = self._sent("POST", "/query", fields, urlencode({"q": text}).encode())
        try:
            self._checked(answer)
            yield from self._tables(answer)
        finally:
            answer.release_conn()
        self._state.note_well()

    def command(self, text: str) -> list[Table]:
        """Ask something small, or have something done, outside any policy."""
        return list(self.query(text))

    def close(self) -> None:
        """Let go of connections; harmless when called twice."""
        if self._pool is not None:
            self._pool.clear()
        if self._newer is not None:
            self._newer.close()  # type: ignore[no-untyped-call]
            self._newer = self._write_api = None

    def _sent(self, method: str, path: str, fields: Mapping[str, str], body: bytes | None = None) -> Answer:
        """The answer, its body not read yet; `Transient` when none came."""
        if self._pool is None:
            raise Transient("the sample store is not open")
        headers = self._headers
        if path == "/query":
            headers = headers | {"Content-Type": "application/x-www-form-urlencoded"}
        address = f"{self._url}{path}?{urlencode(fields)}" if fields else f"{self._url}{path}"
        try:
            return self._pool.request(method, address, body=body, headers=headers, preload_content=False)
        except urllib3.exceptions.HTTPError as error:
            raise self._state.noted(_unreachable(self._url, error)) from error

    def _checked(self, answer: Answer) -> None:
        """Raise what the status says."""
        if answer.status < 300:
            return
        try:
            words = said_in(answer.read())
        except urllib3.exceptions.HTTPError as error:
            raise self._state.noted(_unreachable(self._url, error)) from error
        raise self._state.noted(self._error(answer.status, words, answer.headers.get("Retry-After")))

    def _tables(self, answer: Answer) -> Iterator[Table]:
        try:
            yield from read_tables(answer.stream(_BYTES_A_PIECE))
        except QueryError as error:
            raise self._state.noted(self._error(500, str(error), None)) from error
        except (urllib3.exceptions.HTTPError, msgspec.DecodeError) as error:
            raise self._state.noted(_unreachable(self._url, error)) from error

    def _write_newer(self, door: WriteApi, policy: Policy, body: bytes) -> None:
        organisation = self._settings.organisation
        try:
            door.write(self.bucket(policy), organisation, body, write_precision=_MILLISECONDS)
        except ApiException as error:
            words = said_in((error.body or error.reason or "").encode())
            headers: Mapping[str, str] = error.headers or {}
            raise self._state.noted(self._error(error.status, words, headers.get("Retry-After"))) from error
        except urllib3.exceptions.HTTPError as error:
            raise self._state.noted(_unreachable(self._url, error)) from error

    def _error(self, status: int, words: str, retry_after: str | None) -> CampusError:
        """What an answer that is no success means for us."""
        if status == 413:
            return TooLarge(status, words)
        if status in (400, 422):
            return Refused(status, words)
        if status in (401, 403):
            door = "influxdb.username and password_file" if self.version == 1 else "influxdb.token_file"
            return Forbidden(f"InfluxDB at {self._url} does not let us in ({status}: {words}): see to {door}")
        if status in (429, 503):
            self._state.be_patient(retry_after)
            return Transient(f"InfluxDB at {self._url} is busy ({status}: {words}): it is asked again later")
        if _is_full(words):
            return Transient(
                f"the disk of InfluxDB at {self._url} is full: make room, nothing is lost meanwhile ({words})"
            )
        if status == 404 or "not found" in words:
            return Transient(
                f"InfluxDB at {self._url} lacks what it had ({words}): put it back, or restart the controller to have it made"
            )
        return Transient(f"InfluxDB at {self._url} cannot do this now ({status}: {words})")

    def _asked_version(self) -> int:
        """By `/ping`, which every version answers."""
        answer = self._sent("GET", "/ping", {})
        told = answer.headers.get("X-Influxdb-Version", "")
        answer.read()
        if answer.status in (401, 403):
            raise self._error(answer.status, "ping", None)
        found = _VERSION.match(told)
        if found is None or int(found[1]) not in (1, 2, 3):
            raise ConfigError(
                f"influxdb.version: what answers at {self._url} does not say which InfluxDB it is "
                f"({answer.status}, {told or 'no version'}): is it one? Then set version to 1, 2 or 3"
            )
        return int(found[1])


class _State:
    """How the server was last found: said once when it changes, and how long it asked to be left alone."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = Lock()
        self._trouble = ""
        self._not_before_s = 0.0

    def noted(self, error: CampusError) -> CampusError:
        """The error, told in the log unless it is of the kind that stands already."""
        if isinstance(error, Transient):
            kind = str(error).partition("(")[0]
            with self._lock:
                is_news, self._trouble = kind != self._trouble, kind
            if is_news:
                _log.error("%s", error)
        return error

    def note_well(self) -> None:
        """The server did what it was asked to."""
        if self._trouble:
            with self._lock:
                self._trouble = ""
            _log.info("InfluxDB at %s works again", self._url)

    def be_patient(self, retry_after: str | None) -> None:
        """Ask nothing for so many seconds (RFC 9110, section 10.2.3; a date is taken for a second)."""
        wait_s = float(retry_after) if retry_after and retry_after.isdecimal() else 1.0
        self._not_before_s = time.monotonic() + min(wait_s, _MOST_RETRY_AFTER_S)

    def require_patience(self) -> None:
        """`Transient` while the server wants to be left alone."""
        left_s = self._not_before_s - time.monotonic()
        if left_s > 0:
            raise Transient(f"InfluxDB at {self._url} asked to be left alone for {left_s:.0f} s more")


def _unreachable(url: str, error: Exception) -> Transient:
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return Transient(f"InfluxDB at {url} does not answer in time: it is asked again ({error})")
    return Transient(f"InfluxDB at {url} cannot be reached: it is tried again ({error})")


def _is_full(words: str) -> bool:
    return any(sign in words.lower() for sign in ("no space left", "file too large", "disk quota", "disk full"))


def _tls_options(settings: InfluxSettings) -> dict[str, Any]:
    tls = settings.tls
    if tls is None:
        return {}
    named = {"ssl_ca_cert": tls.ca_file, "cert_file": tls.cert_file, "cert_key_file": tls.key_file}
    return {name: path for name, path in named.items() if path}
