"""Connections as checks make them: TCP, TLS with every fault of a certificate told apart, and always let go."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from agent.address import HostPort
from agent.services.model import CheckFailed, ServiceState

USUAL_PORT = {"http": 80, "https": 443}
_DAY_S = 86_400.0
_FAULTS = {
    9: ServiceState.CERTIFICATE_NOT_YET_VALID,
    10: ServiceState.CERTIFICATE_EXPIRED,
    18: ServiceState.CERTIFICATE_SELF_SIGNED,
    62: ServiceState.CERTIFICATE_WRONG_NAME,
    64: ServiceState.CERTIFICATE_WRONG_NAME,
}
"""By OpenSSL's X509_V_ERR number (openssl-verify(1)): 62 is a wrong host name, 64 a wrong address; the rest is distrust."""


@asynccontextmanager
async def dialled(
    to: HostPort, context: ssl.SSLContext | None = None, server_name: str = ""
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection for the length of the block. `CheckFailed` for everything that stands in the way, there and in the block.

    It sets no limit of time itself: that is its caller's, for all of a check.
    """
    try:
        reader, writer = await asyncio.open_connection(
            to.host, to.port, ssl=context, server_hostname=(server_name or to.host) if context else None
        )
        try:
            yield reader, writer
        finally:
            writer.transport.abort()
    except (OSError, ssl.CertificateError) as error:
        raise failed(error, to) from error


def failed(error: OSError | ssl.CertificateError, to: HostPort) -> CheckFailed:
    """What an error of the system means for the service."""
    if isinstance(error, ssl.SSLCertVerificationError):
        fault = _FAULTS.get(error.verify_code, ServiceState.CERTIFICATE_UNTRUSTED)
        return CheckFailed(fault, f"the certificate of {to} is not good: {error.verify_message}")
    if isinstance(error, ssl.SSLError):
        return CheckFailed(ServiceState.TLS_FAILED, f"{to} does not agree on TLS: {error.reason or error}")
    if isinstance(error, socket.gaierror):
        return CheckFailed(ServiceState.NAME_NOT_FOUND, f"the name {to.host} is not found: {error.strerror}")
    if isinstance(error, TimeoutError):
        return CheckFailed(ServiceState.TIMEOUT, f"{to} did not answer in time")
    if isinstance(error, ConnectionRefusedError):
        return CheckFailed(ServiceState.REFUSED, f"{to} refuses connections: nothing listens there")
    if isinstance(error, ConnectionError):
        return CheckFailed(ServiceState.BROKEN_OFF, f"{to} broke the connection off")
    return CheckFailed(ServiceState.UNREACHABLE, f"there is no way to {to}: {error.strerror or error}")


def tls_context(ca_file: str) -> ssl.SSLContext:
    """A context that checks name and certificate against `ca_file`, or against the system's authorities when it is empty."""
    context = ssl.create_default_context(cafile=ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def days_left(writer: asyncio.StreamWriter) -> float | None:
    """Until the certificate of a checked connection expires; None without TLS."""
    certificate = writer.get_extra_info("peercert")
    if not certificate:
        return None
    return round((ssl.cert_time_to_seconds(certificate["notAfter"]) - time.time()) / _DAY_S, 1)


async def days_left_of_a_bad_one(to: HostPort, server_name: str) -> float | None:
    """The same of a certificate that was refused: asked for once more without belief, nothing is sent. None if in vain."""
    from cryptography import x509  # only where a certificate is bad: it is memory that most agents need not have

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with dialled(to, context, server_name) as (_, writer):
            tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
            der = tls.getpeercert(binary_form=True)
            until = x509.load_der_x509_certificate(der or b"").not_valid_after_utc
    except (CheckFailed, ValueError):
        return None
    return round((until - datetime.now(UTC)).total_seconds() / _DAY_S, 1)
