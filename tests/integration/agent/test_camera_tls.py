"""Cameras asked over TLS: whom they are taken for, and that a password never goes in the clear."""

import asyncio
import ssl
import subprocess
from pathlib import Path

import pytest

from agent.address import HostPort
from agent.collect.camera.collector import CameraCollector, CameraTarget
from agent.collect.port import Cadence, Harvest
from agent.credentials import Credential
from agent.settings import CameraEntry, TlsTrust
from campus.ids import DeviceId
from campus.secret import Secret
from simulator.camera.dialects import hikvision
from tests.servers.daemon import require_program
from tests.support.cameras import NOW, PASSWORD, camera, profiles, sight_of

ALL = frozenset(Cadence)


def certificate(folder: Path, name: str) -> Path:
    """A camera's own certificate, which names nothing anybody calls it by; its key beside it."""
    path = folder / f"{name}.pem"
    command = [require_program("openssl", "openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt"]
    command += ["ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    command += ["-keyout", str(folder / f"{name}.key"), "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path


def collector(port: int, settings: CameraEntry) -> CameraCollector:
    credential = Credential("cams", username="monitor", password=Secret(PASSWORD))
    return CameraCollector(CameraTarget(DeviceId("c"), HostPort("127.0.0.1", port), credential, settings), profiles())


def reachable(harvest: Harvest) -> bool:
    return any(sample.key.metric == "reachable" and sample.value == 1 for sample in harvest.samples)


@pytest.mark.parametrize(
    ("trust", "named", "is_read"),
    [
        (TlsTrust.ANY, "", True),
        (TlsTrust.PINNED, "camera", True),
        (TlsTrust.PINNED, "another", False),
        (TlsTrust.VERIFY, "", False),
    ],
)
def test_only_who_is_trusted_is_asked(tmp_path: Path, trust: TlsTrust, named: str, *, is_read: bool) -> None:
    own = certificate(tmp_path, "camera")
    certificate(tmp_path, "another")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own, own.with_suffix(".key"))
    settings = CameraEntry(
        tls=trust, certificate=str(tmp_path / f"{named}.pem") if named else "", rtsp_port=0, look=False
    )

    async def scenario() -> tuple[Harvest, int]:
        async with camera(hikvision, sight_of(hikvision), context) as doors:
            asker = collector(doors.port, settings)
            harvest = await asker.poll(ALL, NOW)
            await asker.close()
            return harvest, doors.account.shown

    harvest, shown = asyncio.run(scenario())
    assert reachable(harvest) is is_read
    assert (harvest.facts is not None) is is_read
    assert bool(shown) is is_read


def test_a_device_that_wants_the_password_in_the_clear_does_not_get_it() -> None:
    """Basic (RFC 7617) without TLS shows it to whoever listens."""
    shown: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        shown.append((await reader.readuntil(b"\r\n\r\n")).decode())
        answer = 'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="IP Camera"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
        writer.write(answer.encode())
        await writer.drain()
        writer.close()

    async def scenario() -> Harvest:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        asker = collector(server.sockets[0].getsockname()[1], CameraEntry(rtsp_port=0))
        harvest = await asker.poll(ALL, NOW)
        await asker.close()
        server.close()
        return harvest

    harvest = asyncio.run(scenario())
    assert harvest.dropped["login_wanted"] == 1
    assert len(shown) >= 2
    assert not any("authorization" in text.lower() for text in shown)
