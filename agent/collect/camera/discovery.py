"""WS-Discovery (OASIS, version of April 2005 as ONVIF uses it): who on this network says that it is a camera.

A probe to the multicast group, answers until the time is up. Nothing is believed but where the answer came from.
"""

import asyncio
import re
import socket
import uuid
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from agent.collect.camera.answer import xml_tree
from campus.errors import Poison
from firmware_profiles.raw import text_of

GROUP, PORT = "239.255.255.250", 3702
MAX_ANSWERS = 2000
MAX_ANSWER_BYTES = 32_768
_SCOPE = re.compile(r"onvif://www\.onvif\.org/(name|hardware|location)/(\S+)")


@dataclass(frozen=True)
class FoundCamera:
    """One that answered. `host` is the sender's address; name and hardware are what its scopes say."""

    host: str
    name: str = ""
    hardware: str = ""
    ports: tuple[int, ...] = field(default=())
    """Of its services, as it tells them; empty where it names none."""


async def find_cameras(
    wait_s: float = 3.0,
    target: tuple[str, int] = (GROUP, PORT),
    local: str = "",
) -> list[FoundCamera]:
    """Ask once (twice on the wire, for datagrams get lost) and gather answers for `wait_s`; by address, each once.

    `local` is the address of the interface to ask on, empty for that of the default route; `OSError` when it cannot be used.
    """
    found: dict[str, FoundCamera] = {}
    loop = asyncio.get_running_loop()
    bound = (local, 0) if local else None
    transport, _ = await loop.create_datagram_endpoint(lambda: _Ear(found), bound, family=socket.AF_INET)
    try:
        message = probe(uuid.uuid4())
        for _ in range(2):
            transport.sendto(message, target)
            await asyncio.sleep(wait_s / 2)
    finally:
        transport.close()
    return [found[host] for host in sorted(found)]


def listed(found: list[FoundCamera]) -> str:
    """One line each for a person.

    >>> listed([FoundCamera("10.1.2.3", "HIKVISION", "DS-2CD2T47", (80,))])
    '10.1.2.3         HIKVISION DS-2CD2T47, port 80'
    """
    lines = []
    for each in found:
        ports = f", port {', '.join(map(str, each.ports))}" if each.ports else ""
        lines.append(f"{each.host:<16} {each.name} {each.hardware}".rstrip() + ports)
    return "\n".join(lines) or "no camera has answered; is ONVIF discovery switched on in the cameras?"


def probe(message: uuid.UUID) -> bytes:
    """The datagram that asks for ONVIF's video transmitters."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"'
        ' xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"'
        ' xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><e:Header>'
        f"<w:MessageID>uuid:{message}</w:MessageID><w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>"
        "<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>"
        "<e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>"
    ).encode()


def read_match(content: bytes, host: str) -> FoundCamera:
    """One answer; `Poison` when it is none."""
    if len(content) > MAX_ANSWER_BYTES:
        raise Poison("too_large", "a datagram beyond any answer")
    tree = xml_tree(content)
    place = tree
    for step in ("Body", "ProbeMatches", "ProbeMatch"):
        place = place.get(step) if isinstance(place, dict) else None
    if not isinstance(place, dict):
        raise Poison("not_soap", "not an answer to a probe")
    scopes = {key: text_of(unquote(value))[:100] for key, value in _SCOPE.findall(str(place.get("Scopes", "")))}
    ports = {port for address in str(place.get("XAddrs", "")).split()[:8] if (port := _port(address))}
    return FoundCamera(host, scopes.get("name", ""), scopes.get("hardware", ""), tuple(sorted(ports)))


def _port(address: str) -> int:
    try:
        parts = urlsplit(address)
        return parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        return 0


class _Ear(asyncio.DatagramProtocol):
    def __init__(self, found: dict[str, FoundCamera]) -> None:
        self._found = found

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(self._found) >= MAX_ANSWERS and addr[0] not in self._found:
            return
        try:
            self._found[addr[0]] = read_match(data, addr[0])
        except Poison:
            return  # anybody may shout at a multicast asker
