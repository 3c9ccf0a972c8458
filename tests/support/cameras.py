"""Simulated cameras and recorders on real sockets, and collectors that ask them."""

import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache

from agent.address import HostPort
from agent.collect.camera.collector import CameraCollector, CameraTarget
from agent.collect.port import Harvest
from agent.credentials import Credential
from agent.settings import CameraEntry
from campus.ids import DeviceId
from campus.metrics import catalogue
from campus.secret import Secret
from firmware_profiles.catalogue import Catalogue
from firmware_profiles.load import load_catalogue
from simulator.camera.dialects import dahua, hikvision, onvif
from simulator.camera.proof import Account
from simulator.camera.scene import View
from simulator.camera.sight import Disk, Label, Sight
from simulator.camera.web import Asked, CameraDoors, Said
from tests.support.snmp import values

NOW = 1_790_000_000_000
PASSWORD = "c4mera-pw"
Dialect = Callable[[Sight, Asked], Said]
VENDORS: dict[Dialect, str] = {hikvision: "Hikvision", dahua: "Dahua", onvif: "Tiandy"}
REALMS: dict[Dialect, str] = {hikvision: "IP Camera(C8731)", dahua: "Login to 4D0C2F1PAZ", onvif: "camera"}


@cache
def profiles() -> Catalogue:
    """Those that are shipped."""
    return load_catalogue()


def sight_of(dialect: Dialect, *, is_recorder: bool = False) -> Sight:
    """A camera that sees a corridor, or a recorder with two disks and three channels; for it now is `NOW`."""
    started_s = time.monotonic()
    vendor = VENDORS[dialect]
    return Sight(
        Label(vendor, f"{vendor[:3].upper()}-42", "SN0042", "V5.7.12", "楼梯", "24:0f:9b:01:02:03"),
        clock=lambda: NOW + round((time.monotonic() - started_s) * 1000),
        view=View(4),
        is_recorder=is_recorder,
        disks=[Disk("hdda"), Disk("hddb", free_mb=0)] if is_recorder else [],
        channels={1: True, 2: True, 3: False} if is_recorder else {},
    )


@asynccontextmanager
async def camera(dialect: Dialect, sight: Sight, tls: ssl.SSLContext | None = None) -> AsyncIterator[CameraDoors]:
    """Answers on free ports while the block runs."""
    account = Account("monitor", PASSWORD, REALMS[dialect])
    doors = CameraDoors("127.0.0.1", 0, 0, "webserver", account, lambda asked: dialect(sight, asked), tls=tls)
    await doors.start()
    try:
        yield doors
    finally:
        await doors.close()


def collector_for(
    doors: CameraDoors, password: str = PASSWORD, profile: str = "auto", *, look: bool = True
) -> CameraCollector:
    """Asks those doors; its two pictures are a tenth of a second apart."""
    credential = Credential("cams", username="monitor", password=Secret(password)) if password else None
    return CameraCollector(
        CameraTarget(
            DeviceId("cam-1"),
            HostPort("127.0.0.1", doors.port),
            credential,
            CameraEntry(rtsp_port=doors.rtsp_port, look=look, look_apart_s=0.1),
            profile=profile,
        ),
        profiles(),
    )


TIMES = {"response_time_ms", "stream_response_ms", "picture_sharpness"}
"""What no two polls tell alike."""


def told(harvest: Harvest) -> dict[tuple[str, str], float]:
    """(metric, instance) to number, of what two polls of one device tell alike."""
    return {key: value for key, value in values(harvest).items() if key[0] not in TIMES}


def state(harvest: Harvest, metric: str) -> str:
    """The name of the state a metric is in, empty when it was not told."""
    found = [s.value for s in harvest.samples if s.key.metric == metric]
    meant = next(m.state(found[0]) for name, m in catalogue().items() if name == metric) if found else None
    return meant.name if meant else ""
