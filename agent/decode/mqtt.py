"""What devices publish on the school's own broker, to samples and facts. Pure: bytes in, harvests out.

It says nothing of ``reachable``: only the listener, which knows how long a device has been silent, can.
"""

import json
from typing import Any, NamedTuple

import msgspec

from agent.collect.port import Harvest
from agent.decode.pointer import MISSING, elements, resolve
from agent.decode.value import is_ignored, state_of, value_of
from campus.errors import Poison
from campus.ids import DeviceId, Instance, MetricId, is_id, slug
from campus.metrics import catalogue as metric_catalogue
from campus.samples import DeviceFacts, Sample, SeriesKey
from firmware_profiles.catalogue import Catalogue
from firmware_profiles.model import Message, MessagePoint, PointType
from firmware_profiles.raw import instance_of, text_of

MAX_PAYLOAD_BYTES = 1 << 20
MAX_DEVICES = 1000
"""Behind one message. A message that names more is broken; the rest is dropped and counted."""
MAX_ELEMENTS = 1000
EARLIEST_MS = 946_684_800_000


class DeviceHarvest(NamedTuple):
    """What one message said of one device."""

    device: DeviceId
    harvest: Harvest


def mqtt_topics(catalogue: Catalogue) -> list[str]:
    """The filters to subscribe to, so that every message of every profile is heard."""
    return catalogue.subscriptions()


def decode_message(
    catalogue: Catalogue, topic: str, payload: bytes, received_at: int, lacks_ms: int = 0
) -> list[DeviceHarvest]:
    """Read one message of a device or of several behind one topic.

    `received_at` is by a clock that lacks `lacks_ms` of the true time, and so are all instants of the harvests.

    Empty when the message holds no device. `Poison` when nothing of the message can be read: ``no_profile`` (no profile's
    topic matches), ``too_large``, ``not_json`` (or not an object or array), ``no_device`` (no id, or not an id). A point that is
    missing is simply not there; one that is wrong is counted in that device's `Harvest.dropped`.
    """
    heard = list(catalogue.heard_on(topic))
    if not heard:
        raise Poison("no_profile", f"no profile hears {topic[:200]!r}")
    document = _parsed(payload)
    harvests = []
    for name, message, holes in heard:
        kind = catalogue.profiles[name].kind
        for device, element, spoilt in _devices(message, holes, document):
            harvest = _harvest(message, device, element, received_at, lacks_ms)
            harvest.dropped.update(spoilt)
            harvest.facts = _facts(message, DeviceFacts(device, kind, received_at, profile=name), element)
            harvests.append(DeviceHarvest(device, harvest))
    return harvests


def _parsed(payload: bytes) -> Any:
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise Poison("too_large", f"{len(payload)} bytes")
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise Poison("not_json", "the payload is not JSON") from error
    if not isinstance(document, dict | list):
        raise Poison("not_json", "the payload is neither an object nor an array")
    return document


def _devices(message: Message, holes: dict[str, str], document: Any) -> list[tuple[DeviceId, Any, dict[str, int]]]:
    """(id, element, what was dropped beside it) for each device of the message."""
    if not message.each:
        return [(_device_id(holes["device"]), document, {})]
    found, bad = [], 0
    entries = elements(document, message.each)
    for key, element in entries[:MAX_DEVICES]:
        try:
            found.append((_device_id(resolve(element, message.device) if message.device else key), element))
        except Poison:
            bad += 1
    bad += max(0, len(entries) - MAX_DEVICES)
    if bad and not found:
        raise Poison("no_device", f"none of {len(entries)} elements names a device")
    return [
        (device, element, {"no_device": bad} if bad and not index else {})
        for index, (device, element) in enumerate(found)
    ]


def _device_id(name: Any) -> DeviceId:
    """A device's own name as a campus id: as it is when it is one, else folded to one."""
    text = name if isinstance(name, str) else ""
    candidate = text if is_id(text) else slug(text)
    if not candidate:
        raise Poison("no_device", f"{name!r:.80} cannot name a device")
    return DeviceId(candidate)


def _harvest(message: Message, device: DeviceId, element: Any, received_at: int, lacks_ms: int) -> Harvest:
    harvest = Harvest()
    measured_at = _measured_at(message, element, received_at, lacks_ms)
    taken: set[SeriesKey] = set()
    for point in message.points:
        for instance, raw in _readings(point, element):
            if raw is MISSING or raw is None or is_ignored(raw, point.ignore):
                continue
            key = SeriesKey(device, MetricId(point.metric), Instance(instance_of(instance)))
            try:
                value = _value(point, raw)
            except Poison as poison:
                harvest.dropped[poison.reason] += 1
                continue
            if key in taken:
                harvest.dropped["twice"] += 1
                continue
            taken.add(key)
            harvest.samples.append(Sample(key, measured_at, value))
    return harvest


def _readings(point: MessagePoint, element: Any) -> list[tuple[str, Any]]:
    """(instance, raw) for each place where the point stands; raw may be `MISSING`."""
    if not point.each:
        return [(_instance(point, element, ""), resolve(element, point.pointer))]
    return [
        (_instance(point, part, key), resolve(part, point.pointer))
        for key, part in elements(element, point.each)[:MAX_ELEMENTS]
    ]


def _instance(point: MessagePoint, element: Any, key: str) -> str:
    if not point.instance.startswith("/"):
        return point.instance or key
    name = resolve(element, point.instance)
    return str(name) if isinstance(name, str | int) else key


def _value(point: MessagePoint, raw: Any) -> float:
    metric = metric_catalogue()[MetricId(point.metric)]
    if not isinstance(raw, str | int | float | bool):
        raise Poison("not_a_number", "an array or object where a value should be")
    if point.type is PointType.STATE:
        return state_of(metric, raw, point.states)
    return value_of(metric, raw, point.type, point.scale, point.offset)


def _measured_at(message: Message, element: Any, received_at: int, lacks_ms: int) -> int:
    """The message's own moment where it tells a believable one (not in the future), else when it was received."""
    raw = resolve(element, message.measured_at) if message.measured_at else MISSING
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return received_at
    at = (int(raw * 1000) if raw < 1e11 else int(raw)) - lacks_ms
    return at if EARLIEST_MS <= at <= received_at else received_at


def _facts(message: Message, bare: DeviceFacts, element: Any) -> DeviceFacts:
    words = {name: _fact(getattr(message.facts, name), element) for name in message.facts.__struct_fields__}
    return msgspec.structs.replace(bare, **words)


def _fact(source: str, element: Any) -> str:
    if not source.startswith("/"):
        return source
    raw = resolve(element, source)
    return text_of(raw) if isinstance(raw, str | int | float) else ""
