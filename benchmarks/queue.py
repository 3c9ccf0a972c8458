"""Filling a broker's queue before the clock runs."""

import time
from collections.abc import Sequence

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.servers import wait_until
from campus.topics import ALL_STATE, ALL_UP

_IN_FLIGHT = 200


def reserve_session(port: int, client_id: str, topics: Sequence[str] = (ALL_UP, ALL_STATE)) -> None:
    """Make a fresh persistent session that the broker will queue for."""
    for clean in (True, False):
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=clean, manual_ack=True)
        subscribed: list[int] = []
        client.on_subscribe = lambda *_: subscribed.append(1)  # noqa: B023 - used before the next turn
        client.connect("127.0.0.1", port)
        client.loop_start()
        if not clean:
            wait_until(client.is_connected, "the broker")
            client.subscribe([(topic, 1) for topic in topics])
            wait_until(lambda: bool(subscribed), "the subscription")  # noqa: B023 - as above
        else:
            wait_until(client.is_connected, "the broker")
        client.disconnect()
        client.loop_stop()


def publish(port: int, messages: Sequence[tuple[str, bytes]]) -> None:
    """Publish with QoS 1 and return when the broker has acknowledged all."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(_IN_FLIGHT)
    client.connect("127.0.0.1", port)
    client.loop_start()
    infos = []
    for topic, payload in messages:
        infos.append(client.publish(topic, payload, qos=1))
        while len(infos) > 10 * _IN_FLIGHT and not infos[-10 * _IN_FLIGHT].is_published():
            time.sleep(0.001)
    for info in infos:
        info.wait_for_publish(60)
    client.disconnect()
    client.loop_stop()
