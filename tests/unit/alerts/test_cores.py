"""The array cores say what the obvious implementation says, whatever comes in whatever order."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.alerts.judging.absence import Silences
from controller.alerts.judging.columns import Mask, Rows
from controller.alerts.judging.judgement import Judgement
from controller.alerts.judging.layers import Numbers
from controller.alerts.judging.limits import Limits
from controller.alerts.judging.transition import Change, Judged, Transition
from controller.store.port import Ids
from tests.unit.alerts.naive import NaiveBinding, NaiveSilence

T0 = 1_790_000_000_000
SECOND = 1_000
SERIES = 4


class Arrival(NamedTuple):
    """A batch of (series, age in s, value), or a tick when there is none; `pause_s` passed before it."""

    pause_s: int
    samples: list[tuple[int, int, float]]


samples = st.tuples(
    st.integers(0, SERIES - 1),
    st.sampled_from([-3, 0, 5, 10, 20, 30, 45, 120, 121]),
    st.sampled_from([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0]),
)
arrivals = st.lists(
    st.builds(Arrival, st.sampled_from([0, 5, 10, 20, 45]), st.just([]) | st.lists(samples, min_size=1, max_size=6)),
    min_size=1,
    max_size=25,
)
ordered = st.builds(
    lambda sign, level, gap, hold, clear_hold: Limits(
        sign, sign * level, sign * level - gap, 0, hold * SECOND, clear_hold * SECOND
    ),
    st.sampled_from([1.0, -1.0]),
    st.sampled_from([1.5, 2.0, 3.5]),
    st.sampled_from([0.0, 1.0]),
    st.sampled_from([0, 10, 45]),
    st.sampled_from([0, 10]),
)
unknown = st.just(Limits(1.0, math.nan, math.nan, 0, 0, 0))
named = st.builds(lambda bits: Limits(1.0, 0.5, 0.5, bits, 0, 10 * SECOND), st.integers(1, 255))
bindings = st.lists(st.tuples(st.integers(0, SERIES - 1), ordered | named | unknown), min_size=1, max_size=8)


def rows_of(arrival: Arrival, now: int) -> Rows:
    columns = list(zip(*arrival.samples, strict=True))
    return Rows(
        np.array(columns[0], dtype=np.int32),
        np.array([now - age * SECOND for age in columns[1]], dtype=np.int64),
        np.array(columns[2], dtype=np.float64),
    )


def numbers(series: Sequence[int]) -> tuple[Ids, Numbers, Mask]:
    """Each series with a rule of its own, nothing open."""
    return np.array(series, np.int32), np.arange(len(series), dtype=np.int32), np.zeros(len(series), np.bool_)


def bind(core: Judgement, *series: int) -> Numbers:
    return core.bind(*numbers(series))


@settings(max_examples=150, deadline=None)
@given(bindings, arrivals)
def test_judgement_equals_the_naive_reference(bound: list[tuple[int, Limits]], story: list[Arrival]) -> None:
    core = Judgement([limits for _, limits in bound])
    naive = [NaiveBinding(series, rule, limits) for rule, (series, limits) in enumerate(bound)]
    core.reach(SERIES)
    bind(core, *(series for series, _ in bound))
    now, told = T0, list[Transition]()
    for arrival in story:
        now += arrival.pause_s * SECOND
        if arrival.samples:
            told += core.judge(rows_of(arrival, now), now)
        else:
            told += core.tick(now)
        for binding in naive:
            if not arrival.samples:
                binding.tick(now)
            # In the order they were measured; of two of one instant the one that arrived first counts.
            for series, age, value in sorted(arrival.samples, key=lambda sample: -sample[1]):
                if series == binding.series:
                    binding.hear(now - age * SECOND, value, now)
    for binding in naive:
        assert [each for each in told if each.rule == binding.rule] == binding.told


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, SERIES - 1), st.integers(1, 100)), min_size=1, max_size=6), arrivals)
def test_silences_equal_the_naive_reference(bound: list[tuple[int, int]], story: list[Arrival]) -> None:
    core = Silences([after_s * SECOND for _, after_s in bound])
    naive = [NaiveSilence(series, rule, after_s * SECOND, T0) for rule, (series, after_s) in enumerate(bound)]
    core.reach(SERIES)
    core.bind(*numbers([series for series, _ in bound]), T0)
    now, told = T0, list[Transition]()
    for arrival in story:
        now += arrival.pause_s * SECOND
        told += core.judge(rows_of(arrival, now), now) if arrival.samples else core.tick(now)
        for silence in naive:
            if not arrival.samples:
                silence.tick(now)
            for series, age, _ in sorted(arrival.samples, key=lambda sample: sample[1]):
                if series == silence.series:
                    silence.hear(now - age * SECOND, now)
    for silence in naive:
        found = [each for each in told if each.rule == silence.rule]
        assert [each._replace(value=0.0) for each in found] == [each._replace(value=0.0) for each in silence.told]


def test_a_binding_that_is_open_is_not_let_go() -> None:
    core = Judgement([Limits(1.0, 10.0, 10.0, 0, 0, 0)])
    bound = bind(core, 0)
    series = np.array([0], np.int32)
    rows = Rows(np.array([0], np.int32), np.array([T0]), np.array([11.0]))
    assert [each.change for each in core.judge(rows, T0)] == [Change.OPENED]
    core.let_go(bound)
    assert core.bound(series).binding.tolist() == [0]
    assert [
        each.by for each in core.judge(rows._replace(measured_at=rows.measured_at + 1, value=rows.value - 5), T0)
    ] == [Judged.SAMPLE]
    core.let_go(bound)
    assert core.bound(series).binding.tolist() == []
    assert core.judge(rows._replace(measured_at=rows.measured_at + 2), T0) == []


def test_late_and_old_samples_are_counted_and_change_nothing() -> None:
    core = Judgement([Limits(1.0, 10.0, 10.0, 0, 0, 0)])
    bind(core, 0)
    late = Rows(np.array([0], np.int32), np.array([T0 - 120_001]), np.array([99.0]))
    assert core.judge(late, T0) == []
    live = late._replace(measured_at=np.array([T0]), value=np.array([5.0]))
    assert core.judge(live, T0) == []
    older = late._replace(measured_at=np.array([T0 - 1_000]))
    assert core.judge(older, T0) == []
    assert (core.counts.judged, core.counts.late, core.counts.superseded) == (1, 1, 1)


def test_a_new_scale_counts_for_a_value_that_changed_nothing_before() -> None:
    core = Judgement([Limits(1.0, 10.0, 10.0, 0, 0, 0)])
    bound = bind(core, 0)
    rows = Rows(np.array([0], np.int32), np.array([T0]), np.array([9.0]))
    assert core.judge(rows, T0) == []
    core.set_scale(bound, np.array([0.5]))
    assert [each.change for each in core.judge(rows._replace(measured_at=rows.measured_at + 1), T0)] == [Change.OPENED]


def test_a_rule_bound_later_sees_a_value_that_changed_nothing_before() -> None:
    core = Judgement([Limits(1.0, 10.0, 10.0, 0, 0, 0), Limits(1.0, 5.0, 5.0, 0, 0, 0)])
    bind(core, 0)
    rows = Rows(np.array([0], np.int32), np.array([T0]), np.array([9.0]))
    assert core.judge(rows, T0) == []
    core.bind(np.array([0], np.int32), np.array([1], np.int32), np.array([False]))
    found = core.judge(rows._replace(measured_at=rows.measured_at + 1), T0)
    assert [(each.rule, each.change) for each in found] == [(1, Change.OPENED)]


def test_every_binding_of_a_series_is_counted() -> None:
    core = Judgement([Limits(1.0, 10.0, 10.0, 0, 0, 0)] * 3)
    bound = bind(core, 0, 0, 1)
    rows = Rows(np.array([0, 1], np.int32), np.array([T0, T0]), np.array([5.0, 5.0]))
    core.judge(rows, T0)
    assert core.counts.judged == 3
    core.let_go(bound[:1])
    core.judge(rows._replace(measured_at=rows.measured_at + 1), T0)
    assert core.counts.judged == 5


def test_a_clear_level_of_an_open_alert_is_itself_good() -> None:
    core = Judgement([Limits(-1.0, -10.0, -12.0, 0, 0, 0)])
    bind(core, 0)
    told = []
    for second, value in enumerate([9.0, 9.0, 11.9, 11.9, 12.0]):
        rows = Rows(np.array([0], np.int32), np.array([T0 + second]), np.array([value]))
        told += core.judge(rows, T0)
    assert [(each.change, each.at - T0) for each in told] == [(Change.OPENED, 0), (Change.CLEARED, 4)]
