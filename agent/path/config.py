"""The `path` block of agent.yaml, checked and resolved. Opens nothing but the secret file and the file of authorities."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agent.address import parse_host_port
from agent.path.model import PathSettings, ThroughputEntry
from agent.secret_source import read_secret
from agent.services.dial import tls_context
from campus.errors import ConfigError, Poison
from campus.ids import is_id
from campus.topics import Address

if TYPE_CHECKING:
    from agent.path.throughput import ThroughputProbe

Where = Callable[..., str]
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class PathPlan:
    """What is measured, and by what the line's throughput is; None where that is not wanted."""

    settings: PathSettings
    probe: "ThroughputProbe | None"


def path_plan(settings: PathSettings, address: Address, where: Where, folder: Path) -> PathPlan:
    """Check the block; `ConfigError` with file, line and advice. `where` gives ``file:line``, files start in `folder`."""
    _refuse_targets(settings, where)
    for key, value, least, most in (
        ("every_s", settings.every_s, 10.0, math.inf),
        ("pings", settings.pings, 1, 100),
        ("interval_s", settings.interval_s, 0.02, 10.0),
        ("timeout_s", settings.timeout_s, 0.1, 10.0),
        ("mtu_every_s", settings.mtu_every_s, 60.0, math.inf),
    ):
        _refuse_outside(value, least, most, where("path", key), key)
    round_s = settings.pings * (settings.interval_s + settings.timeout_s)
    if round_s > settings.every_s:
        raise ConfigError(
            f"{where('path')}: a round of {settings.pings} unanswered pings takes {round_s:g} s, which is longer than every_s: "
            "fewer pings, or a longer every_s"
        )
    return PathPlan(settings, _probe(settings.throughput, address, where, folder) if settings.throughput else None)


def _refuse_targets(settings: PathSettings, where: Where) -> None:
    seen: set[str] = set()
    for index, target in enumerate(settings.targets):
        if not is_id(target.id):
            raise ConfigError(
                f"{where('path', 'targets', index, 'id')}: {target.id[:80]!r} is not an id: use lower-case letters, digits and "
                "hyphens, such as 'centre'"
            )
        if target.id in seen:
            raise ConfigError(
                f"{where('path', 'targets', index, 'id')}: {target.id!r} stands twice: give each its own id"
            )
        seen.add(target.id)
        try:
            place = parse_host_port(target.address, 0)
        except Poison as error:
            raise ConfigError(f"{where('path', 'targets', index, 'address')}: {error}") from error
        if place.port:
            raise ConfigError(
                f"{where('path', 'targets', index, 'address')}: a ping has no port: write {place.host}. A port is checked by "
                "`services` with `check: tcp`"
            )


def _probe(entry: ThroughputEntry, address: Address, where: Where, folder: Path) -> "ThroughputProbe":
    from agent.path.throughput import ThroughputProbe  # only here, for h11

    at = ("path", "throughput")
    parts = urlsplit(entry.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
        raise ConfigError(
            f"{where(*at, 'url')}: {entry.url[:80]!r} is not the console's address: write it as 'https://campanile.example'"
        )
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ConfigError(f"{where(*at, 'url')}: the token would travel in the open: use https://")
    for key, value, least, most in (
        ("every_s", entry.every_s, 600.0, math.inf),
        ("first_within_s", entry.first_within_s, 1.0, math.inf),
        ("max_bytes", entry.max_bytes, 65_536, 256 << 20),
        ("max_bps", entry.max_bps, 1e5, 1e11),
    ):
        _refuse_outside(value, least, most, where(*at, key), key)
    try:
        context = tls_context(str(folder / entry.ca_file) if entry.ca_file else "") if parts.scheme == "https" else None
    except OSError as error:
        raise ConfigError(
            f"{where(*at, 'ca_file')}: {entry.ca_file} cannot be used: {error.strerror or error}"
        ) from error
    token = read_secret(entry.token, where(*at, "token"), folder)
    return ThroughputProbe(entry.url, token, context, address, entry.max_bytes, entry.max_bps)


def _refuse_outside(value: float, least: float, most: float, where: str, key: str) -> None:
    if not least <= value <= most:
        bound = f"at least {least:g}" if most == math.inf else f"{least:g} to {most:g}"
        raise ConfigError(f"{where}: {key} is {value:g}, must be {bound}")
