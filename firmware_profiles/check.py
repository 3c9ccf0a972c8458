"""Are the profiles right together? Includes, duplicates, gaps, two that match alike."""

from collections.abc import Callable, Iterator

from campus.document import nearest
from campus.errors import ConfigError
from firmware_profiles.check_profile import check_profile
from firmware_profiles.files import ProfileFile
from firmware_profiles.finding import Finding, Place
from firmware_profiles.include import joined
from firmware_profiles.messages import Vocabulary
from firmware_profiles.model import Match, Profile
from firmware_profiles.topic import overlap

__all__ = ["Finding", "check_profiles"]
_IDENTITY = ("model", "serial", "firmware")


def check_profiles(files: dict[str, ProfileFile]) -> list[Finding]:
    """Every error in every file, in the order of files and lines; empty when all is well."""
    findings: list[Finding] = []
    raw = {name: file.profile for name, file in files.items()}
    whole: dict[str, Profile] = {}
    for name, file in files.items():
        place = Place(file, (), findings.append)
        check_profile(place, file.profile)
        if _check_includes(place, raw):
            try:
                whole[name] = joined(name, raw)
            except ConfigError as error:
                place.at("include").say(str(error), "remove one of the includes")
            else:
                _check_joined(place, whole[name])
    _check_rivals(files, whole, findings.append)
    return sorted(set(findings), key=lambda f: (f.path, f.line, f.place, f.problem))


def _check_includes(place: Place, raw: dict[str, Profile]) -> bool:
    """Whether every name that the file includes is one."""
    good = True
    for index, part in enumerate(place.file.profile.include):
        if part not in raw:
            place.at("include", index).say(f"there is no profile {part!r}", nearest(part, list(raw)).strip()[:200])
            good = False
    return good


def _check_joined(place: Place, profile: Profile) -> None:
    if profile.is_fragment:
        return
    if not (profile.points or profile.tables or profile.messages or profile.vocabulary or profile.requests):
        place.say(
            "nothing is read", "add points, tables, messages or requests, or include a fragment such as generic/if-mib"
        )
    _check_identity(place, profile)
    if profile.ports and profile.ports.table not in profile.tables:
        place.at("ports", "table").say(
            f"there is no table {profile.ports.table!r}", nearest(profile.ports.table, list(profile.tables)).strip()
        )
    seen: set[tuple[object, ...]] = set()
    for key, steps in _series(profile):
        if key in seen:
            place.at(*steps).say(
                f"duplicate point: {key[0]} is read twice for the same instance",
                "keep one, give them different instances or conditions, or write the second as `otherwise` of the first",
            )
        seen.add(key)


def _series(profile: Profile) -> Iterator[tuple[tuple[object, ...], tuple[str | int, ...]]]:
    """((metric, space of instances, instance, conditions), steps to it) of every point, included ones last."""
    for index, point in enumerate(profile.points):
        yield (point.metric, "", point.instance, point.where), ("points", index)
    for name, table in profile.tables.items():
        for index, point in enumerate(table.points):
            yield (point.metric, f"tables.{name}", point.instance, point.where), ("tables", name, "points", index)
    for number, message in enumerate(profile.messages):
        for index, spoken in enumerate(message.points):
            space = f"messages[{number}]{message.each}{spoken.each}"
            yield (spoken.metric, space, spoken.instance), ("messages", number, "points", index)
    for number, request in enumerate(profile.requests):
        for index, read in enumerate(request.points):
            space = f"requests[{number}]{read.each}"
            yield (read.metric, space, read.instance), ("requests", number, "points", index)


def _check_identity(place: Place, profile: Profile) -> None:
    said = [message.facts for message in profile.messages] + [request.facts for request in profile.requests]
    told = [getattr(facts, fact) for facts in said for fact in _IDENTITY]
    if not profile.vocabulary and not any(getattr(profile.facts, fact) for fact in _IDENTITY) and not any(told):
        place.say(
            "gap: no identity facts: nobody could tell which device this is",
            "say where model, serial or firmware stand; `include: [generic/entity]` reads ENTITY-MIB (RFC 6933)",
        )


def _check_rivals(files: dict[str, ProfileFile], whole: dict[str, Profile], report: Callable[[Finding], None]) -> None:
    names = list(whole)
    for position, name in enumerate(names):
        for other in names[position + 1 :]:
            place = Place(files[other], (), report)
            shared = _same_match(whole[name].match, whole[other].match)
            if shared:
                place.at("match").say(
                    f"ambiguous: {name} matches the same devices ({shared})",
                    "give a longer sys_object_id, a sys_descr or a firmware range to one of them",
                )
            if _same_publishers(whole[name].vocabulary, whole[other].vocabulary):
                place.at("vocabulary").say(
                    f"ambiguous: {name} is for the same publishers", "give one of them another `publisher`"
                )
            for index, message in enumerate(whole[other].messages):
                if any(overlap(message.topic, rival.topic) for rival in whole[name].messages):
                    place.at("messages", index, "topic").say(
                        f"ambiguous: {name} hears the same topic", "part the topics by a fixed word"
                    )


def _same_publishers(one: Vocabulary | None, other: Vocabulary | None) -> bool:
    return bool(one and other and (one.dialect, one.publisher) == (other.dialect, other.publisher))


def _same_match(one: Match, other: Match) -> str:
    """What two matches share so that neither is more specific; empty when they can be told apart."""
    if one.is_empty or other.is_empty:
        return ""
    if (one.sys_descr, one.firmware, one.answers, one.priority) != (
        other.sys_descr,
        other.firmware,
        other.answers,
        other.priority,
    ):
        return ""
    shared = set(one.sys_object_id) & set(other.sys_object_id)
    if shared:
        return ", ".join(sorted(shared))
    return "" if one.sys_object_id or other.sys_object_id else one.sys_descr or one.answers
