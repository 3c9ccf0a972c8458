"""Topics are written and read back alike, and a topic that lies about its partition is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.errors import Poison
from campus.ids import AgentId, SiteId
from campus.topics import PARTITIONS, Address, Leg, parse_topic
from tests.unit.campus.wire.frames import ids

addresses = st.builds(Address, ids.map(SiteId), ids.map(AgentId))


@given(addresses, st.sampled_from(Leg))
def test_topics_round_trip(address: Address, leg: Leg) -> None:
    assert parse_topic(address.topic(leg)) == (address, leg)
    assert 0 <= address.partition < PARTITIONS


@given(addresses, st.integers(0, PARTITIONS - 1))
def test_only_the_right_partition_is_taken(address: Address, partition: int) -> None:
    topic = f"campus/1/{partition:02d}/{address.site}/{address.agent}/up"
    if partition == address.partition:
        assert parse_topic(topic) == (address, Leg.UP)
    else:
        with pytest.raises(Poison, match=f"is {address.partition:02d}"):
            parse_topic(topic)


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(Poison) as caught:
        parse_topic(text)
    assert caught.value.reason in {"bad_topic", "bad_id"}


BAD = [
    ("campus/2/15/no-3-primary/a1/up", "bad_topic"),
    ("campus/1/15/no-3-primary/a1/sideways", "bad_topic"),
    ("campus/1/15/no-3-primary/a1/up/", "bad_topic"),
    ("/campus/1/15/no-3-primary/a1/up", "bad_topic"),
    ("campus/1/0xf/no-3-primary/a1/up", "bad_topic"),
    ("campus/1/15/no-3-primary/+/up", "bad_id"),
    ("campus/1/15/No-3/a1/up", "bad_id"),
]


@pytest.mark.parametrize(("topic", "reason"), BAD)
def test_a_wrong_topic_is_named(topic: str, reason: str) -> None:
    with pytest.raises(Poison) as caught:
        parse_topic(topic)
    assert caught.value.reason == reason


def test_the_partition_is_for_ever() -> None:
    partitions = {Address(SiteId(f"school-{n}"), AgentId("a")).partition for n in range(2000)}
    assert partitions == set(range(PARTITIONS))
    assert Address(SiteId("no-3-primary"), AgentId("a1")).topic(Leg.DOWN) == "campus/1/15/no-3-primary/a1/down"
