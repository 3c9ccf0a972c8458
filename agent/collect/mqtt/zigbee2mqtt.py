"""Zigbee2MQTT: Zigbee sensors, plugs and switches behind one bridge (zigbee2mqtt.io: "MQTT Topics and Messages").

The bridge lists its devices under ``BASE/bridge/devices``, retained: address, model, vendor, what each property is counted in. A
device speaks under ``BASE/NAME``, its name being what people called it. Its id is its address, which stays when it is renamed.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from agent.collect.mqtt.port import Request, Said, Understood, leave_out_undated
from agent.collect.port import Harvest
from agent.decode.identity import device_id
from agent.decode.mqtt import believable, instant_ms
from agent.decode.named import Lexicon, Lexicons, flattened
from agent.decode.payload import parsed, plain, text_at
from agent.decode.pointer import resolve
from agent.link import Heard
from agent.presence import Sign
from campus.errors import Poison
from campus.ids import DeviceId
from campus.samples import DeviceFacts, DeviceKind
from firmware_profiles.catalogue import Catalogue
from firmware_profiles.messages import Dialect

MAX_BRIDGES = 20
MAX_DEVICES = 500
MAX_UNITS = 200
LIST_BYTES = 8 << 20
"""A list of devices tells all that each can do: some ten kilobytes for one."""
SILENCE_S = 25 * 3600.0
"""Battery devices tell something once a day at least; where the bridge watches their availability, that is quicker."""
_BRIDGE = "/bridge/"
_DEVICES = "devices"
_SIGNS = {"online": Sign.ONLINE, "offline": Sign.OFFLINE}


class _Node(NamedTuple):
    """A device of the list."""

    id: DeviceId
    lexicon: Lexicon
    told: dict[str, str]
    units: dict[str, str]


class _Bridge(NamedTuple):
    """A bridge, its devices by the name they speak under, and the names of groups, which say what their members say."""

    id: DeviceId
    nodes: dict[str, _Node]
    groups: set[str]


class ZigbeeInterpreter:
    """Reads all bridges on one broker. A bridge is known from its own topics, whatever its base topic is."""

    def __init__(self, catalogue: Catalogue, lacks_ms: Callable[[], int] = lambda: 0) -> None:
        self._lexicons = Lexicons(catalogue, Dialect.ZIGBEE2MQTT)
        self._lacks_ms = lacks_ms
        self._bridges: dict[str, _Bridge] = {}
        self._signs: dict[str, Sign] = {}
        """Of bridges that have not listed their devices yet."""

    def understand(self, heard: Heard) -> Understood | None:
        """As `Interpreter.understand`; reasons are ``too_large``, ``not_json``, ``unknown_device`` and ``too_many_devices``."""
        base, bridge_topic, what = heard.topic.partition(_BRIDGE)
        if bridge_topic and what == "state":
            return self._of_state(base, heard)
        if bridge_topic and (base in self._bridges or what == _DEVICES):
            return self._of_bridge(base, what, heard)
        for known, bridge in self._bridges.items():
            if heard.topic.startswith(f"{known}/"):
                return self._of_device(bridge, heard.topic.removeprefix(f"{known}/"), heard)
        return None

    def reconnected(self, now: int) -> list[Request]:
        """The list is retained: it comes again unasked."""
        return []

    def _of_state(self, base: str, heard: Heard) -> Understood | None:
        """Whether a bridge is there. Until it lists its devices it may be another program's: that is kept for later."""
        sign = _SIGNS.get(_state(heard.payload))
        if sign is None or (base not in self._bridges and len(self._signs) >= MAX_BRIDGES):
            return None
        if base in self._bridges:
            return Understood([_bridge_said(self._bridges[base], sign, heard)], [])
        self._signs[base] = sign
        return Understood([], [])

    def _of_bridge(self, base: str, what: str, heard: Heard) -> Understood | None:
        if what == _DEVICES:
            return self._learn(base, heard)
        bridge = self._bridges[base]
        if what == "info":
            version = text_at(parsed(heard.payload, max_bytes=LIST_BYTES), "/version")
            return Understood([_bridge_said(bridge, Sign.KNOWN, heard, version)], [])
        if what == "groups":
            return self._learn_groups(bridge.groups, parsed(heard.payload, max_bytes=LIST_BYTES))
        return Understood([], [])

    def _learn_groups(self, groups: set[str], document: Any) -> Understood:
        groups.clear()
        listed = document[:MAX_DEVICES] if isinstance(document, list) else []
        groups.update(filter(None, (text_at(each, "/friendly_name") for each in listed)))
        return Understood([], [], teaches=True)

    def _learn(self, base: str, heard: Heard) -> Understood | None:
        document = parsed(heard.payload, max_bytes=LIST_BYTES)
        listed = [each for each in document if text_at(each, "/ieee_address")] if isinstance(document, list) else []
        if not listed:
            return None
        if base not in self._bridges and len(self._bridges) >= MAX_BRIDGES:
            raise Poison("too_many_devices", f"more than {MAX_BRIDGES} bridges")
        bridge = self._bridges.setdefault(base, _Bridge(device_id(base), {}, set()))
        bridge.nodes.clear()
        devices = [
            each for each in listed if text_at(each, "/type") != "Coordinator" and each.get("disabled") is not True
        ]
        for each in devices[:MAX_DEVICES]:
            node = self._node(each)
            if node:
                bridge.nodes[text_at(each, "/friendly_name") or text_at(each, "/ieee_address")] = node
        said = [_said(bridge, node, Harvest(), Sign.KNOWN, heard) for node in bridge.nodes.values()]
        over = max(0, len(devices) - MAX_DEVICES)
        bridge_said = _bridge_said(bridge, self._signs.pop(base, Sign.KNOWN), heard)
        return Understood([bridge_said, *said], [], {"too_many_devices": over} if over else {}, teaches=True)

    def _node(self, listed: dict[str, Any]) -> _Node | None:
        vendor = text_at(listed, "/definition/vendor") or text_at(listed, "/manufacturer")
        model = text_at(listed, "/definition/model") or text_at(listed, "/model_id")
        lexicon = self._lexicons.of(f"{vendor} {model}")
        if lexicon is None:
            return None
        address, name = text_at(listed, "/ieee_address"), text_at(listed, "/friendly_name")
        told = {
            "vendor": vendor,
            "model": model,
            "serial": address,
            "firmware": text_at(listed, "/software_build_id"),
            "name": text_at(listed, "/description") if name == address else name,
        }
        units = dict(islice(_units(resolve(listed, "/definition/exposes")), MAX_UNITS))
        return _Node(device_id("zigbee", address.removeprefix("0x")), lexicon, told, units)

    def _of_device(self, bridge: _Bridge, name: str, heard: Heard) -> Understood:
        node = bridge.nodes.get(name)
        if node and heard.payload:
            return Understood([self._read(bridge, node, heard)], [])
        owner, _, what = name.rpartition("/")
        speaker = bridge.nodes.get(owner)
        if speaker and what == "availability":
            sign = _SIGNS.get(_state(heard.payload), Sign.KNOWN)
            return Understood([_said(bridge, speaker, Harvest(), sign, heard)], [])
        if speaker or name in bridge.groups or not heard.payload or what in {"set", "get"}:
            return Understood([], [])  # what people and programs say to devices, and properties one by one
        raise Poison("unknown_device", "the bridge has not listed this device")

    def _read(self, bridge: _Bridge, node: _Node, heard: Heard) -> Said:
        document = parsed(heard.payload)
        own_at = believable(instant_ms(resolve(document, "/last_seen")), heard.received_at, self._lacks_ms())
        harvest = node.lexicon.harvest(flattened(document, node.units), node.id, own_at or heard.received_at)
        if heard.is_retained and own_at is None:
            leave_out_undated(harvest)
        return _said(bridge, node, harvest, Sign.KNOWN if heard.is_retained else Sign.SPOKE, heard)


