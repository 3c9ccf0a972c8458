"""Scans over real sockets: no faster than allowed, nowhere that is not allowed, nobody invented, nobody locked out."""

import asyncio
import socket
import time
from pathlib import Path

import pytest

from agent.address import HostPort
from agent.collect.snmp_dialogue import SnmpDialogue
from agent.credentials import Credential
from agent.discovery.observation import Observation, Source
from agent.discovery.propose import Surroundings, findings
from agent.discovery.scan import Scan
from agent.snmp_access import AuthProtocol, SnmpUser
from campus.newcomers import Confidence
from campus.samples import DeviceKind
from campus.secret import Secret
from simulator.snmp.responder import Responder, responding
from tests.servers.daemon import free_port
from tests.servers.snmpd import COMMUNITY, snmpd
from tests.support.discovery import READ, CountingResponder, Greeter, greeting, scan_of
from tests.support.snmp import port, system, tree

LLDP_LOCAL, LLDP_REMOTE, ARP = "1.0.8802.1.1.2.1.3.7.1.3", "1.0.8802.1.1.2.1.4.1.1", "1.3.6.1.2.1.4.22.1.2"
TWO_PORTS = system() | port(1) | port(2)
INSIDE, OUTSIDE = "127.88.1.77", "127.88.9.9"


def scanned(scan: Scan) -> list[Observation]:
    asyncio.run(scan.run())
    return scan.observations


def arp(address: str, mac: str) -> dict[str, tuple[int, object]]:
    return {f"{ARP}.1.{address}": ("4x", mac)}  # type: ignore[dict-item]


@pytest.mark.slow
def test_no_more_packets_than_the_rate_allows_over_a_whole_scan() -> None:
    """Counted where they arrive: at devices that answer and are walked, and at addresses that keep silent."""
    udp = free_port(socket.SOCK_DGRAM)
    devices = [CountingResponder(tree(TWO_PORTS), f"127.88.1.{number}", udp) for number in range(1, 5)]
    silent = [CountingResponder(tree(system()), f"127.88.1.{number}", udp, "another") for number in (5, 6)]
    door = Greeter("127.88.1.5", b"SSH-2.0-OpenSSH_9.2\r\n")
    scan = scan_of("127.88.1.0/29", udp, rate_per_s=60, ports={"ssh": door.port})
    with responding(*devices, *silent), greeting(door):
        began_s = time.monotonic()
        found = scanned(scan)
        took_s = time.monotonic() - began_s
    received = sum(each.received for each in [*devices, *silent])
    connections = 2 + door.visits  # to the two silent addresses, and to the one everybody shares
    assert {each.address for each in found if each.source is Source.SNMP} == {f"127.88.1.{n}" for n in range(1, 5)}
    assert received > 4 * 10, "devices were walked"
    assert received + connections <= scan.pace.packets
    assert received + connections <= 60 * took_s + 1


@pytest.mark.slow
def test_addresses_learnt_from_devices_are_asked_inside_the_allowed_ranges_and_only_listed_outside() -> None:
    udp = free_port(socket.SOCK_DGRAM)
    rows = TWO_PORTS | arp(INSIDE, "00e0fc000077") | arp(OUTSIDE, "00e0fc000099")
    switch = Responder(tree(rows), "127.88.1.1", udp)
    inside = CountingResponder(tree(system()), INSIDE, udp)
    outside = CountingResponder(tree(system()), OUTSIDE, udp)
    with responding(switch, inside, outside):
        scan = scan_of("127.88.1.1", udp, allowed="127.88.1.0/24")
        found = scanned(scan)
    assert scan.asked == {"127.88.1.1", INSIDE}
    assert inside.received > 0
    assert outside.received == 0
    assert OUTSIDE in {each.address for each in found}


@pytest.mark.slow
def test_what_begins_outside_of_the_allowed_ranges_is_not_asked() -> None:
    udp = free_port(socket.SOCK_DGRAM)
    outside = CountingResponder(tree(system()), OUTSIDE, udp)
    with responding(outside):
        assert scanned(scan_of(OUTSIDE, udp, allowed="127.88.1.0/24")) == []
    assert outside.received == 0


