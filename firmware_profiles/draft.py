"""A first profile for a device nobody knows, drafted from a walk: how to match it, what to include, what is left to find out.

The decisions are made here; `draft_text` writes them as YAML that teaches.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from campus.errors import ConfigError
from campus.ids import MAX_INSTANCE_CHARS
from campus.samples import DeviceKind
from firmware_profiles.catalogue import FALLBACK, Catalogue, Identity
from firmware_profiles.check import check_profiles
from firmware_profiles.draft_text import written_draft
from firmware_profiles.files import ProfileFile
from firmware_profiles.load import catalogue_of
from firmware_profiles.model import Facts, Match, Profile
from firmware_profiles.survey import (
    Unread,
    answered,
    fact_told,
    identity_in,
    mibs_in,
    named_oids,
    points_of,
    recognised,
    unread,
)
from firmware_profiles.walk import Walk

MIN_GAIN: Final = 3
"""So many points that nothing else reads make a family of another vendor worth including, or so great a share of its own:"""
MIN_SHARE: Final = 0.4
_GENERIC: Final = "generic/"
_SHARED_NUMBERS: Final = ("1.3.6.1.4.1.8072", "1.3.6.1.4.1.2021")
"""net-snmp's: a box of any vendor may bear them."""
_KIND_BY_MIB: Final = (
    ("1.3.6.1.2.1.33.1", DeviceKind.UPS),
    ("1.3.6.1.2.1.43.5", DeviceKind.PRINTER),
    ("1.3.6.1.2.1.17.1", DeviceKind.SWITCH),
    ("1.3.6.1.2.1.25.4", DeviceKind.SERVER),
)
_MODEL_WORD: Final = re.compile(r"(?<!\S)(?=[^\s,;]*\d)(?=[^\s,;]*[A-Za-z]{2})[A-Za-z][^\s,;()]{2,}")


class Taken(NamedTuple):
    """A profile the draft includes: how many of its points the walk answers, and of how many."""

    name: str
    title: str
    answers: int
    points: int


@dataclass(frozen=True)
class Draft:
    """What was decided. `told` are the facts that the includes already tell; `knows` is the family that reads the model now."""

    title: str
    vendor: str
    kind: DeviceKind
    match: Match
    identity: Identity
    included: Sequence[Taken]
    told: dict[str, str]
    knows: str
    mibs: Sequence[str]
    model_pattern: str
    answered: int


def draft(walk: Walk, files: dict[str, ProfileFile], vendor: str = "", family: str = "") -> str:
    """The YAML text of a profile for the walked device, given all profiles there are; it passes `check_profiles`.

    `vendor` and `family` are what people call it, for the title.
    """
    catalogue = catalogue_of(files)
    knows = recognised(catalogue, walk)
    match = _match(walk, identity_in(walk))
    candidates = _worth_including(catalogue, walk, knows)
    while True:
        made, left = _made(walk, catalogue, knows, match, candidates, (vendor, family))
        text = written_draft(made, left)
        found = _problems(text, files)
        if not found:
            return text
        if "match" in found and not match.sys_descr:
            match = msgspec.structs.replace(match, sys_descr=_descr_pattern(made.identity))
        elif "match" in found and not match.priority:
            match = msgspec.structs.replace(match, priority=1)
        elif len(candidates) > 1:  # the first is the family that knows most, or what every network device has
            candidates = candidates[:-1]
        else:
            raise ConfigError(f"no draft passes the check: {found}. Write one by hand: docs/20-add-a-device.md")


def _made(
    walk: Walk, catalogue: Catalogue, knows: str, match: Match, included: Sequence[Taken], named: tuple[str, str]
) -> tuple[Draft, Unread]:
    joined = [catalogue.profiles[each.name] for each in included]
    facts = {
        fact: fact_told([source for part in joined for source in getattr(part.facts, fact)], walk)
        for fact in Facts.__struct_fields__
    }
    read: set[str] = set().union(*(named_oids(part) for part in joined))
    descr = identity_in(walk).sys_descr
    vendor, family = named
    title = (
        " ".join(filter(None, (vendor or facts["vendor"], family))) or facts["model"] or "Device of an unknown vendor"
    )
    made = Draft(
        title=title[:MAX_INSTANCE_CHARS],
        vendor=vendor,
        kind=_kind(walk, catalogue, knows),
        match=match,
        identity=identity_in(walk),
        included=included,
        told=facts,
        knows=knows,
        mibs=mibs_in(walk),
        model_pattern=_model_pattern(descr),
        answered=len(set().union(*(answered(part, walk) for part in joined))),
    )
    return made, unread(walk, read)