def _said(bridge: _Bridge, node: _Node, harvest: Harvest, sign: Sign, heard: Heard) -> Said:
    bare = DeviceFacts(node.id, node.lexicon.kind, heard.received_at, profile=node.lexicon.profile)
    harvest.facts = msgspec.structs.replace(bare, **node.told)
    return Said(node.id, harvest, sign, bridge.id, SILENCE_S)


def _bridge_said(bridge: _Bridge, sign: Sign, heard: Heard, version: str = "") -> Said:
    facts = DeviceFacts(bridge.id, DeviceKind.OTHER, heard.received_at, vendor="Zigbee2MQTT", firmware=version)
    return Said(bridge.id, Harvest(facts=msgspec.structs.replace(facts, name="Zigbee2MQTT")), sign, None, SILENCE_S)


def _state(payload: bytes) -> str:
    """``online`` or ``offline``, told as it is or in an object."""
    if payload.startswith(b"{"):
        return text_at(parsed(payload), "/state")
    return plain(payload)


def _units(exposes: Any) -> Iterator[tuple[str, str]]:
    """(property, unit) of everything that a device exposes, and of the features of what it exposes."""
    for each in exposes if isinstance(exposes, list) else []:
        features = resolve(each, "/features")
        for part in (each, *(features if isinstance(features, list) else [])):
            if unit := text_at(part, "/unit"):
                yield text_at(part, "/property"), unit
