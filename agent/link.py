"""One MQTT connection as the event loop sees it: opened once, used, closed, thrown away.

Owns the seam to paho-mqtt. Keeps no message for a later connection and never reconnects: its user does, with a new one,
so that what is sent again is decided in one place. paho's own thread only hands over.
"""

import asyncio
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from typing import NamedTuple

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from agent.clock import UtcClock
from agent.config import Broker
from agent.unconfirmed import Unconfirmed
from campus.errors import Transient
from campus.tls import tls_context

CONNECT_TIMEOUT_S = 10.0
OPEN_TIMEOUT_S = 15.0
"""Connecting and both answers, CONNACK and SUBACK."""
CLOSE_TIMEOUT_S = 5.0
MAX_INBOX = 10_000
_QOS = 1


class Keep(Enum):
    """Whether the broker keeps a message for those who subscribe later."""

    PASSING = False
    RETAINED = True


class Heard(NamedTuple):
    """A message that arrived, and when (UTC ms)."""

    topic: str
    payload: bytes
    received_at: int
    is_retained: bool = False
    """The broker had kept it from before we subscribed: nobody knows how old it is."""


class Will(NamedTuple):
    """What the broker publishes, retained, when this side vanishes."""

    topic: str
    payload: bytes


class MqttLink:
    """A connection to one broker. `open`, then `receive` in one task and `publish` in any, then `close`."""

    def __init__(self, broker: Broker, client_id: str, clock: UtcClock, will: Will | None = None) -> None:
        self._settings = broker.settings
        self._clock = clock
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=True, reconnect_on_failure=False
        )
        self._client.connect_timeout = CONNECT_TIMEOUT_S
        self._client.max_inflight_messages_set(0)  # the spool's window is the bound
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish
        self._client.on_disconnect = self._on_disconnect
        if self._settings.username:
            password = broker.password.reveal() if broker.password else None
            self._client.username_pw_set(self._settings.username, password)
        if will is not None:
            self._client.will_set(will.topic, will.payload, _QOS, retain=True)
        self._tls = broker.tls
        self._loop: asyncio.AbstractEventLoop | None = None
        self._filters: list[tuple[str, int]] = []
        self._wake = asyncio.Event()
        self._gone = asyncio.Event()
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._ready: asyncio.Future[None] | None = None
        self._inbox: deque[Heard] = deque()
        self._unconfirmed = Unconfirmed()
        self._end = ""
        self.on_confirmed: Callable[[int], None] = _ignore
        """Called in the event loop with what `publish` returned, once the broker has the message; set it before."""
        self.overflowed = 0
        """Messages dropped because the inbox was full: the newest ones."""

    @property
    def name(self) -> str:
        """``host:port``, for sentences."""
        return f"{self._settings.host}:{self._settings.port}"

    async def open(self, filters: list[str]) -> None:
        """Connect and subscribe to `filters` at QoS 1.

        Raises `Transient` when the broker is away, refuses or does not answer in time; `ConfigError` for TLS files that do
        not work.
        """
        self._loop = asyncio.get_running_loop()
        self._ready = self._loop.create_future()
        self._filters = [(topic, _QOS) for topic in filters]
        if self._tls is not None:
            self._client.tls_set_context(tls_context(self._tls))
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                await asyncio.to_thread(
                    self._client.connect, self._settings.host, self._settings.port, self._settings.keepalive_s
                )
                self._client.loop_start()
                await self._ready
        except (OSError, ValueError) as error:  # TimeoutError and ssl.SSLError are OSErrors
            raise Transient(f"the broker at {self.name} cannot be reached: {error or 'no answer in time'}") from error

    def publish(self, topic: str, payload: bytes, keep: Keep = Keep.PASSING) -> int:
        """Hand a message to paho at QoS 1; its id on this connection. Arrival is not waited for.

        `Transient` when the connection is gone, or as good as: the broker has confirmed nothing for very long.
        """
        self.check()
        sent = self._client.publish(topic, payload, _QOS, retain=keep.value)
        if sent.rc != paho.MQTT_ERR_SUCCESS:
            raise Transient(f"the connection to the broker at {self.name} ended: {paho.error_string(sent.rc)}")
        self._quiet.clear()
        self._unconfirmed.send(sent.mid, len(payload), time.monotonic())  # `_confirm` runs in a later turn of this loop
        return sent.mid

    def check(self) -> None:
        """`Transient` when the connection has ended or the broker confirms nothing any more (`agent.unconfirmed`)."""
        if self._end:
            raise Transient(self._end)
        if self._unconfirmed.is_hopeless(time.monotonic()):
            raise Transient(
                f"the broker at {self.name} confirms nothing any more, {self._unconfirmed.size_bytes} bytes are on the way"
            )

    async def receive(self) -> list[Heard]:
        """All that arrived since the last call, at least one; `Transient` once the connection has ended."""
        while not self._inbox:
            if self._end:
                raise Transient(self._end)
            self._wake.clear()
            if not self._inbox and not self._end:
                await self._wake.wait()
        return [self._inbox.popleft() for _ in range(len(self._inbox))]

    async def flush(self, timeout_s: float) -> None:
        """Wait until the broker has confirmed everything, the connection has ended, or `timeout_s` is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._quiet.wait()

    async def close(self) -> None:
        """Say goodbye (the will is not published) and end paho's thread; harmless when called twice."""
        self._end = self._end or "closed"
        self._wake.set()
        if self._client.is_connected():
            self._client.disconnect()
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    await self._gone.wait()
        line = self._client.socket()
        if isinstance(line, socket.socket):  # the peer takes no bytes: paho's thread ends with its socket
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        await asyncio.to_thread(self._client.loop_stop)
        self._client.reinitialise()  # the one public call that closes the pair of sockets paho wakes its thread with

    # --- in paho's thread ---

    def _on_connect(
        self, client: paho.Client, _user: object, _flags: object, reason: ReasonCode, _p: Properties | None
    ) -> None:
        if reason.is_failure:
            self._finish(f"the broker at {self.name} refuses us: {reason}")
        elif self._filters:
            client.subscribe(self._filters)
        else:
            self._hand_over(self._settle)

    def _on_subscribe(self, _c: paho.Client, _u: object, _mid: int, reasons: list[ReasonCode], _p: object) -> None:
        refused = [reason for reason in reasons if reason.is_failure]
        if refused:
            self._finish(f"the broker at {self.name} refuses our subscription: {refused[0]}")
        else:
            self._hand_over(self._settle)

    def _on_message(self, _client: paho.Client, _user: object, message: paho.MQTTMessage) -> None:
        if len(self._inbox) >= MAX_INBOX:
            self.overflowed += 1
            return
        self._inbox.append(Heard(message.topic, bytes(message.payload), self._clock(), message.retain))
        self._hand_over(self._wake.set)

    def _on_publish(self, _c: paho.Client, _u: object, mid: int, _reason: ReasonCode, _p: Properties | None) -> None:
        self._hand_over(lambda: self._confirm(mid))

    def _on_disconnect(self, _c: paho.Client, _u: object, _flags: object, reason: ReasonCode, _p: object) -> None:
        self._hand_over(self._leave)
        self._finish(f"the connection to the broker at {self.name} ended: {reason}")

    def _finish(self, sentence: str) -> None:
        self._end = self._end or sentence
        self._hand_over(self._settle)

    def _hand_over(self, step: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody is left to tell
            if self._loop is not None:
                self._loop.call_soon_threadsafe(step)

    # --- in the event loop ---

    def _confirm(self, mid: int) -> None:
        self._unconfirmed.confirm(mid, time.monotonic())
        if not self._unconfirmed:
            self._quiet.set()
        self.on_confirmed(mid)

    def _leave(self) -> None:
        self._gone.set()
        self._quiet.set()

    def _settle(self) -> None:
        self._wake.set()
        if self._ready is not None and not self._ready.done():
            if self._end:
                self._ready.set_exception(Transient(self._end))
            else:
                self._ready.set_result(None)


def _ignore(_message: int) -> None:
    """Nobody waits for confirmations."""
