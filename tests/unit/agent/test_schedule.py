"""When a device is read: spread, never stacked, backed off within bounds."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.collect.port import Cadence
from agent.schedule import ALL_CADENCES, REFUSED_PAUSE_MAX_S, Outcome, Turns, stable_share

INTERVALS = {Cadence.FAST: 5.0, Cadence.NORMAL: 15.0, Cadence.SLOW: 300.0}
START = 1000.0


def turns(device: str = "sw-1", backoff_max_s: float = 30.0) -> Turns:
    return Turns(device, INTERVALS, backoff_max_s, START)


def test_the_first_poll_reads_everything_within_one_normal_interval() -> None:
    for n in range(200):
        first = turns(f"sw-{n}").next
        assert START <= first.due_s < START + 15
        assert first.cadences == ALL_CADENCES


def test_devices_are_spread_over_the_interval() -> None:
    dues = [turns(f"ap-{n}").next.due_s - START for n in range(300)]
    for third in range(3):
        share = sum(third * 5 <= due < third * 5 + 5 for due in dues)
        assert 70 <= share <= 130


def test_each_cadence_comes_at_its_own_interval_when_polls_are_quick() -> None:
    plan = turns()
    read: dict[Cadence, list[float]] = {cadence: [] for cadence in Cadence}
    while plan.next.due_s < START + 1300:
        for cadence in plan.next.cadences:
            read[cadence].append(plan.next.due_s)
        plan.finish(Outcome.ANSWERED, plan.next.due_s + 0.2)
    for cadence, interval_s in INTERVALS.items():
        gaps = [later - sooner for sooner, later in itertools.pairwise(read[cadence])]
        assert gaps[1:] == pytest.approx([interval_s] * (len(gaps) - 1))
        assert len(gaps) >= 4
    assert plan.skipped == 0


def test_a_late_poll_skips_and_counts_what_it_missed_and_carries_the_cadences_over() -> None:
    plan = turns()
    plan.finish(Outcome.ANSWERED, plan.next.due_s + 0.1)
    began_s = plan.next.due_s
    after = plan.finish(Outcome.ANSWERED, began_s + 17)
    assert plan.skipped == 3  # the ticks at +5, +10 and +15
    assert after.due_s == pytest.approx(began_s + 20)
    assert {Cadence.FAST, Cadence.NORMAL} <= after.cadences


def test_back_off_doubles_to_its_bound_and_counts_nothing_as_skipped() -> None:
    plan = turns(backoff_max_s=120.0)
    pauses = []
    for _ in range(6):
        ended_s = plan.next.due_s + 4
        pauses.append(plan.finish(Outcome.UNREACHABLE, ended_s).due_s - ended_s)
    assert pauses[0] <= 15 + 1e-6
    assert pauses == sorted(pauses)
    assert 110 <= pauses[-1] <= 120 + 1e-6
    assert plan.skipped == 0


def test_a_device_that_refuses_the_login_is_left_alone_for_long_and_nobody_hastens_it() -> None:
    plan = turns()
    moments = [plan.next.due_s]
    while plan.next.due_s < START + 15 * 60:
        plan.finish(Outcome.REFUSED, plan.next.due_s)
        plan.hasten(plan.next.due_s - 200)
        moments.append(plan.next.due_s)
    assert len(moments) <= 4, "devices lock a user out after three to five wrong passwords in some minutes"
    for _ in range(10):
        before_s = plan.next.due_s
        plan.finish(Outcome.REFUSED, before_s)
    assert plan.next.due_s - before_s <= REFUSED_PAUSE_MAX_S + 5
    plan.finish(Outcome.ANSWERED, plan.next.due_s)
    soon_s = plan.next.due_s - 1
    plan.hasten(soon_s)
    assert plan.next.due_s == soon_s


def test_a_device_that_comes_back_is_read_whole_when_it_was_never_read_whole() -> None:
    plan = turns()
    for _ in range(3):
        plan.finish(Outcome.UNREACHABLE, plan.next.due_s + 4)
    assert plan.next.cadences == ALL_CADENCES
    after = plan.finish(Outcome.ANSWERED, plan.next.due_s + 0.1)
    assert after.due_s - plan.next.due_s <= 5
    assert Cadence.SLOW not in after.cadences


interval_lists = st.tuples(st.floats(1, 20), st.floats(1, 5), st.floats(1, 30)).map(
    lambda t: dict(zip(Cadence, (t[0], t[0] * t[1], t[0] * t[1] * t[2]), strict=True))
)


@given(
    device=st.text("abc0123456789-", min_size=1),
    intervals_s=interval_lists,
    polls=st.lists(st.tuples(st.sampled_from(Outcome), st.floats(0, 200)), max_size=30),
    backoff_max_s=st.floats(1, 600),
)
def test_whatever_happens_turns_move_forward_and_soon_enough(
    device: str, intervals_s: dict[Cadence, float], polls: list[tuple[Outcome, float]], backoff_max_s: float
) -> None:
    plan = Turns(device, intervals_s, backoff_max_s, START)
    for outcome, took_s in polls:
        ended_s = plan.next.due_s + took_s
        skipped = plan.skipped
        following = plan.finish(outcome, ended_s)
        assert following.due_s > ended_s - 1e-3
        assert following.cadences
        fast_s = intervals_s[Cadence.FAST]
        longest_s = {
            Outcome.ANSWERED: fast_s,
            Outcome.UNREACHABLE: max(backoff_max_s, fast_s),
            Outcome.REFUSED: REFUSED_PAUSE_MAX_S + fast_s,
        }
        assert following.due_s - ended_s <= longest_s[outcome] + 1e-3
        assert plan.skipped - skipped <= took_s / intervals_s[Cadence.FAST] + 1


@given(st.text(min_size=1), st.floats(0.01, 100_000))
def test_a_share_lies_in_the_interval(name: str, interval_s: float) -> None:
    assert 0 <= stable_share(name, interval_s) <= max(interval_s, 0.001)
