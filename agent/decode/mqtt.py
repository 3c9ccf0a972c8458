"""What devices publish on the school's own broker, to samples and facts, as profiles' `messages` say. Pure.

A retained message is as old as it may be: it tells facts and availability, which hold until the contrary is said, but a device is
not heard by it, and its numbers count only where they come with their own moment.
"""

from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from agent.collect.mqtt.port import Said, leave_out_undated
from agent.collect.port import Harvest
from agent.decode.payload import parsed
from agent.decode.pointer import MISSING, elements, resolve
from agent.decode.tree import points_of, with_facts
from agent.link import Heard
from agent.presence import Sign
from campus.errors import Poison
from campus.ids import DeviceId, is_id, slug
from campus.samples import DeviceFacts
from firmware_profiles.catalogue import Catalogue
from firmware_profiles.messages import Availability, Message, MessageFacts, MessagePoint
from firmware_profiles.raw import text_of

MAX_DEVICES = 1000
"""Behind one message. A message that names more is broken; the rest is dropped and counted."""
EARLIEST_MS = 946_684_800_000


class _Part(NamedTuple):
    """One device's part of a message: its id, what is said of it, and what was dropped beside it."""

    device: DeviceId
    tree: Any
    spoilt: dict[str, int]


def decode_message(catalogue: Catalogue, heard: Heard, lacks_ms: int = 0) -> list[Said] | None:
    """Read one message of a device or of several behind one topic; None when no profile's topic matches.

    `heard.received_at` is by a clock that lacks `lacks_ms` of the true time, and so are all instants of the harvests.

    Empty when the message holds no device. `Poison` when nothing of the message can be read: ``too_large``, ``not_json``
    (or not an object or array), ``not_text``, ``no_device`` (no id, or not an id). A point that is missing is simply not there;
    one that is wrong is counted in that device's `Harvest.dropped`.
    """
    matches = list(catalogue.heard_on(heard.topic))
    if not matches:
        return None
    said: list[Said] = []
    refusal: Poison | None = None
    for name, message, holes in matches if heard.payload else ():  # an empty payload takes a retained message back
        kind = message.kind or catalogue.profiles[name].kind
        try:
            parts = _parts(message, holes, parsed(heard.payload, message.form))
        except Poison as error:
            refusal = error
            continue
        for part in parts:
            facts = DeviceFacts(part.device, kind, heard.received_at, profile=name)
            said.append(_said(message, part, holes, heard, facts, lacks_ms))
    if refusal and not said:
        raise refusal
    return said


def _said(message: Message, part: _Part, holes: dict[str, str], heard: Heard, bare: DeviceFacts, lacks_ms: int) -> Said:
    measured_at = _measured_at(message, part.tree, heard.received_at, lacks_ms)
    harvest = _harvest(message, part, holes, measured_at or heard.received_at, heard.received_at + lacks_ms)
    if heard.is_retained and measured_at is None:
        leave_out_undated(harvest)
    harvest.dropped.update(part.spoilt)
    harvest.facts = with_facts(_filled_facts(message.facts, part.tree, holes), bare, part.tree)
    sign = Sign.KNOWN if heard.is_retained else Sign.SPOKE
    if message.availability:
        told = _availability(message.availability, part.tree)
        if told is None:
            harvest.dropped["unknown_availability"] += 1
        sign = told or Sign.KNOWN
    gateway = _worded(message.gateway, part.tree, holes)
    return Said(part.device, harvest, sign, _device_id(gateway) if gateway else None, message.silence_s)


def _parts(message: Message, holes: dict[str, str], document: Any) -> list[_Part]:
    if not message.each:
        name = _worded(message.device, document, holes) if message.device else holes["device"]
        return [_Part(_device_id(name), document, {})]
    found, bad = [], 0
    entries = elements(document, message.each)
    for key, element in entries[:MAX_DEVICES]:
        try:
            found.append((_device_id(_worded(message.device, element, holes) if message.device else key), element))
        except Poison:
            bad += 1
    bad += max(0, len(entries) - MAX_DEVICES)
    if bad and not found:
        raise Poison("no_device", f"none of {len(entries)} elements names a device")
    return [
        _Part(device, element, {"no_device": bad} if bad and not index else {})
        for index, (device, element) in enumerate(found)
    ]


