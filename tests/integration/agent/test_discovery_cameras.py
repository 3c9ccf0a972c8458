"""Scans that ask all cameras at once: over the real multicast group on loopback, and only what lies in the ranges."""

import asyncio
import socket

import pytest

from agent.collect.camera.discovery import FoundCamera
from agent.credentials import Credential
from agent.discovery.observation import Observation, Source
from agent.discovery.propose import Surroundings, findings
from agent.discovery.scan import Scan
from campus.newcomers import Confidence
from campus.samples import DeviceKind
from campus.secret import Secret
from simulator.camera.dialects import hikvision
from simulator.camera.proof import Account
from simulator.camera.web import CameraDoors
from tests.servers.daemon import free_port
from tests.support.cameras import PASSWORD, REALMS, sight_of
from tests.support.discovery import Announcer, scan_of

pytestmark = pytest.mark.slow
INSIDE, OUTSIDE = "127.88.21.5", "127.88.22.5"
SIGN_IN = Credential("cams", username="monitor", password=Secret(PASSWORD))


def scan_for_cameras(credentials: tuple[Credential, ...] = ()) -> Scan:
    """Begins at an address where nobody is; no port is tried but SNMP's."""
    return scan_of(
        "127.88.21.1",
        free_port(socket.SOCK_DGRAM),
        allowed="127.88.21.0/24",
        credentials=credentials,
        asks_all_cameras=True,
    )


def test_a_camera_that_answers_the_question_is_asked_who_it_is_at_the_port_it_tells() -> None:
    async def play() -> Scan:
        sight = sight_of(hikvision)
        account = Account("monitor", PASSWORD, REALMS[hikvision])
        doors = CameraDoors(INSIDE, 0, 0, "webserver", account, lambda asked: hikvision(sight, asked))
        await doors.start()
        try:
            async with Announcer(INSIDE, "HIKVISION", "HIK-42", doors.port).announcing():
                scan = scan_for_cameras((SIGN_IN,))
                await scan.run()
                return scan
        finally:
            await doors.close()

    scan = asyncio.run(play())
    (told,) = findings(scan.observations, Surroundings(protocols={"camera"}, usual_ports={"camera": 80})).devices
    device = told.device
    assert (device.kind, device.confidence, device.serial) == (DeviceKind.CAMERA, Confidence.CERTAIN, "SN0042")
    assert (device.vendor, device.profile, device.credential) == ("Hikvision", "hikvision/isapi", "cams")
    assert "onvif: HIKVISION HIK-42" in {each.says for each in device.evidence}


def test_without_a_password_it_is_likely_a_camera_of_the_maker_and_model_it_tells() -> None:
    async def play() -> list[Observation]:
        async with Announcer(INSIDE, "Acme%20hall", "IPC-9", free_port()).announcing():
            scan = scan_for_cameras()
            await scan.run()
            return scan.observations

    (told,) = asyncio.run(play())
    assert (told.source, told.kind, told.confidence) == (Source.GREETING, DeviceKind.CAMERA, Confidence.LIKELY)
    assert (told.address, told.name, told.model) == (INSIDE, "Acme hall", "IPC-9")


def test_who_answers_from_outside_the_ranges_is_neither_asked_nor_told() -> None:
    async def play() -> tuple[Scan, Announcer]:
        stranger = Announcer(OUTSIDE, "Dahua", "IPC-1", free_port())
        async with stranger.announcing():
            scan = scan_for_cameras()
            await scan.run()
            return scan, stranger

    scan, stranger = asyncio.run(play())
    assert stranger.probes > 0
    assert scan.asked == {"127.88.21.1"}
    assert scan.observations == []


@pytest.mark.parametrize(("asks", "locals_asked"), [(True, ["127.0.0.1"]), (False, [])])
def test_cameras_are_asked_once_in_a_scan_or_not_at_all(asks: bool, locals_asked: list[str]) -> None:
    asked: list[str] = []

    async def find(local: str) -> list[FoundCamera]:
        asked.append(local)
        return []

    scan = scan_of("127.88.21.1-3", free_port(socket.SOCK_DGRAM), find=find, asks_all_cameras=asks)
    asyncio.run(scan.run())
    assert asked == locals_asked


def test_a_network_that_cannot_be_asked_costs_nobody_else_the_turn() -> None:
    async def find(_: str) -> list[FoundCamera]:
        raise OSError(101, "Network is unreachable")

    scan = scan_of("127.88.21.1-3", free_port(socket.SOCK_DGRAM), find=find, asks_all_cameras=True)
    asyncio.run(scan.run())
    assert len(scan.asked) == 3
