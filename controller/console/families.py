"""The families of devices that profiles know, as people ask for them: what is read, what they say unasked, how that is known.

Read once from the shipped profiles and kept; a profile of a school's own stands on its agent alone and is not known here.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from firmware_profiles.load import load_catalogue
from firmware_profiles.model import Profile
from firmware_profiles.proof import Proof, proof_of

_EVERY_DEVICE: Final = "generic/if-mib"
_PORTS: Final = ("if_oper_state", "1.3.6.1.2.1.2.2.1.8")
"""What a family reads that takes that one over."""
_ADDRESS: Final = re.compile(r",?\s*(?:\(https?://[^\s)]+\)|https?://[^\s)]+)")


@dataclass(frozen=True)
class Family:
    """One profile. `vendor` is empty where any vendor's device is meant; `metrics` are ids, in the profile's order, each once.

    `has_ports` tells that what every network device tells is read as well, in the same places; `metrics` then leave it out.
    `traps` are kinds of events that the family has words of its own for; `has_configuration` tells that the running
    configuration is read too.
    """

    name: str
    vendor: str
    title: str
    kind: str
    metrics: tuple[str, ...]
    has_ports: bool
    has_configuration: bool
    traps: tuple[str, ...]
    proof: Proof
    sources: tuple[str, ...]


@cache
def families() -> tuple[Family, ...]:
    """Every family by vendor and title, those of any vendor last. The first call takes half a second of processor time."""
    profiles = load_catalogue().profiles
    common = frozenset(_read(profiles[_EVERY_DEVICE]))
    found = [_family(name, profile, common) for name, profile in profiles.items() if not profile.is_fragment]
    return tuple(sorted(found, key=lambda family: (not family.vendor, family.vendor.lower(), family.title.lower())))


def without_address(source: str) -> str:
    """A source by its name alone.

    >>> without_address("NAS-MIB (QNAP, https://www.qnap.com)"), without_address("Epson MIB (https://epson.com/a)")
    ('NAS-MIB (QNAP)', 'Epson MIB')
    """
    return _ADDRESS.sub("", source)


def _family(name: str, profile: Profile, common: frozenset[tuple[str, str]]) -> Family:
    points = _read(profile)
    has_ports = name != _EVERY_DEVICE and _PORTS in points
    return Family(
        name=name,
        vendor=_vendor(profile),
        title=profile.title,
        kind=profile.kind,
        metrics=tuple(dict.fromkeys(point[0] for point in points if not has_ports or point not in common)),
        has_ports=has_ports,
        has_configuration=profile.cli is not None,
        traps=tuple(dict.fromkeys(trap.kind for trap in profile.traps)),
        proof=proof_of(profile),
        sources=tuple(without_address(source) for source in profile.sources),
    )


def _vendor(profile: Profile) -> str:
    """The vendor that the profile itself names; empty where the device has to."""
    spoken = [*(message.facts.vendor for message in profile.messages), *(r.facts.vendor for r in profile.requests)]
    texts = [*(source.text for source in profile.facts.vendor), *(text for text in spoken if not text.startswith("/"))]
    return next((text for text in texts if text), "")


def _read(profile: Profile) -> list[tuple[str, str]]:
    """(metric, where it is read) of every point."""
    scalars = [(point.metric, point.oid) for point in profile.points]
    rows = [(point.metric, point.oid) for table in profile.tables.values() for point in table.points]
    heard = [
        (point.metric, f"{message.topic} {point.pointer}") for message in profile.messages for point in message.points
    ]
    asked = [
        (point.metric, f"{request.path} {point.pointer}") for request in profile.requests for point in request.points
    ]
    return [*scalars, *rows, *heard, *asked]