def _device_id(name: str) -> DeviceId:
    """A device's own name as a campus id: as it is when it is one, else folded to one."""
    candidate = name if is_id(name) else slug(name)
    if not candidate:
        raise Poison("no_device", f"{name!r:.80} cannot name a device")
    return DeviceId(candidate)


def _harvest(message: Message, part: _Part, holes: dict[str, str], measured_at: int, true_ms: int) -> Harvest:
    points = tuple(_filled(point, part.tree, holes) for point in message.points)
    inside = tuple(point for point in points if not point.pointer.startswith("{"))
    harvest = points_of(inside, part.tree, part.device, measured_at, true_ms)
    if len(inside) < len(points):
        topical = tuple(
            msgspec.structs.replace(point, pointer=f"/{point.pointer[1:-1]}")
            for point in points
            if point.pointer.startswith("{")
        )
        told = points_of(topical, holes, part.device, measured_at, true_ms)
        harvest.samples += told.samples
        harvest.dropped += told.dropped
    return harvest


def _filled(point: MessagePoint, tree: Any, holes: dict[str, str]) -> MessagePoint:
    if "{" not in point.instance:
        return point
    return msgspec.structs.replace(point, instance=_worded(point.instance, tree, holes))


def _filled_facts(facts: MessageFacts, tree: Any, holes: dict[str, str]) -> MessageFacts:
    filled = {
        name: _worded(text, tree, holes)
        for name in facts.__struct_fields__
        if "{" in (text := getattr(facts, name)) and not text.startswith("/")
    }
    return msgspec.structs.replace(facts, **filled) if filled else facts


def _worded(source: str, tree: Any, holes: dict[str, str]) -> str:
    """The text that a source of text leads to (`firmware_profiles.messages`); empty when any part of it is missing."""
    if source.startswith("/"):
        return _text_at(tree, source)
    if "{" not in source:
        return source
    words = []
    for number, piece in enumerate(source.replace("}", "{").split("{")):
        word = piece if number % 2 == 0 else (_text_at(tree, piece) if piece.startswith("/") else holes.get(piece, ""))
        if number % 2 and not word:
            return ""
        words.append(word)
    return "".join(words)


def _text_at(tree: Any, pointer: str) -> str:
    raw = resolve(tree, pointer)
    return text_of(raw) if isinstance(raw, str | int | float) and not isinstance(raw, bool) else ""


def _availability(availability: Availability, tree: Any) -> Sign | None:
    raw = resolve(tree, availability.pointer)
    word = str(raw).lower() if isinstance(raw, bool) else text_of(raw) if isinstance(raw, str | int | float) else ""
    if word in map(str, availability.online):
        return Sign.ONLINE
    return Sign.OFFLINE if word in map(str, availability.offline) else None


def _measured_at(message: Message, tree: Any, received_at: int, lacks_ms: int) -> int | None:
    """The message's own moment where it tells a believable one, not in the future."""
    raw = resolve(tree, message.measured_at) if message.measured_at else MISSING
    return believable(instant_ms(raw), received_at, lacks_ms)


def instant_ms(raw: Any) -> int:
    """An instant in UTC ms: Unix seconds or milliseconds, or ISO 8601 with its zone; 0 when it is none.

    >>> instant_ms(1_600_000_000), instant_ms("2020-09-13T12:26:40Z"), instant_ms("2020-09-13T12:26:40")
    (1600000000000, 1600000000000, 0)
    """
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return int(raw * 1000 if abs(raw) < 1e11 else raw) if abs(raw) < 1e15 else 0
    try:
        moment = datetime.fromisoformat(raw[:40]) if isinstance(raw, str) else None
        return round(moment.timestamp() * 1000) if moment and moment.tzinfo else 0
    except (ValueError, OverflowError):
        return 0


def believable(true_ms: int, received_at: int, lacks_ms: int) -> int | None:
    """A device's own instant by the agent's clock, which lacks `lacks_ms`; None when it is long past or yet to come."""
    at = true_ms - lacks_ms
    return at if EARLIEST_MS <= at <= received_at else None
