"""The families of devices that profiles know, as people ask for them: what is read, what they say unasked, how that is known.

Read once from the shipped profiles and kept; a profile of a school's own stands on its agent alone and is not known here.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from firmware_profiles.load import load_catalogue
from firmware_profiles.model import Profile

_EVERY_DEVICE: Final = "generic/if-mib"
_PORTS: Final = ("if_oper_state", "1.3.6.1.2.1.2.2.1.8")
"""What a family reads that takes that one over."""
_ADDRESS: Final = re.compile(r",?\s*(?:\(https?://[^\s)]+\)|https?://[^\s)]+)")


class Proof(StrEnum):
    """How it is known that a profile is right."""

    RECORDING = "recording"
    """It was held to what a real device answered."""
    OWN = "own"
    """The messages are our own, and what sends them is written to fit."""
    DOCUMENTS = "documents"
    """It was written after its sources; nobody has seen it read a device."""


@dataclass(frozen=True)
class Family:
    """One profile. `vendor` is empty where any vendor's device is meant; `metrics` are ids, in the profile's order, each once.

    `has_ports` tells that what every network device tells is read as well, in the same places; `metrics` then leave it out.
    `traps` are kinds of events that the family has words of its own for.
    """

    name: str
    vendor: str
    title: str
    kind: str
    metrics: tuple[str, ...]
    has_ports: bool
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
    proof = Proof.OWN if profile.messages else Proof.RECORDING
    return Family(
        name=name,
        vendor=next((source.text for source in profile.facts.vendor if source.text), ""),
        title=profile.title,
        kind=profile.kind,
        metrics=tuple(dict.fromkeys(point[0] for point in points if not has_ports or point not in common)),
        has_ports=has_ports,
        traps=tuple(dict.fromkeys(trap.kind for trap in profile.traps)),
        proof=Proof.DOCUMENTS if profile.unverified else proof,
        sources=tuple(without_address(source) for source in profile.sources),
    )


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
