"""Devices of makers of the market in one school, which nobody has configured: they are there now and have no simulated past.

An edge node with two sensors that speaks Sparkplug B, a plug with the firmware Tasmota, and four Zigbee devices behind
Zigbee2MQTT. Each of the three has its own connection with its last will, as the real ones have.
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from simulator.life.fault import FaultName
from simulator.live.district import LiveDistrict
from simulator.mqtt import sparkplug
from simulator.mqtt.sparkplug import Told

INTERVAL_S = 10.0
KEEPALIVE_S = 10
_DAY_MS = 86_400_000
_MAC = "A8032ABE54DC"
_ZIGBEE = (
    # address, name, vendor, model, units
    ("0x00158d0001a2b301", "301教室温湿度", "Aqara", "WSDCGQ11LM", {"temperature": "°C", "humidity": "%", "battery": "%"}),
    ("0x00158d0001a2b302", "档案室门磁", "Aqara", "MCCGQ11LM", {"battery": "%"}),
    ("0x00158d0001a2b303", "机房漏水", "Aqara", "SJCGQ11LM", {"battery": "%"}),
    ("0xa4c138000000d404", "图书馆充电柜插座", "TuYa", "TS011F_plug_1", {"power": "W", "energy": "kWh", "voltage": "V"}),
)  # fmt: skip


def _daily(now: int, middle: float, swing: float, peak_h: float = 14.0) -> float:
    """A number that goes up and down once a day, highest at `peak_h` in China."""
    hours = (now / 3_600_000 + 8.0) % 24
    return round(middle + swing * math.cos((hours - peak_h) / 24 * 2 * math.pi), 2)


@dataclass
class _Guest:
    """One connection: its client, what it says at every turn and what at first, and when it speaks next."""

    client: Client
    speak: Callable[[Client, int], None]
    greet: Callable[[Client, int], None]
    due_s: float = 0.0
    greeted: bool = False


class Guests:
    """Life as `simulator.mqtt.publisher.Publisher`'s. Without power the guests say nothing."""

    def __init__(self, live: LiveDistrict, site: str, host: str, port: int) -> None:
        self._live = live
        self._site = site
        self._address = (host, port)
        node = _Node(site)
        self._guests = [
            _Guest(_client(site, "edge", *node.will()), node.speak, node.greet),
            _Guest(_client(site, "plug", "tele/plug-water/LWT", b"Offline"), _speak_plug, _greet_plug),
            _Guest(
                _client(site, "zigbee", "zigbee2mqtt/bridge/state", b'{"state":"offline"}'),
                _speak_zigbee,
                _greet_zigbee,
            ),
        ]
        node.hear(self._guests[0].client)
        for guest in self._guests:
            guest.client.on_disconnect = lambda *_, guest=guest: setattr(guest, "greeted", False)
        self.counts: Counter[str] = Counter()

    def start(self) -> None:
        """Connect in the background."""
        for guest in self._guests:
            guest.client.connect_async(*self._address, keepalive=KEEPALIVE_S)
            guest.client.loop_start()

    def speak(self, now: int, now_s: float) -> None:
        """Publish what is due at `now_s` (monotonic), as of `now` (UTC ms)."""
        if self._live.has(FaultName.POWER_LOSS, self._site):
            return
        for guest in self._guests:
            if guest.due_s > now_s or not guest.client.is_connected():
                continue
            guest.due_s = max(guest.due_s + INTERVAL_S, now_s)
            if not guest.greeted:
                guest.greeted = True
                guest.greet(guest.client, now)
            guest.speak(guest.client, now)
            self.counts["guest_messages"] += 1

    def stop(self) -> None:
        """Disconnect; harmless when called twice."""
        for guest in self._guests:
            guest.client.disconnect()
            guest.client.loop_stop()


