"""What is derived in arrays is what is derived the obvious way, whatever comes in whatever order."""

import math
from typing import Final, NamedTuple

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campus.delivery import LATE_AFTER_MS
from campus.ids import DeviceId, Instance, MetricId, SiteId
from controller.alerts.judging.columns import Rows
from controller.alerts.judging.derived.formula import FormulaError, read_formula
from controller.alerts.judging.derived.learning import Found
from controller.alerts.judging.selection import Selection
from controller.alerts.judging.watch import Watch
from controller.alerts.model import (
    Baseline,
    Change,
    Comparison,
    Condition,
    Expression,
    Group,
    GroupOf,
    Rule,
)
from controller.alerts.rulebook import Rulebook, shipped_rules
from controller.store.port import DistrictSeries
from controller.store.series_index import SeriesIndex
from tests.unit.alerts.naive_derived import (
    HOUR_MS,
    Key,
    NaiveBaseline,
    NaiveChange,
    NaiveExpression,
    NaiveGroup,
    Subject,
    Told,
    in_order,
)
from tests.unit.alerts.test_selection import OwnRegistry

SITE: Final = SiteId("site-1")
T0: Final = 1_790_000_000_000 // HOUR_MS * HOUR_MS + HOUR_MS - 600_000
"""Ten minutes before an hour ends."""
PATTERN: Final = shipped_rules().rules()[0]
SERIES: Final[list[Key]] = [
    ("d0", "temperature_cel", ""),
    ("d0", "reachable", ""),
    ("d1", "reachable", ""),
    ("d2", "reachable", ""),
    ("d0", "cpu_percent", "a"),
    ("d0", "cpu_percent", "b"),
    ("d0", "memory_percent", ""),
    # These appear later.
    ("d0", "memory_percent", "b"),
    ("d3", "reachable", ""),
]
AT_FIRST: Final = 7
USUAL: Final = {T0 // HOUR_MS: (3.0, 1.5), T0 // HOUR_MS + 1: (4.0, 2.0)}


def rule(rule_id: str, metric: str, condition: Condition) -> Rule:
    return msgspec.structs.replace(
        PATTERN, id=rule_id, metric=metric, condition=condition, kinds=(), instance="*", only=None
    )


class Arrival(NamedTuple):
    """A batch of (place in SERIES, age in s, value), or a tick when there is none; `pause_s` passed before it."""

    pause_s: int
    samples: list[tuple[int, int, float]]


def stories(first: int, end: int) -> st.SearchStrategy[list[Arrival]]:
    sample = st.tuples(
        st.integers(first, end - 1),
        st.sampled_from([-3, 0, 5, 10, 20, 45, 121]),
        st.sampled_from([0.0, 1.0, 2.0, 3.0, 4.0, 7.0]),
    )
    batches: st.SearchStrategy[list[tuple[int, int, float]]] = st.just([]) | st.lists(sample, min_size=1, max_size=8)
    return st.lists(st.builds(Arrival, st.sampled_from([0, 5, 10, 30, 400]), batches), max_size=14)


holds = st.sampled_from([0.0, 10.0, 45.0])


def quotient(cpu: float, memory: float) -> float:
    """Of `memory_percent / cpu_percent > 1`, good below a half."""
    if cpu == 0:
        return math.nan
    share = memory / cpu
    return 1.0 if share > 1 else 0.0 if share < 0.5 else 0.5


def naive_of(rules: list[Rule]) -> dict[tuple[str, str, str], Subject]:
    """By rule, device and part of the alert."""
    warming, odd, away, strange = rules
    spoken_of = ["cpu_percent", "memory_percent"]
    return {
        ("warming", "d0", ""): NaiveChange(warming, SERIES[0], 60_000),
        ("odd", "d0", ""): NaiveBaseline(odd, SERIES[0], USUAL),
        ("away", "", ""): NaiveGroup(away, lambda key: key[1] == "reachable", lambda value: value == 0, 2),
        **{("strange", "d0", key[2]): NaiveExpression(strange, key, spoken_of, quotient) for key in SERIES[4:6]},
    }


def rules_with(hold_s: float, clear_hold_s: float) -> list[Rule]:
    rising = Change(Comparison.ABOVE, 2.0, within_s=60, clear_level=1.0)
    quotients = Expression("memory_percent / cpu_percent > 1", good="memory_percent / cpu_percent < 0.5")
    held: list[Condition] = [
        msgspec.structs.replace(each, hold_s=hold_s, clear_hold_s=clear_hold_s)
        for each in (
            rising,
            Baseline(Comparison.BELOW, least=1.5),
            Group(GroupOf.SITE, 0.5, 0.3, bad=("no",), least=2),
            quotients,
        )
    ]
    metrics = ("temperature_cel", "temperature_cel", "reachable", "cpu_percent")
    named = zip(("warming", "odd", "away", "strange"), metrics, held, strict=True)
    return [rule(name, metric, condition) for name, metric, condition in named]


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(holds, holds, stories(0, AT_FIRST), stories(0, len(SERIES)))
def test_what_is_derived_equals_the_naive_reference(
    hold_s: float, clear_hold_s: float, before: list[Arrival], after: list[Arrival]
) -> None:
    rules = rules_with(hold_s, clear_hold_s)
    watch, index = Watch(Selection(Rulebook(rules), OwnRegistry())), SeriesIndex()
    naive = naive_of(rules)
    told: dict[tuple[str, str, str], list[Told]] = {key: [] for key in naive}
    newest = dict.fromkeys(SERIES, 0)
    now = T0
    for known, story in ((AT_FIRST, before), (len(SERIES), after)):
        index.ids([DistrictSeries(SITE, DeviceId(d), MetricId(m), Instance(i)) for d, m, i in SERIES[:known]])
        while watch.learn(index.columns(0), now):
            pass
        for hour, (usual, allowed) in USUAL.items():
            lacking = watch.derived.lacks_usual(hour)
            many = len(lacking.number)
            watch.derived.put_usual(hour, Found(lacking.number, np.full(many, usual), np.full(many, allowed / 4)))
        for subject in naive.values():
            if isinstance(subject, NaiveExpression):
                subject.known = set(SERIES[:known])
        for arrival in story:
            now += arrival.pause_s * 1000
            batch = [(SERIES[place], now - age * 1000, value) for place, age, value in arrival.samples]
            if batch:
                found = watch.judge(_rows(batch), now)
                live = [each for each in batch if each[1] >= now - LATE_AFTER_MS and each[1] > newest[each[0]]]
                for key, at, _ in live:
                    newest[key] = max(newest[key], at)
                for subject in naive.values():
                    subject.hear(in_order(live))
            else:
                found = watch.tick(now)
                for subject in naive.values():
                    subject.tick(now)
            for each in found:
                about = watch.key(each.series, each.rule)
                told[about.rule, about.device, about.instance].append((each.change, each.by, each.at, each.since))
    assert told == {key: subject.told for key, subject in naive.items()}


def _rows(batch: list[tuple[Key, int, float]]) -> Rows:
    keys, at, value = zip(*batch, strict=True)
    series = np.array([SERIES.index(key) for key in keys], dtype=np.int32)
    return Rows(series, np.array(at, dtype=np.int64), np.array(value, dtype=np.float64))


WRONG: Final = {
    "": "at character 1: this is no formula",
    "cpu_percent >": "this is no formula",
    "cpu_percent": "at character 1: here stands a comparison",
    "cpu_percnt > 3": "at character 1: the catalogue has no metric 'cpu_percnt'. Did you mean 'cpu_percent'?",
    "cpu_percent > 3 and door_state == 'opne'": "at character 35: door_state has no state 'opne'. Did you mean 'open'?",
    "cpu_percent > door_state": "at character 15: door_state has states",
    "door_state < 'open'": "a name in quotes is compared with == or !=",
    "3 > 2": "a formula speaks of one metric at least",
    "cpu_percent > abs(-3)": "at character 15: here stands a number, a metric",
    "cpu_percent.real > 3": "here stands a number, a metric",
    "__import__('os').system('true') > 1": "here stands a number, a metric",
    "cpu_percent ** 99 > 1": "here stands a number, a metric",
    "cpu_percent > True": "here stands a number, a metric",
    "cpu_percent is 3": "compare with <",
    "(cpu_percent > 3) > 2": "here stands a number",
    "cpu_percent > 3" + " or cpu_percent > 3" * 40: "at most 500 characters",
    "(" * 240 + "cpu_percent > 3" + ")" * 240: "this is no formula",
    "not" * 3 + " cpu_percent": "this is no formula",
    "cpu_percent > 1" + "0" * 400: "at character 15: no metric has a number beyond",
    "cpu_percent > 1e999": "no metric has a number beyond",
    "温度 > 3 and cpu_percent > 'x'": "at character 1: the catalogue has no metric",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_formula_that_is_none_is_told_where_and_why(text: str) -> None:
    with pytest.raises(FormulaError) as error:
        read_formula(text)
    assert WRONG[text] in str(error.value)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("cpu_percent > 50", [1.0, 0.0, math.nan]),
        ("not cpu_percent > 50", [0.0, 1.0, math.nan]),
        ("20 < cpu_percent <= 90", [1.0, 0.0, math.nan]),
        ("cpu_percent > 50 or door_state == 'open'", [1.0, 1.0, math.nan]),
        ("-cpu_percent * 2 + 1 < -100 and door_state != 'open'", [1.0, 0.0, math.nan]),
        ("100 / (cpu_percent - 10) > 1", [1.0, math.nan, math.nan]),
        ("cpu_percent" + " * 1e30" * 11 + " > 1", [1.0, 1.0, math.nan]),
    ],
)
def test_formulas_are_true_false_or_unknown(text: str, wanted: list[float]) -> None:
    formula = read_formula(text)
    known = {"cpu_percent": np.array([90.0, 10.0, math.nan]), "door_state": np.array([0.0, 1.0, 1.0])}
    found = formula.truth([known[metric] for metric in formula.metrics])
    np.testing.assert_array_equal(found, np.array(wanted))


