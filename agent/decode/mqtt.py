"""What devices publish on the school's own broker, to samples and facts. Pure: bytes in, harvests out.

It says nothing of ``reachable``: only the listener, which knows how long a device has been silent, can.
"""

import json
from typing import Any, NamedTuple

from agent.collect.port import Harvest
from agent.decode.pointer import MISSING, elements, resolve
from agent.decode.tree import points_of, with_facts
from campus.errors import Poison
from campus.ids import DeviceId, is_id, slug
from campus.samples import DeviceFacts
from firmware_profiles.catalogue import Catalogue
from firmware_profiles.model import Message

MAX_PAYLOAD_BYTES = 1 << 20
MAX_DEVICES = 1000
"""Behind one message. A message that names more is broken; the rest is dropped and counted."""
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
            measured_at = _measured_at(message, element, received_at, lacks_ms)
            harvest = points_of(message.points, element, device, measured_at, received_at + lacks_ms)
            harvest.dropped.update(spoilt)
            harvest.facts = with_facts(message.facts, DeviceFacts(device, kind, received_at, profile=name), element)
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


def _measured_at(message: Message, element: Any, received_at: int, lacks_ms: int) -> int:
    """The message's own moment where it tells a believable one (not in the future), else when it was received."""
    raw = resolve(element, message.measured_at) if message.measured_at else MISSING
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return received_at
    at = (int(raw * 1000) if raw < 1e11 else int(raw)) - lacks_ms
    return at if EARLIEST_MS <= at <= received_at else received_at
