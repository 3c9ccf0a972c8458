"""Tasmota: plugs, switches and sensor boards with that firmware (tasmota.github.io/docs: MQTT, "Device discovery protocol").

A device tells itself under ``tasmota/discovery/MAC/config``, retained: its name, module, version, and how its topics are built.
Without that the usual topics are taken, ``tele/TOPIC/STATE`` and its like. Its clock is local and tells no zone: not believed.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from agent.collect.mqtt.port import Request, Said, Understood, leave_out_undated
from agent.collect.port import Harvest
from agent.decode.identity import device_id
from agent.decode.named import Lexicon, Lexicons, Named, flattened
from agent.decode.payload import parsed, plain, text_at
from agent.link import Heard
from agent.presence import Sign
from campus.errors import Poison
from campus.ids import DeviceId
from campus.samples import DeviceFacts
from firmware_profiles.catalogue import Catalogue
from firmware_profiles.messages import Dialect
from firmware_profiles.raw import text_of

MAX_DEVICES = 500
SILENCE_S = 900.0
"""Three of the usual periods of telemetry. The last will is quicker."""
_VENDOR = "Tasmota"
_DISCOVERY = re.compile(r"tasmota/discovery/([0-9A-Fa-f]{12})/(config|sensors)")
_USUAL = re.compile(r"(tele|stat)/([^/]+)/(LWT|STATE|SENSOR|INFO[1-3]|RESULT|UPTIME|POWER[0-9]*|STATUS[0-9]*)")
_WORDS = {2: "tele", 1: "stat"}
"""By their place in what a device tells of its own words; the first there is for commands."""
_READ = frozenset({"STATE", "SENSOR", "RESULT"})
_TEMPERATURE = re.compile(r"(?:.*/)?(?:Temperature|DewPoint)")


class _Device(NamedTuple):
    """What a device said of itself."""

    id: DeviceId
    lexicon: Lexicon
    told: dict[str, str]
    online: str = "Online"
    offline: str = "Offline"


class TasmotaInterpreter:
    """Reads all Tasmota devices on one broker."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._lexicons = Lexicons(catalogue, Dialect.TASMOTA)
        self._by_prefix: dict[str, _Device] = {}
        """The devices that told themselves, by what their topics begin with, such as ``tele/plug-1``."""
        self._prefixes: dict[str, list[str]] = {}
        """Those beginnings by the device's MAC address: what a device was called before means nothing any more."""

    def understand(self, heard: Heard) -> Understood | None:
        """As `Interpreter.understand`; reasons are ``too_large``, ``not_json``, ``not_text`` and ``too_many_devices``."""
        told = _DISCOVERY.fullmatch(heard.topic)
        if told:
            return self._learn(told[1], heard) if told[2] == "config" and heard.payload else Understood([], [])
        prefix, _, what = heard.topic.rpartition("/")
        device = self._by_prefix.get(prefix)
        if device is None:
            usual = _USUAL.fullmatch(heard.topic)
            lexicon = self._lexicons.of(_VENDOR)
            if usual is None or lexicon is None:
                return None
            device = _Device(device_id(usual[2]), lexicon, {"vendor": _VENDOR, "name": text_of(usual[2])})
        return Understood([self._said(device, what, heard)] if heard.payload else [], [])

    def reconnected(self, now: int) -> list[Request]:
        """What devices tell of themselves is retained: it comes again unasked."""
        return []

    def _learn(self, mac: str, heard: Heard) -> Understood:
        document = parsed(heard.payload)
        topic, module = text_at(document, "/t"), text_at(document, "/md")
        lexicon = self._lexicons.of(f"{_VENDOR} {module}")
        if not topic or lexicon is None:
            raise Poison("not_tasmota", "a discovery message without a topic")
        if mac not in self._prefixes and len(self._prefixes) >= MAX_DEVICES:
            raise Poison("too_many_devices", f"more than {MAX_DEVICES} devices")
        names = {
            "vendor": _VENDOR,
            "model": module,
            "serial": mac.upper(),
            "firmware": text_at(document, "/sw"),
            "name": text_at(document, "/dn") or text_at(document, "/fn/0") or topic,
        }
        device = _Device(
            device_id(topic),
            lexicon,
            names,
            text_at(document, "/onln") or "Online",
            text_at(document, "/ofln") or "Offline",
        )
        for prefix in self._prefixes.get(mac, ()):
            self._by_prefix.pop(prefix, None)
        self._prefixes[mac] = list(_beginnings(document, topic))
        self._by_prefix.update(dict.fromkeys(self._prefixes[mac], device))
        return Understood([self._of(device, Harvest(), Sign.KNOWN, heard)], [], teaches=True)

    def _said(self, device: _Device, what: str, heard: Heard) -> Said:
        if what == "LWT":
            word = plain(heard.payload)
            sign = {device.online: Sign.ONLINE, device.offline: Sign.OFFLINE}.get(word, Sign.KNOWN)
            return self._of(device, Harvest(), sign, heard)
        sign = Sign.KNOWN if heard.is_retained else Sign.SPOKE
        if what == "INFO1":
            return self._of(_with_info(device, parsed(heard.payload)), Harvest(), sign, heard)
        harvest = Harvest()
        if what in _READ or what.startswith("POWER"):
            values = _values(parsed(heard.payload) if what in _READ else {what: plain(heard.payload)})
            harvest = device.lexicon.harvest(values, device.id, heard.received_at)
        if heard.is_retained:
            leave_out_undated(harvest)
        return self._of(device, harvest, sign, heard)

    def _of(self, device: _Device, harvest: Harvest, sign: Sign, heard: Heard) -> Said:
        bare = DeviceFacts(device.id, device.lexicon.kind, heard.received_at, profile=device.lexicon.profile)
        harvest.facts = msgspec.structs.replace(bare, **device.told)
        return Said(device.id, harvest, sign, None, SILENCE_S)


def _beginnings(document: Any, topic: str) -> Iterator[str]:
    """What the device's telemetry and its answers begin with, by its own pattern for topics and its own words in it."""
    full = text_at(document, "/ft") or "%prefix%/%topic%/"
    for place, usual in _WORDS.items():
        word = text_at(document, f"/tp/{place}") or usual
        yield full.replace("%prefix%", word).replace("%topic%", topic).rstrip("/")


def _values(document: Any) -> list[Named]:
    """Values by name; temperatures and dew points with the unit that the message tells for all of them."""
    unit = text_at(document, "/TempUnit")
    values = flattened(document)
    return [each._replace(unit=unit) if unit and _TEMPERATURE.fullmatch(each.name) else each for each in values]


def _with_info(device: _Device, document: Any) -> _Device:
    """What ``INFO1`` tells at each start, of devices whose discovery is off."""
    news = {"model": text_at(document, "/Info1/Module"), "firmware": text_at(document, "/Info1/Version")}
    return device._replace(told={**device.told, **{key: text for key, text in news.items() if text}})
