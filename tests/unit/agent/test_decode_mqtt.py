"""MQTT messages of the shipped families, and everything a publisher can get wrong."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.collect.mqtt.port import Said
from agent.decode.mqtt import decode_message
from agent.decode.payload import MAX_PAYLOAD_BYTES
from agent.link import Heard
from agent.presence import Sign
from campus.errors import Poison
from campus.ids import MetricId
from campus.metrics import catalogue as metrics
from campus.samples import DeviceKind
from firmware_profiles.catalogue import Catalogue
from firmware_profiles.load import load_catalogue
from firmware_profiles.messages import Availability, Message, MessageFacts, MessageForm, MessagePoint
from firmware_profiles.model import PointType, Profile

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


def decoded(profiles: Catalogue, topic: str, payload: bytes, *, is_retained: bool = False) -> list[Said]:
    return decode_message(profiles, Heard(topic, payload, NOW, is_retained)) or []


def said(topic: str, body: Any, profiles: Catalogue = SHIPPED) -> dict[str, dict[tuple[str, str], float]]:
    return {
        each.device: {(s.key.metric, s.key.instance): s.value for s in each.harvest.samples}
        for each in decoded(profiles, topic, json.dumps(body).encode())
    }


def test_a_board() -> None:
    ((device, harvest, *_),) = decoded(SHIPPED, "board/board-101/telemetry", json.dumps(BOARD).encode())
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
    ((_, harvest, *_),) = decoded(SHIPPED, "board/b/telemetry", json.dumps(body).encode())
    assert [s.key.metric for s in harvest.samples] == ["touch_per_min"]
    assert harvest.dropped == {"unknown_state": 1, "not_a_number": 2, "out_of_range": 1}


def test_a_missing_point_is_simply_not_there() -> None:
    assert said("board/b/telemetry", {"cpu": None, "temperature": 20}) == {"b": {("temperature_cel", ""): 20.0}}


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
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
        decoded(SHIPPED, topic, payload)
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
    harvests = decoded(catalogue, "hub/h1", json.dumps(body).encode())
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
    ((_, harvest, *_),) = decoded(catalogue, "hub/h1", body)
    assert harvest.samples[0].measured_at == measured_at


def test_the_same_instance_twice_is_counted() -> None:
    body = {"sensors": [{"id": "freezer", "temperature": -18}, {"id": "freezer", "temperature": -17}]}
    ((_, harvest, *_),) = decoded(SHIPPED, "kitchen/k/telemetry", json.dumps(body).encode())
    assert [s.value for s in harvest.samples] == [-18.0]
    assert harvest.dropped == {"twice": 1}


def test_a_topic_of_no_profile_is_none_of_ours() -> None:
    assert decode_message(SHIPPED, Heard("lamp/l-1/telemetry", b"{}", NOW)) is None


def test_a_message_taken_back_says_nothing() -> None:
    assert decode_message(SHIPPED, Heard("board/b/telemetry", b"", NOW)) == []


def family(*messages: Message) -> Catalogue:
    return Catalogue({"x/y": Profile("Family", kind=DeviceKind.SENSOR, messages=messages)})


TEMPERATURE = MessagePoint(metric="temperature_cel", pointer="")


@pytest.mark.parametrize(
    ("payload", "values", "dropped"),
    [
        (b"21.5", [21.5], {}),
        (b" 21.5\n", [21.5], {}),
        (b"NaN", [], {"not_finite": 1}),
        (b"1" * 400, [], {"not_finite": 1}),
        (b"warm", [], {"not_a_number": 1}),
    ],
)
def test_a_plain_value(payload: bytes, values: list[float], dropped: dict[str, int]) -> None:
    catalogue = family(Message("probe/{device}/temp", (TEMPERATURE,), form=MessageForm.TEXT))
    (one,) = decoded(catalogue, "probe/p-1/temp", payload)
    assert [s.value for s in one.harvest.samples] == values
    assert +one.harvest.dropped == dropped


@pytest.mark.parametrize("payload", [b"\xff\xfe", b"1" * 2000])
def test_what_is_no_plain_value(payload: bytes) -> None:
    catalogue = family(Message("probe/{device}/temp", (TEMPERATURE,), form=MessageForm.TEXT))
    with pytest.raises(Poison) as refusal:
        decoded(catalogue, "probe/p-1/temp", payload)
    assert refusal.value.reason == "not_text"


def test_the_topic_holds_a_value_an_instance_and_facts() -> None:
    point = MessagePoint(
        metric="door_state",
        pointer="{state}",
        type=PointType.STATE,
        states={"opened": "open", "shut": "closed"},
        instance="door {door}",
    )
    facts = MessageFacts(vendor="Acme", model="A-{model}", serial="{device}")
    catalogue = family(Message("acme/{model}-{device}/{door}/{state}", (point,), facts, form=MessageForm.TEXT))
    (one,) = decoded(catalogue, "acme/x2-d7/left/opened", b"-")
    assert one.device == "d7"
    assert [(s.key.instance, s.value) for s in one.harvest.samples] == [("door left", 1.0)]
    assert one.harvest.facts is not None
    assert (one.harvest.facts.vendor, one.harvest.facts.model, one.harvest.facts.serial) == ("Acme", "A-x2", "d7")


def test_devices_behind_a_gateway_in_rooms_have_their_own_ids_facts_and_silence() -> None:
    message = Message(
        "hub/{hub}/report",
        (MessagePoint(metric="temperature_cel", pointer="/t"),),
        MessageFacts(serial="/id", name="{/label}"),
        each="/rooms/*/nodes",
        device="{hub}-{/id}",
        gateway="{hub}",
        silence_s=900,
    )
    body = {"rooms": [{"nodes": [{"id": 1, "label": "窗", "t": 4}, {"t": 5}]}, {"nodes": [{"id": 2, "t": 6}]}, 7]}
    first, second = decoded(family(message), "hub/h1/report", json.dumps(body).encode())
    assert (first.device, first.gateway, first.silence_s, first.sign) == ("h1-1", "h1", 900, Sign.SPOKE)
    assert first.harvest.facts is not None
    assert (first.harvest.facts.serial, first.harvest.facts.name) == ("1", "窗")
    assert [s.value for s in second.harvest.samples] == [6.0]
    assert first.harvest.dropped["no_device"] == 1


@pytest.mark.parametrize(
    ("payload", "sign", "dropped"),
    [
        (b'{"up": true}', Sign.ONLINE, 0),
        (b'{"up": 0}', Sign.OFFLINE, 0),
        (b'{"up": "dozing"}', Sign.KNOWN, 1),
        (b"{}", Sign.KNOWN, 1),
    ],
)
def test_availability(payload: bytes, sign: Sign, dropped: int) -> None:
    words = Availability("/up", online=("true", 1), offline=("false", 0))
    for retained in (False, True):  # what a last will says holds until the contrary is said
        (one,) = decoded(
            family(Message("{device}/status", availability=words)), "n1/status", payload, is_retained=retained
        )
        assert (one.sign, one.harvest.dropped["unknown_availability"]) == (sign, dropped)


def test_a_retained_message_is_no_sign_of_life_and_its_numbers_need_a_moment() -> None:
    message = Message("{device}/now", (MessagePoint(metric="temperature_cel", pointer="/t"),), measured_at="/at")
    (undated,) = decoded(family(message), "n1/now", b'{"t": 4}', is_retained=True)
    assert (undated.sign, undated.harvest.samples, undated.harvest.dropped) == (
        Sign.KNOWN,
        [],
        {"retained_undated": 1},
    )
    (dated,) = decoded(family(message), "n1/now", b'{"t": 4, "at": "2023-01-01T00:00:00+08:00"}', is_retained=True)
    assert [s.measured_at for s in dated.harvest.samples] == [1_672_502_400_000]
    assert dated.sign is Sign.KNOWN
    (zoneless,) = decoded(family(message), "n1/now", b'{"t": 4, "at": "2023-01-01T00:00:00"}')
    assert [s.measured_at for s in zoneless.harvest.samples] == [NOW]


def test_a_message_may_tell_of_the_gateway_and_of_what_is_behind_it() -> None:
    point = (MessagePoint(metric="temperature_cel", pointer="/t"),)
    catalogue = family(Message("hub/{hub}", point, each="/nodes", device="/id"), Message("hub/{device}", point))
    both = decoded(catalogue, "hub/h1", b'{"t": 1, "nodes": [{"id": "n1", "t": 2}]}')
    assert {each.device: [s.value for s in each.harvest.samples] for each in both} == {"n1": [2.0], "h1": [1.0]}
    (alone,) = decoded(catalogue, "hub/h1", b'{"t": 1, "nodes": [{"t": 2}]}')
    assert alone.device == "h1"


def test_a_gateway_and_what_is_behind_it_may_be_of_different_kinds() -> None:
    catalogue = family(
        Message("hub/{device}/state", kind=DeviceKind.OTHER, availability=Availability("/state")),
        Message("hub/{hub}/node/{device}", (MessagePoint(metric="temperature_cel", pointer="/t"),), gateway="{hub}"),
    )
    (hub_said,) = decoded(catalogue, "hub/h1/state", b'{"state": "online"}')
    (node,) = decoded(catalogue, "hub/h1/node/n1", b'{"t": 5}')
    assert [each.harvest.facts and each.harvest.facts.kind for each in (hub_said, node)] == ["other", "sensor"]


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
    ((_, harvest, *_),) = decoded(SHIPPED, "kitchen/k/telemetry", json.dumps(body).encode())
    for sample in harvest.samples:
        metric = metrics()[MetricId(sample.key.metric)]
        assert metric.minimum <= sample.value <= metric.maximum
