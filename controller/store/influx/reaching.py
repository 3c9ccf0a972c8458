"""Why a server cannot be reached, in our words: host, port and what to look at. A library's words name its own objects."""

import socket
import ssl
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import urllib3

from campus.errors import Transient, file_trouble

_PORTS: Final = {"http": 80, "https": 443}
_MOST_CAUSES: Final = 8
_CERTIFICATE_ENDED: Final = 10
_CERTIFICATE_OF_OTHERS: Final = frozenset({62, 64})
"""X509_V_ERR_CERT_HAS_EXPIRED, _HOSTNAME_MISMATCH, _IP_ADDRESS_MISMATCH (OpenSSL, x509_vfy.h)."""


def unreachable(url: str, error: Exception) -> Transient:
    """What is told of an error that a connection ended with, or never began for.

    >>> str(unreachable("http://db", ConnectionRefusedError()))
    'InfluxDB at db, port 80, cannot be reached: nothing listens there (is it running?); it is tried again'
    """
    parts = urlsplit(url)
    place = f"InfluxDB at {parts.hostname}, port {parts.port or _PORTS.get(parts.scheme, 0)},"
    causes = list(_causes(error))
    if any(map(_is_late, causes)):
        return Transient(f"{place} does not answer in time: it is asked again")
    reason = next((said for cause in causes if (said := _reason(cause))), "what it answered breaks off or is not HTTP")
    return Transient(f"{place} cannot be reached: {reason}; it is tried again")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps, one in the other: some of the library's keep the inner one as `reason`."""
    cause: BaseException | None = error
    for _ in range(_MOST_CAUSES):
        if cause is None:
            return
        yield cause
        inner = getattr(cause, "reason", None)
        cause = inner if isinstance(inner, BaseException) else cause.__cause__ or cause.__context__


def _is_late(error: BaseException) -> bool:
    if isinstance(error, urllib3.exceptions.NewConnectionError):  # to the library a kind of time-out
        return False
    return isinstance(error, TimeoutError | urllib3.exceptions.TimeoutError)


def _reason(error: BaseException) -> str:
    """Empty for what says nothing of its own."""
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there (is it running?)"
    if isinstance(error, socket.gaierror):
        return "no name server knows that name (see to influxdb.url)"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its TLS certificate {_fault(error.verify_code)}"
    if isinstance(error, ssl.SSLError):
        return "it does not speak TLS as we do (see to http or https in influxdb.url, and to influxdb.tls)"
    if isinstance(error, ConnectionError):
        return "it ends the connection"
    return file_trouble(error) if type(error) is OSError else ""


def _fault(code: int) -> str:
    if code == _CERTIFICATE_ENDED:
        return "has expired (renew it there)"
    if code in _CERTIFICATE_OF_OTHERS:
        return "is for another name (see to influxdb.url)"
    return "comes from an authority that is not trusted (see to influxdb.tls.ca_file)"
