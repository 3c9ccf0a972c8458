"""Devices of every dialect over a real Mosquitto: real connections, last wills, retained messages, and a flood beside them."""

import asyncio
import json
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from agent.candidates import MAX_CANDIDATES
from agent.presence import MAX_DEVICES
from tests.fakes.publisher import Publisher
from tests.integration.agent.test_listener import Ear
from tests.servers.mosquitto import mosquitto
from tests.support import sparkplug as tahu
from tests.support.eventually import until
from tests.support.sparkplug import PAYLOAD, metric, payload

Scenario = Callable[[int, Publisher, Ear], Coroutine[Any, Any, None]]


def play(
    folder: Path, scenario: Scenario, before: Callable[[Publisher], None] = lambda _: None, explain_s: float = 10
) -> None:
    """`before` speaks before the agent listens."""

    async def main(port: int, publisher: Publisher) -> None:
        ear = Ear(port, silence_s=30, explain_s=explain_s)
        async with ear.at_work():
            await until(lambda: ear.listener.counts["connections"] == 1, "connection")
            await scenario(port, publisher, ear)

    with mosquitto(folder) as broker, Publisher(broker.port) as publisher:
        before(publisher)
        asyncio.run(main(broker.port, publisher))


@contextmanager
def with_last_will(port: int, topic: str, will: bytes, *, retain: bool) -> Iterator[paho.Client]:
    """A client whose connection breaks without a goodbye at the end: the broker says its last will."""
    client = paho.Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
    client.will_set(topic, will, 1, retain=retain)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        yield client
    finally:
        line = client.socket()
        assert isinstance(line, socket.socket)
        line.shutdown(socket.SHUT_RDWR)
        client.loop_stop()
        client.reinitialise()


def facts(ear: Ear, device: str) -> Any:
    told = [harvest.facts for name, harvest in ear.harvests if name == device and harvest.facts]
    return told[-1] if told else None


def dropped(ear: Ear, reason: str) -> int:
    return sum(harvest.dropped[reason] for _, harvest in ear.harvests)


def test_a_sparkplug_node_is_asked_for_its_birth_speaks_and_dies_with_its_devices(tmp_path: Path) -> None:
    def births() -> list[tuple[str, bytes]]:
        node = payload(metric("bdSeq", 1, tahu.INT64), seq=0)
        device = payload(metric("Temperature", 4.5, tahu.FLOAT, alias=2), seq=1)
        return [("spBv1.0/no-1/NBIRTH/edge", node), ("spBv1.0/no-1/DBIRTH/edge/cold", device)]

    async def scenario(port: int, _publisher: Publisher, ear: Ear) -> None:
        death = payload(metric("bdSeq", 1, tahu.INT64))
        with with_last_will(port, "spBv1.0/no-1/NDEATH/edge", death, retain=False) as node:
            commands: list[bytes] = []
            node.on_message = lambda _c, _u, message: commands.append(bytes(message.payload))
            node.subscribe("spBv1.0/no-1/NCMD/edge", 1)
            first = payload(metric(value=5.5, as_type=tahu.FLOAT, alias=2), seq=7)
            node.publish("spBv1.0/no-1/DDATA/edge/cold", first, 1).wait_for_publish(10)
            await until(lambda: len(commands) == 1, "the command to tell the births")
            assert PAYLOAD.FromString(commands[0]).metrics[0].name == "Node Control/Rebirth"
            assert dropped(ear, "birth_unseen") == 1
            for topic, birth in births():
                node.publish(topic, birth, 1).wait_for_publish(10)
            second = payload(metric(value=6.5, as_type=tahu.FLOAT, alias=2), seq=2)
            node.publish("spBv1.0/no-1/DDATA/edge/cold", second, 1).wait_for_publish(10)
            await until(lambda: ear.values("no-1-edge-cold", "temperature_cel") == [4.5, 6.5], "the cold store")
            assert ear.values("no-1-edge", "reachable") == [1]
        await until(lambda: ear.values("no-1-edge", "reachable") == [1, 0], "the death of the node")
        await until(lambda: ear.values("no-1-edge-cold", "reachable") == [1, 0], "its device gone with it")
        assert ear.listener.counts["requests"] == 1

    play(tmp_path, scenario)


