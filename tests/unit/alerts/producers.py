"""Who tells which metric of which kind of device: the shipped profiles, and what agents measure by themselves."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from campus.metrics import catalogue
from campus.samples import DeviceKind
from firmware_profiles.load import load_catalogue
from firmware_profiles.model import Profile
from firmware_profiles.survey import points_of

ROOT = Path(__file__).parents[3]
POLLED = frozenset(DeviceKind) - {DeviceKind.AGENT}
WATCHED = frozenset({DeviceKind.CAMERA, DeviceKind.RECORDER})
OWN = {
    "agent/vitals.py": frozenset({DeviceKind.AGENT}),
    "agent/services/check.py": frozenset({DeviceKind.AGENT}),
    "agent/path/watch.py": frozenset({DeviceKind.AGENT}),
    "agent/path/turns.py": frozenset({DeviceKind.AGENT}),
    "agent/collect/camera/collector.py": WATCHED,
    "agent/collect/camera/watch.py": WATCHED,
    "agent/collect/pjlink.py": frozenset({DeviceKind.PROJECTOR}),
    "agent/collect/snmp.py": POLLED,
    "agent/presence.py": POLLED,
    "agent/configurations/snapshots.py": frozenset({DeviceKind.SWITCH, DeviceKind.GATEWAY}),
}
"""Modules that name metrics in their code, and the kinds of devices they speak of."""


class Told(NamedTuple):
    """Somebody who tells metrics of devices of one kind. `states` by metric: those it can name, empty for any."""

    who: str
    kind: DeviceKind
    metrics: dict[str, frozenset[str]]


@cache
def tellers() -> tuple[Told, ...]:
    """Each profile once for each kind of its devices, and each module of `OWN`."""
    profiles = load_catalogue().profiles
    found = [told for name, profile in profiles.items() if not profile.is_fragment for told in _told(name, profile)]
    for module, kinds in OWN.items():
        named = set(re.findall(r'"(\w+)"', (ROOT / module).read_text(encoding="utf-8"))) & set(catalogue())
        found += [Told(module, kind, dict.fromkeys(named, frozenset())) for kind in kinds]
    return tuple(found)


def _told(name: str, profile: Profile) -> Iterator[Told]:
    spoken = list(profile.vocabulary.points) if profile.vocabulary else []
    read = [(point.metric, point.states) for point in points_of(profile)]
    read += [(point.metric, point.states) for point in spoken]
    read += [(point.metric, point.states) for request in profile.requests for point in request.points]
    kinds = {profile.kind} | {kind for request in profile.requests for kind in request.kinds.values()}
    for kind in kinds:
        yield Told(name, kind, _states(read))
    for message in profile.messages:
        own = [(point.metric, point.states) for point in message.points]
        yield Told(name, message.kind or profile.kind, _states(own))


def _states(points: list[tuple[str, dict[int | str, str]]]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for metric, states in points:
        found[metric] = found.get(metric, frozenset()) | frozenset(states.values())
    return found
