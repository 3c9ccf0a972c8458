"""Whatever is published, interpreters answer or refuse with a reason; what they answer is possible and in bounds."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.presence import Sign
from campus.errors import Poison
from campus.ids import MetricId, is_id, is_instance
from campus.metrics import catalogue
from tests.support import sparkplug as tahu
from tests.support.mqtt_ears import CATALOGUE, NOW, Ears
from tests.support.sparkplug import metric, payload

_WORDS = """
temperature state ENERGY Power TempUnit F t ft tp md dn fn onln POWER1 device dev ids cns ~ stat_t val_tpl {{value_json.t}}
dev_cla unit_of_meas avty avty_t topic cmps p sensor components exp_aft ieee_address friendly_name definition exposes
features property unit type disabled last_seen params ts switch:0 apower aenergy total object time deviceInfo rxInfo
sensors id x/t 0x00158d0001 ON online °C
"""
WORDS = [*_WORDS.split(), "", "\ud800", "\x00"]
_TOPICS = """
tasmota/discovery/A8032ABE54DC/config tele/x/SENSOR tele/x/STATE tele/x/LWT tele/x/INFO1 stat/x/RESULT stat/x/POWER1
zigbee2mqtt/bridge/devices zigbee2mqtt/bridge/state zigbee2mqtt/bridge/info zigbee2mqtt/bridge/groups zigbee2mqtt/x/t
zigbee2mqtt/x/t/availability homeassistant/sensor/x/config homeassistant/device/x/config homeassistant/x homeassistant/config
x/t shellyx-1/events/rpc shellyx-1/online application/1/device/d/event/up kitchen/k/telemetry spBv1.0/g/NBIRTH/n
spBv1.0/g/DBIRTH/n/d spBv1.0/g/DDATA/n/d spBv1.0/g/NDEATH/n spBv1.0/STATE/h /
"""
TOPICS = [*_TOPICS.split(), ""]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.just(10**400)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=6),
    max_leaves=25,
)
METRICS = st.builds(
    lambda name, kind, alias, value, extra: metric(name, value, kind, alias=alias, **extra),
    st.sampled_from(["", "Temperature", "bdSeq", "Door Open", "a/b"]),
    st.sampled_from([tahu.INT8, tahu.UINT64]),
    st.integers(0, 3),
    st.integers(-5, 5),
    st.sampled_from([{}, {"is_null": True}, {"timestamp": NOW + 5}, {"timestamp": (1 << 64) - 1}]),
)
SPARKPLUG = st.builds(
    lambda metrics, seq, at: payload(*metrics, seq=seq, timestamp=at),
    st.lists(METRICS, max_size=4),
    st.integers(0, (1 << 64) - 1),
    st.sampled_from([0, NOW, NOW - 5, (1 << 64) - 1]),
)
PAYLOADS = JSON.map(lambda body: json.dumps(body).encode()) | SPARKPLUG | st.binary(max_size=40)


def listen(ears: Ears, topic: str, body: bytes, *, is_retained: bool) -> None:
    understood = None
    with suppress(Poison):
        understood = ears.hear(topic, body, is_retained=is_retained)
    for said in understood.said if understood else ():
        assert is_id(said.device)
        assert isinstance(said.sign, Sign)
        assert said.gateway is None or is_id(said.gateway)
        for sample in said.harvest.samples:
            known = catalogue()[MetricId(sample.key.metric)]
            assert known.minimum <= sample.value <= known.maximum
            assert is_instance(sample.key.instance)
            assert sample.measured_at <= NOW
        if said.harvest.facts:
            json.dumps(said.harvest.facts.name, ensure_ascii=False).encode()


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(TOPICS), PAYLOADS, st.booleans()), max_size=8))
def test_whatever_is_published(messages: list[tuple[str, bytes, bool]]) -> None:
    ears = Ears(CATALOGUE)
    for topic, body, is_retained in messages:
        listen(ears, topic, body, is_retained=is_retained)


ABOUT = {"ids": ["x"], "name": "n"}
LISTED = {"vendor": "v", "exposes": [{"property": "t", "unit": "W", "features": []}]}
VALUE = {"stat_t": "x/t", "val_tpl": "{{ value_json.t }}", "avty": [{"topic": "x/a"}], "exp_aft": 5}
PART = {"p": "sensor", "dev_cla": "power"}
UPLINK = {"deviceInfo": {"deviceName": "n"}, "object": {"temperature": 1}, "rxInfo": [{"rssi": 1}]}
DOCUMENTS: dict[str, Any] = {
    "tasmota/discovery/A8032ABE54DC/config": {
        "t": "x",
        "ft": "%prefix%/%topic%/",
        "tp": ["c", "stat", "tele"],
        "fn": ["f"],
    },
    "zigbee2mqtt/bridge/devices": [{"ieee_address": "0x1", "friendly_name": "x/t", "definition": LISTED}],
    "homeassistant/sensor/x/config": {"dev": ABOUT, "dev_cla": "temperature", **VALUE},
    "homeassistant/device/x/config": {"dev": {"cns": [["mac", "1"]]}, "stat_t": "~/t", "~": "x", "cmps": {"a": PART}},
    "shellyx-1/events/rpc": {"params": {"ts": 1.5, "switch:0": {"apower": 1, "aenergy": {"total": 2}}}},
    "application/1/device/d/event/up": {"time": "2026-01-01T00:00:00Z", **UPLINK},
}
AFTERWARDS = {
    "x/t": b'{"t": 5}',
    "x/a": b"online",
    "zigbee2mqtt/x/t": b'{"t": 5, "temperature": 4}',
    "tele/x/LWT": b"Online",
}


def ways(document: Any) -> list[tuple[Any, ...]]:
    """The way to every value within a document."""
    parts = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    return [way for key, part in parts for way in [(key,), *((key, *rest) for rest in ways(part))]]


def repr_of(odd: Any) -> str:
    """Short and printable."""
    return ascii(odd)[:12]


@pytest.mark.parametrize(
    "odd", [None, True, -1, 1e999, "", "\ud800", [], {}, [[]], {"": {}}, ["x"], 10**400], ids=repr_of
)
@pytest.mark.parametrize("topic", DOCUMENTS)
def test_any_value_may_be_something_else(topic: str, odd: Any) -> None:
    for way in ways(DOCUMENTS[topic]):
        body = json.loads(json.dumps(DOCUMENTS[topic]))
        place = body
        for step in way[:-1]:
            place = place[step]
        place[way[-1]] = odd
        ears = Ears(CATALOGUE)
        listen(ears, topic, json.dumps(body).encode(), is_retained=False)
        for other, said in AFTERWARDS.items():
            listen(ears, other, said, is_retained=True)
