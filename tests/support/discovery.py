"""Scans for tests: of loopback networks that nobody else uses, by the shipped profiles."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import Any

from agent.build import collector_of
from agent.clock import SteadyTimer, utc_ms
from agent.collect.camera.discovery import GROUP, PORT
from agent.credentials import Credential
from agent.discovery.ranges import parse_range
from agent.discovery.scan import CameraFinder, Scan, ScanPlan, found_cameras
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
    find: CameraFinder = found_cameras,
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
    return Scan(plan, SHIPPED, lambda device: collector_of(device, SHIPPED), SteadyTimer(), utc_ms, find=find)


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


class Announcer(asyncio.DatagramProtocol):
    """What announces a camera at `host`: hears probes at the real multicast group, answers each from its own address."""

    def __init__(self, host: str, name: str, hardware: str, http_port: int) -> None:
        scopes = f"onvif://www.onvif.org/name/{name} onvif://www.onvif.org/hardware/{hardware}"
        self._answer = (
            '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body><ProbeMatches><ProbeMatch>'
            f"<Scopes>{scopes}</Scopes><XAddrs>http://{host}:{http_port}/onvif/device_service</XAddrs>"
            "</ProbeMatch></ProbeMatches></e:Body></e:Envelope>"
        ).encode()
        self._host = host
        self.probes = 0

    @asynccontextmanager
    async def announcing(self) -> AsyncIterator[None]:
        """Answer until the block ends."""
        ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # others may hear the same group
        ear.bind((GROUP, PORT))
        membership = socket.inet_aton(GROUP) + socket.inet_aton("127.0.0.1")
        ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=ear)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as self._mouth:
            self._mouth.bind((self._host, 0))
            try:
                yield
            finally:
                transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer whatever is heard."""
        self.probes += 1
        self._mouth.sendto(self._answer, addr)
