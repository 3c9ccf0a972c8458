"""What speaks another protocol of ours asked who it is, by the very collector that would read it. A few sign-ins at most."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from agent.address import HostPort
from agent.collect.port import Cadence, DeviceCollector, Harvest
from agent.config import PolledDevice
from agent.credentials import Credential
from agent.discovery.observation import Observation, Source, mac_key
from agent.discovery.pace import Pace
from agent.settings import DeviceEntry, DeviceProtocol
from campus.errors import CampusError
from campus.newcomers import Confidence
from campus.samples import DeviceFacts

CollectorFactory = Callable[[PolledDevice], DeviceCollector]
PACKETS: Final = 40
"""What one such conversation is paid for at the pace: a camera's is a few dozen."""
CONVERSATION_S: Final = 60.0
MOST_TRIES: Final = 3
"""Credentials tried at one device in one scan: five wrong passwords lock a camera."""
SUITABLE: Final[Mapping[str, Callable[[Credential], bool]]] = {
    DeviceProtocol.PJLINK: lambda one: one.password is not None and not one.username,
    DeviceProtocol.CAMERA: lambda one: one.password is not None and bool(one.username) and one.enable is None,
}
"""Which credentials a protocol takes. A protocol that is not named here is not asked."""


async def identified(
    hint: Observation,
    credentials: Sequence[Credential],
    worked: str,
    collector_for: CollectorFactory,
    pace: Pace,
) -> list[Observation]:
    """What the device that `hint` is about tells of itself; nothing when no credential opens it.

    The credential that `worked` before is tried first, then the others that suit, each once; none at all where none suits.
    """
    if hint.protocol not in SUITABLE:
        return []
    suitable = [each for each in credentials if SUITABLE[hint.protocol](each)]
    tried: list[Credential | None] = [*sorted(suitable, key=lambda each: each.name != worked)]
    for credential in (tried or [None])[:MOST_TRIES]:
        await pace.take(PACKETS)
        harvest = await _polled(hint, credential, collector_for)
        facts = harvest.facts
        if facts and (facts.model or facts.serial or facts.vendor):
            return [_observed(hint, credential, facts)]
    return []


async def _polled(hint: Observation, credential: Credential | None, collector_for: CollectorFactory) -> Harvest:
    entry = DeviceEntry("newcomer", hint.address, DeviceProtocol(hint.protocol))
    device = PolledDevice(entry, HostPort(hint.address, hint.port), credential, "discovery")
    try:
        collector = collector_for(device)
    except CampusError:
        return Harvest()
    try:
        async with asyncio.timeout(CONVERSATION_S):
            return await collector.poll(frozenset({Cadence.SLOW}), hint.observed_at)
    except TimeoutError:
        return Harvest()
    finally:
        await collector.close()


def _observed(hint: Observation, credential: Credential | None, facts: DeviceFacts) -> Observation:
    return Observation(
        source=Source.GREETING,
        serial=facts.serial,
        macs=tuple(sorted({key for text in (*facts.macs, *(p.mac for p in facts.ports)) if (key := mac_key(text))})),
        address=hint.address,
        port=hint.port,
        name=facts.system_name or facts.name,
        kind=facts.kind,
        confidence=Confidence.CERTAIN,
        vendor=facts.vendor,
        model=facts.model,
        profile=facts.profile,
        protocol=hint.protocol,
        credential=credential.name if credential else "",
        says=f"{hint.protocol}: {facts.vendor} {facts.model}",
        observed_at=hint.observed_at,
    )
