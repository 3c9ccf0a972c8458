"""What the ingest benchmark is compared with: other ways to bring the very same samples of the very same series to a disk.

One JSON message for each sample is what most device platforms send. Its consumer here is as good as that form allows:
orjson, series looked up in a dictionary that is there already, rows written in groups to our own store and judged by our
own alert engine under the same rules, acknowledged after the durable write, a group at a time.
"""

import queue
import statistics
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
JSON_GROUPS = (1_000, 5_000)
"""Messages in one commit of the JSON baseline: it is given the better of its medians."""

SeriesWord = tuple[str, str, str, str]
"""Site, device, metric and instance as a JSON message names them."""


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
    """The rounds of one JSON message for each sample, by how many are written together; and of easier work."""

    def __init__(self, broker: Server, district: District, clock: Clock, owned: Sequence[School], samples: int) -> None:
        self._broker = broker
        self._district = district
        self._clock = clock
        self._owned = owned
        self._samples = samples
        self._ids = _words_of(district, owned)
        self.of_group: dict[int, list[Baseline]] = {group: [] for group in JSON_GROUPS}
        self.unjudged: list[Baseline] = []
        """One school's series, and no rules."""

    def run(self, loads: Loads) -> str:
        """A round of each; tells the rates."""
        for group, done in self.of_group.items():
            done.append(self._round(loads.even(self._owned, self._samples), group, self._clock))
        few = loads.even(self._owned[:1], self._samples // 2)
        self.unjudged.append(self._round(few, JSON_GROUPS[0], None))
        rates = ", ".join(f"{done[-1].per_s:,.0f} in groups of {group:,}" for group, done in self.of_group.items())
        return f"{rates}, {self.unjudged[-1].per_s:,.0f} of few series and not judged, a second"

    @property
    def per_s(self) -> list[float]:
        """Rates with the better group."""
        rates = [[each.per_s for each in done] for done in self.of_group.values()]
        return max(rates, key=statistics.median)

    def _round(self, load: Load, group: int, received_at: Callable[[], int] | None) -> Baseline:
        self._clock.set(load.built_at)
        messages = _json_messages([payload for _, payload in load.messages])
        done = _json_round(self._broker, self._district, self._ids, messages, group, received_at)
        verify(self._district, load)
        self._district.store.maintain(self._clock())
        return done


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


def _json_round(
    broker: Server,
    district: District,
    ids: Mapping[SeriesWord, int],
    messages: Sequence[tuple[str, bytes]],
    group: int,
    received_at: Callable[[], int] | None,
) -> Baseline:
    """Drain messages of one JSON sample each, `group` in one commit, and judge them unless `received_at` is None."""
    reserve_session(broker.port, CLIENT_ID, [f"{TOPIC}/#"])
    publish(broker.port, messages)
    cpu, started = time.process_time(), time.perf_counter()
    _drain(broker.port, district, ids, len(messages), group, received_at)
    return Baseline(len(messages) / (time.perf_counter() - started), len(messages) / (time.process_time() - cpu))


def _drain(
    port: int,
    district: District,
    ids: Mapping[SeriesWord, int],
    samples: int,
    group: int,
    received_at: Callable[[], int] | None,
) -> None:
    waiting: queue.SimpleQueue[mqtt.MQTTMessage] = queue.SimpleQueue()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=CLIENT_ID, clean_session=False, manual_ack=True)
    client.on_message = lambda _client, _data, message: waiting.put(message)
    client.connect("127.0.0.1", port)
    client.loop_start()
    done = 0
    while done < samples:
        messages = [waiting.get(timeout=TIMEOUT_S) for _ in range(min(group, samples - done))]
        rows = []
        for message in messages:
            sample = orjson.loads(message.payload)
            number = ids[sample["site"], sample["device"], sample["metric"], sample["instance"]]
            rows.append((number, sample["at"], sample["value"]))
        series, at, value = zip(*rows, strict=True)
        columns = np.array(series, np.int32), np.array(at, np.int64), np.array(value, np.float64)
        district.store.append(Batch([], *columns))
        for message in messages:
            client.ack(message.mid, message.qos)
        if received_at is not None:
            district.alerts.judge(Committed(*columns, received_at()))
        done += len(messages)
    client.disconnect()
    client.loop_stop()