class _Node:
    """The Sparkplug edge node. It tells its births when it connects, and when a host asks for them."""

    def __init__(self, site: str) -> None:
        self._site = site
        self._seq = 0
        self._is_asked = False

    def will(self) -> tuple[str, bytes]:
        """Topic and payload of its death."""
        return self._topic("NDEATH"), sparkplug.birth([Told("bdSeq", 0)], 0, None)

    def hear(self, client: Client) -> None:
        """Take the command to tell the births again."""
        client.on_connect = lambda c, *_: c.subscribe(self._topic("NCMD"), 1)
        client.on_message = self._obey

    def greet(self, client: Client, now: int) -> None:
        """The births of the node and its devices."""
        self._is_asked = False
        self._seq = 0
        about = [
            Told("bdSeq", 0),
            Told("Node Control/Rebirth", value=False),
            Told("Properties/Hardware Make", "Milesight"),
            Told("Properties/Hardware Model", "UG65"),
            Told("Uptime", now // 1000 % 1_000_000, alias=1),
        ]
        client.publish(self._topic("NBIRTH"), sparkplug.birth(about, now, self._seq), 1)
        for device, told in _sensors(now).items():
            model = Told("Properties/Hardware Model", "EM300-TH" if device == "cold-room" else "AM319")
            client.publish(self._topic("DBIRTH", device), sparkplug.birth([*told, model], now, self._next()), 1)

    def speak(self, client: Client, now: int) -> None:
        """What the sensors measure now."""
        if self._is_asked:
            self.greet(client, now)
        for device, told in _sensors(now).items():
            client.publish(self._topic("DDATA", device), sparkplug.data(told, now, self._next()))

    def _obey(self, _client: Client, _user: object, _command: MQTTMessage) -> None:
        self._is_asked = True

    def _next(self) -> int:
        self._seq = (self._seq + 1) % 256
        return self._seq

    def _topic(self, kind: str, device: str = "") -> str:
        return "/".join(filter(None, ("spBv1.0", self._site, kind, "plant-room", device)))


def _sensors(now: int) -> dict[str, Sequence[Told]]:
    return {
        "air-301": (
            Told("Temperature", _daily(now, 22.0, 3.0), 10, "°C"),
            Told("Humidity", _daily(now, 48.0, -8.0), 11, "%"),
            Told("CO2", _daily(now, 780.0, 340.0, 11.0), 12, "ppm"),
            Told("PM2.5", _daily(now, 24.0, 9.0, 18.0), 13, "µg/m³"),
            Told("Illuminance", max(0.0, _daily(now, 180.0, 260.0, 12.0)), 14, "lx"),
        ),
        "cold-room": (
            Told("Temperature", _daily(now, 39.2, 1.1), 20, "°F"),
            Told("Door Open", value=False, alias=21),
        ),
    }


def _greet_plug(client: Client, _now: int) -> None:
    about = {
        "ip": "10.1.1.77",
        "dn": "饮水机插座",
        "fn": ["Water heater"],
        "hn": "plug-water",
        "mac": _MAC,
        "md": "Sonoff S31",
        "ofln": "Offline",
        "onln": "Online",
        "sw": "14.3.0",
        "t": "plug-water",
        "ft": "%prefix%/%topic%/",
        "tp": ["cmnd", "stat", "tele"],
    }
    _tell(client, f"tasmota/discovery/{_MAC}/config", about, retain=True)
    client.publish("tele/plug-water/LWT", b"Online", 1, retain=True)


def _speak_plug(client: Client, now: int) -> None:
    is_heating = now // 300_000 % 3 == 0
    power = 1350 if is_heating else 2
    energy = {"Total": round(now / 3_600_000 % 1e5 * 0.45, 3), "Power": power, "Voltage": 228, "Current": power / 228}
    _tell(
        client, "tele/plug-water/STATE", {"UptimeSec": now // 1000 % 1_000_000, "POWER": "ON", "Wifi": {"Signal": -58}}
    )
    _tell(client, "tele/plug-water/SENSOR", {"Time": "2026-01-01T00:00:00", "ENERGY": energy})


def _greet_zigbee(client: Client, _now: int) -> None:
    listed = [
        {
            "ieee_address": address,
            "type": "Router" if "plug" in model else "EndDevice",
            "friendly_name": name,
            "definition": {
                "vendor": vendor,
                "model": model,
                "exposes": [{"property": what, "unit": unit} for what, unit in units.items()],
            },
        }
        for address, name, vendor, model, units in _ZIGBEE
    ]
    _tell(client, "zigbee2mqtt/bridge/state", {"state": "online"}, retain=True)
    _tell(client, "zigbee2mqtt/bridge/devices", listed, retain=True)
    for _, name, *_rest in _ZIGBEE:
        _tell(client, f"zigbee2mqtt/{name}/availability", {"state": "online"}, retain=True)


def _speak_zigbee(client: Client, now: int) -> None:
    climate, door, leak, plug = (name for _, name, *_rest in _ZIGBEE)
    aired = {
        "temperature": _daily(now, 21.0, 2.5),
        "humidity": _daily(now, 50.0, -6.0),
        "battery": 87,
        "linkquality": 112,
    }
    _tell(client, f"zigbee2mqtt/{climate}", aired)
    _tell(client, f"zigbee2mqtt/{door}", {"contact": now // 600_000 % 6 != 0, "battery": 93, "linkquality": 76})
    _tell(client, f"zigbee2mqtt/{leak}", {"water_leak": False, "battery": 64, "linkquality": 58})
    total = {"power": _daily(now, 210.0, 160.0, 12.0), "energy": round(now / _DAY_MS % 1e4 * 1.9, 2), "voltage": 229}
    _tell(client, f"zigbee2mqtt/{plug}", {"state": "ON", "linkquality": 140, **total})


def _tell(client: Client, topic: str, body: object, *, retain: bool = False) -> None:
    client.publish(topic, json.dumps(body, ensure_ascii=False).encode(), 1, retain=retain)


def _client(site: str, name: str, topic: str, will: bytes) -> Client:
    client = Client(CallbackAPIVersion.VERSION2, client_id=f"sim-{site}-{name}")
    client.will_set(topic, will, 1, retain=not topic.startswith("spBv1.0"))
    client.reconnect_delay_set(min_delay=1, max_delay=5)
    return client
