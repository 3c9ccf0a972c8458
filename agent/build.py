"""From a configuration file to an `Agent` that has not started: what `agent run` and `agent run --check` share."""

import math
from pathlib import Path

from agent.collect.port import DeviceCollector
from agent.collect.snmp import DeviceTarget, SnmpCollector
from agent.config import AgentConfig, PolledDevice, load_config
from agent.decode.snmp import SHORTEST_RATE_S
from agent.main import Agent
from agent.settings import AUTO_PROFILE, DeviceProtocol
from campus.document import nearest
from campus.errors import ConfigError
from campus.ids import DeviceId
from firmware_profiles.catalogue import Catalogue
from firmware_profiles.load import load_catalogue


def build_agent(path: Path) -> Agent:
    """Read the file and every profile and put the agent together; `ConfigError` for what is wrong in any of them."""
    config = load_config(path)
    catalogue = load_catalogue(config.profiles_path)
    check_profiles_exist(config, catalogue)
    return Agent(config, catalogue, lambda device: collector_of(device, catalogue, config.file.cadence.fast_s))


def collector_of(device: PolledDevice, catalogue: Catalogue, fast_s: float = math.inf) -> DeviceCollector:
    """The collector of one polled device, by its protocol; it opens nothing before the first poll.

    `fast_s`: how often it is polled at most.
    """
    match device.entry.protocol:
        case DeviceProtocol.SNMP:
            return snmp_collector(device, catalogue, fast_s)
        case DeviceProtocol.PJLINK:
            return _projector_collector(device)
        case DeviceProtocol.CAMERA:
            return _camera_collector(device, catalogue)


def snmp_collector(device: PolledDevice, catalogue: Catalogue, fast_s: float = math.inf) -> DeviceCollector:
    """The collector of a device that speaks SNMP."""
    entry = device.entry
    access = device.credential.snmp if device.credential else None
    if access is None:
        raise ConfigError(
            f"{device.where}: device {entry.id!r} is asked by SNMP and needs a credential with a community or a user"
        )
    target = DeviceTarget(
        id=DeviceId(entry.id),
        address=device.address,
        access=access,
        name=entry.name,
        room=entry.room,
        kind=entry.kind,
        profile=entry.profile,
        uplinks=entry.uplinks,
        uplink_capacity_bps=entry.uplink_capacity_bps,
        shortest_rate_s=min(SHORTEST_RATE_S, 0.8 * fast_s),  # who asks for a rate every 5 s gets it
    )
    return SnmpCollector(target, catalogue)


def _projector_collector(device: PolledDevice) -> DeviceCollector:
    from agent.collect.pjlink import PjlinkCollector, ProjectorTarget  # most agents ask no projectors

    entry = device.entry
    password = device.credential.password if device.credential else None
    target = ProjectorTarget(DeviceId(entry.id), device.address, password, entry.name, entry.room, entry.kind)
    return PjlinkCollector(target)


def _camera_collector(device: PolledDevice, catalogue: Catalogue) -> DeviceCollector:
    from agent.collect.camera.collector import CameraCollector, CameraTarget  # HTTP and pictures take memory

    entry = device.entry
    target = CameraTarget(
        DeviceId(entry.id),
        device.address,
        device.credential,
        entry.camera,
        entry.name,
        entry.room,
        entry.kind,
        entry.profile,
    )
    return CameraCollector(target, catalogue)


def check_profiles_exist(config: AgentConfig, catalogue: Catalogue) -> None:
    """A device may name only a profile that there is."""
    for device in config.devices:
        name = device.entry.profile
        if name != AUTO_PROFILE and name not in catalogue.profiles:
            raise ConfigError(
                f"{device.where}: device {device.entry.id!r} wants the profile {name!r}, which does not exist."
                f"{nearest(name, [AUTO_PROFILE, *catalogue.profiles])} `campanile profiles list` shows them all"
            )