def test_zigbee_devices_appear_whatever_order_the_broker_keeps_and_go_with_their_bridge(tmp_path: Path) -> None:
    listed = [
        {"ieee_address": f"0x00158d000000000{n}", "type": "EndDevice", "friendly_name": name,
         "definition": {"vendor": "Aqara", "model": "MCCGQ11LM"}}
        for n, name in enumerate(("a 窗", "z 窗"))
    ]  # fmt: skip

    def before(publisher: Publisher) -> None:
        publisher.say("zigbee2mqtt/a 窗/availability", b'{"state":"online"}', retain=True)
        publisher.say("zigbee2mqtt/z 窗/availability", b'{"state":"offline"}', retain=True)
        publisher.say("zigbee2mqtt/a 窗", b'{"contact":true}', retain=True)
        publisher.say("zigbee2mqtt/bridge/state", b'{"state":"online"}', retain=True)
        publisher.say("zigbee2mqtt/bridge/devices", json.dumps(listed).encode(), retain=True)

    async def scenario(_port: int, publisher: Publisher, ear: Ear) -> None:
        a, z = "zigbee-00158d0000000000", "zigbee-00158d0000000001"
        await until(lambda: ear.values(a, "reachable") == [1], "the one that is there")
        await until(lambda: ear.values(z, "reachable") == [0], "the one that is not")
        assert facts(ear, a).name == "a 窗"
        assert ear.values(a, "door_state") == [], "what was kept may be old"
        publisher.say("zigbee2mqtt/a 窗", b'{"contact":false}')
        await until(lambda: ear.values(a, "door_state") == [1], "the window opens")
        publisher.say("zigbee2mqtt/bridge/state", b'{"state":"offline"}', retain=True)
        await until(lambda: ear.values(a, "reachable") == [1, 0], "gone with its bridge")
        publisher.say("zigbee2mqtt/bridge/state", b'{"state":"online"}', retain=True)
        await until(lambda: ear.values(a, "reachable") == [1, 0, 1], "and back with it")
        assert ear.values(z, "reachable") == [0]
        assert ear.candidates.listed() == []

    play(tmp_path, scenario, before)


def test_a_tasmota_plug_is_gone_as_soon_as_its_connection_is(tmp_path: Path) -> None:
    async def scenario(port: int, publisher: Publisher, ear: Ear) -> None:
        about = {"dn": "饮水机", "md": "Sonoff S31", "sw": "14.1.0", "t": "plug_1", "ft": "%prefix%/%topic%/"}
        publisher.say("tasmota/discovery/A8032ABE54DC/config", json.dumps(about).encode(), retain=True)
        with with_last_will(port, "tele/plug_1/LWT", b"Offline", retain=True) as plug:
            plug.publish("tele/plug_1/LWT", b"Online", 1, retain=True).wait_for_publish(10)
            plug.publish("tele/plug_1/SENSOR", b'{"ENERGY":{"Power":1350,"Voltage":228}}', 1).wait_for_publish(10)
            await until(lambda: ear.values("plug-1", "power_w") == [1350], "its power")
            assert ear.values("plug-1", "reachable") == [1]
            assert (facts(ear, "plug-1").name, facts(ear, "plug-1").model) == ("饮水机", "Sonoff S31")
        await until(lambda: ear.values("plug-1", "reachable") == [1, 0], "its last will")

    play(tmp_path, scenario)