@pytest.mark.slow
def test_loopback_addresses_that_answer_ping_and_ports_of_this_machine_are_no_devices() -> None:
    door = Greeter("", b"SSH-2.0-OpenSSH_9.2\r\n")  # as this machine's own sshd listens
    with greeting(door):
        found = scanned(
            scan_of("127.88.2.0/30", free_port(socket.SOCK_DGRAM), ports={"ssh": door.port, "http": free_port()})
        )
    assert found == []


@pytest.mark.slow
def test_a_projector_is_known_by_its_greeting_and_a_torn_one_disturbs_nobody() -> None:
    projector = Greeter("127.88.3.1", b"PJLINK ERRA\r")
    torn = Greeter("127.88.3.2", b"\xff\x00" * 3000, projector.port)
    with greeting(projector, torn):
        found = scanned(scan_of("127.88.3.1-2", free_port(socket.SOCK_DGRAM), ports={"pjlink": projector.port}))
    told = {each.address: each for each in found}
    assert told["127.88.3.1"].kind is DeviceKind.PROJECTOR
    assert told["127.88.3.1"].confidence is Confidence.LIKELY
    assert told["127.88.3.2"].kind is DeviceKind.OTHER


@pytest.mark.slow
def test_credentials_are_tried_in_order_and_what_worked_before_goes_first() -> None:
    udp = free_port(socket.SOCK_DGRAM)
    device = CountingResponder(tree(system()), "127.88.4.1", udp)
    wrong, right = Credential("wrong", Secret("nobody")), READ
    with responding(device):
        (told, *_) = scanned(scan_of("127.88.4.1", udp, credentials=[wrong, right]))
        assert (told.credential, device.counts["other_community"]) == ("read", 2)
        scanned(scan_of("127.88.4.1", udp, credentials=[wrong, right], worked={"127.88.4.1": "read"}))
        assert device.counts["other_community"] == 2


@pytest.mark.slow
def test_a_wrong_snmpv3_password_is_tried_once_and_no_more(tmp_path: Path) -> None:
    """Counted by the device (RFC 3414, usmStatsWrongDigests); gufo-snmp proves itself twice in one try."""
    wrong = Credential("ops", snmp_user=SnmpUser("ops", AuthProtocol.SHA1, Secret("wrong-password")))
    right = Credential("read", Secret(COMMUNITY))
    extra = "createUser ops SHA right-password\nrouser ops\nview all included .1\n"
    with snmpd(tmp_path, extra) as daemon:
        found = scanned(scan_of("127.0.0.1", daemon.port, credentials=[wrong]))
        assert [each.source for each in found] == [Source.GREETING]
        assert asyncio.run(_wrong_digests(daemon.port, right)) == 2
        told = scanned(scan_of("127.0.0.1", daemon.port, credentials=[wrong, right]))
        assert told[0].credential == "read", "communities go first: they fail without a trace"
        assert asyncio.run(_wrong_digests(daemon.port, right)) == 2


async def _wrong_digests(port_: int, credential: Credential) -> object:
    assert credential.snmp
    dialogue = SnmpDialogue(HostPort("127.0.0.1", port_), credential.snmp)
    return next(iter((await dialogue.hail(["1.3.6.1.6.3.15.1.1.5.0"])).values()), None)


@pytest.mark.slow
def test_neighbours_and_stations_make_one_device_of_many_sightings() -> None:
    udp = free_port(socket.SOCK_DGRAM)
    rows = TWO_PORTS | arp("127.88.5.2", "00e0fc000002")
    rows |= {
        f"{LLDP_LOCAL}.2": (4, "GE0/2"),
        f"{LLDP_REMOTE}.4.0.2.1": (2, 4),
        f"{LLDP_REMOTE}.5.0.2.1": ("4x", "00e0fc000002"),  # type: ignore[dict-item]
        f"{LLDP_REMOTE}.9.0.2.1": (4, "printer-7"),
    }
    switch = Responder(tree(rows), "127.88.5.1", udp)
    printer = Responder(tree(system("1.3.6.1.4.1.11.2.3.9.1")), "127.88.5.2", udp)
    with responding(switch, printer):
        found = scanned(scan_of("127.88.5.0/30", udp))
    told = findings(found, Surroundings(protocols={"snmp"}, usual_ports={"snmp": 161}))
    assert [each.device.address for each in told.devices] == [f"127.88.5.1:{udp}", f"127.88.5.2:{udp}"]
    assert (told.devices[1].device.place_device, told.devices[1].device.place_port) == ("core-1", "GE0/2")
