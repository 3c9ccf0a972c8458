"""Devices announced for Home Assistant: short keys and long ones, entities one by one or together, within the subset."""

from typing import Any

import pytest

from agent.collect.mqtt.home_assistant import MAX_DEVICES, MAX_ENTITIES, HomeAssistantInterpreter
from agent.presence import Sign
from campus.errors import Poison
from tests.support.mqtt_ears import CATALOGUE, Ears, signs, values

LONG = {
    "name": "Temperature",
    "device_class": "temperature",
    "unit_of_measurement": "°F",
    "state_topic": "esp/room/state",
    "value_template": "{{ value_json['climate'].t | float(0) | round(1) }}",
    "unique_id": "esp_t",
    "expire_after": 600,
    "availability": [
        {"topic": "esp/status"},
        {"topic": "esp/room/lwt", "payload_available": "up", "payload_not_available": "down"},
    ],
    "device": {
        "identifiers": ["esp-A1B2"],
        "manufacturer": "Espressif",
        "model": "ESP32",
        "sw_version": "2026.9",
        "hw_version": "rev3",
        "serial_number": "S-9",
        "name": "三楼机房环境",
    },
}
SHORT = {
    "~": "esp/room",
    "name": "Humidity",
    "dev_cla": "humidity",
    "unit_of_meas": "%",
    "stat_t": "~/state",
    "val_tpl": "{{value_json.climate.h}}",
    "dev": {"ids": "esp-A1B2"},
}
DEVICE = "ha-esp-a1b2"


def announced(*configs: tuple[str, dict[str, Any]]) -> Ears:
    ears = Ears()
    for where, config in configs:
        understood = ears.hear(f"homeassistant/{where}/config", config, is_retained=True)
        assert understood is not None
        assert understood.said == []
    return ears


def test_one_message_gives_the_values_of_several_announcements() -> None:
    ears = announced(("sensor/esp/t", LONG), ("sensor/esp/h", SHORT))
    said = ears.said("esp/room/state", {"climate": {"t": "69.8", "h": 41, "other": 1}})
    assert (said.device, said.sign, said.silence_s) == (DEVICE, Sign.SPOKE, 600)
    assert values(said) == {("temperature_cel", ""): 21.0, ("humidity_percent", ""): 41}
    facts = said.harvest.facts
    assert facts is not None
    assert (facts.vendor, facts.model, facts.firmware, facts.hardware, facts.serial, facts.name) == (
        "Espressif",
        "ESP32",
        "2026.9",
        "rev3",
        "S-9",
        "三楼机房环境",
    )
    assert facts.profile == "home-assistant/announced"


def test_the_device_is_there_when_all_its_topics_say_so() -> None:
    ears = announced(("sensor/esp/t", LONG))
    assert ears.said("esp/room/lwt", b"up", is_retained=True).sign is Sign.ONLINE
    assert ears.said("esp/status", b"offline", is_retained=True).sign is Sign.OFFLINE
    assert ears.said("esp/room/lwt", b"up").sign is Sign.OFFLINE
    assert ears.said("esp/status", b"online").sign is Sign.ONLINE
    assert ears.said("esp/status", b"perhaps").sign is Sign.KNOWN


def test_a_plain_payload_a_switch_and_a_contact() -> None:
    ears = announced(
        ("binary_sensor/box/door", {"name": None, "dev_cla": "door", "stat_t": "box/door", "dev": {"ids": [7]}}),
        ("switch/box/relay", {"name": "Heater", "stat_t": "box/relay", "pl_on": "1", "pl_off": "0", "dev": {"ids": [7]}}),
        ("sensor/box/lux", {"name": "Lux", "dev_cla": "illuminance", "unit_of_meas": "lx", "stat_t": "box/lux",
                            "val_tpl": "{{ value }}", "dev": {"ids": [7]}}),
    )  # fmt: skip
    assert values(ears.said("box/door", b"ON")) == {("door_state", ""): 1}
    assert values(ears.said("box/relay", b"0")) == {("relay_state", "Heater"): 0}
    assert values(ears.said("box/lux", b" 312.4\n")) == {("illuminance_lx", "Lux"): 312.4}
    said = ears.said("box/door", b"AJAR")
    assert (values(said), said.harvest.dropped) == ({}, {"unknown_state": 1})


def test_states_may_be_published_beside_the_announcements() -> None:
    ears = announced(("sensor/x", {**SHORT, "stat_t": "homeassistant/sensor/x/state", "val_tpl": ""}))
    assert values(ears.said("homeassistant/sensor/x/state", b"41")) == {("humidity_percent", ""): 41}
    assert ears.hear("homeassistant/sensor/y/state", b"41") is None


def test_true_and_false_in_json_are_words_too() -> None:
    config = {"dev_cla": "moisture", "stat_t": "l", "val_tpl": "{{ value_json.wet }}", "pl_on": "true", "pl_off": "false",
              "dev": {"cns": [["mac", "a0:b1:c2:00:00:01"]]}}  # fmt: skip
    said = announced(("binary_sensor/l/x", config)).said("l", {"wet": True})
    assert (said.device, values(said)) == ("ha-a0-b1-c2-00-00-01", {("leak_state", ""): 1})


def test_two_values_of_one_meaning_are_told_apart() -> None:
    probe = {"dev_cla": "temperature", "unit_of_meas": "°C", "dev": {"ids": ["b"]}}
    ears = announced(
        ("sensor/b/t1", {**probe, "stat_t": "b/1", "name": "Temperature"}),
        ("sensor/b/t2", {**probe, "stat_t": "b/2", "name": "Temperature"}),
        ("sensor/b/t3", {**probe, "stat_t": "b/3", "name": "Freezer"}),
    )
    found = [list(values(ears.said(f"b/{n}", b"4"))) for n in (1, 2, 3)]
    assert found == [[("temperature_cel", "")], [("temperature_cel", "t2")], [("temperature_cel", "Freezer")]]


