"""Step 7 of a sample's path: a persistent MQTT session that acknowledges only what ingest has settled.

The client's own thread does nothing but ask at the door whether a message is taken and put it into the inbox. When that is
full the thread waits, the socket fills, and the broker holds the rest: back-pressure reaches the agents' spools. Beside the
inbox the client holds one message that is being read, and what is to be sent: receipts, at most as many as are due, and
`MOST_WAITING_BYTES` of acknowledgements.
"""

import logging
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from campus.errors import ConfigError, Poison
from campus.topics import ALL_STATE, ALL_UP, Address, Leg, parse_topic
from controller.ingest.buffered_client import BufferedClient, publish_packet, receipt_packet
from controller.ingest.counters import IngestCounters
from controller.ingest.group import Arrived
from controller.ingest.inbox import Inbox

QUEUE_FRAMES: Final = 8_000
UNSETTLED_BYTES: Final = 48 << 20
"""Payloads received and not committed yet, wherever they are."""
DUE_RECEIPTS: Final = 20_000
"""Messages of which the broker has not been told yet; those refused at the door are behind those that are being stored."""
TOPICS_KEPT: Final = 4_096
STRANGE_TOPICS_LOGGED: Final = 100
QOS: Final = 1
KEEPALIVE_S: Final = 60
CONNECT_TIMEOUT_S: Final = 10.0
MOST_WAITING_MESSAGES: Final = 1_000
"""To agents, that the broker has not confirmed."""
MOST_WAITING_BYTES: Final = 4 << 20
_PUT_TIMEOUT_S: Final = 0.5
_log = logging.getLogger(__name__)

Admits = Callable[[Address, Leg, int], bool]
"""Whether a message of so many bytes that has just come is taken; asked for each, so it must be cheap."""


@dataclass(frozen=True)
class BrokerAddress:
    """Where the central broker is and how to sign in. `tls` None means a plain connection."""

    host: str
    port: int
    client_id: str = "campanile-controller"
    username: str = ""
    password: str = ""
    tls: ssl.SSLContext | None = None


class _Receipt(NamedTuple):
    connection: int
    message: int
    qos: int


class _Receipts:
    """Gives receipts back in the order their messages came, as MQTT demands of a client (3.1.1, 4.6.0-2).

    Mosquitto forgives another order; rumqttd ends the connection.
    """

    def __init__(self) -> None:
        self._due: deque[_Receipt] = deque()
        self._settled: set[_Receipt] = set()
        self._lock = threading.Lock()

    def begin(self) -> None:
        """A new connection: what the last one did not acknowledge will come again."""
        with self._lock:
            self._due.clear()
            self._settled.clear()

    @property
    def due(self) -> int:
        """How many are still to be given back."""
        return len(self._due)

    def note(self, receipt: _Receipt) -> None:
        """A message came."""
        with self._lock:
            self._due.append(receipt)

    def settle(self, receipts: Iterable[_Receipt]) -> list[_Receipt]:
        """Messages are dealt with; those that may be acknowledged now, in order."""
        with self._lock:
            self._settled.update(receipts)
            ready = []
            while self._due and self._due[0] in self._settled:
                ready.append(self._due.popleft())
            self._settled.difference_update(ready)
            return ready