def watch_of(condition: Condition, metric: str, *keys: Key) -> Watch:
    """One rule over some series, which are learnt in this order."""
    watch, index = Watch(Selection(Rulebook([rule("one", metric, condition)]), OwnRegistry())), SeriesIndex()
    index.ids([DistrictSeries(SITE, DeviceId(d), MetricId(m), Instance(i)) for d, m, i in keys])
    watch.learn(index.columns(0), T0)
    return watch


def say(watch: Watch, *samples: tuple[int, int, float]) -> list[str]:
    """One batch of (series, second, value): what it opens and clears."""
    series, seconds, value = zip(*samples, strict=True)
    at = T0 + 1000 * np.array(seconds, dtype=np.int64)
    rows = Rows(np.array(series, dtype=np.int32), at, np.array(value, dtype=np.float64))
    return [each.change.value for each in watch.judge(rows, int(at.max()))]


def test_the_value_of_exactly_that_long_ago_counts() -> None:
    watch = watch_of(Change(Comparison.BELOW, 2.0, within_s=60), "temperature_cel", SERIES[0])
    assert say(watch, (0, 0, 5.0), (0, 59, 1.0)) == []
    assert say(watch, (0, 60, 1.0)) == ["opened"]


def test_a_value_from_before_a_long_pause_is_not_compared_with() -> None:
    watch = watch_of(Change(Comparison.ABOVE, 2.0, within_s=60), "temperature_cel", SERIES[0])
    assert say(watch, (0, 0, 5.0)) == []
    assert say(watch, (0, 121, 9.0)) == []
    assert say(watch, (0, 181, 12.0)) == ["opened"]


def test_of_readings_that_came_late_the_last_is_what_counts() -> None:
    formula = Expression("memory_percent > cpu_percent")
    watch = watch_of(formula, "cpu_percent", ("d0", "cpu_percent", ""), ("d0", "memory_percent", ""))
    assert say(watch, (1, 0, 0.0), (0, 10, 1.0)) == []
    assert say(watch, (1, 8, 7.0), (1, 9, 0.0)) == []
    assert say(watch, (1, 9, 0.0), (1, 10, 7.0)) == ["opened"]


def test_what_was_pending_is_so_no_more_when_it_is_not_known() -> None:
    formula = Expression("memory_percent / cpu_percent > 1", hold_s=10)
    watch = watch_of(formula, "cpu_percent", ("d0", "cpu_percent", ""), ("d0", "memory_percent", ""))
    assert say(watch, (0, 0, 1.0), (1, 0, 2.0)) == []
    assert say(watch, (0, 5, 0.0)) == [], "nothing is known of what is divided by 0"
    assert say(watch, (0, 10, 1.0)) == []
    assert say(watch, (0, 20, 1.0)) == ["opened"]
    assert say(watch, (0, 30, 0.0)) == [], "and what is open stays so"
