"""Unknown publishers are counted and remembered within bounds."""

import pytest

from agent.candidates import MAX_CANDIDATES, SAMPLE_BYTES, TOPIC_CHARS, Candidates, topic_shape


def test_a_publisher_is_counted_and_the_beginning_of_its_last_message_kept() -> None:
    candidates = Candidates()
    assert candidates.note("fridge/1", b"{}", "no_profile", 1)
    assert not candidates.note("fridge/1", b"x" * 5000, "no_profile", 2)
    (only,) = candidates.listed()
    assert (only.messages, only.last_at, only.sample) == (2, 2, b"x" * SAMPLE_BYTES)


def test_the_one_not_heard_for_longest_makes_room() -> None:
    candidates = Candidates()
    for n in range(MAX_CANDIDATES):
        candidates.note(f"t/{n}", b"", "no_profile", n)
    candidates.note("t/0", b"", "no_profile", 1000)
    candidates.note("new", b"", "no_profile", 1001)
    topics = [candidate.topic for candidate in candidates.listed()]
    assert len(topics) == MAX_CANDIDATES
    assert topics[0] == "t/0"
    assert "t/1" not in topics


def test_what_was_kept_is_recalled_and_counted_on() -> None:
    before, after = Candidates(), Candidates()
    for n in range(3):
        before.note(f"t/{n}", b"x", "no_profile", n)
    assert before.is_changed
    after.recall(before.listed())
    assert not after.is_changed
    assert not after.note("t/1", b"y", "no_profile", 9)
    assert [(each.topic, each.messages) for each in after.listed()] == [("t/1", 2), ("t/0", 1), ("t/2", 1)]


@pytest.mark.parametrize(
    ("topic", "shape"),
    [
        ("acme/fridge-12/temp", "acme/fridge-*/temp"),
        ("acme/A4CF12B0C3D4/rssi", "acme/*/rssi"),
        ("acme/a4:cf:12:b0:c3:d4/rssi", "acme/*/rssi"),
        ("acme/a4-cf-12-b0-c3-d4", "acme/*"),
        ("acme/0x00158d0001a2b3c4/state", "acme/*/state"),
        ("acme/6f1c0e4e-9a3b-4c5d-8e7f-001122334455", "acme/*"),
        ("zigbee2mqtt/facade/decade", "zigbee2mqtt/facade/decade"),
        ("教室101/温度", "教室*/温度"),
        ("acme/*/rssi", "acme/*/rssi"),
    ],
)
def test_the_shape_of_a_topic(topic: str, shape: str) -> None:
    assert topic_shape(topic) == shape
    assert topic_shape(shape) == shape


def heard(candidates: Candidates, topic: str, at: int = 1) -> bool:
    return candidates.note(topic, b"{}", "no_profile", at, topic_shape(topic))


def test_alike_topics_are_one_candidate_with_the_number_of_them_all() -> None:
    candidates = Candidates()
    assert heard(candidates, "acme/fridge-1/temp")
    assert [each.topic for each in candidates.listed()] == ["acme/fridge-1/temp"]
    for number in range(1, 5000):
        assert not heard(candidates, f"acme/fridge-{number}/temp", number)
    assert heard(candidates, "acme/fridge-1/door")
    assert [(each.topic, each.messages) for each in candidates.listed()] == [
        ("acme/fridge-*/temp", 5000),
        ("acme/fridge-1/door", 1),
    ]


def test_alike_topics_are_counted_on_after_a_restart() -> None:
    before, after = Candidates(), Candidates()
    for topic in ("acme/1/a", "acme/2/a", "acme/1/b"):
        heard(before, topic)
    after.recall(before.listed())
    for topic in ("acme/3/a", "acme/1/b", "acme/9/b"):
        assert not heard(after, topic)
    assert [(each.topic, each.messages) for each in after.listed()] == [("acme/*/a", 3), ("acme/*/b", 3)]


def test_other_candidates_keep_their_numbers_and_are_forgotten_by_their_beginning() -> None:
    candidates = Candidates()
    for number in range(5):
        candidates.note(f"SNMP traps from 10.0.0.{number}", b"", "stranger", number)
    heard(candidates, "acme/1/a")
    candidates.forget_all_but(2, "SNMP traps from ")
    assert sorted(each.topic for each in candidates.listed()) == [
        "SNMP traps from 10.0.0.3",
        "SNMP traps from 10.0.0.4",
        "acme/1/a",
    ]


def test_a_flood_of_words_is_bounded_in_number_and_size() -> None:
    candidates = Candidates()
    for number in range(3 * MAX_CANDIDATES):
        word = "".join(chr(103 + int(digit)) for digit in str(number))
        candidates.note("x" * 5000 + word, b"\x00" * 100_000, "no_profile", number, topic_shape(f"{word}/{'y' * 5000}"))
    assert len(candidates.listed()) <= MAX_CANDIDATES
    assert all(len(c.topic) <= TOPIC_CHARS and len(c.sample) <= SAMPLE_BYTES for c in candidates.listed())
