"""The checks of a bare port: that it accepts connections, and that what it offers as TLS is good."""

import ssl
import time

from agent.address import HostPort
from agent.services.dial import days_left, dialled
from agent.services.model import Finding, ServiceState


class PortCheck:
    """Connects, shakes hands where there is a TLS `context`, and says nothing. Inert."""

    def __init__(self, to: HostPort, context: ssl.SSLContext | None = None, name: str = "") -> None:
        self._to = to
        self._context = context
        self._name = name or to.host

    @property
    def tls_place(self) -> tuple[HostPort, str] | None:
        """Where the certificate is, and of which name it must be; None without TLS."""
        return (self._to, self._name) if self._context else None

    async def ask(self) -> Finding:
        """Ask once; `CheckFailed` when it is not as it should be. The caller limits the time."""
        began_s = time.perf_counter()
        async with dialled(self._to, self._context, self._name) as (_, writer):
            took_ms = round((time.perf_counter() - began_s) * 1000, 1)
            return Finding(ServiceState.UP, response_ms=took_ms, tls_days_left=days_left(writer))
