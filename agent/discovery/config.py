"""The block `discovery` of agent.yaml, checked and resolved: which addresses may be asked, with what, how fast."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from agent.credentials import Credential
from agent.discovery.ranges import Range, parse_range
from agent.settings import DiscoverySettings
from campus.document import nearest
from campus.errors import ConfigError, Poison

SNMP: Final = "snmp"
PORTS: Final = {SNMP: 161, "http": 80, "https": 443, "rtsp": 554, "pjlink": 4352, "ssh": 22, "print": 9100}
"""What is looked for, and where; all but SNMP in this order and only where SNMP tells nothing of what a device is."""
MAX_RATE_PER_S: Final = 1000.0
"""A megabit or so of small packets: beyond it this is no looking around any more."""


@dataclass(frozen=True)
class DiscoveryConfig:
    """What discovery runs by. `credentials` are those that SNMP can use, `sign_ins` the others, in the order they are tried."""

    settings: DiscoverySettings
    ranges: tuple[Range, ...]
    credentials: tuple[Credential, ...]
    sign_ins: tuple[Credential, ...]
    ports: Mapping[str, int]
    """Service to port, ``snmp`` among them."""


def discovery_config(
    settings: DiscoverySettings, credentials: Mapping[str, Credential], where: Callable[..., str]
) -> DiscoveryConfig:
    """Resolve the block; `where` gives ``file:line``. `ConfigError` for what cannot be meant."""
    _check_numbers(settings, where)
    ranges = []
    for number, text in enumerate(settings.ranges):
        try:
            ranges.append(parse_range(text))
        except Poison as error:
            raise ConfigError(f"{where('discovery', 'ranges', number)}: {error}") from error
    if not ranges:
        raise ConfigError(
            f"{where('discovery')}: discovery needs `ranges`, such as [10.20.1.0/24]: nothing else is asked"
        )
    chosen = _credentials(settings, credentials, where)
    return DiscoveryConfig(
        settings,
        tuple(ranges),
        tuple(each for each in chosen if each.snmp),
        tuple(each for each in chosen if each.password),
        _ports(settings, where),
    )


def _check_numbers(settings: DiscoverySettings, where: Callable[..., str]) -> None:
    bounds = (
        ("every_h", settings.every_h, 0.1, math.inf),
        ("rate_per_s", settings.rate_per_s, 1, MAX_RATE_PER_S),
        ("concurrency", settings.concurrency, 1, 256),
        ("forget_after", settings.forget_after, 1, 1000),
    )
    for key, value, least, most in bounds:
        if not least <= value <= most or not math.isfinite(value):
            limits = f"{least:g} to {most:g}" if math.isfinite(most) else f"at least {least:g}"
            raise ConfigError(f"{where('discovery', key)}: discovery.{key} is {value:g}, must be {limits}")


def _credentials(
    settings: DiscoverySettings, credentials: Mapping[str, Credential], where: Callable[..., str]
) -> tuple[Credential, ...]:
    for number, name in enumerate(settings.credentials):
        if name not in credentials:
            raise ConfigError(
                f"{where('discovery', 'credentials', number)}: there is no credential {name!r}.{nearest(name, list(credentials))}"
            )
    return tuple(credentials[name] for name in settings.credentials or credentials)


def _ports(settings: DiscoverySettings, where: Callable[..., str]) -> dict[str, int]:
    for name, port in settings.ports.items():
        if name not in PORTS:
            raise ConfigError(
                f"{where('discovery', 'ports', name)}: {name!r} is no service that is looked for.{nearest(name, list(PORTS))} "
                f"There are {', '.join(PORTS)}"
            )
        if not 0 < port < 65_536:
            raise ConfigError(f"{where('discovery', 'ports', name)}: {port} is not a port: 1 to 65535")
    return {**PORTS, **settings.ports}
