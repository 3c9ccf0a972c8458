"""Scans for tests: of loopback networks that nobody else uses, by the shipped profiles."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from agent.build import collector_of
from agent.clock import SteadyTimer, utc_ms
from agent.credentials import Credential
from agent.discovery.ranges import parse_range
from agent.discovery.scan import Scan, ScanPlan
from campus.secret import Secret
from simulator.snmp.responder import Responder
from tests.support.snmp import SHIPPED

READ = Credential("read", Secret("public"))


def scan_of(
    begin: str,
    snmp_port: int,
    *,
    allowed: str = "",
    credentials: Sequence[Credential] = (READ,),
    ports: dict[str, int] | None = None,
    rate_per_s: float = 500.0,
    **more: Any,
) -> Scan:
    """A scan that has not begun; nothing but SNMP is tried unless `ports` names it."""
    plan = ScanPlan(
        begin=(parse_range(begin),),
        allowed=(parse_range(allowed or begin),),
        credentials=tuple(each for each in credentials if each.snmp),
        sign_ins=tuple(each for each in credentials if each.password),
        snmp_port=snmp_port,
        ports=ports or {},
        rate_per_s=rate_per_s,
        concurrency=16,
        **more,
    )
    return Scan(plan, SHIPPED, lambda device: collector_of(device, SHIPPED), SteadyTimer(), utc_ms)


class CountingResponder(Responder):
    """A device that also counts what reaches it, answered or not."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.received = 0

    def receive(self, datagram: bytes, sender: Any) -> None:
        """Count it, then answer as ever."""
        self.received += 1
        super().receive(datagram, sender)


class Greeter:
    """A TCP server that says `greeting` to whoever comes; `port` is known from the start."""

    def __init__(self, host: str, greeting: bytes, port: int = 0) -> None:
        self._greeting = greeting
        self._socket = socket.create_server((host, port))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.port: int = self._socket.getsockname()[1]
        self.visits = 0

    def start(self) -> None:
        """Begin to serve, in a thread."""
        self._thread.start()

    def close(self) -> None:
        """End it."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                visitor, _ = self._socket.accept()
            except OSError:
                return
            self.visits += 1
            with visitor:
                visitor.sendall(self._greeting)


@contextmanager
def greeting(*greeters: Greeter) -> Iterator[None]:
    """Let greeters serve until the block ends."""
    with ExitStack() as stack:
        for greeter in greeters:
            greeter.start()
            stack.callback(greeter.close)
        yield
