"""Which profile reads a device that nobody has named one for: asked without a password, few questions, one after another."""

import re

from agent.collect.camera.http import DeviceHttp
from agent.collect.camera.onvif import OnvifDevice
from campus.errors import Poison
from firmware_profiles.catalogue import Catalogue
from firmware_profiles.requests import HttpMatch

ONVIF_PROFILE = "onvif/device"
"""Reads whatever speaks ONVIF and shows no vendor that a profile knows."""


async def recognise(catalogue: Catalogue, http: DeviceHttp, now: int) -> str:
    """The name of the first profile, by name, whose `match.http` fits; else ONVIF's where that is spoken; else empty.

    `Transient` when the device stops answering.
    """
    for name, profile in catalogue.profiles.items():
        if profile.match.http and await _fits(profile.match.http, http):
            return name
    try:
        await OnvifDevice(http).utc_ms(now)
    except Poison:
        return ""
    return ONVIF_PROFILE if ONVIF_PROFILE in catalogue.profiles else ""


async def _fits(match: HttpMatch, http: DeviceHttp) -> bool:
    try:
        reply = await http.look(match.path)
    except Poison:
        return False
    if match.challenge and re.search(match.challenge, reply.challenge):
        return True
    said = reply.content.decode("utf-8", "replace")
    return bool(match.answers and reply.status == 200 and re.search(match.answers, said))