def test_an_announced_device_that_was_kept_by_the_broker_is_there_at_once(tmp_path: Path) -> None:
    config = {
        "dev_cla": "carbon_dioxide",
        "unit_of_meas": "ppm",
        "stat_t": "a/co2",
        "avty_t": "a/there",
        "dev": {"ids": ["air-9"], "name": "301空气", "mf": "Acme"},
    }

    def before(publisher: Publisher) -> None:
        publisher.say("a/there", b"online", retain=True)
        publisher.say("homeassistant/sensor/air-9/co2/config", json.dumps(config).encode(), retain=True)

    async def scenario(_port: int, publisher: Publisher, ear: Ear) -> None:
        await until(lambda: ear.values("ha-air-9", "reachable") == [1], "its availability")
        publisher.say("a/co2", b"812")
        await until(lambda: ear.values("ha-air-9", "co2_ppm") == [812], "its air")
        assert facts(ear, "ha-air-9").name == "301空气"

    play(tmp_path, scenario, before)


def test_kept_messages_that_nothing_explains_are_strangers_in_the_end(tmp_path: Path) -> None:
    async def scenario(_port: int, _publisher: Publisher, ear: Ear) -> None:
        await until(lambda: len(ear.candidates.listed()) == 1, "the stranger")
        (only,) = ear.candidates.listed()
        assert (only.topic, only.messages, only.reason) == ("acme/fridge/*", 2, "no_profile")
        assert ear.listener.counts["unread_no_profile"] == 2

    def before(publisher: Publisher) -> None:
        for number in (1, 2):
            publisher.say(f"acme/fridge/{number}", b"4", retain=True)

    play(tmp_path, scenario, before, explain_s=0.3)


@pytest.mark.slow
def test_a_flood_of_topics_and_nonsense_disturbs_nobody(tmp_path: Path) -> None:
    nonsense = [
        ("board/b1/telemetry", b"\xff\xfe"),
        ("board/b1/telemetry", b"[" * 200_000),
        ("board/b1/telemetry", b'{"a":' * 100_000),
        ("board/b1/telemetry", b'{"cpu": 1e999, "temperature": NaN}'),
        ("board/b1/telemetry", b'{"cpu": ' + b"9" * 10_000 + b"}"),
        ("board/b1/telemetry", b"{" + b'"k":0,' * 300_000 + b'"k":0}'),
        ("spBv1.0/g/NBIRTH/n", b"\xff" * 1000),
        ("spBv1.0/g/NBIRTH/n", b"\x12\x00" * 200_000),
        ("spBv1.0//////", b""),
        ("zigbee2mqtt/bridge/devices", b'[{"ieee_address":"\\ud800"}]'),
        ("homeassistant/sensor/x/config", b'{"dev":{"ids":["x"]},"stat_t":"s","val_tpl":"{{ x }}"}'),
        ("tasmota/discovery/000000000000/config", b'{"t":{}}'),
        ("tele/x/SENSOR", b'{"ENERGY":[[[[[[[[[[1]]]]]]]]]]}'),
        ("shellyx-1/events/rpc", b'{"params":[1,2,{"apower":{}}]}'),
    ]

    async def scenario(_port: int, publisher: Publisher, ear: Ear) -> None:
        for topic, body in nonsense:
            publisher.say(topic, body)
        for number in range(MAX_DEVICES + 500):
            publisher.say(f"gate/g{number}/status", b'{"state":"open"}', wait=False)
        for number in range(2000):
            publisher.say(f"flood/{number}/x{'y' * (number % 300)}z/q", b"\x00" * 500, wait=False)
        publisher.say("board/b1/telemetry", b'{"power":"on"}')
        await until(lambda: ear.values("b1", "power_state") == [2], "the neighbour", 60)
        assert ear.listener.counts["unread_too_many_devices"] >= 500
        assert ear.listener.counts["unread_not_json"] >= 4
        assert ear.listener.counts["unread_too_large"] == 1
        assert ear.listener.counts["unread_template"] == 1
        assert ear.listener.counts["failures"] == 0
        assert len(ear.candidates.listed()) <= MAX_CANDIDATES
        assert len(ear.presence) <= MAX_DEVICES

    play(tmp_path, scenario)
