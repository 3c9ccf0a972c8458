"""What an open port and its greeting hint at: a kind of device, a vendor, a protocol to read it by. Pure tables.

A hint never proves anything: many displays speak PJLink, recorders look like cameras. So none is certain.
"""

import re
from typing import Final, NamedTuple

from agent.collect.camera.discovery import FoundCamera
from agent.discovery.knock import Door
from agent.discovery.observation import Observation, Source
from campus.newcomers import Confidence, printable
from campus.samples import DeviceKind

SAYS_CHARS: Final = 100
CAMERA: Final = "camera"
"""The protocol of cameras and recorders."""
ONVIF: Final = "onvif"
_HTTP, _HTTPS = 80, 443


class Hint(NamedTuple):
    """Where `pattern` is found in what a service says, the device may be of this kind."""

    service: str
    pattern: str
    kind: DeviceKind
    confidence: Confidence = Confidence.GUESS
    vendor: str = ""
    protocol: str = ""


HINTS: Final = (
    Hint("pjlink", r"^PJLINK [012E]", DeviceKind.PROJECTOR, Confidence.LIKELY, protocol="pjlink"),
    Hint("rtsp", r"(?i)hikvision|hipcam", DeviceKind.CAMERA, Confidence.LIKELY, "Hikvision", protocol=CAMERA),
    Hint("rtsp", r"(?i)dahua|rtsp server/\d", DeviceKind.CAMERA, Confidence.LIKELY, "Dahua", protocol=CAMERA),
    Hint("rtsp", r"(?i)uniview|unv", DeviceKind.CAMERA, Confidence.LIKELY, "Uniview", protocol=CAMERA),
    Hint("rtsp", r"^RTSP/1\.", DeviceKind.CAMERA, Confidence.LIKELY, protocol=CAMERA),
    Hint(
        "http",
        r"(?i)hikvision|app-webs|dnvrs-webs|davinci",
        DeviceKind.CAMERA,
        Confidence.LIKELY,
        "Hikvision",
        protocol=CAMERA,
    ),
    Hint("http", r"(?i)dahua|Login to [0-9A-F]{15}", DeviceKind.CAMERA, Confidence.LIKELY, "Dahua", protocol=CAMERA),
    Hint("http", r"(?i)\bAXIS\b", DeviceKind.CAMERA, Confidence.LIKELY, "Axis", protocol=CAMERA),
    Hint(ONVIF, r"(?i)hikvision", DeviceKind.CAMERA, Confidence.LIKELY, "Hikvision", protocol=CAMERA),
    Hint(ONVIF, r"(?i)dahua", DeviceKind.CAMERA, Confidence.LIKELY, "Dahua", protocol=CAMERA),
    Hint(ONVIF, r"(?i)uniview|unv", DeviceKind.CAMERA, Confidence.LIKELY, "Uniview", protocol=CAMERA),
    Hint(ONVIF, r"(?i)\bAXIS\b", DeviceKind.CAMERA, Confidence.LIKELY, "Axis", protocol=CAMERA),
    Hint(ONVIF, r"", DeviceKind.CAMERA, Confidence.LIKELY, protocol=CAMERA),
    Hint("http", r"(?i)laserjet|pantum|printer|ecosys|imagerunner", DeviceKind.PRINTER, Confidence.LIKELY),
    Hint("http", r"(?i)projector|pjlink", DeviceKind.PROJECTOR, Confidence.GUESS),
    Hint("print", r"", DeviceKind.PRINTER),
    Hint("ssh", r"(?i)HUAWEI|Comware|RGOS", DeviceKind.SWITCH, Confidence.GUESS),
    Hint("ssh", r"(?i)OpenSSH", DeviceKind.SERVER),
)
"""The first that fits a service speaks for it; what is likely goes before what is guessed."""
MODELS: Final = (
    (r"WA[A-Z]?\d|AP\d|RG-AP|AIR-|C91\d\d", DeviceKind.ACCESS_POINT),
    (r"MSR|SR66|AR\d|RG-(?:RSR|EG|NBR)|ISR|C[18]1\d\d|USG|SecPath F", DeviceKind.GATEWAY),
)
"""How models of H3C, Huawei, Ruijie and Cisco begin that are no switches."""


def hinted(host: str, doors: list[Door], observed_at: int) -> list[Observation]:
    """One observation for each open port of an address; without a hint too, for something is there."""
    web = next((door.port for door in doors if door.service == "http"), 0)
    return [_hinted(host, door, web, observed_at) for door in doors]


def hinted_camera(found: FoundCamera, observed_at: int) -> Observation:
    """What a camera or recorder told in its answer to WS-Discovery.

    >>> told = hinted_camera(FoundCamera("10.20.1.9", "HIKVISION DS-2CD2T47", "DS-2CD2T47", (80,)), 0)
    >>> told.vendor, told.model, told.name, told.port
    ('Hikvision', 'DS-2CD2T47', '', 80)
    """
    said = f"{found.name} {found.hardware}".strip()
    hint = _fitting(ONVIF, said)
    vendor = hint.vendor if hint else ""
    is_makers = bool(vendor) or (found.hardware != "" and found.hardware in found.name)
    port = next((port for port in found.ports if port != _HTTPS), 0 if found.ports else _HTTP)
    return Observation(
        source=Source.GREETING,
        address=found.host,
        port=port,
        name="" if is_makers else found.name,  # a maker's name is what all its cameras are delivered with
        kind=DeviceKind.CAMERA,
        confidence=Confidence.LIKELY,
        vendor=vendor,
        model=found.hardware,
        protocol=CAMERA if port else "",
        says=f"{ONVIF}: {printable(said, SAYS_CHARS)}",
        observed_at=observed_at,
    )


def kind_of_model(kind: DeviceKind, model: str) -> DeviceKind:
    """What a model is where a whole platform of switches, routers and access points has one profile.

    >>> kind_of_model(DeviceKind.SWITCH, "WA6320"), kind_of_model(DeviceKind.SWITCH, "S5130S-28P-EI")
    (<DeviceKind.ACCESS_POINT: 'access_point'>, <DeviceKind.SWITCH: 'switch'>)
    """
    if kind is not DeviceKind.SWITCH:
        return kind
    return next((meant for pattern, meant in MODELS if re.match(pattern, model)), kind)


def _hinted(host: str, door: Door, web: int, observed_at: int) -> Observation:
    """A camera is asked at its web server `web`, whichever port gave it away; without one it is not asked."""
    said = door.said.decode("utf-8", "replace")
    hint = _fitting(door.service, said)
    first = printable(_telling_line(said), SAYS_CHARS).strip()
    says = f"{door.service} {door.port}" + (f": {first}" if first else "")
    if hint is None:
        return Observation(source=Source.TCP, address=host, says=says, observed_at=observed_at)
    port = web if hint.protocol == CAMERA else door.port
    return Observation(
        source=Source.GREETING if first else Source.TCP,
        address=host,
        port=port,
        kind=hint.kind,
        confidence=hint.confidence,
        vendor=hint.vendor,
        protocol=hint.protocol if port else "",
        says=says,
        observed_at=observed_at,
    )


def _fitting(service: str, said: str) -> Hint | None:
    return next((each for each in HINTS if each.service == service and re.search(each.pattern, said)), None)


def _telling_line(said: str) -> str:
    """The line that tells most: a Server header, a realm, a title, else the first."""
    found = re.search(r"(?im)^(?:server|www-authenticate): *([^\r\n]+)|<title>([^<\r\n]+)", said)
    return next((group for group in found.groups() if group), "") if found else said.partition("\n")[0]