def _match(walk: Walk, identity: Identity) -> Match:
    """The whole sysObjectID; where it is net-snmp's the vendor's own subtree has to be answered too."""
    if not identity.sys_object_id:
        return Match(sys_descr=_descr_pattern(identity))
    if not identity.sys_object_id.startswith(_SHARED_NUMBERS):
        return Match(sys_object_id=(identity.sys_object_id,))
    own = next(
        (
            prefix
            for row in walk.rows
            if row.oid[:6] == (1, 3, 6, 1, 4, 1)
            and not (prefix := ".".join(map(str, row.oid[:7]))).startswith(_SHARED_NUMBERS)
        ),
        "",
    )
    return Match(sys_object_id=(identity.sys_object_id,), sys_descr=_descr_pattern(identity), answers=own)


def _descr_pattern(identity: Identity) -> str:
    """How sysDescr begins, up to the first word that looks like a model, as a pattern; anything when it is empty.

    >>> _descr_pattern(Identity("", "Acme ClimateBox CB-2, firmware 2.4.1")), _descr_pattern(Identity("", "UAP-HD 5.43.36"))
    ('^Acme ClimateBox CB-2', '^UAP-HD')
    """
    words: list[str] = []
    for word in identity.sys_descr.partition("\n")[0].split()[:4]:
        if re.match(r"[vV]?\d+\.", word):
            break
        words.append(word.rstrip(",;"))
        if re.search(r"\d", word) or word != words[-1]:
            break
    return "^" + _as_pattern(" ".join(words)) if words else "."


def _as_pattern(text: str) -> str:
    return re.escape(text).replace("\\ ", " ").replace("\\-", "-")


def _model_pattern(descr: str) -> str:
    """A pattern that takes the model out of sysDescr where it stands behind fixed words; empty when none is seen.

    >>> _model_pattern("Acme ClimateBox CB-2, firmware 2.4.1")
    '^Acme ClimateBox ([^\\\\s,;]+)'
    """
    line = descr.strip().partition("\n")[0]
    found = _MODEL_WORD.search(line)
    if not found or found.start() > 40 or re.search(r"\d", line[: found.start()]):
        return ""
    return f"^{_as_pattern(line[: found.start()])}([^\\s,;]+)"


def _worth_including(catalogue: Catalogue, walk: Walk, knows: str) -> list[Taken]:
    """Profiles that read what the walk answers, each for points that none before it reads: the vendor's own first."""
    chosen: list[str] = [] if knows == FALLBACK else [knows]
    covered = answered(catalogue.profiles[knows], walk) if chosen else set()
    pools: tuple[tuple[Callable[[str], bool], int], ...] = (
        (lambda name: not name.startswith(_GENERIC), MIN_GAIN),
        (lambda name: name.startswith(_GENERIC), 1),
    )
    base = named_oids(catalogue.profiles[FALLBACK])
    if not chosen:  # what any vendor's device answers is no sign of a vendor
        covered |= answered(catalogue.profiles[FALLBACK], walk)
    for is_of_pool, least in pools:
        while True:
            gains = [
                (len(gain), -len(list(points_of(profile))), name)
                for name, profile in catalogue.profiles.items()
                if is_of_pool(name) and name not in chosen and not profile.messages
                if (gain := answered(profile, walk) - covered - (base if least > 1 else set()))
                and _is_worth(len(gain), profile, base, least)
            ]
            if not gains:
                break
            name = max(gains)[2]
            chosen.append(name)
            covered |= answered(catalogue.profiles[name], walk)
    if not any(_has_base(catalogue.profiles[name]) for name in chosen):
        chosen.append(FALLBACK)
    return [_taken(name, catalogue.profiles[name], walk) for name in chosen]


def _is_worth(gain: int, profile: Profile, base: set[str], least: int) -> bool:
    own = {point.oid for point in points_of(profile)} - base
    return gain >= least or (least > 1 and gain >= MIN_SHARE * len(own) and gain > 1)


def _has_base(profile: Profile) -> bool:
    return profile.ports is not None


def _taken(name: str, profile: Profile, walk: Walk) -> Taken:
    points = {point.oid for point in points_of(profile)}
    return Taken(name, profile.title, len(answered(profile, walk)), len(points))


def _kind(walk: Walk, catalogue: Catalogue, knows: str) -> DeviceKind:
    known = catalogue.profiles[knows].kind
    if known is not DeviceKind.OTHER:
        return known
    return next((kind for oid, kind in _KIND_BY_MIB if oid in walk.prefixes), DeviceKind.OTHER)


def _problems(text: str, files: dict[str, ProfileFile]) -> str:
    """What the check finds wrong with the draft in the company of all others; empty when all is well."""
    name, path = "draft/draft", Path("draft/draft.yaml")
    file = ProfileFile.parsed(path, text)
    found = check_profiles({**files, name: file})
    return "; ".join(f"{f.place}: {f.problem}" for f in found if f.path == str(path) or name in f.problem)
