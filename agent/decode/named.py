"""Values with names, as publishers of a dialect tell them, to samples and facts by the profiles' vocabularies. Pure."""

import math
import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

import msgspec

from agent.collect.port import Harvest
from agent.decode.gathered import Gathered
from agent.decode.tree import told_of
from agent.decode.unit import conversion
from agent.decode.value import is_ignored, state_of, value_of
from campus.ids import DeviceId, Instance, MetricId
from campus.metrics import catalogue as metric_catalogue
from campus.samples import DeviceFacts, DeviceKind, SeriesKey
from firmware_profiles.catalogue import Catalogue
from firmware_profiles.messages import Dialect, NamedPoint, Vocabulary
from firmware_profiles.raw import Raw, instance_of, text_of
from firmware_profiles.select import compiled

MAX_VALUES = 1000
MAX_DEPTH = 6
MAX_NAME_CHARS = 200
_REMEMBERED_NAMES = 4096


class Named(NamedTuple):
    """One value. `unit` is what the publisher says it counts in, if anything; `measured_at` 0 stands for the message's."""

    name: str
    raw: Raw
    unit: str = ""
    measured_at: int = 0
    instance: str = ""
    """Where the name alone does not say which part of the device it is."""


class Meaning(NamedTuple):
    """What a name means, and of which part of the device."""

    point: NamedPoint
    instance: str


class Lexicon:
    """What names mean to the publishers of one vocabulary. Remembers what it has looked up."""

    def __init__(self, profile: str, kind: DeviceKind, vocabulary: Vocabulary) -> None:
        self.profile = profile
        self.kind = kind
        self._vocabulary = vocabulary
        self._known: dict[str, Meaning | None] = {}

    def meaning(self, name: str) -> Meaning | None:
        """What a name means; None when the vocabulary has no word for it."""
        if name not in self._known:
            if len(self._known) >= _REMEMBERED_NAMES:
                self._known.clear()
            self._known[name] = self._looked_up(name)
        return self._known[name]

    def harvest(self, values: Iterable[Named], device: DeviceId, measured_at: int) -> Harvest:
        """Samples of the values that mean something; the first of two that mean the same counts."""
        gathered = Gathered()
        for value in values:
            meaning = self.meaning(value.name)
            if meaning is None or value.raw is None or is_ignored(value.raw, meaning.point.ignore):
                continue
            instance = Instance(instance_of(meaning.instance or value.instance))
            key = SeriesKey(device, MetricId(meaning.point.metric), instance)
            gathered.take(key, value.measured_at or measured_at, partial(_number, meaning.point, value))
        return gathered.harvest

    def facts(self, device: DeviceId, observed_at: int, values: dict[str, Raw] | None = None) -> DeviceFacts:
        """What the vocabulary says of every such device, and takes out of `values` by name."""
        told = values or {}
        bare = DeviceFacts(device, self.kind, observed_at, profile=self.profile)
        words = {
            fact: text_of(told.get(source[1:])) if source.startswith("/") else source
            for fact, source in msgspec.structs.asdict(self._vocabulary.facts).items()
        }
        return told_of(bare, words)

    def _looked_up(self, name: str) -> Meaning | None:
        for point in self._vocabulary.points:
            found = compiled(point.name).fullmatch(name)
            if found:
                return Meaning(point, point.instance or next((group for group in found.groups() if group), ""))
        return None


class Lexicons:
    """All vocabularies of one dialect."""

    def __init__(self, catalogue: Catalogue, dialect: Dialect) -> None:
        known = [
            (profile.vocabulary.publisher, Lexicon(name, profile.kind, profile.vocabulary))
            for name, profile in catalogue.profiles.items()
            if profile.vocabulary and profile.vocabulary.dialect is dialect
        ]
        self._known = sorted(known, key=lambda pair: not pair[0])
        """Those for some publishers before the one for all."""

    def of(self, publisher: str) -> Lexicon | None:
        """The vocabulary for a publisher so described; None when there is none."""
        for pattern, lexicon in self._known:
            if not pattern or re.search(compiled(pattern), publisher):
                return lexicon
        return None


def flattened(document: Any, units: dict[str, str] | None = None) -> Iterator[Named]:
    """Every plain value of a nested document, named by its way there with slashes between; bounded in number and depth.

    >>> [each[:2] for each in flattened({"ENERGY": {"Power": [3, 4]}, "Wifi": {"Signal": -60}})]
    [('ENERGY/Power/0', 3), ('ENERGY/Power/1', 4), ('Wifi/Signal', -60)]
    """
    for number, (name, raw) in enumerate(_leaves(document, "", 0)):
        if number >= MAX_VALUES:
            return
        yield Named(name, raw, (units or {}).get(name, ""))


def _leaves(place: Any, name: str, depth: int) -> Iterator[tuple[str, Raw]]:
    if isinstance(place, dict | list):
        if depth >= MAX_DEPTH:
            return
        parts = place.items() if isinstance(place, dict) else enumerate(place)
        for key, part in parts:
            yield from _leaves(part, f"{name}/{key}" if name else str(key), depth + 1)
    elif isinstance(place, str | int | float | bool) and len(name) <= MAX_NAME_CHARS:
        yield name, place


def _number(point: NamedPoint, value: Named) -> float:
    metric = metric_catalogue()[MetricId(point.metric)]
    raw = value.raw
    if point.type.tells_state:
        whole = isinstance(raw, float) and math.isfinite(raw) and raw == int(raw)
        return state_of(metric, int(raw) if whole and isinstance(raw, float) else raw, point.states)
    scale, offset = point.scale, point.offset
    if value.unit and (scale, offset) == (1.0, 0.0):
        scale, offset = conversion(value.unit, metric.unit)
    return value_of(metric, raw, point.type, scale, offset)
