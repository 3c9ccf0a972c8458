"""ONVIF with one device: its clock, its own service, where its first picture and stream stand."""

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from agent.collect.camera.http import DeviceHttp
from agent.collect.camera.login import Door
from agent.collect.camera.soap import CONTENT_TYPE, DEVICE, MEDIA, Stamp, element, opened, question, utc_of
from campus.errors import Poison

DEVICE_SERVICE = "/onvif/device_service"
_STREAM_SETUP = (
    "<o:StreamSetup><tt:Stream>RTP-Unicast</tt:Stream><tt:Transport><tt:Protocol>RTSP</tt:Protocol></tt:Transport>"
    "</o:StreamSetup>"
)


@dataclass(frozen=True)
class Places:
    """Paths on the device itself, whatever address its answers name: a camera behind another address does not know it."""

    picture: str = ""
    stream: str = ""


class OnvifDevice:
    """Asks over the device's `DeviceHttp`; every method may raise `Transient` and `Poison` as that does."""

    def __init__(self, http: DeviceHttp) -> None:
        self._http = http
        self._ahead_ms = 0
        """The device's clock less ours: a token is dated by the device's clock, or it is refused as old."""

    async def utc_ms(self, now: int) -> int:
        """The device's own time as its answer arrives; asked without a password (ONVIF Core, access class PRE_AUTH)."""
        reply = await self._http.look(DEVICE_SERVICE, question(DEVICE, "GetSystemDateAndTime"), CONTENT_TYPE)
        utc = utc_of(opened(reply.content)) + round(reply.took_ms / 2)
        self._ahead_ms = utc - now
        return utc

    async def tell(self, operation: str, now: int, lists: tuple[str, ...] = ()) -> Any:
        """What the device's own service answers to an operation without arguments.

        GetSystemDateAndTime, which tells year, month and so on one by one, gives ``utc`` instead: one instant in ms.
        """
        if operation == "GetSystemDateAndTime":
            return {"utc": await self.utc_ms(now)}
        return await self._asked(DEVICE_SERVICE, DEVICE, operation, now, "", lists)

    async def places(self, now: int) -> Places:
        """Where the first profile's picture and stream stand; empty where the device has none."""
        told = await self._asked(DEVICE_SERVICE, DEVICE, "GetCapabilities", now, element("Category", "Media"))
        media = _path(_within(told, "Capabilities", "Media", "XAddr"))
        if not media:
            return Places()
        profiles = _within(await self._asked(media, MEDIA, "GetProfiles", now), "Profiles")
        token = str(_within(profiles[0], "@token")) if isinstance(profiles, list) else ""
        named = element("ProfileToken", token)
        picture = await self._asked(media, MEDIA, "GetSnapshotUri", now, named)
        stream = await self._asked(media, MEDIA, "GetStreamUri", now, _STREAM_SETUP + named)
        return Places(_path(_within(picture, "MediaUri", "Uri")), _path(_within(stream, "MediaUri", "Uri")))

    async def _asked(
        self,
        path: str,
        namespace: str,
        operation: str,
        now: int,
        inner: str = "",
        lists: tuple[str, ...] = ("Profiles",),
    ) -> Any:
        login = self._http.login
        if not login.may_try(Door.ONVIF, now):
            raise Poison("login_closed", "ONVIF refused the password within the last hour")
        known, stamp = login.credential, None
        if known and known.password:
            stamp = Stamp(known.username, known.password.reveal(), now + self._ahead_ms, secrets.token_bytes(16))
        content = question(namespace, operation, inner, stamp)
        reply = await self._http.look(path, content, CONTENT_TYPE)
        if reply.status == 401:  # some want HTTP's digest instead of the token
            reply = await self._http.ask(path, now, content=content, content_type=CONTENT_TYPE, door=Door.ONVIF)
        try:
            answer = opened(reply.content, lists)
        except Poison as error:
            if error.reason == "soap_refused" and stamp:
                login.refuse(Door.ONVIF, now)
                raise Poison("login_refused", "ONVIF refuses the password") from error
            raise
        if stamp:
            login.accept(Door.ONVIF)
        return answer


def _within(tree: Any, *steps: str) -> Any:
    for step in steps:
        tree = tree.get(step, "") if isinstance(tree, dict) else ""
    return tree


def _path(address: Any) -> str:
    """Path and query of an address; empty when it is none."""
    try:
        parts = urlsplit(address if isinstance(address, str) else "")
    except ValueError:
        return ""
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return path if path.startswith("/") and not path.startswith("//") and path.isprintable() else ""
