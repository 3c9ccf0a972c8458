"""A school whose agent sends frame after frame, as fast as they are acknowledged."""

import threading

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from campus.ids import Instance, MetricId
from campus.samples import Sample, SeriesKey
from campus.topics import Leg
from campus.wire.codec import decode_frame, encode_frame
from campus.wire.frame import AckBody, Body, FactsBody, Frame
from campus.wire.pack import pack_samples
from controller.clock import utc_ms
from tests.servers.mosquitto import Mosquitto
from tests.support.district import HOUR_MS, KITCHEN, NO_1, address_of, school_facts

ADDRESS = address_of(NO_1)
KEY = SeriesKey(KITCHEN, MetricId("temperature_cel"), Instance("freezer-1"))
SAMPLES_EACH = 500
MOST_UNDER_WAY = 200


class BusySchool:
    """Sends frames as fast as they are acknowledged, and notes when the controller said that each is stored."""

    def __init__(self, broker: Mosquitto) -> None:
        self.acknowledged: dict[int, int] = {}
        """By frame number the controller's clock."""
        self.sent = 0
        """The number of the last frame; the first has facts, each other one `SAMPLES_EACH` samples, a millisecond apart."""
        self._ending = threading.Event()
        self.started_at = utc_ms() - 3 * HOUR_MS
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="busy-school")
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", broker.port)
        self._client.subscribe(ADDRESS.topic(Leg.DOWN), 1)
        self._client.loop_start()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def leave(self) -> None:
        """Send no more."""
        self._ending.set()
        self._thread.join(20)
        self._client.disconnect()
        self._client.loop_stop()

    def _run(self) -> None:
        self.sent, facts = 1, self._frame(1, FactsBody(school_facts(NO_1)))
        self._client.publish(*facts, qos=1)
        while 1 not in self.acknowledged and not self._ending.wait(0.2):  # the controller may not listen yet
            self._client.publish(*facts, qos=1)
        while not self._ending.is_set():
            if self.sent - len(self.acknowledged) >= MOST_UNDER_WAY:
                self._ending.wait(0.01)
                continue
            at = self.started_at + self.sent * SAMPLES_EACH
            self.sent += 1
            body = pack_samples([Sample(KEY, at + number, -18.0) for number in range(SAMPLES_EACH)])
            self._client.publish(*self._frame(self.sent, body), qos=1)

    def _frame(self, number: int, body: Body) -> tuple[str, bytes]:
        return ADDRESS.topic(Leg.UP), encode_frame(Frame(NO_1, ADDRESS.agent, 1, number, utc_ms(), body))

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        frame = decode_frame(bytes(message.payload))
        if isinstance(frame.body, AckBody):
            for first, last in frame.body.runs:
                for number in range(first, last + 1):
                    self.acknowledged.setdefault(number, frame.sent_at)
