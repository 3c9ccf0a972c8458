"""Zigbee2MQTT: the bridge lists its devices, they speak under their names, and all of them depend on it."""

from typing import Any

import pytest

from agent.collect.mqtt.zigbee2mqtt import MAX_DEVICES, SILENCE_S
from agent.presence import Sign
from campus.errors import Poison
from tests.support.mqtt_ears import NOW, Ears, signs, values

CLIMATE = {
    "ieee_address": "0x00158d0001a2b3c4",
    "type": "EndDevice",
    "friendly_name": "301/窗边温湿度",
    "supported": True,
    "disabled": False,
    "power_source": "Battery",
    "software_build_id": "3000-0001",
    "definition": {
        "vendor": "Aqara",
        "model": "WSDCGQ11LM",
        "exposes": [
            {"type": "numeric", "name": "temperature", "property": "temperature", "unit": "°C"},
            {"type": "numeric", "name": "voltage", "property": "voltage", "unit": "mV"},
            {"type": "numeric", "name": "voc", "property": "voc", "unit": "ppb"},
        ],
    },
}
PLUG = {
    "ieee_address": "0xa4c1380000000001",
    "type": "Router",
    "friendly_name": "0xa4c1380000000001",
    "description": "图书馆充电柜",
    "definition": {
        "vendor": "TuYa",
        "model": "TS011F",
        "exposes": [
            {"type": "switch", "features": [{"property": "state"}]},
            {"type": "numeric", "property": "current", "unit": "A"},
        ],
    },
}
COORDINATOR = {"ieee_address": "0x00124b0000000000", "type": "Coordinator", "friendly_name": "Coordinator"}
CLIMATE_ID, PLUG_ID = "zigbee-00158d0001a2b3c4", "zigbee-a4c1380000000001"


def listening(*devices: Any) -> Ears:
    ears = Ears()
    ears.hear("zigbee2mqtt/bridge/devices", [COORDINATOR, *(devices or (CLIMATE, PLUG))], is_retained=True)
    return ears


def test_the_list_makes_devices_known_with_model_vendor_and_name() -> None:
    understood = Ears().hear("zigbee2mqtt/bridge/devices", [COORDINATOR, CLIMATE, PLUG], is_retained=True)
    assert signs(understood) == {"zigbee2mqtt": Sign.KNOWN, CLIMATE_ID: Sign.KNOWN, PLUG_ID: Sign.KNOWN}
    assert understood is not None
    assert understood.teaches
    climate, plug = understood.said[1:]
    assert (climate.gateway, climate.silence_s) == ("zigbee2mqtt", SILENCE_S)
    assert climate.harvest.facts is not None
    assert plug.harvest.facts is not None
    told = climate.harvest.facts
    assert (told.name, told.vendor, told.model, told.serial, told.firmware, told.profile) == (
        "301/窗边温湿度",
        "Aqara",
        "WSDCGQ11LM",
        "0x00158d0001a2b3c4",
        "3000-0001",
        "zigbee2mqtt/device",
    )
    assert plug.harvest.facts.name == "图书馆充电柜"


def test_numbers_are_counted_in_what_the_list_says() -> None:
    ears = listening()
    body = {
        "temperature": 21.55,
        "humidity": 40,
        "battery": 87,
        "voltage": 3005,
        "linkquality": 120,
        "action": "single",
    }
    said = ears.said("zigbee2mqtt/301/窗边温湿度", body)
    assert (said.device, said.sign, said.gateway) == (CLIMATE_ID, Sign.SPOKE, "zigbee2mqtt")
    assert values(said) == {
        ("temperature_cel", ""): 21.6,
        ("humidity_percent", ""): 40,
        ("battery_percent", ""): 87,
        ("voltage_v", ""): 3.005,
        ("link_quality", ""): 120,
    }
    other = ears.said("zigbee2mqtt/301/窗边温湿度", {"voc": 300})
    assert (values(other), other.harvest.dropped) == ({}, {"unknown_unit": 1}), "parts per billion are no mass"


def test_states_and_parts_of_a_device() -> None:
    body = {"state": "ON", "state_left": "OFF", "power": 4.2, "energy": 7.77, "contact": False, "water_leak": True}
    assert values(listening().said(f"zigbee2mqtt/{PLUG['ieee_address']}", body)) == {
        ("relay_state", ""): 1,
        ("relay_state", "left"): 0,
        ("power_w", ""): 4.2,
        ("energy_kwh", ""): 7.77,
        ("door_state", ""): 1,
        ("leak_state", ""): 1,
    }


@pytest.mark.parametrize("payload", [b"offline", b'{"state": "offline"}'])
def test_availability_of_a_device_and_of_the_bridge(payload: bytes) -> None:
    ears = listening()
    assert signs(ears.hear("zigbee2mqtt/301/窗边温湿度/availability", payload, is_retained=True)) == {
        CLIMATE_ID: Sign.OFFLINE
    }
    assert signs(ears.hear("zigbee2mqtt/bridge/state", payload)) == {"zigbee2mqtt": Sign.OFFLINE}


