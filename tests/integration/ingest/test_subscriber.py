"""The subscriber on a real broker: what nobody foresaw in one message does not end the others."""

from collections.abc import Iterator

import pytest

from campus.topics import Address, Leg
from controller.ingest.counters import IngestCounters
from controller.ingest.group import Arrived
from controller.ingest.subscriber import BrokerAddress, Subscriber
from tests.integration.ingest.test_overload import Heard
from tests.servers.daemon import wait_until
from tests.servers.mosquitto import Mosquitto
from tests.unit.ingest.frames import NO_1, NO_2, NOW


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
    subscriber = Subscriber(BrokerAddress("127.0.0.1", broker.port), counters, lambda: NOW, admits)
    subscriber.start()
    wait_until(lambda: subscriber.is_connected, "the subscriber")
    bad, good = agents
    bad.send(b"one").wait_for_publish(10)
    good.send(b"two").wait_for_publish(10)
    arrived = subscriber.receive(10)
    assert isinstance(arrived, Arrived)
    assert arrived.payload == b"two"
    assert counters.unexpected == {"receive": 1}
    subscriber.stop()
