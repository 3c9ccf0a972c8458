"""Joining a profile with what it includes: the profile's own words first, the fragments' behind them."""

import msgspec

from campus.errors import ConfigError
from firmware_profiles.model import Facts, NeighbourColumns, Profile


def joined(name: str, profiles: dict[str, Profile]) -> Profile:
    """`profiles[name]` with its includes taken in, depth first, each fragment once.

    Facts: own sources are tried before included ones. Tables: an own table replaces an included one of the same name.
    Ports: own when given. Neighbours: own tables first; one with an included table's `remote_name` replaces it.
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
        neighbours=(*profile.neighbours, *_unlike(part.neighbours, profile.neighbours)),
        requests=profile.requests + part.requests,
        video=profile.video if profile.video.picture or profile.video.stream else part.video,
        traps=profile.traps + part.traps,
        known_firmware=profile.known_firmware + part.known_firmware,
    )


def _unlike(included: tuple[NeighbourColumns, ...], own: tuple[NeighbourColumns, ...]) -> tuple[NeighbourColumns, ...]:
    """Those of `included` that read another table than any of `own`."""
    return tuple(spec for spec in included if spec.remote_name not in {each.remote_name for each in own})