def test_a_retained_state_counts_by_its_own_moment_alone() -> None:
    ears = listening()
    topic = "zigbee2mqtt/301/窗边温湿度"
    undated = ears.said(topic, {"temperature": 20}, is_retained=True)
    assert (undated.sign, undated.harvest.dropped) == (Sign.KNOWN, {"retained_undated": 1})
    for last_seen in (NOW - 3_600_000, "2026-09-21T13:13:20Z"):
        dated = ears.said(topic, {"temperature": 20, "last_seen": last_seen}, is_retained=True)
        assert [s.measured_at for s in dated.harvest.samples] == [NOW - 3_600_000]


def test_a_renamed_device_keeps_its_id_and_the_old_name_means_nothing() -> None:
    ears = listening()
    ears.hear("zigbee2mqtt/bridge/devices", [{**CLIMATE, "friendly_name": "库房"}])
    assert ears.said("zigbee2mqtt/库房", {"temperature": 1}).device == CLIMATE_ID
    with pytest.raises(Poison) as refusal:
        ears.hear("zigbee2mqtt/301/窗边温湿度", {"temperature": 1})
    assert refusal.value.reason == "unknown_device"


def test_a_group_says_what_its_members_say() -> None:
    ears = listening()
    ears.hear("zigbee2mqtt/bridge/groups", [{"id": 1, "friendly_name": "全部灯"}, 7, {}], is_retained=True)
    assert signs(ears.hear("zigbee2mqtt/全部灯", {"state": "ON"})) == {}


def test_another_base_topic_is_another_bridge() -> None:
    ears = listening()
    ears.hear("school/z2m/bridge/devices", [{**PLUG, "friendly_name": "p"}])
    assert ears.said("school/z2m/p", {"state": "OFF"}).gateway == "school-z2m"
    assert signs(ears.hear("zigbee2mqtt/bridge/logging", {"level": "info"})) == {}
    version = ears.said("zigbee2mqtt/bridge/info", {"version": "2.6.0"})
    assert version.harvest.facts is not None
    assert version.harvest.facts.firmware == "2.6.0"
    for topic in ("301/窗边温湿度/set", "x/get", "301/窗边温湿度/temperature"):
        assert signs(ears.hear(f"zigbee2mqtt/{topic}", b"1")) == {}


def test_what_a_bridge_says_of_itself_waits_for_its_list_and_others_may_have_its_topics_till_then() -> None:
    ears = Ears()
    assert signs(ears.hear("zigbee2mqtt/bridge/state", b"online")) == {}
    assert ears.hear("zigbee2mqtt/301/窗边温湿度", {"temperature": 1}) is None
    understood = ears.hear("zigbee2mqtt/bridge/devices", [CLIMATE])
    assert signs(understood) == {"zigbee2mqtt": Sign.ONLINE, CLIMATE_ID: Sign.KNOWN}


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("acme/bridge/state", b"sleeping"),
        ("acme/bridge/devices", {"a": 1}),
        ("acme/bridge/devices", [{"id": 1}, 7, None]),
        ("acme/bridge/other", b"online"),
    ],
)
def test_other_peoples_bridges_are_left_to_others(topic: str, body: Any) -> None:
    assert Ears().hear(topic, body) is None


def test_broken_lists_and_messages_disturb_nothing() -> None:
    odd = {
        **CLIMATE,
        "definition": {"exposes": [{"features": 7}, 3, {"features": [None]}], "vendor": 9},
        "disabled": False,
    }
    ears = listening(odd, {**PLUG, "disabled": True}, 5, {"ieee_address": 5})
    assert values(ears.said("zigbee2mqtt/301/窗边温湿度", {"temperature": 20})) == {("temperature_cel", ""): 20}
    for broken in (b"\xff", b"[" * 100_000, b'{"a":' * 50_000, b"17"):
        with pytest.raises(Poison):
            ears.hear("zigbee2mqtt/301/窗边温湿度", broken)
    deep: Any = 5
    for _ in range(50):
        deep = {"temperature": deep}
    said = ears.said("zigbee2mqtt/301/窗边温湿度", {"temperature": float("nan"), "humidity": 10**400, "x": deep})
    assert (values(said), said.harvest.dropped) == ({}, {"not_finite": 1, "not_a_number": 1})


def test_the_number_of_devices_has_a_bound_that_is_counted() -> None:
    many = [{**PLUG, "ieee_address": f"0x{n:016x}", "friendly_name": f"p{n}"} for n in range(MAX_DEVICES + 3)]
    understood = Ears().hear("zigbee2mqtt/bridge/devices", many)
    assert understood is not None
    assert len(understood.said) == 1 + MAX_DEVICES
    assert understood.spoilt == {"too_many_devices": 3}
