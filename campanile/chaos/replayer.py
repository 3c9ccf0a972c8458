"""A client beside the broker that says old things again: frames it overheard, in any order, at any time."""

import random
from collections import deque
from typing import Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from campus.topics import ALL_UP

REMEMBERED: Final = 3_000


class Replayer:
    """Life: inert; `start` at a broker (again at another one), `stop`. What it overheard it keeps over all brokers."""

    def __init__(self) -> None:
        self._overheard: deque[tuple[str, bytes]] = deque(maxlen=REMEMBERED)
        self._client: paho.Client | None = None

    def start(self, host: str, port: int) -> None:
        """Listen in the background and keep trying."""
        self.stop()
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id="chaos-replayer", clean_session=True)
        client.reconnect_delay_set(min_delay=1, max_delay=2)
        client.on_connect = lambda client, *_: client.subscribe(ALL_UP, 1)
        client.on_message = lambda _client, _data, message: self._hear(message)
        client.connect_async(host, port)
        client.loop_start()
        self._client = client

    def repeat(self, dice: random.Random, count: int) -> int:
        """Publish up to `count` old frames in random order, some of them twice; how many."""
        if self._client is None or not self._client.is_connected() or not self._overheard:
            return 0
        chosen = dice.choices(list(self._overheard), k=count)
        for topic, payload in chosen:
            self._client.publish(topic, payload, qos=1)
        return len(chosen)

    def _hear(self, message: paho.MQTTMessage) -> None:
        self._overheard.append((message.topic, bytes(message.payload)))

    def stop(self) -> None:
        """Leave; harmless when called twice."""
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()
            self._client = None
