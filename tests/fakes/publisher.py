"""A device that publishes what a test says."""

from types import TracebackType

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion


class Publisher:
    """A connected MQTT client; `say` returns when the broker has confirmed, unless told not to wait."""

    def __init__(self, port: int) -> None:
        self._client = paho.Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
        self._client.max_inflight_messages_set(0)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def say(self, topic: str, payload: bytes, *, retain: bool = False, wait: bool = True) -> None:
        said = self._client.publish(topic, payload, 1, retain=retain)
        if wait:
            said.wait_for_publish(30)

    def __enter__(self) -> "Publisher":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        self._client.reinitialise()
