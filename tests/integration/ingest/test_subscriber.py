"""The subscriber on a real broker: what nobody foresaw in one message does not end the others."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from campus.topics import Address, Leg
from controller.ingest.counters import IngestCounters
from controller.ingest.group import Arrived
from controller.ingest.subscriber import Admits, BrokerAddress, Subscriber
from tests.integration.ingest.test_overload import Heard
from tests.servers.daemon import wait_until
from tests.servers.mosquitto import Mosquitto
from tests.unit.ingest.frames import NO_1, NO_2, NOW


@contextmanager
def listening(
    broker: Mosquitto, counters: IngestCounters, admits: Admits = lambda _address, _leg, _size: True
) -> Iterator[Subscriber]:
    """A connected subscriber that leaves however the block ends."""
    subscriber = Subscriber(BrokerAddress("127.0.0.1", broker.port), counters, lambda: NOW, admits)
    subscriber.start()
    try:
        wait_until(lambda: subscriber.is_connected, "the subscriber")
        yield subscriber
    finally:
        subscriber.stop()


@pytest.fixture
def agents(broker: Mosquitto) -> Iterator[tuple[Heard, Heard]]:
    there = Heard(broker.port, NO_1), Heard(broker.port, NO_2)
    yield there
    for one in there:
        one.close()


def test_a_message_that_breaks_what_takes_it_is_passed_over_and_the_next_one_comes(
    broker: Mosquitto, agents: tuple[Heard, Heard]
) -> None:
    def admits(address: Address, _leg: Leg, _size: int) -> bool:
        if address == NO_1:
            raise ZeroDivisionError
        return True

    counters = IngestCounters()
    with listening(broker, counters, admits) as subscriber:
        bad, good = agents
        bad.send(b"one").wait_for_publish(10)
        good.send(b"two").wait_for_publish(10)
        arrived = subscriber.receive(10)
    assert isinstance(arrived, Arrived)
    assert arrived.payload == b"two"
    assert counters.unexpected == {"receive": 1}


def test_what_is_not_sent_for_want_of_a_connection_is_counted_and_said(broker: Mosquitto) -> None:
    counters, acks = IngestCounters(), [(NO_1, b"ack"), (NO_2, b"ack")]
    with listening(broker, counters) as subscriber:
        assert subscriber.publish_together(acks)
        assert counters.down_dropped == 0
        os.kill(broker.pid, signal.SIGKILL)
        wait_until(lambda: not subscriber.is_connected, "the subscriber to notice")
        assert not subscriber.publish_together(acks)
        assert counters.down_dropped == 2
