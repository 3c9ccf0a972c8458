"""MQTT messages of the shipped families, and everything a publisher can get wrong."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.decode.mqtt import MAX_PAYLOAD_BYTES, decode_message, mqtt_topics
from campus.errors import Poison
from campus.ids import MetricId
from campus.metrics import catalogue as metrics
from firmware_profiles.catalogue import Catalogue
from firmware_profiles.load import load_catalogue
from firmware_profiles.model import Message, MessageFacts, MessagePoint, PointType, Profile

NOW = 1_700_000_000_000
SHIPPED = load_catalogue()
BOARD = {
    "power": "on",
    "input": "usb_c",
    "touches_per_min": 12,
    "cpu": 31.54,
    "temperature": 46.2,
    "firmware": "3.2.1",
    "model": "SB-86",
    "serial": "S1",
}
KITCHEN = {
    "sensors": [
        {"id": "freezer", "temperature": -18.44, "door": "closed"},
        {"id": "cold-store", "temperature": 3.9, "door": "open"},
        {"id": "hot-holding", "temperature": 66.1},
    ],
    "gas_lel": 0.4,
    "smoke": "clear",
    "humidity": 61.0,
    "model": "KM-8",
}


def said(topic: str, body: Any, profiles: Catalogue = SHIPPED) -> dict[str, dict[tuple[str, str], float]]:
    return {
        device: {(s.key.metric, s.key.instance): s.value for s in harvest.samples}
        for device, harvest in decode_message(profiles, topic, json.dumps(body).encode(), NOW)
    }


def test_a_board() -> None:
    ((device, harvest),) = decode_message(SHIPPED, "board/board-101/telemetry", json.dumps(BOARD).encode(), NOW)
    assert device == "board-101"
    assert {(s.key.metric, s.value) for s in harvest.samples} == {
        ("power_state", 2.0),
        ("input_state", 3.0),
        ("touch_per_min", 12.0),
        ("cpu_percent", 31.5),
        ("temperature_cel", 46.2),
    }
    assert {s.measured_at for s in harvest.samples} == {NOW}
    assert harvest.facts is not None
    assert (harvest.facts.kind, harvest.facts.model, harvest.facts.firmware) == ("board", "SB-86", "3.2.1")
    assert harvest.facts.profile == "board/standard"


def test_a_kitchen_has_its_sensors_as_instances() -> None:
    assert said("kitchen/kitchen-1/telemetry", KITCHEN) == {
        "kitchen-1": {
            ("temperature_cel", "freezer"): -18.4,
            ("temperature_cel", "cold-store"): 3.9,
            ("temperature_cel", "hot-holding"): 66.1,
            ("door_state", "freezer"): 0.0,
            ("door_state", "cold-store"): 1.0,
            ("gas_percent_lel", ""): 0.4,
            ("smoke_state", ""): 0.0,
            ("humidity_percent", ""): 61.0,
        }
    }


@pytest.mark.parametrize(
    ("topic", "body", "metric", "value"),
    [
        ("camera/cam-1/status", {"stream": "degraded", "clock_offset_s": -3.25}, "stream_state", 1.0),
        ("projector/pj-1/status", {"power": "standby", "lamp_hours": 1234}, "lamp_h", 1234.0),
        ("gate/gate-1/status", {"state": "held_open", "passages_per_min": 3}, "gate_state", 3.0),
    ],
)
def test_the_other_families(topic: str, body: dict[str, Any], metric: str, value: float) -> None:
    (device,) = said(topic, body)
    assert said(topic, body)[device][metric, ""] == value


def test_one_bad_point_drops_that_point_only() -> None:
    body = BOARD | {"power": "hot", "cpu": "busy", "temperature": 900, "input": {"a": 1}}
    ((_, harvest),) = decode_message(SHIPPED, "board/b/telemetry", json.dumps(body).encode(), NOW)
    assert [s.key.metric for s in harvest.samples] == ["touch_per_min"]
    assert harvest.dropped == {"unknown_state": 1, "not_a_number": 2, "out_of_range": 1}


def test_a_missing_point_is_simply_not_there() -> None:
    assert said("board/b/telemetry", {"cpu": None, "temperature": 20}) == {"b": {("temperature_cel", ""): 20.0}}


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("lamp/l-1/telemetry", b"{}", "no_profile"),
        ("board/b/telemetry", b"\xff\xfe", "not_json"),
        ("board/b/telemetry", b"[" * 100_000, "not_json"),
        ("board/b/telemetry", b"17", "not_json"),
        ("board/b/telemetry", b" " * (MAX_PAYLOAD_BYTES + 1), "too_large"),
        ("board//telemetry", b"{}", "no_device"),
        ("board/大屏/telemetry", b"{}", "no_device"),
    ],
)
def test_what_cannot_be_read_at_all(topic: str, payload: bytes, reason: str) -> None:
    with pytest.raises(Poison) as refusal:
        decode_message(SHIPPED, topic, payload, NOW)
    assert refusal.value.reason == reason


def test_a_name_that_is_almost_an_id_is_folded_to_one() -> None:
    assert list(said("gate/Gate 1/status", {"state": "open"})) == ["gate-1"]


def hub(**message: Any) -> Catalogue:
    points = (
        MessagePoint(metric="temperature_cel", pointer="/t"),
        MessagePoint(metric="door_state", pointer="/d", type=PointType.STATE, states={0: "closed", 1: "open"}),
    )
    return Catalogue({"x/hub": Profile("Hub", messages=(Message("hub/{hub}", points, MessageFacts(), **message),))})


def test_several_devices_behind_one_topic() -> None:
    body = {"nodes": [{"id": "n1", "t": 4, "d": 1}, {"id": "n2", "t": "5.5"}, {"t": 6}, "junk"]}
    catalogue = hub(each="/nodes", device="/id")
    assert said("hub/h1", body, catalogue) == {
        "n1": {("temperature_cel", ""): 4.0, ("door_state", ""): 1.0},
        "n2": {("temperature_cel", ""): 5.5},
    }
    harvests = decode_message(catalogue, "hub/h1", json.dumps(body).encode(), NOW)
    assert sum(h.harvest.dropped["no_device"] for h in harvests) == 2


def test_devices_as_the_keys_of_an_object() -> None:
    assert said("hub/h1", {"nodes": {"n1": {"t": 4}}}, hub(each="/nodes")) == {"n1": {("temperature_cel", ""): 4.0}}
    assert said("hub/h1", {"nodes": []}, hub(each="/nodes")) == {}
    with pytest.raises(Poison, match="none of 1"):
        said("hub/h1", {"nodes": [{"t": 4}]}, hub(each="/nodes", device="/id"))


@pytest.mark.parametrize(
    ("at", "measured_at"),
    [(1_600_000_000, 1_600_000_000_000), (1_600_000_000_500, 1_600_000_000_500), (NOW + 1, NOW), (5, NOW), ("x", NOW)],
)
def test_the_messages_own_moment_counts_when_it_is_believable(at: Any, measured_at: int) -> None:
    catalogue = hub(each="/nodes", device="/id", measured_at="/at")
    body = json.dumps({"nodes": [{"id": "n1", "t": 4, "at": at}]}).encode()
    ((_, harvest),) = decode_message(catalogue, "hub/h1", body, NOW)
    assert harvest.samples[0].measured_at == measured_at


def test_the_same_instance_twice_is_counted() -> None:
    body = {"sensors": [{"id": "freezer", "temperature": -18}, {"id": "freezer", "temperature": -17}]}
    ((_, harvest),) = decode_message(SHIPPED, "kitchen/k/telemetry", json.dumps(body).encode(), NOW)
    assert [s.value for s in harvest.samples] == [-18.0]
    assert harvest.dropped == {"twice": 1}


def test_every_family_is_heard() -> None:
    assert len(mqtt_topics(SHIPPED)) == 5


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["sensors", "id", "temperature", "door", "gas_lel", "smoke", "x"]), inner, max_size=5
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["sensors", "gas_lel", "smoke", "humidity", "model"]), JSON))
def test_whatever_a_publisher_says_samples_are_possible(body: Any) -> None:
    ((_, harvest),) = decode_message(SHIPPED, "kitchen/k/telemetry", json.dumps(body).encode(), NOW)
    for sample in harvest.samples:
        metric = metrics()[MetricId(sample.key.metric)]
        assert metric.minimum <= sample.value <= metric.maximum
