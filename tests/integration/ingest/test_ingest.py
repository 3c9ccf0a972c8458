"""Ingest on a real broker: nothing is acknowledged before it is stored, and nothing stops it for good."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from campus.ids import DeviceId, Instance, MetricId
from campus.topics import Address, Leg
from campus.wire.codec import decode_frame
from campus.wire.frame import AckBody
from controller.ingest.flow import Flow
from controller.ingest.ingest import FIRST_RETRY_S, Ingest
from controller.ingest.model import Made
from controller.ingest.port import Committed
from controller.ingest.pressure import Hold
from controller.ingest.subscriber import BrokerAddress
from controller.store.port import DistrictSeries, Level
from tests.fakes.ingest_neighbours import RecordingJudge
from tests.servers.daemon import wait_until
from tests.servers.mosquitto import Mosquitto, mosquitto
from tests.unit.ingest.frames import NO_1, NO_2, NOW, Bench, facts, frame, sample


class Agent:
    """Publishes frames and hears which are stored."""

    def __init__(self, port: int, address: Address = NO_1) -> None:
        self.address = address
        self.stored: set[tuple[int, int]] = set()
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

    def send(self, payload: bytes, leg: Leg = Leg.UP, *, retain: bool = False) -> None:
        """Publish, and wait until the broker has it."""
        self._client.publish(self.address.topic(leg), payload, qos=1, retain=retain).wait_for_publish(10)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()
        # Freed with this object, not by the collector, which may come to paho's sockets before paho closes them.
        self._client.on_subscribe = self._client.on_message = None

    def _hear(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        body = decode_frame(bytes(message.payload)).body
        assert isinstance(body, AckBody)
        self.stored |= {(body.epoch, number) for first, last in body.runs for number in range(first, last + 1)}


class PatientJudge(RecordingJudge):
    """Judges nothing before it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may_begin = threading.Event()

    def judge(self, committed: Committed) -> None:
        """Wait, then keep it."""
        assert self.may_begin.wait(30)
        super().judge(committed)


class FailingFlow(Flow):
    """A mistake nobody foresaw, once."""

    has_failed = False

    def hold_of(self, address: Address) -> Hold:
        """Fail at first."""
        if not self.has_failed:
            self.has_failed = True
            raise ZeroDivisionError("nobody foresaw this")
        return super().hold_of(address)


def own_sample(value: float) -> Made:
    """One that the controller made."""
    name = DistrictSeries(NO_1.site, DeviceId("school"), MetricId("school_devices"), Instance(""))
    return Made([name], np.array([0], np.int32), np.array([NOW], np.int64), np.array([value]))


def _figure(ingest: Ingest, name: str) -> float:
    return next(figure.value for figure in ingest.figures() if figure.name == name)


class Centre(Bench):
    """Fakes around a real ingest."""

    def begin(self, port: int, first_retry_s: float = FIRST_RETRY_S) -> Ingest:
        """A started ingest with the same neighbours, as after a restart."""
        self.judge = getattr(self, "judge", RecordingJudge())
        broker = BrokerAddress("127.0.0.1", port)
        ingest = Ingest(
            broker,
            self.store,
            self.registrar,
            self.judge,
            self.events,
            lambda: self.now,
            dead_letter_directory=self.directory,
            keep_days=35,
            first_retry_s=first_retry_s,
        )
        ingest.start()
        wait_until(lambda: ingest.is_connected, "ingest to connect")
        return ingest

    def values(self) -> list[float]:
        """Everything stored."""
        ids = np.array(sorted(self.store.find_series()), np.int32)
        return sorted(self.store.window(ids, 0, 1 << 42, Level.RAW).mean.tolist())


@pytest.fixture
def centre(tmp_path: Path) -> Centre:
    return Centre(tmp_path)


@pytest.fixture
def agent(broker: Mosquitto) -> Iterator[Agent]:
    one = Agent(broker.port)
    yield one
    one.close()


def test_frames_are_stored_acknowledged_and_judged(broker: Mosquitto, centre: Centre, agent: Agent) -> None:
    ingest = centre.begin(broker.port)
    other = Agent(broker.port, NO_2)
    agent.send(frame(1, facts("sw-1", "ap-1")))
    agent.send(frame(2, [sample("ap-1", value=21.0), sample("sw-1", value=22.0)]))
    other.send(frame(1, [sample(value=23.0)], NO_2))
    wait_until(lambda: agent.stored == {(1, 1), (1, 2)} and other.stored == {(1, 1)}, "the acknowledgements")
    wait_until(lambda: centre.judge.samples == 3, "the judge")
    assert centre.values() == [21.0, 22.0, 23.0]
    assert centre.registrar.notes[NO_1]["last_frame_at"] == NOW
    figures = {figure.name: figure.value for figure in ingest.figures()}
    assert figures["ingest_broker_connected"] == 1
    assert figures["ingest_frames_acknowledged_total"] == 3
    assert ingest.lag_s == 0
    ingest.stop()
    ingest.stop()
    other.close()


