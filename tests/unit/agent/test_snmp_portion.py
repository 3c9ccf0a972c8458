"""How much is asked at once: what a device bears is found, kept, and after a while looked for anew, at a bounded price."""

from hypothesis import given
from hypothesis import strategies as st

from agent.collect.snmp_portion import DARE_EVERY, DARE_SELDOM, Portion

MOST = 40


def learn(portion: Portion, bears: int) -> int:
    """One round of learning with a device that answers up to `bears`; how often it was silent."""
    portion.begin_round(MOST)
    silences = 0
    while portion.size > bears:
        portion.too_much(portion.size)
        silences += 1
    portion.bore(portion.size)
    return silences


def test_a_device_that_bears_all_is_never_doubted() -> None:
    portion = Portion(MOST)
    assert [learn(portion, MOST) for _ in range(300)] == [0] * 300
    assert portion.size == MOST


@given(bears=st.integers(1, MOST))
def test_what_it_bears_is_found_exactly_and_the_price_falls(bears: int) -> None:
    portion = Portion(MOST)
    silences = [learn(portion, bears) for _ in range(20 * DARE_EVERY)]
    assert portion.size == bears
    assert all(count <= 6 for count in silences[:1]), "halving"
    assert max(silences[1:]) <= 1, "later only one step too far at a time"
    assert sum(silences[-DARE_SELDOM:]) <= 2


@given(bears=st.integers(1, MOST), later=st.integers(1, MOST))
def test_a_device_that_changes_is_followed_down_at_once_and_up_in_time(bears: int, later: int) -> None:
    portion = Portion(MOST)
    for _ in range(50):
        learn(portion, bears)
    learn(portion, later)
    assert portion.size <= later
    for _ in range(8 * DARE_SELDOM):
        learn(portion, later)
    assert later - 1 <= portion.size <= later


def test_after_a_bad_day_of_the_line_it_is_whole_again_within_a_day() -> None:
    portion = Portion(MOST)
    learn(portion, 1)
    for _ in range(DARE_SELDOM):
        learn(portion, MOST)
    assert portion.size == MOST


def test_a_profile_s_bound_is_kept() -> None:
    portion = Portion(MOST)
    for _ in range(100):
        portion.begin_round(7)
        assert portion.size <= 7
        portion.bore(portion.size)