def test_a_whole_device_in_one_announcement() -> None:
    config = {
        "dev": {"ids": "ctl", "mf": "Acme", "mdl": "C1"},
        "o": {"name": "acme2mqtt"},
        "stat_t": "ctl/state",
        "avty_t": "ctl/lwt",
        "cmps": {
            "a": {"p": "sensor", "dev_cla": "power", "unit_of_meas": "kW", "val_tpl": "{{ value_json.p }}"},
            "b": {"p": "sensor", "dev_cla": "energy", "unit_of_meas": "Wh", "val_tpl": "{{ value_json.e | int }}"},
            "c": {"p": "sensor", "dev_cla": "voltage", "unit_of_meas": "V", "val_tpl": "{{ value_json.v * 2 }}"},
            "d": {"p": "button", "cmd_t": "x"},
        },
    }
    ears = Ears()
    understood = ears.hear("homeassistant/device/ctl/config", config, is_retained=True)
    assert understood is not None
    assert understood.spoilt == {"template": 1}
    assert values(ears.said("ctl/state", {"p": 1.5, "e": 2500, "v": 9})) == {
        ("power_w", ""): 1500,
        ("energy_kwh", ""): 2.5,
    }
    assert ears.said("ctl/lwt", b"offline").sign is Sign.OFFLINE


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({**SHORT, "val_tpl": "{% if value_json.h %}1{% endif %}"}, "template"),
        ({**SHORT, "val_tpl": "{{ value_json.h + 1 }}"}, "template"),
        ({**SHORT, "val_tpl": "{{ states('x') }}"}, "template"),
        ({**SHORT, "stat_t": ""}, "no_topic"),
        ({**SHORT, "dev": {}}, "no_device"),
        ({**SHORT, "dev": {"ids": [None]}}, "no_device"),
        (["what"], "no_device"),
    ],
)
def test_an_announcement_outside_the_subset(config: Any, reason: str) -> None:
    with pytest.raises(Poison) as refusal:
        Ears().hear("homeassistant/sensor/esp/h/config", config)
    assert refusal.value.reason == reason


def test_what_is_not_measured_here_takes_no_room_and_its_topic_stays_a_strangers() -> None:
    ears = announced(("sensor/esp/when", {**SHORT, "dev_cla": "timestamp"}), ("button/esp/b", {**SHORT, "dev_cla": ""}))
    assert ears.hear("esp/room/state", {"climate": {"h": 4}}) is None
    assert signs(ears.hear("homeassistant/status", b"online")) == {}


def test_an_announcement_told_anew_replaces_and_an_empty_one_takes_back() -> None:
    ears = announced(("sensor/esp/t", LONG), ("sensor/esp/h", SHORT), ("sensor/esp/h", {**SHORT, "stat_t": "~/new"}))
    assert values(ears.said("esp/room/state", {"climate": {"h": 4}})) == {}
    assert values(ears.said("esp/room/new", {"climate": {"h": 4}})) == {("humidity_percent", ""): 4}
    for where in "th":
        ears.hear(f"homeassistant/sensor/esp/{where}/config", b"")
    for topic in ("esp/room/state", "esp/room/new", "esp/status", "esp/room/lwt"):
        assert ears.hear(topic, b"online") is None


def test_what_another_dialect_understands_is_not_heard_twice() -> None:
    ears = announced(("sensor/plug/power", {"dev_cla": "power", "unit_of_meas": "W", "stat_t": "tele/plug/SENSOR",
                                            "val_tpl": "{{ value_json.ENERGY.Power }}", "dev": {"ids": ["plug"]}}))  # fmt: skip
    assert ears.said("tele/plug/SENSOR", {"ENERGY": {"Power": 4}}).device == "plug"


def test_retained_numbers_do_not_count() -> None:
    said = announced(("sensor/esp/h", SHORT)).said("esp/room/state", {"climate": {"h": 4}}, is_retained=True)
    assert (said.sign, said.harvest.dropped) == (Sign.KNOWN, {"retained_undated": 1})


def test_devices_and_values_have_bounds() -> None:
    ears = announced(*((f"sensor/d{n}/h", {**SHORT, "dev": {"ids": [f"d{n}"]}}) for n in range(MAX_DEVICES)))
    with pytest.raises(Poison, match="devices"):
        ears.hear("homeassistant/sensor/more/h/config", {**SHORT, "dev": {"ids": ["more"]}})
    for n in range(MAX_DEVICES, MAX_ENTITIES):
        known = {**SHORT, "name": f"n{n}", "dev": {"ids": [f"d{n % MAX_DEVICES}"]}}
        ears.hear(f"homeassistant/sensor/d/h{n}/config", known)
    with pytest.raises(Poison, match="entities"):
        ears.hear("homeassistant/sensor/d/more/config", {**SHORT, "dev": {"ids": ["d0"]}})
    ears.hear("homeassistant/sensor/d0/h/config", b"")
    ears.hear("homeassistant/sensor/d/more/config", {**SHORT, "dev": {"ids": ["d0"]}})


def test_nothing_is_left_of_devices_that_were_taken_back() -> None:
    only = HomeAssistantInterpreter(CATALOGUE)
    ears = Ears()
    ears.interpreters = [only]
    for turn in range(3):
        ears.hear("homeassistant/sensor/esp/t/config", {**LONG, "state_topic": f"esp/{turn}"})
    ears.hear("homeassistant/sensor/esp/t/config", b"")
    left = [value for value in vars(only).values() if isinstance(value, dict | int) and value]
    assert left == []