def test_nothing_is_acknowledged_while_the_store_is_away(broker: Mosquitto, centre: Centre, agent: Agent) -> None:
    centre.store.is_away = True
    ingest = centre.begin(broker.port)
    for number in range(1, 6):
        agent.send(frame(number, [sample(value=float(number))]))
    wait_until(lambda: centre.store.attempts >= 2, "a second attempt")
    assert agent.stored == set()
    assert ingest.counters.frames_acknowledged == 0
    centre.now += 7_000
    assert ingest.lag_s == 7
    centre.store.is_away = False
    wait_until(lambda: len(agent.stored) == 5, "the acknowledgements")
    assert centre.values() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert ingest.counters.append_retries >= 2
    ingest.stop()


def test_what_the_controller_makes_is_stored_beside_the_frames_and_judged_by_no_rule(
    broker: Mosquitto, centre: Centre, agent: Agent
) -> None:
    ingest = centre.begin(broker.port)
    centre.store.is_away = True
    ingest.keep(own_sample(7.0))
    wait_until(lambda: centre.store.attempts >= 1, "an attempt")
    agent.send(frame(1, facts("sw-1")))
    agent.send(frame(2, [sample(value=1.0)]))
    ingest.keep(own_sample(8.0))
    centre.store.is_away = False
    wait_until(lambda: agent.stored == {(1, 1), (1, 2)}, "the acknowledgements")
    wait_until(lambda: centre.values() == [1.0, 7.0, 8.0], "all of it")
    wait_until(lambda: centre.judge.samples == 1, "the judge")
    assert _figure(ingest, "ingest_own_samples_total") == 2
    assert _figure(ingest, "ingest_samples_committed_total") == 1
    ingest.stop()


def test_between_two_attempts_nobody_waits_for_ingest(broker: Mosquitto, centre: Centre, agent: Agent) -> None:
    centre.store.is_away = True
    ingest = centre.begin(broker.port, first_retry_s=20.0)
    agent.send(frame(1, [sample(value=1.0)]))
    wait_until(lambda: ingest.counters.append_retries == 1, "the attempt")
    with ingest.paused():
        assert centre.store.attempts == 1
    ingest.stop()
    assert ingest.counters.append_retries == 1


def test_a_group_that_could_not_be_stored_takes_no_more(broker: Mosquitto, centre: Centre, agent: Agent) -> None:
    centre.store.failures = [ZeroDivisionError("a bug")] * 2
    ingest = centre.begin(broker.port)
    agent.send(frame(1, [sample(value=1.0)]))
    wait_until(lambda: ingest.counters.unexpected["round"] >= 1, "the first failure")
    agent.send(frame(2, [sample(value=2.0)]))
    agent.send(frame(2, [sample(value=2.0)]))  # a repetition is acknowledged with the group of the first
    wait_until(lambda: agent.stored == {(1, 1), (1, 2)}, "both acknowledgements")
    assert centre.values() == [1.0, 2.0]
    ingest.stop()


def test_an_acknowledgement_that_fails_keeps_nothing_from_being_settled(
    broker: Mosquitto, centre: Centre, agent: Agent
) -> None:
    ingest = centre.begin(broker.port)
    ingest._reception.flow = FailingFlow()
    agent.send(frame(1, [sample(value=1.0)]))
    wait_until(lambda: ingest.counters.unexpected["acknowledge"] == 1, "the failure")
    wait_until(lambda: _figure(ingest, "ingest_unsettled_bytes") == 0, "the message to be settled")
    agent.send(frame(1, [sample(value=1.0)]))
    wait_until(lambda: agent.stored == {(1, 1)}, "the acknowledgement")
    assert centre.values() == [1.0]
    ingest.stop()


def test_what_was_not_stored_comes_again_after_a_restart(broker: Mosquitto, centre: Centre, agent: Agent) -> None:
    ingest = centre.begin(broker.port)
    centre.store.is_away = True
    agent.send(frame(1, [sample(value=1.0)]))
    wait_until(lambda: centre.store.attempts >= 1, "an attempt")
    ingest.stop()
    agent.send(frame(2, [sample(value=2.0)]))  # while nobody listens
    centre.store.is_away = False
    ingest = centre.begin(broker.port)
    wait_until(lambda: agent.stored == {(1, 1), (1, 2)}, "both acknowledgements")
    assert centre.values() == [1.0, 2.0]
    ingest.stop()


