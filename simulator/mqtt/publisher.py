"""Publishes a school's devices on its own broker, over one real MQTT connection, as a school's IoT gateway does."""

import logging
import random
from collections import Counter
from dataclasses import dataclass

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from simulator.district.device import SimDevice
from simulator.life.fault import FaultName
from simulator.live.district import LiveDistrict
from simulator.mqtt.message import Shape, render, shape_of

KEEPALIVE_S = 30
INTERVAL_S = 7.0
_log = logging.getLogger(__name__)


@dataclass
class _Voice:
    device: SimDevice
    shape: Shape
    due_s: float


class Publisher:
    """One connection for all publishing devices of a school.

    Life: constructed inert; `start` connects in the background and keeps trying; `speak` publishes what is due, from the event
    loop's thread, never blocking; `stop` says goodbye. While the broker is away, what would have been said is counted as unheard.
    """

    def __init__(self, live: LiveDistrict, site: str, host: str, port: int) -> None:
        devices = [device for device in live.life.sites[site].site.devices if device.family.publishes]
        chance = random.Random(site)
        self._live = live
        self._site = site
        self._address = (host, port)
        self._voices = [_Voice(device, shape_of(device), chance.uniform(0, INTERVAL_S)) for device in devices]
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=f"sim-{site}")
        self._client.reconnect_delay_set(min_delay=1, max_delay=5)
        self.counts: Counter[str] = Counter()

    def start(self) -> None:
        """Connect in the background."""
        self._client.connect_async(*self._address, keepalive=KEEPALIVE_S)
        self._client.loop_start()

    def speak(self, now: int, now_s: float) -> None:
        """Publish what is due at `now_s` (monotonic), as of `now` (UTC ms)."""
        row = self._live.row(self._site, now)
        columns = self._live.life.sites[self._site].columns
        for voice in self._voices:
            if voice.due_s > now_s:
                continue
            voice.due_s = max(voice.due_s + INTERVAL_S, now_s)
            payload = self._payload(voice, now)
            if payload is None:
                self.counts["silent"] += 1
                continue
            if not self._client.is_connected():
                self.counts["unheard"] += 1
                continue
            self._client.publish(voice.shape.topic, payload or render(voice.shape, columns, row))
            self.counts["published"] += 1

    def stop(self) -> None:
        """Disconnect; harmless when called twice."""
        self._client.disconnect()
        self._client.loop_stop()

    def _payload(self, voice: _Voice, now: int) -> bytes | None:
        """None for silence, empty for the ordinary message."""
        device = voice.device.id
        if self._live.has(FaultName.SILENT, self._site, device) or not self._live.is_alive(self._site, device, now):
            return None
        return b'{"power": on, \x00garbage' if self._live.has(FaultName.GARBAGE, self._site, device) else b""
