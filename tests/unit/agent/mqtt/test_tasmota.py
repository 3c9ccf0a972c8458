"""Tasmota devices tell who they are, what they measure, and their last will."""

from typing import Any

import pytest

from agent.collect.mqtt.tasmota import MAX_DEVICES
from agent.presence import Sign
from campus.errors import Poison
from tests.support.mqtt_ears import Ears, signs, values

DISCOVERY = "tasmota/discovery/A8032ABE54DC/config"


def config(**more: Any) -> dict[str, Any]:
    return {
        "ip": "10.1.2.3",
        "dn": "讲台插座",
        "fn": ["Plug", None],
        "hn": "plug-1-1234",
        "mac": "A8032ABE54DC",
        "md": "Sonoff S31",
        "ofln": "Offline",
        "onln": "Online",
        "state": ["OFF", "ON", "TOGGLE", "HOLD"],
        "sw": "14.1.0",
        "t": "plug_1",
        "ft": "%prefix%/%topic%/",
        "tp": ["cmnd", "stat", "tele"],
        **more,
    }


def test_discovery_says_who_it_is() -> None:
    said = Ears().said(DISCOVERY, config(), is_retained=True)
    facts = said.harvest.facts
    assert facts is not None
    assert (said.device, said.sign) == ("plug-1", Sign.KNOWN)
    assert (facts.name, facts.vendor, facts.model, facts.serial, facts.firmware) == (
        "讲台插座",
        "Tasmota",
        "Sonoff S31",
        "A8032ABE54DC",
        "14.1.0",
    )
    assert facts.profile == "tasmota/device"


def test_telemetry_of_a_plug_and_of_sensors_in_fahrenheit() -> None:
    ears = Ears()
    ears.hear(DISCOVERY, config(), is_retained=True)
    body = {
        "Time": "2026-11-22T15:00:00",
        "ENERGY": {"Total": 3.44, "Power": 12, "ApparentPower": 14, "Factor": 0.87, "Voltage": 230, "Current": 0.06},
        "DS18B20-1": {"Id": "01", "Temperature": 68.0},
        "AM2301": {"Temperature": 50.0, "Humidity": 45.3, "DewPoint": 30},
        "TempUnit": "F",
    }
    said = ears.said("tele/plug_1/SENSOR", body)
    assert values(said) == {
        ("energy_kwh", ""): 3.44,
        ("power_w", ""): 12,
        ("apparent_power_va", ""): 14,
        ("power_factor", ""): 0.87,
        ("voltage_v", ""): 230,
        ("current_a", ""): 0.06,
        ("temperature_cel", "DS18B20-1"): 20.0,
        ("temperature_cel", "AM2301"): 10.0,
        ("humidity_percent", "AM2301"): 45.3,
    }
    assert {s.measured_at for s in said.harvest.samples} == {ears.now}, "its clock is local and tells no zone"
    assert said.sign is Sign.SPOKE


def test_channels_and_switches_are_instances() -> None:
    ears = Ears()
    energy = ears.said("tele/strip/SENSOR", {"ENERGY": {"Power": [3, 4], "Voltage": 229}})
    assert values(energy) == {("power_w", "0"): 3, ("power_w", "1"): 4, ("voltage_v", ""): 229}
    state = ears.said("tele/strip/STATE", {"UptimeSec": 77, "POWER1": "ON", "POWER2": "OFF", "Wifi": {"Signal": -61}})
    assert values(state) == {
        ("uptime_s", ""): 77,
        ("relay_state", "1"): 1,
        ("relay_state", "2"): 0,
        ("signal_dbm", ""): -61,
    }
    assert values(ears.said("stat/strip/RESULT", {"POWER2": "ON"})) == {("relay_state", "2"): 1}
    assert values(ears.said("stat/strip/POWER1", b"OFF")) == {("relay_state", "1"): 0}


def test_without_discovery_the_usual_topics_are_understood_and_each_start_tells_the_module() -> None:
    said = Ears().said("tele/tasmota_0A1B2C/INFO1", {"Info1": {"Module": "Sonoff Basic", "Version": "9.5(tasmota)"}})
    assert said.device == "tasmota-0a1b2c"
    assert said.harvest.facts is not None
    assert (said.harvest.facts.model, said.harvest.facts.firmware) == ("Sonoff Basic", "9.5(tasmota)")


def test_the_last_will_holds_though_it_is_retained_and_numbers_do_not() -> None:
    ears = Ears()
    assert ears.said("tele/plug_1/LWT", b"Offline", is_retained=True).sign is Sign.OFFLINE
    assert ears.said("tele/plug_1/LWT", b"Online").sign is Sign.ONLINE
    assert ears.said("tele/plug_1/LWT", b"?").sign is Sign.KNOWN
    old = ears.said("tele/plug_1/SENSOR", {"ENERGY": {"Power": 3}}, is_retained=True)
    assert (old.sign, values(old), old.harvest.dropped) == (Sign.KNOWN, {}, {"retained_undated": 1})


def test_topics_of_its_own_making_and_words_of_its_own() -> None:
    ears = Ears()
    ears.hear(DISCOVERY, config(ft="school/%topic%/%prefix%/", tp=["c", "s", "t"], onln="da", ofln="weg", t="p7"))
    assert signs(ears.hear("school/p7/t/LWT", b"weg")) == {"p7": Sign.OFFLINE}
    assert values(ears.said("school/p7/s/RESULT", {"POWER": "ON"})) == {("relay_state", ""): 1}
    assert ears.hear("school/p8/t/LWT", b"weg") is None


@pytest.mark.parametrize(
    ("topic", "body", "reason"),
    [
        (DISCOVERY, b"{", "not_json"),
        (DISCOVERY, {"t": 7}, "not_tasmota"),
        (DISCOVERY, [], "not_tasmota"),
        ("tele/p/SENSOR", b"\xff", "not_json"),
        ("tele/p/LWT", b"\xff\xfe", "not_text"),
    ],
)
def test_what_cannot_be_read(topic: str, body: Any, reason: str) -> None:
    with pytest.raises(Poison) as refusal:
        Ears().hear(topic, body)
    assert refusal.value.reason == reason


def test_what_is_taken_back_or_nothing_to_us_is_no_stranger() -> None:
    ears = Ears()
    for topic, body in [(DISCOVERY, b""), ("tele/p/LWT", b""), ("tasmota/discovery/A8032ABE54DC/sensors", {"sn": {}})]:
        assert signs(ears.hear(topic, body)) == {}
    assert signs(ears.hear("tele/p/UPTIME", {"Uptime": "1"})) == {"p": Sign.SPOKE}
    assert ears.hear("tele/p/q/SENSOR", {"Temperature": 1}) is None


def test_the_number_of_devices_has_a_bound_and_known_ones_may_be_told_again() -> None:
    ears = Ears()
    for number in range(MAX_DEVICES):
        ears.hear(f"tasmota/discovery/{number:012X}/config", config(t=f"p{number}"))
    ears.hear(f"tasmota/discovery/{0:012X}/config", config(t="p0"))
    with pytest.raises(Poison) as refusal:
        ears.hear(DISCOVERY, config(t="more"))
    assert refusal.value.reason == "too_many_devices"
