"""Schools of the large tier, each modelled on a school of a small district that a controller has taken in.

A model is what that controller knows: devices with their facts, series with the values they had. It is made as large as the
design's school (125 devices, `benchmarks.telemetry.LARGE`) with more devices of the kinds it has; those have the series
whose metrics are named and no others. Readings come as often as agents usually ask, every 60 s and every 15 min, which makes
the large tier's 16,700 samples a second; what the controller makes itself by the minute and by the hour.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks.dashboards_district import DAY_MS, NOW
from benchmarks.dashboards_filling import Filled
from benchmarks.telemetry import LARGE
from campus.ids import DeviceId, MetricId, SiteId
from campus.metrics import catalogue
from campus.samples import DeviceFacts, DeviceKind, SeriesKey
from controller.identity.scope import SYSTEM
from controller.store.port import Ids, Level, Times, Values, Window
from firmware_profiles.load import load_catalogue
from firmware_profiles.model import Cadence

_MINUTE_MS: Final = 60_000
SLOW_MS: Final = 15 * _MINUTE_MS
HOUR_MS: Final = 60 * _MINUTE_MS
_WEEK_MS: Final = 7 * DAY_MS
_LESSONS: Final = range(8, 17)
_SCHOOL_DAYS: Final = 5
_ZONE_MS: Final = 8 * HOUR_MS
_EPOCH_WEEKDAY: Final = 3
_REACHABLE: Final = MetricId("reachable")


class Line(NamedTuple):
    """A series of a school: how it is named there, whose it is, how often it comes, and between which values it wanders.

    A state is `low` but for rare whiles in which it is `high`. `in_lessons`: it is told of hours with lessons alone.
    """

    key: SeriesKey
    kind: DeviceKind | None
    cadence_ms: int
    low: float
    high: float
    in_lessons: bool = False


@dataclass(frozen=True)
class Variant:
    """A school to model others on. `site` is what the small district calls it."""

    site: SiteId
    facts: Sequence[DeviceFacts]
    lines: Sequence[Line]


def variants(held: Filled, sites: Sequence[SiteId], named: frozenset[MetricId]) -> list[Variant]:
    """A model of each of these sites; schools are grown, the centre (which has no gateway) is not."""
    slow = _slow_metrics()
    return [_variant(held, site, slow, named) for site in sites]


def is_lesson(at: Times) -> NDArray[np.bool_]:
    """Whether lessons are given at these instants: some hours of each day of the school week."""
    day, rest_ms = np.divmod(at + _ZONE_MS, DAY_MS)
    is_school_day = (day + _EPOCH_WEEKDAY) % 7 < _SCHOOL_DAYS
    lesson: NDArray[np.bool_] = is_school_day & np.isin(rest_ms // HOUR_MS, _LESSONS)
    return lesson


def _variant(held: Filled, site: SiteId, slow: frozenset[MetricId], named: frozenset[MetricId]) -> Variant:
    controller = held.controller
    facts = [device.facts for device in controller.registry.devices(SYSTEM, site)]
    kinds = {each.device: each.kind for each in facts}
    series = controller.store.find_series(site)
    ids = np.array(sorted(series), np.int32)
    window = controller.store.window(ids, NOW - 30 * DAY_MS, NOW + DAY_MS, Level.DAY)
    usual, rare = _extremes(window, ids)
    samples = controller.store.window(ids, NOW - _WEEK_MS, NOW, Level.RAW)
    is_hourly = _always(samples.at % HOUR_MS == 0, samples, ids)
    in_lessons = is_hourly & _always(is_lesson(samples.at), samples, ids)
    lines = []
    for place, number in enumerate(ids.tolist()):
        name = series[number]
        ends = (float(usual[place]), float(rare[place]))
        low, high = ends if catalogue()[name.metric].states else (min(ends), max(ends))
        key = SeriesKey(name.device, name.metric, name.instance)
        cadence_ms = HOUR_MS if is_hourly[place] else SLOW_MS if name.metric in slow else _MINUTE_MS
        lines.append(Line(key, kinds.get(name.device), cadence_ms, low, high, bool(in_lessons[place])))
    if any(each.kind is DeviceKind.GATEWAY for each in facts):
        _grow(facts, lines, named)
    return Variant(site, facts, lines)


def _extremes(window: Window, ids: Ids) -> tuple[Values, Values]:
    """Of each series the extreme that its mean is nearer to, and the other one; 0 of a series without values."""
    place = np.searchsorted(ids, window.series)
    low, high = np.full(len(ids), np.inf), np.full(len(ids), -np.inf)
    np.minimum.at(low, place, window.minimum)
    np.maximum.at(high, place, window.maximum)
    total = np.bincount(place, window.mean * window.count, len(ids))
    mean = total / np.maximum(np.bincount(place, window.count, len(ids)), 1)
    low, high = np.where(np.isfinite(low), low, 0.0), np.where(np.isfinite(high), high, 0.0)
    is_low = mean - low <= high - mean
    return np.where(is_low, low, high), np.where(is_low, high, low)


def _always(holds: NDArray[np.bool_], samples: Window, ids: Ids) -> NDArray[np.bool_]:
    """Of each series whether it has samples and something holds of all of them."""
    place = np.searchsorted(ids, samples.series)
    is_always: NDArray[np.bool_] = np.bincount(place, minlength=len(ids)) > 0
    is_always[place[~holds]] = False
    return is_always


def _grow(facts: list[DeviceFacts], lines: list[Line], named: frozenset[MetricId]) -> None:
    """More devices until there are as many of each kind as in the design's school."""
    of_device: dict[DeviceId, list[Line]] = {}
    for line in lines:
        if line.key.metric in named or line.key.metric == _REACHABLE:
            of_device.setdefault(line.key.device, []).append(line)
    for kind, quantity in LARGE.items():
        there = [each for each in facts if each.kind is kind]
        for model, number in _copies(there, quantity):
            device = DeviceId(f"{model.device}-{number}")
            copied = {"device": device, "name": f"{model.name} {number}", "room": f"{model.room}-{number}"}
            facts.append(msgspec.structs.replace(model, **copied, address="", macs=(), neighbours=(), serial=""))
            lines += [each._replace(key=each.key._replace(device=device)) for each in of_device[model.device]]


def _copies(there: Sequence[DeviceFacts], quantity: int) -> Iterator[tuple[DeviceFacts, int]]:
    """Models for what is missing, in turn, each with the number of its copy, from 2."""
    for more in range(quantity - len(there) if there else 0):
        yield there[more % len(there)], more // len(there) + 2


def _slow_metrics() -> frozenset[MetricId]:
    """What profiles read at the slow cadence and never oftener."""
    found: dict[MetricId, set[Cadence]] = {}
    for profile in load_catalogue().profiles.values():
        for point in (*profile.points, *(point for table in profile.tables.values() for point in table.points)):
            found.setdefault(MetricId(point.metric), set()).add(point.cadence)
    return frozenset(metric for metric, cadences in found.items() if cadences == {Cadence.SLOW})
