"""The controller's side of the wire, small: takes frames, remembers them, acknowledges as told."""

import threading
import time
from collections.abc import Callable
from enum import Enum
from types import TracebackType

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from campus.topics import ALL_STATE, ALL_UP, Address, Leg, parse_topic
from campus.wire.codec import decode_frame, encode_frame
from campus.wire.frame import AckBody, Frame, HelloBody, SamplesBody


class Habit(Enum):
    """What it does with a frame. `DEAF`: nothing, as if it were down. `SILENT`: keeps it and does not say so, but answers
    hellos. `OLD`: acknowledges frames and does not answer hellos."""

    ACKNOWLEDGE = "acknowledge"
    SILENT = "silent"
    OLD = "old"
    DEAF = "deaf"


class AckingController:
    """Subscribes to every agent of one broker. Its memory survives the broker: `connect` again after a restart."""

    def __init__(self, habit: Habit = Habit.ACKNOWLEDGE, clock: Callable[[], int] | None = None) -> None:
        self.habit = habit
        self.clock = clock or _utc_ms
        self.hold_s = 0
        self.hold_backlog_s = 0
        self.frames: dict[tuple[int, int], Frame] = {}
        """Stored frames by (epoch, number), each once."""
        self.arrivals: list[Frame] = []
        """Every frame in order of arrival, repetitions too."""
        self.states: list[bytes] = []
        self._client: paho.Client | None = None
        self._ready = threading.Event()

    def connect(self, port: int) -> None:
        """Connect, and return once the subscriptions stand."""
        self.close()
        self._ready.clear()
        client = paho.Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
        client.on_connect = lambda c, *_: c.subscribe([(ALL_UP, 1), (ALL_STATE, 1)])
        client.on_subscribe = lambda *_: self._ready.set()
        client.on_message = self._take
        client.connect("127.0.0.1", port)
        client.loop_start()
        assert self._ready.wait(10), "the broker did not answer"
        self._client = client

    def close(self) -> None:
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()
            self._client.reinitialise()
            self._client = None

    def __enter__(self) -> "AckingController":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def acknowledge_all(self) -> None:
        """Acknowledge everything stored so far."""
        for frame in list(self.frames.values()):
            self._answer(frame, [(frame.number, frame.number)])

    def say(self, topic: str, payload: bytes) -> None:
        """Publish anything."""
        assert self._client is not None
        self._client.publish(topic, payload, 1)

    def numbers(self) -> list[int]:
        """Numbers of the stored frames, ascending."""
        return sorted(number for _, number in self.frames)

    def hellos(self) -> list[HelloBody]:
        return [frame.body for frame in self.arrivals if isinstance(frame.body, HelloBody)]

    def sample_count(self) -> int:
        """Samples of the stored frames."""
        return sum(frame.body.count for frame in list(self.frames.values()) if isinstance(frame.body, SamplesBody))

    def _take(self, _client: paho.Client, _user: object, message: paho.MQTTMessage) -> None:
        if self.habit is Habit.DEAF:
            return
        if parse_topic(message.topic)[1] is Leg.STATE:
            self.states.append(bytes(message.payload))
            return
        frame = decode_frame(bytes(message.payload))
        self.arrivals.append(frame)
        if isinstance(frame.body, HelloBody):
            if self.habit is not Habit.OLD:
                self._answer(frame, [])
            return
        self.frames.setdefault((frame.epoch, frame.number), frame)
        if self.habit is not Habit.SILENT:
            self._answer(frame, [(frame.number, frame.number)])

    def _answer(self, frame: Frame, runs: list[tuple[int, int]]) -> None:
        body = AckBody(frame.epoch, runs, self.hold_s, self.hold_backlog_s)
        topic = Address(frame.site, frame.agent).topic(Leg.DOWN)
        self.say(topic, encode_frame(Frame(frame.site, frame.agent, 0, 0, self.clock(), body)))


def _utc_ms() -> int:
    return time.time_ns() // 1_000_000
