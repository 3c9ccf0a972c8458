"""Devices that announce themselves as Home Assistant wants it (home-assistant.io/integrations/mqtt, "MQTT Discovery").

An announcement, retained under ``homeassistant/COMPONENT/[NODE/]OBJECT/config``, describes one entity: where its state is
published, how the value is taken out, what it is (`device_class`) in which unit, and whose it is. Announcements of a whole device
(``homeassistant/device/ID/config``) describe several. A device is told of when it first speaks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from agent.collect.mqtt.announced import PREFIX, Announced, Watched, announced
from agent.collect.mqtt.port import Request, Said, Understood, leave_out_undated
from agent.collect.port import Harvest
from agent.decode.identity import device_id
from agent.decode.named import Lexicon, Lexicons, Named
from agent.decode.payload import parsed, plain
from agent.decode.pointer import MISSING, resolve
from agent.link import Heard
from agent.presence import Sign
from campus.errors import Poison
from campus.ids import DeviceId
from campus.samples import DeviceFacts
from firmware_profiles.catalogue import Catalogue
from firmware_profiles.messages import Dialect

STATUS = f"{PREFIX}status"
"""Home Assistant's own last will."""
MAX_DEVICES = 500
MAX_ENTITIES = 5000
SILENCE_S = 3600.0
"""Of devices that tell neither whether they are there nor when what they said expires."""


class _Entity(NamedTuple):
    """One announced value of a device, under the topic of its announcement."""

    config: str
    device: "_Device"
    said: Announced
    instance: str


@dataclass
class _Device:
    """A device that was announced. `there` holds what each availability topic said last."""

    id: DeviceId
    lexicon: Lexicon
    told: dict[str, str] = field(default_factory=dict)
    there: dict[str, bool] = field(default_factory=dict)
    entities: list[_Entity] = field(default_factory=list)

    @property
    def silence_s(self) -> float:
        """How long it may be silent: what its values expire after, where they do."""
        return max((each.said.silence_s for each in self.entities), default=0.0) or SILENCE_S


