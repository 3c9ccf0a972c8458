"""The listener on a school's broker: devices heard, silence noticed, strangers remembered, a broker that goes and comes."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from agent.candidates import Candidates
from agent.clock import SteadyTimer, utc_ms
from agent.collect.mqtt.interpreters import interpreters_of
from agent.collect.mqtt.listener import MqttListener, watch_for_silence
from agent.collect.mqtt.port import Interpreter, Request, Understood
from agent.collect.port import Harvest
from agent.config import Broker
from agent.link import Heard
from agent.presence import Presence
from agent.settings import BrokerSettings
from campus.ids import DeviceId
from campus.samples import DeviceKind
from firmware_profiles.load import load_catalogue
from tests.fakes.publisher import Publisher
from tests.servers.daemon import free_port
from tests.servers.mosquitto import mosquitto
from tests.support.eventually import until
from tests.unit.agent.bodies import HERE

BOARD = "board/board-101/telemetry"
ON = json.dumps({"power": "on", "input": "hdmi", "touches_per_min": 12, "firmware": "3.1"}).encode()
CATALOGUE = load_catalogue()


class Ear:
    """A listener at work and everything it gave."""

    def __init__(
        self,
        port: int,
        expected: tuple[str, ...] = (),
        silence_s: float = 1.0,
        answer_s: float = 30,
        explain_s: float = 10,
        first: tuple[Interpreter, ...] = (),
    ) -> None:
        self.harvests: list[tuple[DeviceId, Harvest]] = []
        self.presence = Presence([DeviceId(each) for each in expected], silence_s, repeat_s=60)
        self.candidates = Candidates()
        self._timer = SteadyTimer()
        self.listener = MqttListener(
            Broker(BrokerSettings(port=port), None, None),
            HERE,
            [*first, *interpreters_of(CATALOGUE)],
            self.presence,
            self.candidates,
            self.take,
            clock=utc_ms,
            timer=self._timer,
            answer_within_s=answer_s,
            explain_within_s=explain_s,
        )

    def take(self, device: DeviceId, harvest: Harvest) -> None:
        self.harvests.append((device, harvest))

    def values(self, device: str, metric: str) -> list[float]:
        """Every value of a metric so far, in order."""
        return [
            sample.value
            for name, harvest in self.harvests
            for sample in harvest.samples
            if (name, sample.key.metric) == (device, metric)
        ]

    def events(self) -> list[str]:
        return [event.kind for _, harvest in self.harvests for event in harvest.events]

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        works = (self.listener.run(), watch_for_silence(self.presence, self.take, utc_ms, self._timer))
        tasks = [asyncio.ensure_future(work) for work in works]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def test_a_device_is_heard_falls_silent_and_speaks_again(tmp_path: Path) -> None:
    async def scenario(port: int, publisher: Publisher) -> None:
        ear = Ear(port, expected=("board-102",))
        async with ear.at_work():
            await until(lambda: ear.listener.counts["connections"] == 1, "connection")
            publisher.say(BOARD, ON)
            await until(lambda: ear.values("board-101", "power_state") == [2], "the board's power")
            assert ear.values("board-101", "reachable") == [1]
            facts = next(harvest.facts for name, harvest in ear.harvests if name == "board-101")
            assert facts is not None
            assert (facts.kind, facts.firmware) == (DeviceKind.BOARD, "3.1")
            await until(lambda: ear.values("board-101", "reachable") == [1, 0], "its silence")
            await until(lambda: ear.values("board-102", "reachable") == [0], "the silence of one never heard")
            publisher.say(BOARD, ON)
            await until(lambda: ear.values("board-101", "reachable") == [1, 0, 1], "its return")

    with mosquitto(tmp_path) as broker, Publisher(broker.port) as publisher:
        asyncio.run(scenario(broker.port, publisher))


def test_a_retained_message_makes_a_device_known_and_not_heard(tmp_path: Path) -> None:
    async def scenario(port: int) -> None:
        ear = Ear(port)
        async with ear.at_work():
            await until(lambda: ear.values("board-101", "reachable") == [0], "its silence")
        (facts,) = [harvest.facts for _, harvest in ear.harvests if harvest.facts]
        assert (facts.device, facts.firmware) == ("board-101", "3.1")
        assert ear.values("board-101", "power_state") == []
        assert sum(harvest.dropped["retained_undated"] for _, harvest in ear.harvests) == 3

    with mosquitto(tmp_path) as broker:
        with Publisher(broker.port) as publisher:
            publisher.say(BOARD, ON, retain=True)
        asyncio.run(scenario(broker.port))


def test_strangers_and_broken_messages_are_counted_and_neighbours_heard(tmp_path: Path) -> None:
    async def scenario(port: int, publisher: Publisher) -> None:
        ear = Ear(port)
        async with ear.at_work():
            await until(lambda: ear.listener.counts["connections"] == 1, "connection")
            publisher.say("acme/fridge/7", b"\xff\xfe warm")
            publisher.say(HERE.topic("up"), b"a frame")  # type: ignore[arg-type]
            publisher.say(BOARD, b"{not json")
            publisher.say(BOARD, ON)
            await until(lambda: ear.values("board-101", "power_state") == [2], "the good message")
            assert ear.listener.counts["unread_no_profile"] == 1
            assert ear.listener.counts["unread_not_json"] == 1
            assert ear.listener.counts["messages"] == 4
            assert [(c.topic, c.reason) for c in ear.candidates.listed()] == [
                ("acme/fridge/7", "no_profile"),
                (BOARD, "not_json"),
            ]

    with mosquitto(tmp_path) as broker, Publisher(broker.port) as publisher:
        asyncio.run(scenario(broker.port, publisher))


class Broken:
    """An interpreter with a mistake that one topic shows."""

    def understand(self, heard: Heard) -> Understood | None:
        if heard.topic == "acme/odd":
            raise ZeroDivisionError
        return None

    def reconnected(self, now: int) -> list[Request]:
        return []


def test_a_mistake_of_ours_costs_the_message_that_shows_it(tmp_path: Path) -> None:
    async def scenario(port: int, publisher: Publisher) -> None:
        ear = Ear(port, first=(Broken(),))
        async with ear.at_work():
            await until(lambda: ear.listener.counts["connections"] == 1, "connection")
            publisher.say("acme/odd", b"1")
            publisher.say(BOARD, ON)
            await until(lambda: ear.values("board-101", "power_state") == [2], "the good message")
            assert ear.listener.counts["unread_broken"] == 1
            assert ear.listener.counts["failures"] == 0

    with mosquitto(tmp_path) as broker, Publisher(broker.port) as publisher:
        asyncio.run(scenario(broker.port, publisher))


def test_while_the_broker_is_away_no_device_is_called_silent(tmp_path: Path) -> None:
    port = free_port()

    async def scenario() -> None:
        ear = Ear(port, silence_s=2.0)
        async with ear.at_work():
            with mosquitto(tmp_path, port), Publisher(port) as publisher:
                await until(lambda: ear.listener.counts["connections"] == 1, "connection")
                publisher.say(BOARD, ON)
                await until(lambda: ear.values("board-101", "reachable") == [1], "the board")
            await until(lambda: "mqtt_listener_down" in ear.events(), "noticing")
            assert ear.presence.due(1e9, utc_ms()) == []
            with mosquitto(tmp_path, port), Publisher(port) as publisher:
                await until(lambda: ear.listener.counts["connections"] == 2, "reconnection")
                publisher.say(BOARD, ON)
                await until(lambda: len(ear.values("board-101", "power_state")) == 2, "the board again")
        assert ear.values("board-101", "reachable") == [1]
        assert ear.events() == ["mqtt_listener_up", "mqtt_listener_down", "mqtt_listener_up"]

    asyncio.run(scenario())


def test_an_agent_that_leaves_does_not_call_the_broker_down(tmp_path: Path) -> None:
    async def scenario(port: int) -> None:
        ear = Ear(port)
        async with ear.at_work():
            await until(lambda: ear.listener.counts["connections"] == 1, "connection")
        assert ear.events() == ["mqtt_listener_up"]
        assert ear.presence.due(1e9, utc_ms()) == []

    with mosquitto(tmp_path) as broker:
        asyncio.run(scenario(broker.port))


def test_a_broker_that_starts_after_the_agent_is_given_time(tmp_path: Path) -> None:
    port = free_port()

    async def scenario() -> None:
        ear = Ear(port)
        async with ear.at_work():
            await until(lambda: ear.listener.counts["failures"] >= 1, "the first try")
            with mosquitto(tmp_path, port):
                await until(lambda: ear.listener.counts["connections"] == 1, "connection")
                assert ear.events() == ["mqtt_listener_up"]

    asyncio.run(scenario())


def test_a_broker_that_never_answers_is_called_down_once_and_up_when_it_comes(tmp_path: Path) -> None:
    port = free_port()

    async def scenario() -> None:
        ear = Ear(port, answer_s=0.1)
        async with ear.at_work():
            await until(lambda: ear.listener.counts["failures"] >= 3, "three tries")
            assert ear.events() == ["mqtt_listener_down"]
            with mosquitto(tmp_path, port):
                await until(lambda: "mqtt_listener_up" in ear.events(), "connection")
        (down, up) = [event for _, harvest in ear.harvests for event in harvest.events]
        assert (down.kind, up.kind) == ("mqtt_listener_down", "mqtt_listener_up")
        assert down.text == up.text == f"127.0.0.1:{port}"
        assert down.instance == up.instance == ""
        assert down.device == up.device == DeviceId(HERE.agent)

    asyncio.run(scenario())
