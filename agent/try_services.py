"""Every service and path of a configuration asked once, for a person at the command line."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from agent.config import AgentConfig
from agent.path.model import PathSettings, PathState, TargetEntry, percentile
from agent.services.check import Service, found
from agent.services.model import ServiceState


class Tried(NamedTuple):
    """What one asking gave; `ms` is None where nothing answered."""

    id: str
    state: str
    ms: float | None
    text: str


async def asked_once(config: AgentConfig) -> list[Tried]:
    """Ask all at once, in the order of the file: services, then paths."""
    services = [_service(each) for each in config.services]
    settings = config.path.settings if config.path else PathSettings()
    paths = [_path(settings, target) for target in settings.targets]
    return list(await asyncio.gather(*services, *paths))


def lines(tried: Sequence[Tried]) -> str:
    """As text, one line each."""
    if not tried:
        return "agent.yaml names no services and no paths: add `services:` or `path:`"
    width = max(len(each.id) for each in tried)
    return "\n".join(
        f"{each.id:<{width}}  {each.state}" + (f", {each.ms:g} ms" if each.ms is not None else "") + each.text
        for each in tried
    )


async def _service(service: Service) -> Tried:
    finding = await found(service)
    text = f": {finding.detail}" if finding.detail else ""
    if finding.tls_days_left is not None:
        text += f", certificate {finding.tls_days_left:g} days"
    if finding.clock_offset_s is not None:
        text += f", clock ahead by {finding.clock_offset_s:g} s"
    return Tried(service.id, _words(finding.state), finding.response_ms, text)


async def _path(settings: PathSettings, target: TargetEntry) -> Tried:
    from agent.path.ping import HOW_TO_PERMIT, path_mtu, pinged  # only here, for icmplib

    told = await pinged(target.address, settings.pings, settings.interval_s, settings.timeout_s)
    if told.state is PathState.NOT_PERMITTED:
        return Tried(target.id, "not permitted", None, f": {HOW_TO_PERMIT}")
    mtu = await path_mtu(target.address, settings.timeout_s) if told.rtts_ms else None
    median_ms = percentile(told.rtts_ms, 0.5)
    text = f", {told.loss_percent:.0f} % lost" + (f", packets up to {mtu} bytes" if mtu else "")
    return Tried(target.id, told.state.name.lower().replace("_", " "), median_ms and round(median_ms, 2), text)


def _words(state: ServiceState) -> str:
    return state.name.lower().replace("_", " ")
