"""Each agent's share at the door."""

from hypothesis import given
from hypothesis import strategies as st

from campus.topics import Leg
from campus.wire.frame import MAX_COMPRESSED_BYTES
from controller.ingest.door import BURST_S, LIMITED_FOR_S, Door, Refusal
from controller.ingest.limits import HONEST_BYTES_PER_S, Limits
from tests.unit.ingest.frames import NO_1, NO_2


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(1, 200_000)), max_size=200))
def test_what_comes_in_stays_within_the_share_whatever_is_sent(sent: list[tuple[float, int]]) -> None:
    clock = Clock()
    limits = Limits(frames_per_s=2, bytes_per_s=20_000)
    door = Door(limits, clock)
    began_s, frames, size_bytes = clock.now_s, 0, 0
    for pause_s, size in sent:
        clock.now_s += pause_s
        if door.refusal(NO_1, Leg.UP, size) is None:
            frames += 1
            size_bytes += size
        allowed_s = BURST_S + clock.now_s - began_s
        assert frames <= limits.frames_per_s * allowed_s + 1e-6
        assert size_bytes <= limits.bytes_per_s * allowed_s + 200_000  # by one frame into debt
    assert frames + sum(door.refused.values()) == len(sent)


@given(st.integers(200, 100_000))
def test_an_honest_agent_that_empties_its_spool_is_never_refused(frame_bytes: int) -> None:
    clock = Clock()
    door = Door(Limits(), clock)
    for _ in range(2_000):
        clock.now_s += max(frame_bytes / HONEST_BYTES_PER_S, 1 / 400)
        assert door.refusal(NO_1, Leg.UP, frame_bytes) is None
    assert door.limited() == {}


def test_a_flood_is_nobody_elses_matter() -> None:
    clock = Clock()
    door = Door(Limits(frames_per_s=10), clock)
    reasons = [door.refusal(NO_1, Leg.UP, 100) for _ in range(1_000)]
    assert reasons.count(None) == 10 * BURST_S
    assert door.refused == {Refusal.TOO_MANY_FRAMES: 800}
    assert door.refusal(NO_2, Leg.UP, 100) is None
    assert door.refusal(NO_1, Leg.STATE, 20) is None, "whether an agent is there is still heard"
    assert list(door.limited()) == [NO_1]
    assert door.limited()[NO_1].frames == 800


def test_who_keeps_its_share_again_is_not_named_any_more() -> None:
    clock = Clock()
    door = Door(Limits(), clock)
    assert door.refusal(NO_1, Leg.UP, MAX_COMPRESSED_BYTES + 1) is Refusal.TOO_LARGE
    clock.now_s += LIMITED_FOR_S
    assert list(door.limited()) == [NO_1]
    clock.now_s += 1
    assert door.limited() == {}
    assert door.refusal(NO_1, Leg.UP, 10**9) is Refusal.TOO_LARGE
    assert door.limited()[NO_1].frames == 1, "counted anew"


def test_bytes_are_paid_back_by_waiting() -> None:
    clock = Clock()
    door = Door(Limits(bytes_per_s=100_000), clock)
    while door.refusal(NO_1, Leg.UP, 1_000_000) is None:
        continue
    clock.now_s += 9
    assert door.refusal(NO_1, Leg.UP, 1) is None
    assert door.refused == {Refusal.TOO_MANY_BYTES: 1}
