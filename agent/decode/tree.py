"""The points and facts of a nested tree: what a JSON message holds, or a device's answer over HTTP. Pure.

A point that is missing is simply not there; one that is wrong is counted in `Harvest.dropped`, and its neighbours are kept.
"""

import re
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from agent.collect.port import Harvest
from agent.decode.gathered import Gathered
from agent.decode.pointer import MISSING, elements, resolve
from agent.decode.value import is_ignored, number_of, settled, state_of, value_of
from campus.errors import Poison
from campus.ids import DeviceId, Instance, MetricId
from campus.metrics import catalogue as metric_catalogue
from campus.samples import DeviceFacts, SeriesKey
from campus.stations import mac_of
from firmware_profiles.model import MessageFacts, MessagePoint, PointType
from firmware_profiles.raw import instance_of, text_of

MAX_ELEMENTS = 1000
_LONGEST_COUNT = 15
"""Digits of milliseconds until the year 30,000."""
_MOMENT = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)[T ](\d\d?):(.{5,20})\Z")


def points_of(
    points: tuple[MessagePoint, ...], tree: Any, device: DeviceId, measured_at: int, true_ms: int = 0
) -> Harvest:
    """Samples of every point that the tree has, `measured_at` each.

    `true_ms` is the true time (UTC ms) that a point of type moment is compared with; 0 stands for `measured_at`.
    """
    gathered = Gathered()
    for point in points:
        for instance, raw, whole in _readings(point, tree):
            if raw is MISSING or raw is None or is_ignored(raw, point.ignore):
                continue
            key = SeriesKey(device, MetricId(point.metric), Instance(instance_of(instance)))
            gathered.take(key, measured_at, partial(_value, point, raw, whole, true_ms or measured_at))
    return gathered.harvest


def with_facts(facts: MessageFacts, bare: DeviceFacts, tree: Any) -> DeviceFacts:
    """`bare` with what the tree says of the device."""
    words = {name: _fact(getattr(facts, name), tree) for name in facts.__struct_fields__}
    return told_of(bare, words)


def told_of(bare: DeviceFacts, words: dict[str, str]) -> DeviceFacts:
    """`bare` with the words for each of `MessageFacts`."""
    mac = mac_of(words.get("mac", ""))
    named = {name: text for name, text in words.items() if name != "mac"}
    return msgspec.structs.replace(bare, **named, macs=(mac,) if mac else ())


def moment_ms(raw: Any) -> int:
    """An instant as devices write it, in UTC ms; `Poison` ``not_a_moment`` otherwise.

    That is ISO 8601, or with a space between and without leading zeros; a number counts seconds or milliseconds since 1970.
    Without a zone it is the local time of this machine, which stands in the same school.

    >>> moment_ms("2026-11-22T08:00:00+08:00"), moment_ms("1970-01-01T00:00:01Z"), moment_ms(1795305600)
    (1795305600000, 1000, 1795305600000)
    """
    text = text_of(raw)
    if text.isdecimal() and len(text) <= _LONGEST_COUNT:
        return int(text) * (1000 if len(text) < 12 else 1)
    try:
        found = _MOMENT.match(text)
        if found:
            text = "{}-{:0>2}-{:0>2}T{:0>2}:{}".format(*found.groups())
        return round(datetime.fromisoformat(text).timestamp() * 1000)
    except (ValueError, OverflowError, OSError) as error:
        raise Poison("not_a_moment", f"{text[:40]!r} is not a moment") from error


def _readings(point: MessagePoint, tree: Any) -> list[tuple[str, Any, Any]]:
    """(instance, raw, whole) for each place where the point stands; raw may be `MISSING`, whole is that of `of`."""
    if not point.each:
        return [(_instance(point, tree, ""), resolve(tree, point.pointer), resolve(tree, point.of))]
    return [
        (_instance(point, part, key), resolve(part, point.pointer), resolve(part, point.of))
        for key, part in elements(tree, point.each)[:MAX_ELEMENTS]
    ]


def _instance(point: MessagePoint, tree: Any, key: str) -> str:
    if not point.instance.startswith("/"):
        return point.instance or key
    name = resolve(tree, point.instance)
    return str(name) if isinstance(name, str | int) else key


def _value(point: MessagePoint, raw: Any, whole: Any, true_ms: int) -> float:
    metric = metric_catalogue()[MetricId(point.metric)]
    if not isinstance(raw, str | int | float | bool):
        raise Poison("not_a_number", "an array or object where a value should be")
    if point.type is PointType.STATE:
        return state_of(metric, raw, point.states)
    if point.type is PointType.MOMENT:
        return settled(metric, (moment_ms(raw) - true_ms) / 1000 * point.scale + point.offset)
    if not point.of:
        return value_of(metric, raw, point.type, point.scale, point.offset)
    if not isinstance(whole, str | int | float) or (total := number_of(whole)) <= 0:
        raise Poison("no_whole", "a part of nothing")
    return settled(metric, number_of(raw) / total * point.scale + point.offset)


def _fact(source: str, tree: Any) -> str:
    if not source.startswith("/"):
        return source
    raw = resolve(tree, source)
    return text_of(raw) if isinstance(raw, str | int | float) else ""