def test_a_broker_that_forgets_everything_is_dialled_again(tmp_path: Path, centre: Centre) -> None:
    (tmp_path / "broker").mkdir()
    with mosquitto(tmp_path / "broker") as first:
        port = first.port
        ingest = centre.begin(port)
    wait_until(lambda: not ingest.is_connected, "ingest to notice")
    with mosquitto(tmp_path / "broker", port):
        wait_until(lambda: ingest.is_connected, "ingest to come back", 30)
        agent = Agent(port)
        agent.send(frame(1, [sample(value=1.0)]))
        wait_until(lambda: agent.stored == {(1, 1)}, "the acknowledgement")
        agent.close()
        ingest.stop()
    assert centre.values() == [1.0]
    assert ingest.counters.connections == 2


def test_states_of_agents_are_noted(broker: Mosquitto, centre: Centre, agent: Agent) -> None:
    agent.send(json.dumps({"online": True, "version": "0.1.0"}).encode(), Leg.STATE, retain=True)
    ingest = centre.begin(broker.port)
    wait_until(lambda: centre.registrar.notes[NO_1] == {"online": True, "version": "0.1.0"}, "the state")
    agent.send(b"on", Leg.STATE, retain=True)
    agent.send(b'{"online": false}', Leg.STATE, retain=True)
    wait_until(lambda: centre.registrar.notes[NO_1]["online"] is False, "the other state")
    assert ingest.counters.frames_dropped == {"bad_state": 1}
    ingest.stop()


def test_errors_nobody_foresaw_do_not_end_ingest(broker: Mosquitto, centre: Centre, agent: Agent) -> None:
    ingest = centre.begin(broker.port)
    centre.judge.fails = True
    agent.send(frame(1, [sample(value=1.0)]))
    wait_until(lambda: ingest.counters.unexpected["judge"] == 1, "the judge to fail")
    centre.store.failures = [ZeroDivisionError("a bug")] * 2
    agent.send(frame(2, [sample(value=2.0)]))
    wait_until(lambda: agent.stored == {(1, 1), (1, 2)}, "the acknowledgements")
    assert ingest.counters.unexpected["round"] == 2
    assert centre.values() == [1.0, 2.0]
    ingest.stop()


def test_a_judge_that_takes_long_delays_no_acknowledgement_and_misses_nothing(
    broker: Mosquitto, centre: Centre, agent: Agent
) -> None:
    centre.judge = judge = PatientJudge()
    ingest = centre.begin(broker.port)
    agent.send(frame(1, [sample(value=1.0)]))
    wait_until(lambda: agent.stored == {(1, 1)}, "the acknowledgement")
    agent.send(frame(2, [sample(value=2.0)]))
    wait_until(lambda: agent.stored == {(1, 1), (1, 2)}, "the other one")
    wait_until(lambda: _figure(ingest, "ingest_unjudged_groups") == 2, "both groups to be handed on")
    assert judge.samples == 0
    agent.send(frame(3, [sample(value=3.0)]))
    wait_until(lambda: (1, 3) in agent.stored, "one more")
    agent.send(frame(4, [sample(value=4.0)]))
    wait_until(lambda: (1, 4) in agent.stored, "one that waits to be handed on")
    with ingest.paused():
        assert judge.samples == 0
    judge.may_begin.set()
    ingest.stop()
    assert [group.value.tolist() for group in judge.committed] == [[1.0], [2.0], [3.0], [4.0]]
    assert _figure(ingest, "ingest_unjudged_groups") == 0


@pytest.mark.slow
def test_a_frame_that_can_never_be_stored_is_set_aside_in_the_end(
    broker: Mosquitto, centre: Centre, agent: Agent
) -> None:
    ingest = centre.begin(broker.port, first_retry_s=0.01)
    centre.store.poisonous = 13.0
    for number, value in enumerate((12.0, 13.0, 14.0), 1):
        agent.send(frame(number, [sample(value=value)]))
    wait_until(lambda: centre.values() == [12.0, 14.0], "the neighbours to be stored", 30)
    wait_until(lambda: agent.stored == {(1, 1), (1, 3)}, "the acknowledgements")
    assert ingest.counters.dead_letters == 1
    agent.send(frame(4, [sample(value=15.0)]))
    wait_until(lambda: (1, 4) in agent.stored, "life to go on")
    ingest.stop()


def test_a_broker_that_is_not_there_is_no_reason_to_fail(centre: Centre, tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir()
    with mosquitto(tmp_path / "broker") as gone:
        port = gone.port
    broker = BrokerAddress("127.0.0.1", port)
    ingest = Ingest(
        broker,
        centre.store,
        centre.registrar,
        RecordingJudge(),
        centre.events,
        lambda: NOW,
        dead_letter_directory=tmp_path,
        keep_days=35,
    )
    ingest.start()
    assert not ingest.is_connected
    with mosquitto(tmp_path / "broker", port):
        wait_until(lambda: ingest.is_connected, "ingest to connect", 30)
        ingest.stop()
