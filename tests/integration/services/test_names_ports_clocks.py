"""Name servers, bare ports and time servers asked over real sockets."""

import asyncio
import struct
import time
from pathlib import Path
from typing import cast

import dns.rcode
import pytest

from agent.address import HostPort
from agent.services.check import Check, Service, found
from agent.services.clocks import NtpCheck
from agent.services.dial import tls_context
from agent.services.model import DnsEntry, Finding, RecordType, ServiceState
from agent.services.names import DnsCheck
from agent.services.ports import PortCheck
from tests.servers.authority import Authority
from tests.servers.daemon import free_port
from tests.support.name_server import Answer, name_server, refusing, telling
from tests.support.scripted_web import answering, scripted_web


def service(check: Check, timeout_s: float = 5.0) -> Service:
    return Service("it", 60, timeout_s, 5000, check)


async def resolved(answer: Answer, timeout_s: float = 5.0, **entry: object) -> Finding:
    async with name_server(answer) as port:
        made = DnsEntry(id="dns", question="teaching.example", timeout_s=timeout_s, **entry)  # type: ignore[arg-type]
        return await found(service(DnsCheck(made, HostPort("127.0.0.1", port)), timeout_s + 5))


@pytest.mark.parametrize(
    ("answer", "entry", "state"),
    [
        (telling("A 10.0.0.5"), {}, ServiceState.UP),
        (telling("A 10.0.0.5", "A 10.0.0.6"), {"answers": ("10.0.0.6",)}, ServiceState.UP),
        (telling("A 10.0.0.66"), {"answers": ("10.0.0.6",)}, ServiceState.WRONG_ANSWER),
        (telling("CNAME Portal.Example."), {"type": RecordType.CNAME, "answers": ("portal.example",)}, ServiceState.UP),
        (telling('TXT "v=1"'), {"type": RecordType.TXT, "answers": ("v=1",)}, ServiceState.UP),
        (telling(), {}, ServiceState.WRONG_ANSWER),
        (refusing(dns.rcode.NXDOMAIN), {}, ServiceState.NAME_NOT_FOUND),
        (refusing(dns.rcode.SERVFAIL), {}, ServiceState.WRONG_ANSWER),
        (refusing(dns.rcode.REFUSED), {}, ServiceState.WRONG_ANSWER),
        (lambda _: None, {"timeout_s": 0.3}, ServiceState.TIMEOUT),
    ],
)
def test_a_name_server_is_judged_by_its_answer(answer: Answer, entry: dict[str, object], state: ServiceState) -> None:
    finding = asyncio.run(resolved(answer, **entry))  # type: ignore[arg-type]
    assert finding.state is state, finding.detail
    assert (finding.response_ms is not None) == (state is ServiceState.UP)


def test_why_a_name_server_refuses_is_said() -> None:
    assert "SERVFAIL" in asyncio.run(resolved(refusing(dns.rcode.SERVFAIL))).detail


def test_a_port_accepts_or_refuses() -> None:
    async def scenario() -> list[ServiceState]:
        async with scripted_web(answering("200 OK")) as web:
            places = [HostPort("127.0.0.1", port) for port in (web.port, free_port())]
            return [(await found(service(PortCheck(place)))).state for place in places]

    assert asyncio.run(scenario()) == [ServiceState.UP, ServiceState.REFUSED]


def test_a_bare_tls_port_tells_how_long_its_certificate_lasts(tmp_path: Path) -> None:
    authority = Authority(tmp_path)

    async def scenario() -> Finding:
        async with scripted_web(answering("200 OK"), authority.issue(("ldap.example",), ends_days=12)) as web:
            context = tls_context(str(authority.file))
            return await found(service(PortCheck(HostPort("127.0.0.1", web.port), context, "ldap.example")))

    finding = asyncio.run(scenario())
    assert finding.state is ServiceState.UP, finding.detail
    assert finding.tls_days_left == pytest.approx(12, abs=0.1)


class _TimeServer(asyncio.DatagramProtocol):
    """Ahead by `ahead_s`; `first` is its first byte: leap, version, mode."""

    def __init__(self, ahead_s: float, first: int = 0x24, stratum: int = 2) -> None:
        self._ahead_s = ahead_s
        self._head = bytes((first, stratum))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        now_s = time.time() + self._ahead_s + 2_208_988_800
        stamp = struct.pack("!II", int(now_s), int(now_s % 1 * 2**32))
        answer = self._head + bytes(22) + data[40:48] + stamp + stamp
        for forged in (b"short", answer[:24] + bytes(8) + stamp + bytes(8), answer):
            self._transport.sendto(forged, addr)


def timed(server: _TimeServer) -> Finding:
    async def scenario() -> Finding:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: server, local_addr=("127.0.0.1", 0))
        try:
            place = HostPort("127.0.0.1", transport.get_extra_info("sockname")[1])
            return await found(service(NtpCheck(place)))
        finally:
            transport.close()

    return asyncio.run(scenario())


def test_a_time_server_says_how_far_its_clock_is_ahead() -> None:
    finding = timed(_TimeServer(ahead_s=42.0))
    assert finding.state is ServiceState.UP, finding.detail
    assert finding.clock_offset_s == pytest.approx(42.0, abs=1.0)


@pytest.mark.parametrize(("first", "stratum"), [(0xE4, 2), (0x24, 0), (0x24, 16), (0x23, 2)])
def test_a_time_server_without_the_time_is_wrong(first: int, stratum: int) -> None:
    assert timed(_TimeServer(0.0, first, stratum)).state is ServiceState.WRONG_ANSWER


def test_no_time_server_at_all_is_refused() -> None:
    check = NtpCheck(HostPort("127.0.0.1", free_port()))
    assert asyncio.run(found(service(check, 2))).state in {ServiceState.REFUSED, ServiceState.TIMEOUT}
