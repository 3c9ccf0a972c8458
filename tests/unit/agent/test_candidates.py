"""Unknown publishers are counted and remembered within bounds."""

from agent.candidates import MAX_CANDIDATES, SAMPLE_BYTES, Candidates


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
