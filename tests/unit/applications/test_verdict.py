"""Whose fault it is, scenario by scenario, and what adding an observer can never do."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.ids import SiteId
from controller.applications.model import Cause, Condition, LineTrouble, Observer, Verdict
from controller.applications.verdict import judge

GOOD, SLOW, FAILED = Condition.GOOD, Condition.SLOW, Condition.FAILED


def district(schools: str, centre: str = "", behind: str = "") -> list[Observer]:
    """One letter for each: g good, s slow, f failed, d failed with its uplink down; `behind` a letter each."""
    condition = {"g": GOOD, "s": SLOW, "f": FAILED, "d": FAILED}
    found = [
        Observer(
            SiteId(f"school-{number}"),
            condition[letter],
            line=LineTrouble.UPLINK_DOWN if letter == "d" else LineTrouble.NONE,
            behind=f"agg-{behind[number]}" if behind else "",
        )
        for number, letter in enumerate(schools)
    ]
    return [*found, *([Observer(SiteId("centre"), condition[centre], is_centre=True)] if centre else [])]


@pytest.mark.parametrize(
    ("schools", "centre", "behind", "cause", "shared"),
    [
        ("gggg", "g", "", Cause.GOOD, ""),
        ("", "", "", Cause.UNKNOWN, ""),
        ("f", "", "", Cause.UNKNOWN, ""),
        ("", "f", "", Cause.UNKNOWN, ""),
        ("fd", "", "", Cause.UNKNOWN, ""),
        ("ffff", "f", "", Cause.SERVICE, ""),
        ("fffg", "f", "", Cause.SERVICE, ""),
        ("f", "f", "", Cause.SERVICE, ""),
        ("ffffd", "f", "", Cause.SERVICE, ""),
        ("ffff", "", "", Cause.SERVICE, ""),
        ("ffff", "g", "", Cause.METRO_NETWORK, ""),
        ("ffgggg", "g", "", Cause.METRO_NETWORK, ""),
        ("ffgggg", "g", "112222", Cause.METRO_NETWORK, "agg-1"),
        ("ffgggg", "", "112222", Cause.METRO_NETWORK, "agg-1"),
        ("fffggg", "g", "112222", Cause.METRO_NETWORK, ""),
        ("fgfggg", "g", "112233", Cause.SCHOOL, ""),
        ("ff" + "g" * 38, "g", "", Cause.SCHOOL, ""),
        ("fggg", "g", "", Cause.SCHOOL, ""),
        ("fg", "", "", Cause.SCHOOL, ""),
        ("gggg", "f", "", Cause.SCHOOL, ""),
        ("dggg", "g", "", Cause.SCHOOL, ""),
        ("ddgg", "g", "", Cause.SCHOOL, ""),
        ("ssss", "s", "", Cause.SERVICE, ""),
        ("sfss", "s", "", Cause.SCHOOL, ""),
    ],
)
def test_the_pattern_tells_whose_fault_it_is(schools: str, centre: str, behind: str, cause: Cause, shared: str) -> None:
    verdict = judge(district(schools, centre, behind))
    assert (verdict.cause, verdict.shared) == (cause, shared)


def test_slowness_is_judged_only_where_nothing_fails() -> None:
    assert judge(district("sss", "s")).trouble is SLOW
    assert judge(district("ssf", "s")).trouble is FAILED
    assert judge(district("ggg", "g")).trouble is GOOD


def test_the_evidence_is_everybody_once() -> None:
    verdict = judge(district("fgdg", "g"))
    assert [each.site for each in verdict.bad] == ["school-0", "school-2"]
    assert [each.site for each in verdict.good] == ["school-1", "school-3", "centre"]


OBSERVERS = st.lists(
    st.builds(
        Observer,
        site=st.integers(0, 30).map(lambda number: SiteId(f"s{number}")),
        condition=st.sampled_from(Condition),
        is_centre=st.booleans(),
        line=st.sampled_from(LineTrouble),
        behind=st.sampled_from(["", "agg-1", "agg-2"]),
    ),
    max_size=12,
    unique_by=lambda each: each.site,
)


@given(observers=OBSERVERS, is_centre=st.booleans(), behind=st.sampled_from(["", "agg-1", "agg-9"]))
def test_whoever_sees_it_well_never_turns_the_blame_to_the_service(
    observers: list[Observer], is_centre: bool, behind: str
) -> None:
    before = judge(observers)
    after = judge([*observers, Observer(SiteId("new"), GOOD, is_centre=is_centre, behind=behind)])
    if after.cause is Cause.SERVICE:
        assert before.cause is Cause.SERVICE
        assert before.trouble is after.trouble


@given(observers=OBSERVERS)
def test_a_broken_line_of_ones_own_is_never_the_services_fault(observers: list[Observer]) -> None:
    excused = [
        replace(each, line=LineTrouble.UPLINK_DOWN) if each.condition is not GOOD else each for each in observers
    ]
    assert judge(excused).cause in {Cause.GOOD, Cause.SCHOOL, Cause.UNKNOWN}


@given(observers=OBSERVERS)
def test_everybody_is_on_one_side(observers: list[Observer]) -> None:
    verdict = judge(observers)
    assert sorted(each.site for each in (*verdict.bad, *verdict.good)) == sorted(each.site for each in observers)
    assert (verdict.trouble is GOOD) == (not verdict.bad)
    assert isinstance(verdict, Verdict)
