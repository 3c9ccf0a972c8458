"""What agent.yaml says of configuration snapshots, checked and resolved. Opens nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.address import HostPort
from agent.configurations.port import Access
from agent.configurations.settings import AUTO_DRIVER, ConfigurationEntry, ConfigurationSettings
from agent.configurations.turns import Night, parse_night
from agent.credentials import Credential
from campus.document import nearest
from campus.errors import ConfigError
from campus.ids import DeviceId
from firmware_profiles.catalogue import Catalogue
from firmware_profiles.command_line import CommandLine

Where = Callable[..., str]


class _Entry(Protocol):
    """Of a device entry what is looked at."""

    @property
    def id(self) -> str: ...

    @property
    def configuration(self) -> ConfigurationEntry | None: ...


@dataclass(frozen=True)
class SnapshotTarget:
    """A device whose configuration is fetched."""

    device: DeviceId
    access: Access
    driver: str
    where: str
    """``file:line`` of the entry."""


@dataclass(frozen=True)
class SnapshotConfig:
    """Which configurations are fetched, and when."""

    targets: tuple[SnapshotTarget, ...]
    settings: ConfigurationSettings
    night: Night


def snapshot_config(
    settings: ConfigurationSettings,
    entries: Sequence[tuple[_Entry, HostPort]],
    credentials: Mapping[str, Credential],
    where: Where,
) -> SnapshotConfig | None:
    """Check and resolve; None where no device's configuration is asked for. `ConfigError` with file, line and advice.

    `entries`: the devices in the file's order with their addresses; `where` gives ``file:line`` of a place in the file.
    """
    night = parse_night(settings.window)
    if night is None:
        raise ConfigError(
            f"{where('configurations', 'window')}: {settings.window!r} is no time of day: write it as '01:00-05:00'"
        )
    for key, least in (("first_within_s", 0), ("settle_s", 0), ("timeout_s", 5), ("concurrency", 1)):
        if not getattr(settings, key) >= least:
            raise ConfigError(f"{where('configurations', key)}: {key} must be at least {least}")
    targets = tuple(
        _target(
            entry.id,
            entry.configuration,
            address.host,
            credentials,
            lambda *steps, i=index: where("devices", i, *steps),
        )
        for index, (entry, address) in enumerate(entries)
        if entry.configuration is not None
    )
    return SnapshotConfig(targets, settings, night) if targets else None


def command_line_of(target: SnapshotTarget, profile: str, catalogue: Catalogue) -> CommandLine | None:
    """How to speak with a device that polling knows by `profile` (may be empty); None while that is not known.

    `ConfigError` when its profile has no command line, or no profile has the driver that its entry names.
    """
    spoken = {name: each.cli for name, each in catalogue.profiles.items() if each.cli}
    if target.driver == AUTO_DRIVER:
        if profile and profile not in spoken:
            raise ConfigError(
                f"{target.where}: the profile {profile} of {target.device!r} has no `cli`: name a `driver` in the device's "
                "`configuration`, or add it to the profile"
            )
        return spoken.get(profile)
    if profile in spoken and spoken[profile].driver == target.driver:
        return spoken[profile]
    found = next((cli for cli in spoken.values() if cli.driver == target.driver), None)
    if found is None:
        known = sorted({cli.driver for cli in spoken.values()})
        raise ConfigError(
            f"{target.where}: {target.device!r} wants the driver {target.driver!r}, which no profile speaks."
            f"{nearest(target.driver, known)} There are {', '.join(known)}"
        )
    return found


def _target(
    device: str, entry: ConfigurationEntry, host: str, credentials: Mapping[str, Credential], where: Where
) -> SnapshotTarget:
    credential = credentials.get(entry.credential)
    if credential is None:
        raise ConfigError(
            f"{where('configuration', 'credential')}: the configuration of {device!r} wants the credential "
            f"{entry.credential!r}, which there is not.{nearest(entry.credential, list(credentials))}"
        )
    if not credential.username or credential.password is None:
        raise ConfigError(
            f"{where('configuration', 'credential')}: SSH needs `username` and `password`, and the credential "
            f"{entry.credential!r} lacks one of them"
        )
    if not 0 < entry.port < 65_536:
        raise ConfigError(f"{where('configuration', 'port')}: {entry.port} is not a port: 1 to 65535, usually 22")
    access = Access(
        HostPort(host, entry.port), credential.username, credential.password, credential.enable, entry.weak_algorithms
    )
    return SnapshotTarget(DeviceId(device), access, entry.driver, where("configuration"))
