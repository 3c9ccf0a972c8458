"""Cameras found by WS-Discovery over real datagrams on the loopback interface."""

import asyncio
from typing import cast

from click.testing import CliRunner

from agent.collect.camera.discovery import FoundCamera, find_cameras
from campanile.cli import main

ANSWER = b"""<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body><ProbeMatches><ProbeMatch>
<Scopes>onvif://www.onvif.org/name/Dahua onvif://www.onvif.org/hardware/IPC-HFW2439S</Scopes>
<XAddrs>http://10.9.9.9/onvif/device_service</XAddrs></ProbeMatch></ProbeMatches></e:Body></e:Envelope>"""


class Camera(asyncio.DatagramProtocol):
    """Answers a probe for video transmitters as one camera would, after something that is none."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)
        self.probes: list[bytes] = []

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.probes.append(data)
        self.transport.sendto(b"<!DOCTYPE x><x/>", addr)
        self.transport.sendto(ANSWER, addr)


def test_who_answers_a_probe_is_found_once_by_where_it_answers_from() -> None:
    async def scenario() -> None:
        transport, camera = await asyncio.get_running_loop().create_datagram_endpoint(
            Camera, local_addr=("127.0.0.1", 0)
        )
        port = transport.get_extra_info("sockname")[1]
        found = await find_cameras(0.2, ("127.0.0.1", port), "127.0.0.1")
        transport.close()
        assert found == [FoundCamera("127.0.0.1", "Dahua", "IPC-HFW2439S", (80,))]
        assert len(camera.probes) == 2
        assert b"NetworkVideoTransmitter" in camera.probes[0]

    asyncio.run(scenario())


def test_nobody_there_is_nobody_found() -> None:
    assert asyncio.run(find_cameras(0.05, ("127.0.0.1", 9), "127.0.0.1")) == []


def test_without_an_interface_the_system_chooses_one() -> None:
    assert asyncio.run(find_cameras(0.05, ("127.0.0.1", 9))) == []


def test_the_command_says_what_it_found_or_where_to_look() -> None:
    done = CliRunner().invoke(main, ["agent", "cameras", "--local", "127.0.0.1", "--wait-s", "0.1"])
    assert done.exit_code == 0
    assert "no camera has answered" in done.output
    wrong = CliRunner().invoke(main, ["agent", "cameras", "--local", "192.0.2.1", "--wait-s", "0.1"])
    assert wrong.exit_code == 2
    assert "the network cannot be asked from 192.0.2.1" in wrong.output
