"""Devices whose makers' topics a shipped profile describes: Shelly, ChirpStack."""

from agent.presence import Sign
from tests.support.mqtt_ears import NOW, Ears, signs, values


def test_a_shelly_tells_what_changed_part_by_part() -> None:
    body = {
        "src": "shellyplus1pm-a8032abe54dc",
        "dst": "shellyplus1pm-a8032abe54dc/events",
        "method": "NotifyStatus",
        "params": {
            "ts": (NOW - 2_000) / 1000,
            "switch:0": {"id": 0, "apower": 4.25, "voltage": 231.4, "output": True, "aenergy": {"total": 1234.567}},
            "temperature:100": {"id": 100, "tC": 22.1, "tF": 71.8},
            "wifi": {"rssi": -58},
        },
    }
    said = Ears().said("shellyplus1pm-a8032abe54dc/events/rpc", body)
    assert values(said) == {
        ("power_w", "switch:0"): 4.2,
        ("voltage_v", "switch:0"): 231.4,
        ("relay_state", "switch:0"): 1,
        ("energy_kwh", "switch:0"): 1.235,
        ("temperature_cel", "temperature:100"): 22.1,
        ("signal_dbm", ""): -58,
    }
    assert {s.measured_at for s in said.harvest.samples} == {NOW - 2_000}
    facts = said.harvest.facts
    assert facts is not None
    assert (said.device, facts.vendor, facts.model, facts.serial) == (
        "shellyplus1pm-a8032abe54dc",
        "Shelly",
        "shellyplus1pm",
        "a8032abe54dc",
    )


def test_a_shellys_last_will() -> None:
    topic = "shellyplugsg3-e4b063d4a1b0/online"
    assert signs(Ears().hear(topic, b"false", is_retained=True)) == {"shellyplugsg3-e4b063d4a1b0": Sign.OFFLINE}
    assert Ears().said(topic, b"true").sign is Sign.ONLINE


def test_a_lorawan_sensor_behind_chirpstack() -> None:
    about = {"deviceName": "冷库探头", "devEui": "a84041000181c061", "deviceProfileName": "EM300-TH"}
    body = {
        "time": "2026-09-21T13:13:20.123456789+00:00",
        "deviceInfo": about,
        "data": "AWc=",
        "object": {"temperature": -18.4, "humidity": 61.0, "battery": 93},
        "rxInfo": [{"gatewayId": "0016c001f153a14c", "rssi": -97, "snr": 6.2}, {"rssi": -110}],
    }
    said = Ears().said("application/1/device/a84041000181c061/event/up", body)
    assert values(said) == {
        ("temperature_cel", ""): -18.4,
        ("humidity_percent", ""): 61,
        ("battery_percent", ""): 93,
        ("signal_dbm", ""): -97,
        ("signal_noise_db", ""): 6.2,
    }
    assert {s.measured_at for s in said.harvest.samples} == {NOW - 3_600_000 + 123}
    assert said.harvest.facts is not None
    assert (said.device, said.harvest.facts.name) == ("a84041000181c061", "冷库探头")
    assert said.silence_s == 90_000
