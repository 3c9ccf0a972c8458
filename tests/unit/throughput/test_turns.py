"""Turns to measure: one school at a time, each at its times."""

from hypothesis import given
from hypothesis import strategies as st

from campus.ids import SiteId
from controller.throughput.model import SLOT_S, Refusal, Slot, Turns

EVERY_S = 600.0
SLOT_MS = round(SLOT_S * 1000)
ONE, TWO = SiteId("one"), SiteId("two")


def test_a_turn_ends_by_itself() -> None:
    turns = Turns(EVERY_S)
    first = turns.ask(ONE, 0)
    assert isinstance(first, Slot)
    assert isinstance(turns.ask(TWO, SLOT_MS - 1), Refusal)
    assert turns.holder(first.ticket, SLOT_MS - 1) == first
    assert turns.holder(first.ticket, SLOT_MS) is None
    assert turns.holder("guessed", 0) is None
    assert isinstance(turns.ask(TWO, SLOT_MS), Slot)
    turns.end(first)  # one that is over ends nobody else's
    assert isinstance(turns.ask(SiteId("three"), SLOT_MS + 1), Refusal)


@given(st.lists(st.tuples(st.integers(0, 120_000), st.sampled_from([ONE, TWO, SiteId("three")]), st.booleans())))
def test_never_two_at_once_and_never_too_often(steps: list[tuple[int, SiteId, bool]]) -> None:
    turns = Turns(EVERY_S)
    now, held = 0, None
    granted: dict[SiteId, int] = {}
    for pause_ms, site, is_done in steps:
        now += pause_ms
        answer = turns.ask(site, now)
        if isinstance(answer, Slot):
            assert held is None or now >= held.ends_at
            assert now - granted.get(site, -(10**9)) >= 0.9 * EVERY_S * 1000
            granted[site] = now
            held = None if is_done else answer
            if is_done:
                turns.end(answer)
        else:
            assert answer.retry_after_s > 0
