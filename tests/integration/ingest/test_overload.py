"""Overload on a real broker: a flood is turned away at the door, the others do not notice, and agents are asked to hold."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from campus.ids import AgentId, SiteId
from campus.topics import Address, Leg
from campus.wire.codec import decode_frame
from campus.wire.frame import HELLO_NUMBER, AckBody, CommandBody, HelloBody, ResultBody
from controller.ingest.door import BURST_S
from controller.ingest.ingest import Ingest
from controller.ingest.limits import Limits
from controller.ingest.recall import NOTE
from controller.ingest.reception import Reception
from controller.ingest.subscriber import BrokerAddress
from tests.fakes.ingest_neighbours import RecordingJudge
from tests.servers.daemon import wait_until
from tests.servers.mosquitto import Mosquitto
from tests.unit.ingest.frames import NO_1, NO_2, NOW, Bench, frame, sample

NO_3 = Address(SiteId("no-3"), AgentId("no-3"))
FLOOD = Limits(frames_per_s=50)
FLOOD_FRAMES = int(4 * 50 * BURST_S)


class Heard:
    """An agent's end of the line: sends, and keeps all that comes down."""

    def __init__(self, port: int, address: Address) -> None:
        self.address = address
        self.bodies: list[AckBody | CommandBody] = []
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe(address.topic(Leg.DOWN), 1)
        self._subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._hear
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        if not self._subscribed.wait(10):
            self.close()
            pytest.fail("the broker took no subscription")

    def send(self, payload: bytes) -> mqtt.MQTTMessageInfo:
        return self._client.publish(self.address.topic(Leg.UP), payload, qos=1)

    def hello(self, epoch: int, said_at: int = NOW) -> None:
        self.send(frame(HELLO_NUMBER, HelloBody("1", 1), self.address, epoch, sent_at=said_at)).wait_for_publish(10)

    @property
    def stored(self) -> set[int]:
        acks = [body for body in self.bodies if isinstance(body, AckBody)]
        return {number for ack in acks for first, last in ack.runs for number in range(first, last + 1)}

    @property
    def newest(self) -> AckBody | None:
        return next((body for body in reversed(self.bodies) if isinstance(body, AckBody)), None)

    @property
    def is_held(self) -> bool:
        return self.newest is not None and self.newest.hold_backlog_s > 0

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        # Freed with this object, not by the collector, which may come to paho's sockets before paho closes them.
        self._client.on_subscribe = self._client.on_message = None

    def _hear(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        body = decode_frame(bytes(message.payload)).body
        assert isinstance(body, AckBody | CommandBody)
        self.bodies.append(body)


class Centre(Bench):
    """A real ingest among fakes."""

    def begin(self, port: int, limits: Limits | None = None) -> Ingest:
        self.registrar.enrolled.add(NO_3)
        self.registrar.devices |= {(NO_3.site, device) for _, device in self.registrar.devices}
        self.reception = Reception(limits or Limits(), self.directory, self.store)
        ingest = Ingest(
            BrokerAddress("127.0.0.1", port),
            self.store,
            self.registrar,
            RecordingJudge(),
            self.events,
            lambda: self.now,
            dead_letter_directory=self.directory,
            keep_days=35,
            first_retry_s=0.05,
            reception=self.reception,
        )
        ingest.start()
        wait_until(lambda: ingest.is_connected, "ingest to connect")
        return ingest


@pytest.fixture
def centre(tmp_path: Path) -> Centre:
    return Centre(tmp_path)


@pytest.fixture
def agents(broker: Mosquitto) -> Iterator[dict[Address, Heard]]:
    there = {address: Heard(broker.port, address) for address in (NO_1, NO_2, NO_3)}
    yield there
    for one in there.values():
        one.close()


@pytest.mark.slow
def test_a_flood_is_turned_away_named_and_asked_to_hold_while_the_others_go_on(
    broker: Mosquitto, centre: Centre, agents: dict[Address, Heard]
) -> None:
    ingest = centre.begin(broker.port, FLOOD)
    flooding, honest = agents[NO_3], (agents[NO_1], agents[NO_2])
    for number in range(1, FLOOD_FRAMES + 1):
        flooding.send(frame(number, [sample(value=1.0)], NO_3))
        if number % 100 == 0:
            for one in honest:
                one.send(frame(number // 100, [sample(value=2.0)], one.address))
    wait_until(lambda: all(len(one.stored) == FLOOD_FRAMES // 100 for one in honest), "the honest frames", 60)
    wait_until(lambda: centre.reception.door.refused["too_many_frames"] > 0, "frames to be refused")
    told = centre.reception.state(NOW).agents
    assert told.keys() == {NO_3}
    assert told[NO_3].limited_frames > 0
    ingest.tend(NOW)
    wait_until(lambda: flooding.newest is not None and flooding.newest.hold_s > 0, "the flood to be asked to hold")
    assert all(one.newest is not None and one.newest.hold_s == 0 for one in honest)
    assert len(flooding.stored) < FLOOD_FRAMES, "what was not taken was not acknowledged"
    figures = {figure.name: figure.value for figure in ingest.figures()}
    assert figures["ingest_messages_refused_total"] > 0
    assert (figures["ingest_agents_limited"], figures["ingest_agents_held"]) == (1, 1)
    ingest.stop()


def test_while_the_store_is_away_agents_are_asked_to_take_turns_and_then_released(
    broker: Mosquitto, centre: Centre, agents: dict[Address, Heard]
) -> None:
    ingest = centre.begin(broker.port)
    agents[NO_1].hello(5)
    wait_until(lambda: agents[NO_1].newest == AckBody(5, []), "the hello to be answered")
    ingest.tend(NOW)
    centre.store.is_away = True
    agents[NO_2].send(frame(1, [sample()], NO_2))
    wait_until(lambda: ingest.counters.append_retries > 0, "a commit to fail")
    ingest.tend(NOW)
    wait_until(lambda: agents[NO_1].is_held, "to be asked to hold")
    assert centre.reception.state(NOW).level == 2
    assert centre.reception.state(NOW).is_stuck
    centre.store.is_away = False
    wait_until(lambda: agents[NO_2].stored == {1}, "the store to be back")
    ingest.tend(NOW)
    assert not centre.reception.state(NOW).is_stuck
    ingest.stop()


def test_bytes_under_way_are_let_go_once_they_are_stored(
    broker: Mosquitto, centre: Centre, agents: dict[Address, Heard]
) -> None:
    ingest = centre.begin(broker.port)
    centre.store.is_away = True
    payload = frame(1, [sample()])
    agents[NO_1].send(payload)
    wait_until(lambda: ingest.counters.append_retries > 0, "a commit to fail")
    assert {figure.name: figure.value for figure in ingest.figures()}["ingest_unsettled_bytes"] == len(payload)
    centre.store.is_away = False
    wait_until(lambda: agents[NO_1].stored == {1}, "the acknowledgement")
    wait_until(
        lambda: {each.name: each.value for each in ingest.figures()}["ingest_unsettled_bytes"] == 0, "it to be let go"
    )
    ingest.stop()


def test_two_processes_of_one_name_are_told_apart(
    broker: Mosquitto, centre: Centre, agents: dict[Address, Heard]
) -> None:
    ingest = centre.begin(broker.port)
    for at, epoch in enumerate((1, 2, 1)):
        agents[NO_1].hello(epoch, NOW + at)
        agents[NO_1].send(frame(epoch, [sample(value=float(at))], NO_1, epoch)).wait_for_publish(10)
    wait_until(lambda: centre.reception.state(NOW).of(NO_1).clash_since == NOW, "the clash")
    wait_until(lambda: agents[NO_1].stored == {1, 2}, "the frames of both to be stored")
    wait_until(lambda: [event.kind for _, event in centre.events.events] == ["identity_clash"], "it to be told once")
    ingest.stop()


def test_after_a_restore_an_agent_that_is_heard_is_asked_and_its_answer_kept(
    broker: Mosquitto, centre: Centre, agents: dict[Address, Heard]
) -> None:
    (centre.directory / NOTE).write_text(json.dumps({"whole_until": NOW - 60_000, "restored_at": NOW - 1_000}))
    ingest = centre.begin(broker.port)
    agents[NO_1].send(frame(1, [sample()]))  # it is connected all the time, so it says no hello
    wait_until(lambda: agents[NO_1].stored == {1}, "the agent to be heard")
    ingest.tend(NOW)
    wait_until(lambda: any(isinstance(body, CommandBody) for body in agents[NO_1].bodies), "the command")
    command = next(body for body in agents[NO_1].bodies if isinstance(body, CommandBody))
    agents[NO_1].send(frame(2, ResultBody(command.id, ok=True)))
    wait_until(lambda: centre.reception.state(NOW).answered == {NO_1}, "the answer")
    assert centre.reception.state(NOW).whole_until == NOW - 60_000
    ingest.stop()
