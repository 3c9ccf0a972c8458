"""A profile for a person to read."""

from typing import Any

import msgspec

from firmware_profiles.model import Facts, Profile


def matched_by(profile: Profile) -> str:
    """How devices of the family are known, in one line."""
    if profile.messages:
        return "MQTT " + ", ".join(message.topic for message in profile.messages)
    if profile.requests:
        return f"HTTP {profile.match.http.path}" if profile.match.http else "HTTP, ONVIF"
    if profile.vocabulary:
        return f"the dialect {profile.vocabulary.dialect}" + (
            f" of publishers /{profile.vocabulary.publisher}/" if profile.vocabulary.publisher else ""
        )
    if profile.is_fragment:
        return "a fragment, for others to include"
    match = profile.match
    parts = []
    if match.sys_object_id:
        parts.append("sysObjectID " + ", ".join(match.sys_object_id))
    if match.sys_descr:
        parts.append(f"sysDescr /{match.sys_descr}/")
    if match.firmware:
        parts.append(f"firmware from {match.firmware.from_ or 'any'} below {match.firmware.below or 'any'}")
    if match.answers:
        parts.append(f"answers {match.answers}")
    return " and ".join(parts)


def as_plain(profile: Profile) -> Any:
    """The profile as JSON-able lists and dictionaries."""
    return msgspec.to_builtins(profile)


def described(name: str, profile: Profile) -> str:
    """The profile in lines: what it matches, which facts, which metrics from where."""
    lines = [f"{name}: {profile.title} ({profile.kind})", f"  known by  {matched_by(profile)}"]
    if profile.unverified:
        lines.append("  unverified: written after its sources alone, nobody has seen it read a device")
    lines += [f"  source    {source}" for source in profile.sources]
    facts = [fact for fact in Facts.__struct_fields__ if getattr(profile.facts, fact)]
    if facts:
        lines.append(f"  facts     {', '.join(facts)}")
    lines += [f"  {p.metric:24} {p.cadence:7} {p.oid}" for p in profile.points]
    for title, table in profile.tables.items():
        lines.append(f"  for each of {title}:")
        lines += [f"    {p.metric:22} {p.cadence:7} {p.oid}" for p in table.points]
    for message in profile.messages:
        lines.append(f"  on {message.topic}:")
        lines += [f"    {p.metric:22} {p.each}{p.pointer}" for p in message.points]
    for request in profile.requests:
        lines.append(f"  asked {request.path or f'ONVIF {request.onvif}'}:")
        lines += [f"    {p.metric:22} {request.cadence:7} {p.each}{p.pointer}" for p in request.points]
    if profile.vocabulary:
        lines.append("  by the names that publishers use:")
        lines += [f"    {p.metric:22} {p.name}" for p in profile.vocabulary.points]
    lines += [f"  firmware  {k.version or f'below {k.below}'}: {k.note}" for k in profile.known_firmware]
    return "\n".join(lines)
