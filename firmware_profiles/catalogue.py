"""Every profile there is, joined and ready: those the project ships and those of a district's own folder.

Reading is strict: one wrong file and nothing is loaded, with the file, the line and advice.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from firmware_profiles.model import FirmwareRange, Match, Message, Profile
from firmware_profiles.select import MOST_CHARS
from firmware_profiles.topic import match_topic

SHIPPED = Path(__file__).parent
FALLBACK = "generic/if-mib"
"""What reads an SNMP device that no other profile knows."""


@dataclass(frozen=True)
class Identity:
    """What a device says of itself before anything is known: sysObjectID (no leading dot) and sysDescr."""

    sys_object_id: str
    sys_descr: str


@dataclass(frozen=True)
class Catalogue:
    """Profiles by `vendor/family`, includes joined. Immutable; made by `firmware_profiles.load.load_catalogue`."""

    profiles: dict[str, Profile]

    def candidates(self, identity: Identity) -> list[str]:
        """Names of the SNMP profiles that match so far, most specific first; those with `answers` still have to be tried."""
        ranked = [
            (rank, name)
            for name, profile in self.profiles.items()
            if (rank := specificity(profile.match, identity)) is not None
        ]
        return [name for _, name in sorted(ranked, key=lambda pair: (pair[0], pair[1]), reverse=True)]

    def heard_on(self, topic: str) -> Iterator[tuple[str, Message, dict[str, str]]]:
        """(profile name, message, what fills its holes) for every message whose topic matches."""
        for name, message in self._messages:
            filled = match_topic(message.topic, topic)
            if filled is not None:
                yield name, message, filled

    @cached_property
    def _messages(self) -> list[tuple[str, Message]]:
        return [(name, message) for name, profile in self.profiles.items() for message in profile.messages]


def specificity(match: Match, identity: Identity) -> tuple[int, int, int, int, int] | None:
    """How closely a match fits, None when it does not; larger is closer.

    In order: arcs of the vendor's prefix, whether sysDescr is asked, firmware range or `answers`, priority, arcs of any prefix.

    A prefix outside the enterprises tree names no vendor, so `answers` stands above it and below every vendor's own.
    """
    if match.is_empty:
        return None
    arcs = longest_prefix(match.sys_object_id, identity.sys_object_id)
    if match.sys_object_id and not arcs:
        return None
    found = re.search(match.sys_descr, identity.sys_descr[:MOST_CHARS]) if match.sys_descr else None
    if match.sys_descr and not found:
        return None
    if match.firmware and not (found and found.groups() and is_in_range(found[1] or "", match.firmware)):
        return None
    vendor = arcs if arcs > ENTERPRISE_ARCS else 0
    return vendor, bool(match.sys_descr), bool(match.firmware) + bool(match.answers), match.priority, arcs


ENTERPRISE_ARCS = 6
"""1.3.6.1.4.1: the arc after it names the vendor."""


def longest_prefix(prefixes: Iterable[str], oid: str) -> int:
    """Arcs of the longest of `prefixes` that `oid` begins with, 0 when none does.

    >>> longest_prefix(["1.3.6.1.4.1.2011", "1.3.6.1.4.1.20"], "1.3.6.1.4.1.2011.2.23.291")
    7
    """
    return max((len(p.split(".")) for p in prefixes if f"{oid}.".startswith(f"{p}.")), default=0)


def version_key(version: str) -> tuple[int, ...]:
    """The numbers in a version, for comparing.

    >>> version_key("V200R010C00SPC600") < version_key("V200R019C00")
    True
    """
    return tuple(int(run) for run in re.findall(r"\d+", version))


def is_in_range(version: str, bounds: FirmwareRange) -> bool:
    """Whether a version is at or above `from_` and below `below`."""
    key = version_key(version)
    return (not bounds.from_ or key >= version_key(bounds.from_)) and (
        not bounds.below or key < version_key(bounds.below)
    )
