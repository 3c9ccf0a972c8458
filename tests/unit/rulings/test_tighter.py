"""A rule that is tighter than another has an alert open whenever the other has, whatever is measured."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from campus.samples import Severity
from controller.alerts.judging.columns import Rows
from controller.alerts.judging.judgement import Judgement
from controller.alerts.judging.limits import limits_of
from controller.alerts.judging.transition import Change as Way
from controller.alerts.model import (
    Absence,
    Baseline,
    Change,
    Comparison,
    Condition,
    Elsewhere,
    Expression,
    Group,
    GroupOf,
    Ratio,
    Rule,
    States,
    Threshold,
    Wording,
)
from controller.calendar.model import Hours
from controller.rulings.tighter import WAYS, is_as_tight, looser_in, tighter_of

TICK_MS = 1_000
STATES = ("up", "down", "testing", "dormant")
LEVELS = st.sampled_from([2.0, 4.0, 6.0, 8.0])
HOLDS = st.sampled_from([0.0, 10.0, 30.0, 60.0])


def rule_of(condition: Any, **changes: Any) -> Rule:
    """A rule of little else than its condition."""
    words = Wording("1 thing", "{n} things", "{n} 项")
    metric = "if_oper_state" if isinstance(condition, States) else "temperature_cel"
    rule = Rule("some", metric, condition, Severity.MAJOR, "Some", "某", "Look", "查看", words)
    return replace(rule, **changes)


@st.composite
def thresholds(draw: st.DrawFn, side: Comparison) -> Threshold:
    level, gap = draw(LEVELS), draw(st.sampled_from([0.0, 1.0, 3.0]))
    clear = level - gap if side is Comparison.ABOVE else level + gap
    return Threshold(side, level, draw(st.sampled_from([clear, None])), draw(HOLDS), draw(HOLDS))


@st.composite
def state_rules(draw: st.DrawFn) -> States:
    bad = draw(st.lists(st.sampled_from(STATES), min_size=1, unique=True))
    return States(tuple(bad), draw(HOLDS), draw(HOLDS))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Rule, Rule]:
    """Two rules that ask the same."""
    side = draw(st.sampled_from(Comparison))
    conditions = draw(st.sampled_from([thresholds(side), state_rules()]))
    return rule_of(draw(conditions)), rule_of(draw(conditions))


samples = st.lists(
    st.tuples(st.sampled_from([1, 5, 10, 20, 61]), st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 9.0])),
    min_size=1,
    max_size=30,
)


def open_times(rules: tuple[Rule, ...], story: list[tuple[int, float]]) -> list[set[int]]:
    """At which instants each of some rules over one series has an alert open: after each sample and each tick."""
    judgement = Judgement([limits_of(rule) for rule in rules])
    series, numbers = np.zeros(len(rules), dtype=np.int32), np.arange(len(rules), dtype=np.int32)
    judgement.bind(series, numbers, np.zeros(len(rules), dtype=np.bool_))
    is_open, found, now = [False] * len(rules), [set[int]() for _ in rules], 0

    def note(transitions: list[Any], moment: int) -> None:
        for each in transitions:
            is_open[each.rule] = each.change is Way.OPENED
        for number, times in enumerate(found):
            if is_open[number]:
                times.add(moment)

    for pause_s, value in [*story, (120, story[-1][1])]:
        for second in range(pause_s):
            now += TICK_MS
            if second < pause_s - 1:
                note(judgement.tick(now), 2 * now + 1)
        rows = Rows(np.zeros(1, np.int32), np.array([now], np.int64), np.array([value]))
        note(judgement.judge(rows, now), 2 * now)
        note(judgement.tick(now), 2 * now + 1)
    return found


@given(pairs(), samples)
def test_a_tighter_rule_has_an_alert_open_whenever_the_other_has(rules: tuple[Rule, Rule], story: list[Any]) -> None:
    rule, other = rules
    tightest = tighter_of(rule, other)
    assert tightest is not None
    assert is_as_tight(tightest, rule)
    assert is_as_tight(tightest, other)
    of_tightest, of_rule, of_other = open_times((tightest, rule, other), story)
    assert of_tightest >= of_rule | of_other
    if is_as_tight(rule, other):
        assert of_rule >= of_other


@given(pairs())
def test_the_tighter_of_two_is_the_same_whichever_is_named_first(rules: tuple[Rule, Rule]) -> None:
    one, other = tighter_of(*rules), tighter_of(*rules[::-1])
    assert one is not None
    assert is_as_tight(one, other)
    assert is_as_tight(other, one)
    assert tighter_of(one, rules[0]) == one, "it is as tight already"


CONDITIONS: list[tuple[Condition | Any, dict[str, Any], dict[str, Any]]] = [
    # a condition, what makes it tighter, what makes it looser
    (Threshold(Comparison.ABOVE, 8.0, 6.0, 60.0, 30.0), {"level": 7.0}, {"level": 9.0}),
    (Threshold(Comparison.ABOVE, 8.0, 6.0, 60.0, 30.0), {"clear_level": 5.0}, {"clear_level": 7.0}),
    (Threshold(Comparison.BELOW, 8.0, 9.0, 60.0, 30.0), {"level": 8.5}, {"level": 7.0}),
    (Threshold(Comparison.BELOW, 8.0, 9.0, 60.0, 30.0), {"clear_level": 10.0}, {"clear_level": 8.0}),
    (Threshold(Comparison.ABOVE, 8.0, 6.0, 60.0, 30.0), {"hold_s": 0.0}, {"hold_s": 61.0}),
    (Threshold(Comparison.ABOVE, 8.0, 6.0, 60.0, 30.0), {"clear_hold_s": 31.0}, {"clear_hold_s": 0.0}),
    (Ratio("if_speed_bps", Comparison.ABOVE, 0.9, 0.8), {"level": 0.85}, {"level": 0.95}),
    (States(("down",), 30.0), {"bad": ("down", "testing")}, {"bad": ("testing",)}),
    (Absence(300.0), {"after_s": 200.0}, {"after_s": 301.0}),
    (Change(Comparison.BELOW, 5.0, 600.0, 3.0), {"level": 4.0}, {"level": 6.0}),
    (Change(Comparison.ABOVE, 5.0, 600.0, 3.0, 60.0), {"hold_s": 0.0}, {"within_s": 300.0}),
    (Baseline(Comparison.ABOVE, 4.0, 10.0), {"deviations": 3.0}, {"least": 11.0}),
    (Baseline(Comparison.ABOVE, 4.0, 10.0), {"least": 5.0}, {"weeks": 4}),
    (Group(GroupOf.SITE, 0.5, bad=("down",)), {"level": 0.3}, {"least": 2}),
    (Group(GroupOf.SITE, 0.5, bad=("down",)), {"bad": ("down", "testing")}, {"level": 0.6}),
    (Group(GroupOf.SITE, 0.5, member_level=8.0), {"member_level": 7.0}, {"member_level": 9.0}),
    (Expression("power_w > 5", hold_s=60.0), {"hold_s": 10.0}, {"bad": "power_w > 4"}),
]


def test_each_part_of_each_condition_goes_one_way() -> None:
    kinds = {type(condition) for condition, *_ in CONDITIONS}
    assert kinds | {Elsewhere} == WAYS.keys(), "every condition has a row above"
    for condition, tighter, looser in CONDITIONS:
        rule = rule_of(condition)
        assert is_as_tight(rule, rule), condition
        tightened, loosened = (rule_of(replace(condition, **each)) for each in (tighter, looser))
        assert is_as_tight(tightened, rule), tighter
        assert not is_as_tight(rule, tightened), tighter
        assert not is_as_tight(loosened, rule), looser
        joined = tighter_of(loosened, rule)
        assert joined is not None
        assert is_as_tight(joined, rule), looser


def test_what_is_told_of_a_rule_counts_too() -> None:
    rule = rule_of(Threshold(Comparison.ABOVE, 8.0), only=Hours.LESSONS)
    assert is_as_tight(replace(rule, severity=Severity.CRITICAL, only=None), rule)
    assert looser_in(replace(rule, severity=Severity.MINOR), rule) == ("severity",)
    assert looser_in(replace(rule, only=Hours.SCHOOL), rule) == ("when",), "where no lesson is told they differ"
    assert looser_in(None, rule) == ("is_off",)
    assert looser_in(rule, None) == ()
    assert looser_in(replace(rule, instance="freezer*"), rule) == ("question",)


def test_of_two_hours_and_two_urgencies_the_tighter_is_at_all_times_and_more_urgent() -> None:
    rule = rule_of(Threshold(Comparison.ABOVE, 8.0), only=Hours.LESSONS, severity=Severity.MINOR)
    joined = tighter_of(rule, replace(rule, only=Hours.MEALS, severity=Severity.CRITICAL))
    assert joined is not None
    assert (joined.only, joined.severity) == (None, Severity.CRITICAL)
    assert tighter_of(rule, None) == tighter_of(None, rule) == rule
