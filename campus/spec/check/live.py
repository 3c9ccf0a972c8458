"""Messages from a live topic. The only part of the checker that knows MQTT.

MQTT 5 is tried first, because only there a subscriber may ask to see the retain flag as it was published; a broker that
does not speak it is asked again in 3.1.1.
"""

import queue
import ssl
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.subscribeoptions import SubscribeOptions

from campus.errors import ConfigError
from campus.spec.check.message import Message

CONNECT_TIMEOUT_S = 10.0
_POLL_S = 0.2
_BACKLOG = 10_000
"""Messages waiting to be judged; past that the client's thread waits, and the broker with it."""


@dataclass(frozen=True)
class Subscription:
    """Where and how long to listen; `seconds` and `count` end it, whichever comes first."""

    host: str
    port: int
    topic: str
    seconds: float
    count: int | None = None
    username: str | None = None
    password_file: Path | None = None
    tls_ca: Path | None = None


def hear_messages(subscription: Subscription) -> Generator[Message, None, None]:
    """Every message as it arrives; `ConfigError` when the broker cannot be reached or refuses."""
    listener = _connected(subscription)
    try:
        yield from listener.messages(subscription.seconds, subscription.count)
    finally:
        listener.close()


def _connected(subscription: Subscription) -> "_Listener":
    listener = _Listener(subscription, MQTTProtocolVersion.MQTTv5)
    refusal = listener.connect()
    if refusal and listener.is_version_refused:
        listener.close()
        listener = _Listener(subscription, MQTTProtocolVersion.MQTTv311)
        refusal = listener.connect()
    if refusal:
        listener.close()
        raise ConfigError(f"{subscription.host}:{subscription.port}: {refusal}")
    return listener


class _Listener:
    def __init__(self, subscription: Subscription, version: MQTTProtocolVersion) -> None:
        self._subscription = subscription
        self._version = version
        self._heard: queue.Queue[Message] = queue.Queue(_BACKLOG)
        self._answers: queue.Queue[str] = queue.Queue()
        self._is_closed = threading.Event()
        self.is_version_refused = False
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=version)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def connect(self) -> str:
        """Connect and subscribe; gives what was refused, empty when nothing was."""
        try:
            self._authenticate()
            self._client.connect_timeout = CONNECT_TIMEOUT_S
            self._client.connect(self._subscription.host, self._subscription.port)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            return f"cannot connect: {reason}. Does a broker listen there?"
        self._client.loop_start()
        try:
            return self._answers.get(timeout=CONNECT_TIMEOUT_S)
        except queue.Empty:
            return f"no answer within {CONNECT_TIMEOUT_S:.0f} s"

    def messages(self, seconds: float, count: int | None) -> Iterator[Message]:
        """As they come, until time or number is reached."""
        deadline, heard = time.monotonic() + seconds, 0
        while time.monotonic() < deadline and (count is None or heard < count):
            with suppress(queue.Empty):
                yield self._heard.get(timeout=min(_POLL_S, max(0.0, deadline - time.monotonic())))
                heard += 1

    def close(self) -> None:
        """Leave; harmless when never connected."""
        self._is_closed.set()
        self._client.disconnect()
        self._client.loop_stop()

    def _authenticate(self) -> None:
        asked = self._subscription
        if asked.username:
            password = asked.password_file.read_text(encoding="utf-8").strip() if asked.password_file else None
            self._client.username_pw_set(asked.username, password)
        if asked.tls_ca:
            self._client.tls_set_context(ssl.create_default_context(cafile=str(asked.tls_ca)))

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if code.is_failure:
            self.is_version_refused = "protocol version" in str(code).lower()
            self._answers.put(f"the broker refuses: {code}")
            return
        options = SubscribeOptions(qos=1, retainAsPublished=True)
        try:
            if self._version == MQTTProtocolVersion.MQTTv5:
                client.subscribe(self._subscription.topic, options=options)
            else:
                client.subscribe(self._subscription.topic, qos=1)
        except ValueError as error:
            self._answers.put(f"cannot listen on {self._subscription.topic!r}: {error}")

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        # A 3.1.1 broker may close the door on a version it does not know without a word (MQTT 3.1.1, [MQTT-3.1.2-2]).
        self.is_version_refused = True
        self._answers.put(f"the broker closed the connection: {code}")

    def _on_subscribe(self, _client: Any, _data: Any, _mid: int, codes: list[Any], _properties: Any) -> None:
        refused = [str(code) for code in codes if code.is_failure]
        self._answers.put(f"may not listen on {self._subscription.topic}: {refused[0]}" if refused else "")

    def _on_message(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        knows_flag = self._version == MQTTProtocolVersion.MQTTv5 or message.retain
        heard = Message(
            payload=bytes(message.payload),
            topic=message.topic,
            qos=message.qos,
            is_retained=bool(message.retain) if knows_flag else None,
            received_at=time.time_ns() // 1_000_000,
        )
        while not self._is_closed.is_set():
            with suppress(queue.Full):
                self._heard.put(heard, timeout=_POLL_S)
                return
