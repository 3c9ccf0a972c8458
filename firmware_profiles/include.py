"""Joining a profile with what it includes: the profile's own words first, the fragments' behind them."""

from typing import TypeVar

import msgspec

from campus.errors import ConfigError
from firmware_profiles.model import (
    AddressColumns,
    Facts,
    ForwardingColumns,
    LicenceColumns,
    ModuleColumns,
    NeighbourColumns,
    Profile,
)

Tables = TypeVar("Tables", NeighbourColumns, ForwardingColumns, AddressColumns, ModuleColumns, LicenceColumns)


def joined(name: str, profiles: dict[str, Profile]) -> Profile:
    """`profiles[name]` with its includes taken in, depth first, each fragment once.

    Facts: own sources are tried before included ones. Tables: an own table replaces an included one of the same name.
    Ports: own when given. Neighbours: own tables first; one with an included table's `remote_name` replaces it. Forwarding
    and addresses: own tables are tried first; one with an included table's column replaces it.
    `ConfigError` on an unknown name or a loop.
    """
    profile = profiles[name]
    for part in _parts(name, profiles, ()):
        profile = _with(profile, profiles[part])
    return profile


def _parts(name: str, profiles: dict[str, Profile], path: tuple[str, ...]) -> list[str]:
    """All names that `name` includes, directly or not, nearest first, each once."""
    if name in path:
        raise ConfigError(f"include loop: {' -> '.join([*path, name])}")
    found: list[str] = []
    for part in profiles[name].include:
        if part not in profiles:
            raise ConfigError(f"{name} includes {part!r}, which there is none of")
        found += [part, *_parts(part, profiles, (*path, name))]
    return list(dict.fromkeys(found))


def _with(profile: Profile, part: Profile) -> Profile:
    return msgspec.structs.replace(
        profile,
        facts=Facts(*(getattr(profile.facts, f) + getattr(part.facts, f) for f in Facts.__struct_fields__)),
        points=profile.points + part.points,
        tables=profile.tables | {name: table for name, table in part.tables.items() if name not in profile.tables},
        ports=profile.ports or part.ports,
        neighbours=_joined_by("remote_name", profile.neighbours, part.neighbours),
        requests=profile.requests + part.requests,
        video=profile.video if profile.video.picture or profile.video.stream else part.video,
        forwarding=_joined_by("port", profile.forwarding, part.forwarding),
        addresses=_joined_by("mac", profile.addresses, part.addresses),
        macs=profile.macs + part.macs,
        own_addresses=profile.own_addresses + part.own_addresses,
        modules=_joined_by("rows", profile.modules, part.modules),
        licences=_joined_by("name", profile.licences, part.licences),
        traps=profile.traps + part.traps,
        cli=profile.cli or part.cli,
        known_firmware=profile.known_firmware + part.known_firmware,
    )


def _joined_by(column: str, own: tuple[Tables, ...], included: tuple[Tables, ...]) -> tuple[Tables, ...]:
    """`own` and those of `included` that read another table: tables are told apart by one of their columns."""
    mine = {getattr(each, column) for each in own}
    return own + tuple(each for each in included if getattr(each, column) not in mine)
