"""Nouns of service checks: what `services:` of agent.yaml may ask, and what one check found. Pure."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

import msgspec

SLOW_MS = 2000.0


class ServiceState(IntEnum):
    """How a service answered: the numbers of the catalogue's `service_state`. Beyond `SLOW` it is of no use to anybody."""

    UP = 1
    SLOW = 2
    WRONG_ANSWER = 3
    REFUSED = 4
    TIMEOUT = 5
    NAME_NOT_FOUND = 6
    UNREACHABLE = 7
    BROKEN_OFF = 8
    CERTIFICATE_EXPIRED = 9
    CERTIFICATE_NOT_YET_VALID = 10
    CERTIFICATE_SELF_SIGNED = 11
    CERTIFICATE_UNTRUSTED = 12
    CERTIFICATE_WRONG_NAME = 13
    TLS_FAILED = 14


class CheckFailed(Exception):
    """One check found the service useless; `detail` says it in words, without secrets."""

    def __init__(self, state: ServiceState, detail: str) -> None:
        super().__init__(detail)
        self.state = state
        self.detail = detail


@dataclass(frozen=True)
class Finding:
    """What one check found. Times are None where it did not come so far."""

    state: ServiceState
    detail: str = ""
    response_ms: float | None = None
    first_byte_ms: float | None = None
    """From asking until the first byte of the answer, connecting left out."""
    tls_days_left: float | None = None
    """Below 0 for a certificate that has expired."""
    clock_offset_s: float | None = None
    """How far the server's clock is ahead of ours."""


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="check"):
    """What every check has. `slow_ms`: an answer that takes longer is slow, which is not yet a failure."""

    id: str
    every_s: float = 60.0
    timeout_s: float = 10.0
    slow_ms: float = SLOW_MS


class _OverTls(_Entry, frozen=True, kw_only=True):
    """`ca_file` names the authorities in PEM that are believed in place of the system's."""

    ca_file: str = ""


class HttpEntry(_OverTls, frozen=True, kw_only=True, tag="http"):
    """A web page.

    `words` must all stand on the page; `status` lists the good ones, none means 200 to 299. Redirects are followed on the
    same host; `redirect` names the beginning of an address to which the page must send people, and is not followed.
    `connect_to` (HOST:PORT) is dialled in place of what the name leads to, such as one server of several.
    """

    url: str
    words: tuple[str, ...] = ()
    status: tuple[int, ...] = ()
    redirect: str = ""
    credential: str = ""
    connect_to: str = ""
    max_bytes: int = 262_144
    """So much of a page is read and searched."""


class TcpEntry(_Entry, frozen=True, kw_only=True, tag="tcp"):
    """A port that must accept connections; `address` is HOST:PORT."""

    address: str


class TlsEntry(_OverTls, frozen=True, kw_only=True, tag="tls"):
    """A port that must offer TLS with a good certificate, whatever is spoken inside; `name` if it is not the host's."""

    address: str
    name: str = ""


class RecordType(StrEnum):
    """What is asked of the name system (RFC 1035, RFC 3596)."""

    A = "A"
    AAAA = "AAAA"
    CNAME = "CNAME"
    MX = "MX"
    NS = "NS"
    TXT = "TXT"


class DnsEntry(_Entry, frozen=True, kw_only=True, tag="dns"):
    """A question to a name server: `server` (ADDRESS[:PORT]), or the system's own. `answers` must all be given."""

    question: str
    type: RecordType = RecordType.A
    server: str = ""
    answers: tuple[str, ...] = ()
    slow_ms: float = 500.0


class NtpEntry(_Entry, frozen=True, kw_only=True, tag="ntp"):
    """A time server; `address` is HOST[:PORT]."""

    address: str
    every_s: float = 300.0


ServiceEntry = HttpEntry | TcpEntry | TlsEntry | DnsEntry | NtpEntry