class HomeAssistantInterpreter:
    """Reads what was announced on one broker. Ask it last: topics that others understand are theirs, announced or not."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._lexicons = Lexicons(catalogue, Dialect.HOME_ASSISTANT)
        self._devices: dict[DeviceId, _Device] = {}
        self._entities: dict[str, list[_Entity]] = {}
        """By the topic of the announcement."""
        self._size = 0
        self._states: dict[str, list[_Entity]] = {}
        """By the topic they speak on."""
        self._availability: dict[str, list[tuple[DeviceId, Watched]]] = {}

    def understand(self, heard: Heard) -> Understood | None:
        """As `Interpreter.understand`; reasons are ``too_large``, ``not_json``, ``not_text``, ``template``, ``no_device``,
        ``too_many_devices``.
        """
        if heard.topic.startswith(PREFIX) and heard.topic.endswith("/config"):
            return self._learn(heard)
        entities, watched = self._states.get(heard.topic, []), self._availability.get(heard.topic, [])
        if not entities and not watched:
            return Understood([], []) if heard.topic == STATUS else None
        said: dict[DeviceId, Said] = {}
        for device, harvest in self._harvests(entities, heard):
            said[device.id] = self._said(device, harvest, Sign.KNOWN if heard.is_retained else Sign.SPOKE, heard)
        for name, each in watched:
            device = self._devices[name]
            sign = _sign(device, each, heard)
            before = said.get(device.id) or self._said(device, Harvest(), sign, heard)
            said[device.id] = before if sign is Sign.KNOWN else before._replace(sign=sign)
        return Understood(list(said.values()), [])

    def reconnected(self, now: int) -> list[Request]:
        """Announcements and availability are retained: they come again unasked."""
        return []

    def _learn(self, heard: Heard) -> Understood:
        self._forget(heard.topic)
        if not heard.payload:
            return Understood([], [])
        found, spoilt = announced(heard.topic, parsed(heard.payload))
        if spoilt and not found.entities:
            raise Poison(next(iter(spoilt)), "nothing of this announcement can be read")
        lexicon = self._lexicons.of(f"{found.facts.get('vendor', '')} {found.facts.get('model', '')}")
        meant = [each for each in found.entities if lexicon and lexicon.meaning(each.name)]
        if lexicon is None or not meant:
            return Understood([], [], spoilt)
        name = device_id("ha", found.identifier)
        if len(self._devices) >= MAX_DEVICES and name not in self._devices:
            raise Poison("too_many_devices", f"more than {MAX_DEVICES} devices")
        if self._size + len(meant) > MAX_ENTITIES:
            raise Poison("too_many_devices", f"more than {MAX_ENTITIES} entities")
        device = self._devices.setdefault(name, _Device(name, lexicon))
        device.lexicon = lexicon
        device.told.update(found.facts)
        for each in meant:
            self._remember(heard.topic, device, each)
        return Understood([], [], spoilt, teaches=True)

    def _remember(self, config: str, device: _Device, said: Announced) -> None:
        taken = {(each.said.name, each.instance) for each in device.entities}
        instance = said.label if (said.name, said.label) not in taken else said.object_id
        entity = _Entity(config, device, said, instance)
        self._size += 1
        device.entities.append(entity)
        self._entities.setdefault(config, []).append(entity)
        self._states.setdefault(said.state_topic, []).append(entity)
        for watched in said.watched:
            known = self._availability.setdefault(watched.topic, [])
            if (device.id, watched) not in known:
                known.append((device.id, watched))

    def _forget(self, config: str) -> None:
        """What was announced under this topic is taken back, or about to be told anew."""
        for entity in self._entities.pop(config, []):
            self._size -= 1
            device, topic = entity.device, entity.said.state_topic
            device.entities = [each for each in device.entities if each is not entity]
            self._states[topic] = [each for each in self._states[topic] if each is not entity]
            if not self._states[topic]:
                del self._states[topic]
            if not device.entities:
                self._forget_device(device)

    def _forget_device(self, device: _Device) -> None:
        del self._devices[device.id]
        for topic in list(self._availability):
            self._availability[topic] = [pair for pair in self._availability[topic] if pair[0] != device.id]
            if not self._availability[topic]:
                del self._availability[topic]

    def _harvests(self, entities: list[_Entity], heard: Heard) -> Iterator[tuple[_Device, Harvest]]:
        """(device, harvest) of everybody who speaks in this message."""
        document: Any = None
        values: dict[DeviceId, list[Named]] = {}
        devices: dict[DeviceId, _Device] = {}
        for entity in entities if heard.payload else ():
            device, said = entity.device, entity.said
            if said.pointer is None:
                raw: Any = plain(heard.payload)
            else:
                document = parsed(heard.payload) if document is None else document
                raw = resolve(document, said.pointer)
            devices[device.id] = device
            told = values.setdefault(device.id, [])
            if raw is not MISSING and isinstance(raw, str | int | float):
                told.append(Named(said.name, said.word(raw), said.unit, instance=entity.instance))
        for name, device in devices.items():
            harvest = device.lexicon.harvest(values[name], name, heard.received_at)
            if heard.is_retained:
                leave_out_undated(harvest)
            yield device, harvest

    def _said(self, device: _Device, harvest: Harvest, sign: Sign, heard: Heard) -> Said:
        bare = DeviceFacts(device.id, device.lexicon.kind, heard.received_at, profile=device.lexicon.profile)
        harvest.facts = msgspec.structs.replace(bare, **device.told)
        return Said(device.id, harvest, sign, None, device.silence_s)


def _sign(device: _Device, watched: Watched, heard: Heard) -> Sign:
    """What a device's availability is by all its topics together: there when all that spoke say so."""
    said = watched.says(heard.payload)
    if said is None:
        return Sign.KNOWN
    device.there[watched.topic] = said
    return Sign.ONLINE if all(device.there.values()) else Sign.OFFLINE
