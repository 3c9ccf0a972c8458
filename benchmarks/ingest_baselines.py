"""What the ingest benchmark is compared with: other ways to bring the very same samples of the very same series to a disk.

One JSON message for each sample is what most device platforms send. Its consumer here is as good as that form allows:
orjson, series looked up in a dictionary that is there already, rows written in groups to our own store and judged by our
own alert engine under the same rules, acknowledged after the durable write, a group at a time.
"""

import queue
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import orjson
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.district import District
from benchmarks.ingest_load import Clock, Load, Loads, verify
from benchmarks.queue import publish, reserve_session
from benchmarks.servers import Server
from benchmarks.telemetry import School
from campus.ids import SiteId
from campus.samples import SeriesKey
from campus.wire.codec import decode_frame
from campus.wire.columns import read_columns, read_dictionary
from campus.wire.frame import SamplesBody
from controller.ingest.port import Committed
from controller.store.port import Batch

TOPIC = "telemetry"
CLIENT_ID = "benchmark-json"
TIMEOUT_S = 120.0
SWITCH_INTERVAL_S = 0.005
"""Python's own: two threads of a consumer hinder each other less with it than with the controller's."""

SeriesWord = tuple[str, str, str, str]
"""Site, device, metric and instance as a JSON message names them."""


class Way(NamedTuple):
    """How the JSON baseline is built: threads of the consumer, messages in one commit."""

    threads: int
    group: int


WAYS = (Way(2, 1_000), Way(2, 5_000), Way(1, 5_000))
"""It is given the best of its medians."""


class Baseline(NamedTuple):
    """One round of a baseline."""

    per_s: float
    per_cpu_s: float


class Reading(NamedTuple):
    """The samples of one frame: `series` of each by its place in `keys`."""

    site: SiteId
    keys: list[SeriesKey]
    series: list[int]
    measured_at: list[int]
    value: list[float]


def readings(payloads: Sequence[bytes]) -> Iterator[Reading]:
    """What frames hold, one after the other."""
    known: dict[bytes, list[SeriesKey]] = {}
    for payload in payloads:
        frame = decode_frame(payload)
        body = frame.body
        assert isinstance(body, SamplesBody)
        keys = known.get(body.dictionary) or read_dictionary(body.dictionary)
        known[body.dictionary] = keys
        series, measured_at, value = (column.tolist() for column in read_columns(body, len(keys)))
        yield Reading(frame.site, keys, series, measured_at, value)


class JsonRounds:
    """The rounds of one JSON message for each sample, in each way; and of easier work."""

    def __init__(self, broker: Server, district: District, clock: Clock, owned: Sequence[School], samples: int) -> None:
        self._broker = broker
        self._district = district
        self._clock = clock
        self._owned = owned
        self._samples = samples
        self._ids = _words_of(district, owned)
        self.done: dict[Way, list[Baseline]] = {way: [] for way in WAYS}
        self.unjudged: list[Baseline] = []
        """One school's series, and no rules."""

    def run(self, loads: Loads) -> str:
        """A round of each; tells the rates."""
        for way, done in self.done.items():
            done.append(self._round(loads.even(self._owned, self._samples), way, self._clock))
        self.unjudged.append(self._round(loads.even(self._owned[:1], self._samples), WAYS[0], None))
        rates = ", ".join(
            f"{done[-1].per_s:,.0f} by {way.threads} threads in groups of {way.group:,}"
            for way, done in self.done.items()
        )
        return f"{rates}, {self.unjudged[-1].per_s:,.0f} of few series and not judged, a second"

    @property
    def per_s(self) -> list[float]:
        """Rates in the best way."""
        rates = [[each.per_s for each in done] for done in self.done.values()]
        return max(rates, key=statistics.median)

    def _round(self, load: Load, way: Way, received_at: Callable[[], int] | None) -> Baseline:
        messages = _json_messages([payload for _, payload in load.messages])
        reserve_session(self._broker.port, CLIENT_ID, [f"{TOPIC}/#"])
        publish(self._broker.port, messages)
        self._clock.set(load.built_at)
        consumer = _Consumer(self._district, self._ids, way, received_at)
        before = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        cpu, started = time.process_time(), time.perf_counter()
        consumer.drain(self._broker.port, len(messages))
        duration_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu
        sys.setswitchinterval(before)
        verify(self._district, load)
        self._district.store.maintain(self._clock())
        return Baseline(len(messages) / duration_s, len(messages) / cpu_s)


def _words_of(district: District, owned: Sequence[School]) -> dict[SeriesWord, int]:
    """The store's id of each series of the schools, by how a JSON message names it."""
    ids: dict[SeriesWord, int] = {}
    for school in owned:
        site = school.address.site
        series = district.store.find_series(site)
        ids.update(((site, name.device, name.metric, name.instance), number) for number, name in series.items())
    return ids


def _json_messages(payloads: Sequence[bytes]) -> list[tuple[str, bytes]]:
    """Topics and payloads of one message for each sample of the frames."""
    messages = []
    for site, keys, series, measured_at, value in readings(payloads):
        for number, at, one in zip(series, measured_at, value, strict=True):
            device, metric, instance = keys[number]
            named = {"site": site, "device": device, "metric": metric, "instance": instance, "at": at, "value": one}
            messages.append((f"{TOPIC}/{site}/{device}", orjson.dumps(named)))
    return messages


class _Consumer:
    """Receives messages of one JSON sample each, and stores and judges them in groups."""

    def __init__(
        self, district: District, ids: Mapping[SeriesWord, int], way: Way, received_at: Callable[[], int] | None
    ) -> None:
        self._district = district
        self._ids = ids
        self._way = way
        self._received_at = received_at
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=CLIENT_ID, clean_session=False, manual_ack=True
        )

    def drain(self, port: int, samples: int) -> None:
        """Take so many messages."""
        self._client.connect("127.0.0.1", port)
        if self._way.threads == 1:
            self._drain_in_one_thread(samples)
        else:
            self._drain_beside(samples)

    def _drain_in_one_thread(self, samples: int) -> None:
        """Nobody else wants the interpreter, and nothing is handed over."""
        group: list[mqtt.MQTTMessage] = []
        left = samples

        def take(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
            nonlocal left
            group.append(message)
            if len(group) >= min(self._way.group, left):
                self._settle(group)
                left -= len(group)
                group.clear()
                if not left:
                    self._client.disconnect()

        self._client.on_message = take
        self._client.loop_forever()

    def _drain_beside(self, samples: int) -> None:
        """One thread receives while another stores."""
        waiting: queue.SimpleQueue[mqtt.MQTTMessage] = queue.SimpleQueue()
        self._client.on_message = lambda _client, _data, message: waiting.put(message)
        self._client.loop_start()
        left = samples
        while left:
            group = [waiting.get(timeout=TIMEOUT_S) for _ in range(min(self._way.group, left))]
            self._settle(group)
            left -= len(group)
        self._client.disconnect()
        self._client.loop_stop()

    def _settle(self, group: Sequence[mqtt.MQTTMessage]) -> None:
        rows = []
        for message in group:
            sample = orjson.loads(message.payload)
            number = self._ids[sample["site"], sample["device"], sample["metric"], sample["instance"]]
            rows.append((number, sample["at"], sample["value"]))
        series, at, value = zip(*rows, strict=True)
        columns = np.array(series, np.int32), np.array(at, np.int64), np.array(value, np.float64)
        self._district.store.append(Batch([], *columns))
        for message in group:
            self._client.ack(message.mid, message.qos)
        if self._received_at is not None:
            self._district.alerts.judge(Committed(*columns, self._received_at()))