class Subscriber:
    """One session on the central broker. `start` dials and keeps dialling; `stop` leaves the session on the broker."""

    def __init__(
        self, broker: BrokerAddress, counters: IngestCounters, clock: Callable[[], int], admits: Admits
    ) -> None:
        self._broker = broker
        self._counters = counters
        self._clock = clock
        self._admits = admits
        self._inbox: Inbox[Arrived | StateMessage] = Inbox(QUEUE_FRAMES, UNSETTLED_BYTES)
        self._client: BufferedClient | None = None
        self._connection = 0
        self._receipts = _Receipts()
        self._giving_back = threading.Lock()
        """Two threads give receipts back: what is stored, and what is turned away. The order must hold over both."""
        self._is_connected = threading.Event()
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin to connect in the background; a broker that is away is dialled again until it is there."""
        broker = self._broker
        client = BufferedClient(
            CallbackAPIVersion.VERSION2,
            client_id=broker.client_id,
            clean_session=False,
            protocol=mqtt.MQTTv311,
            manual_ack=True,
        )
        client.max_queued_messages_set(MOST_WAITING_MESSAGES)
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.reconnect_delay_set(min_delay=1, max_delay=30)
        if broker.username:
            client.username_pw_set(broker.username, broker.password)
        if broker.tls is not None:
            client.tls_set_context(broker.tls)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        self._stopping.clear()
        try:
            client.connect_async(broker.host, broker.port, keepalive=KEEPALIVE_S)
        except ValueError as error:
            raise ConfigError(f"broker {broker.host}:{broker.port}: {error}") from error
        self._client = client
        client.loop_start()

    @property
    def is_connected(self) -> bool:
        """Whether the broker has accepted the session."""
        return self._is_connected.is_set()

    @property
    def waiting(self) -> int:
        """Messages received and not taken yet."""
        return self._inbox.waiting

    @property
    def unsettled_bytes(self) -> int:
        """Bytes received and not settled yet."""
        return self._inbox.unsettled_bytes

    @property
    def fill(self) -> float:
        """How full the inbox is; 1.0 is full."""
        return self._inbox.fill

    @property
    def lag_s(self) -> float:
        """How long the oldest message not taken yet has waited."""
        oldest_at = self._inbox.oldest_at
        return max(0, self._clock() - oldest_at) / 1000 if oldest_at else 0.0

    def receive(self, timeout_s: float) -> "Arrived | StateMessage | None":
        """The next message, None when none came in time. One thread."""
        return self._inbox.get(timeout_s)

    def acknowledge(self, arrived: Iterable[Arrived]) -> None:
        """Let the broker forget messages. Those of a connection that has ended will come again and are recognised."""
        dealt_with = list(arrived)
        self._inbox.settle(sum(len(one.payload) for one in dealt_with))
        client = self._client
        if client is None:
            return
        receipts = [one.receipt for one in dealt_with if isinstance(one.receipt, _Receipt)]
        settled = [receipt for receipt in receipts if receipt.connection == self._connection]
        with self._giving_back:
            ready = self._receipts.settle(settled)
            client.send_together([receipt_packet(receipt.message) for receipt in ready if receipt.qos])

    def publish(self, address: Address, payload: bytes) -> None:
        """Send a frame down to an agent, once there is a connection; dropped, and counted, when too many wait for that."""
        if self._client is not None:
            sent = self._client.publish(address.topic(Leg.DOWN), payload, qos=QOS)
            self._counters.down_dropped += sent.rc == mqtt.MQTT_ERR_QUEUE_SIZE

    def publish_together(self, frames: Sequence[tuple[Address, bytes]]) -> bool:
        """Send many frames down with QoS 0: acknowledgements, of which a lost one costs one repetition by its agent.

        One that the broker must confirm would cost a third of our time. Tells whether they were taken: without a connection,
        and while too much waits, all are dropped and counted.
        """
        packets = [publish_packet(_topic_down(address), payload) for address, payload in frames]
        client = self._client
        is_taken = client is not None and client.waiting_bytes < MOST_WAITING_BYTES and client.send_together(packets)
        if not is_taken:
            self._counters.down_dropped += len(frames)
        return is_taken

    def stop(self, linger_s: float = 0.0) -> None:
        """Leave, after at most `linger_s` for what is still to be sent; harmless when called twice."""
        self._stopping.set()
        client, self._client = self._client, None
        if client is None:
            return
        deadline = time.monotonic() + linger_s
        while client.want_write() and time.monotonic() < deadline:
            time.sleep(0.01)
        client.disconnect()
        client.loop_stop()
        self._is_connected.clear()

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        if reason.is_failure:
            _log.warning("broker refuses the session", extra={"reason": str(reason)})
            return
        self._connection += 1
        self._receipts.begin()
        self._counters.connections += 1
        client.subscribe([(ALL_UP, QOS), (ALL_STATE, QOS)])
        self._is_connected.set()
        _log.info("connected to the broker", extra={"host": self._broker.host, "port": self._broker.port})

    def _on_disconnect(
        self, _client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any
    ) -> None:
        if self._is_connected.is_set() and not self._stopping.is_set():
            self._counters.disconnections += 1
            _log.warning("lost the broker", extra={"reason": str(reason)})
        self._is_connected.clear()

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        receipt = _Receipt(self._connection, message.mid, message.qos)
        self._receipts.note(receipt)
        try:
            self._take(message, receipt)
        except Exception:  # noqa: BLE001 - the edge of paho's thread, which it would end: nothing would come any more
            _log.exception("a message could not be taken; its agent will send it again")
            self._counters.unexpected["receive"] += 1
            self._turn_away(receipt)

    def _take(self, message: mqtt.MQTTMessage, receipt: _Receipt) -> None:
        try:
            address, leg = _topic(message.topic)
        except (Poison, UnicodeDecodeError) as error:
            self._counters.frames_dropped["bad_topic"] += 1
            if self._counters.frames_dropped["bad_topic"] <= STRANGE_TOPICS_LOGGED:
                _log.warning("message on a strange topic", extra={"detail": str(error)})
            self._turn_away(receipt)
            return
        payload = bytes(message.payload)
        if not self._admits(address, leg, len(payload)):
            self._turn_away(receipt)
            return
        arrived = Arrived(address, payload, self._clock(), receipt)
        item = StateMessage(arrived) if leg is Leg.STATE else arrived
        while not self._inbox.put(item, len(payload), arrived.received_at, _PUT_TIMEOUT_S):
            if self._stopping.is_set():
                return

    def _turn_away(self, receipt: _Receipt) -> None:
        """The broker may forget a message that is not taken; receipts that cannot be given back yet are bounded too."""
        self.acknowledge([Arrived(None, b"", 0, receipt)])
        while self._receipts.due >= DUE_RECEIPTS and not self._stopping.wait(_PUT_TIMEOUT_S):
            continue


_topic = lru_cache(TOPICS_KEPT)(parse_topic)


@lru_cache(TOPICS_KEPT)
def _topic_down(address: Address) -> str:
    return address.topic(Leg.DOWN)


class StateMessage(NamedTuple):
    """A message of a ``state`` topic."""

    arrived: Arrived
