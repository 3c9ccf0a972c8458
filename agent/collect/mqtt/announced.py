"""One announcement of Home Assistant discovery, read: long and short names of its keys, one entity or several. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from agent.decode.payload import parsed, plain, text_at
from agent.decode.pointer import resolve
from agent.decode.template import pointer_of
from campus.errors import Poison
from firmware_profiles.raw import Raw, instance_of, text_of

PREFIX = "homeassistant/"
MAX_SILENCE_S = 30 * 86_400
_ENTITIES_OF_A_DEVICE = 200
_SHORT = {
    "availability": "avty",
    "availability_topic": "avty_t",
    "availability_template": "avty_tpl",
    "payload_available": "pl_avail",
    "payload_not_available": "pl_not_avail",
    "device": "dev",
    "identifiers": "ids",
    "connections": "cns",
    "manufacturer": "mf",
    "model": "mdl",
    "model_id": "mdl_id",
    "sw_version": "sw",
    "hw_version": "hw",
    "serial_number": "sn",
    "components": "cmps",
    "platform": "p",
    "state_topic": "stat_t",
    "value_template": "val_tpl",
    "unit_of_measurement": "unit_of_meas",
    "device_class": "dev_cla",
    "expire_after": "exp_aft",
    "payload_on": "pl_on",
    "payload_off": "pl_off",
    "state_on": "stat_on",
    "state_off": "stat_off",
    "topic": "t",
    "object_id": "obj_id",
    "unique_id": "uniq_id",
}
_ON_OFF = frozenset({"binary_sensor", "switch", "light", "fan", "siren"})


class Watched(NamedTuple):
    """A topic that tells whether the device is there."""

    topic: str
    pointer: str | None
    online: str
    offline: str

    def says(self, payload: bytes) -> bool | None:
        """Whether it is there; None when the payload says neither. `Poison` as `parsed` and `plain`."""
        raw = plain(payload) if self.pointer is None else resolve(parsed(payload), self.pointer)
        word = _word(raw)
        return True if word == self.online.lower() else False if word == self.offline.lower() else None


class Announced(NamedTuple):
    """One value of a device. `name` is ``component/device_class``, by which vocabularies know it."""

    name: str
    state_topic: str
    pointer: str | None
    """Where the value stands in the JSON payload; None: the payload is the value."""
    unit: str
    label: str
    """Of which part of the device it is; empty when that is the whole, or goes without saying."""
    object_id: str
    words: dict[str, str]
    """What the publisher calls on and off, where there is such a thing."""
    silence_s: float
    watched: tuple[Watched, ...]

    def word(self, raw: Raw) -> Raw:
        """A raw value as ``on`` or ``off``, where it is one of the publisher's words for it."""
        return self.words.get(_word(raw), raw) if self.words else raw


class Announcement(NamedTuple):
    """What one message announces: the device's identifier and facts, and its values."""

    identifier: str
    facts: dict[str, str]
    entities: list[Announced]


def announced(topic: str, document: Any) -> tuple[Announcement, Counter[str]]:
    """Read an announcement; the second value counts entities that cannot be read, by reason (``template``, ``no_topic``).

    `Poison` ``no_device`` when it does not say whose they are.
    """
    _, component, *names = topic.split("/")
    device = _get(document, "device")
    identifier = _identifier(device)
    if not identifier:
        raise Poison("no_device", "an announcement without a device")
    entities, spoilt = [], Counter[str]()
    for kind, object_id, described in _described(component, names, document):
        try:
            entities.append(_entity(kind, object_id, described))
        except Poison as error:
            spoilt[error.reason] += 1
    return Announcement(identifier, _facts(device), entities), spoilt


def _described(component: str, names: list[str], document: Any) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(component, object id, description) of each entity; what a device's announcement says for all stands behind each."""
    if component != "device":
        yield component, names[-2] if len(names) > 1 else "", document
        return
    parts = _get(document, "components")
    for object_id, part in list(parts.items() if isinstance(parts, dict) else ())[:_ENTITIES_OF_A_DEVICE]:
        if isinstance(part, dict):
            yield text_at(part, "/platform") or text_at(part, "/p"), str(object_id), {**document, **part}


def _entity(component: str, object_id: str, said: Mapping[str, Any]) -> Announced:
    base = said.get("~")
    topic = _topic(_text(said, "state_topic"), base)
    if not topic:
        raise Poison("no_topic", "nothing says where the state is published")
    device_class = _text(said, "device_class")
    label, expires = _text(said, "name"), _get(said, "expire_after")
    plain_name = label.lower().replace(" ", "_") in {device_class, component, ""}
    return Announced(
        f"{component}/{device_class}" if device_class else component,
        topic,
        pointer_of(_text(said, "value_template")),
        _text(said, "unit_of_measurement"),
        "" if plain_name else instance_of(label),
        instance_of(_text(said, "object_id") or object_id),
        _words(said) if component in _ON_OFF else {},
        float(min(expires, MAX_SILENCE_S)) if isinstance(expires, int) and expires > 0 else 0.0,
        tuple(_watched(said, base)),
    )


def _watched(said: Mapping[str, Any], base: Any) -> Iterator[Watched]:
    listed = _get(said, "availability")
    parts = listed if isinstance(listed, list) else [listed] if isinstance(listed, dict) else []
    for part in parts[:10]:
        yield from _one_watched(part, _topic(_text(part, "topic"), base), _text(part, "value_template"))
    yield from _one_watched(said, _topic(_text(said, "availability_topic"), base), _text(said, "availability_template"))


def _one_watched(said: Any, topic: str, template: str) -> Iterator[Watched]:
    if topic:
        online, offline = _text(said, "payload_available"), _text(said, "payload_not_available")
        yield Watched(topic, pointer_of(template), online or "online", offline or "offline")


def _words(said: Mapping[str, Any]) -> dict[str, str]:
    on = _word(_first(said, "state_on", "payload_on")) or "on"
    off = _word(_first(said, "state_off", "payload_off")) or "off"
    return {on: "on", off: "off"}


def _facts(device: Any) -> dict[str, str]:
    told = {
        "vendor": _text(device, "manufacturer"),
        "model": _text(device, "model") or _text(device, "model_id"),
        "serial": _text(device, "serial_number"),
        "firmware": _text(device, "sw_version"),
        "hardware": _text(device, "hw_version"),
        "name": _text(device, "name"),
    }
    return {fact: text for fact, text in told.items() if text}


def _identifier(device: Any) -> str:
    """The first identifier, or the first connection (a MAC address and the like)."""
    told = _get(device, "identifiers")
    first = told[0] if isinstance(told, list) and told else told
    if isinstance(first, str | int) and not isinstance(first, bool):
        return text_of(first)
    return text_at(_get(device, "connections"), "/0/1")


def _topic(topic: str, base: Any) -> str:
    """A topic in which a tilde at either end stands for the base topic."""
    if not isinstance(base, str):
        return topic
    if topic.startswith("~"):
        return base + topic[1:]
    return topic[:-1] + base if topic.endswith("~") else topic


def _get(said: Any, key: str) -> Any:
    """A value under the long or the short name of its key; None where there is neither."""
    if not isinstance(said, dict):
        return None
    return said.get(key, said.get(_SHORT.get(key, key)))


def _text(said: Any, key: str) -> str:
    value = _get(said, key)
    return text_of(value) if isinstance(value, str) else ""


def _first(said: Any, *keys: str) -> Any:
    return next((value for key in keys if (value := _get(said, key)) is not None), None)


def _word(raw: Any) -> str:
    return str(raw).lower() if isinstance(raw, str | int | float) else ""
