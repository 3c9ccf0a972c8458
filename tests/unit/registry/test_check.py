"""Enrolments with one thing wrong: each is found, with its place and advice, and nothing is written."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from campus.errors import ConfigError
from controller.identity.scope import SYSTEM
from controller.registry.check import check_enrolment
from controller.registry.enrolment import Enrolment, LessonEntry, OrganisationEntry
from tests.support.district import NO_1, enrolment, ready_registry

GOOD = enrolment()


def with_site(**changes: object) -> Enrolment:
    return replace(GOOD, sites=(GOOD.sites[0], replace(GOOD.sites[1], **changes), GOOD.sites[2]))


def with_lesson(**changes: object) -> Enrolment:
    lesson = replace(GOOD.sites[1].timetable[0], **changes)
    return with_site(timetable=(lesson, *GOOD.sites[1].timetable[1:]))


TREE = GOOD.organisations
CASES = {
    "unknown organisation": (
        with_site(organisation="north-twon"),
        "sites[1].organisation",
        "Did you mean 'north-town'?",
    ),
    "period text": (with_site(periods=("8-9",), timetable=()), "sites[1].periods[0]", "write it as '08:00-08:40'"),
    "period backwards": (
        with_site(periods=("09:00-08:40",), timetable=()),
        "sites[1].periods[0]",
        "ends before it begins",
    ),
    "period of another day": (with_site(periods=("25:00-26:00",), timetable=()), "sites[1].periods[0]", "not a period"),
    "site twice": (replace(GOOD, sites=(*GOOD.sites, GOOD.sites[1])), "sites[3].id", "stands twice"),
    "site id": (with_site(id="第一小学"), "sites[1].id", "is not an id"),
    "room twice": (
        with_site(rooms=(*GOOD.sites[1].rooms, GOOD.sites[1].rooms[0])),
        "sites[1].rooms[4].id",
        "stands twice",
    ),
    "agent id": (with_site(agents=("A 1",)), "sites[1].agents[0]", "is not an id"),
    "agent twice": (with_site(agents=("a", "a")), "sites[1].agents[1]", "stands twice"),
    "lesson room": (with_lesson(room="r11"), "sites[1].timetable[0].room", "Did you mean 'r101'?"),
    "lesson weekday": (with_lesson(weekday=7), "sites[1].timetable[0].weekday", "0 is Monday"),
    "lesson period": (with_lesson(period=0), "sites[1].timetable[0].period", "its periods are 1 to 4"),
    "lesson twice": (
        with_site(timetable=(LessonEntry("r101", 0, 1), LessonEntry("r101", 0, 1, "art"))),
        "sites[1].timetable[1]",
        "two lessons",
    ),
    "two roots": (
        replace(GOOD, organisations=(*TREE, OrganisationEntry("other", "Other", "别处"))),
        "organisations",
        "exactly one",
    ),
    "unknown parent": (
        replace(GOOD, organisations=(*TREE, OrganisationEntry("x", "X", "X", parent="burea"))),
        "organisations[3].parent",
        "Did you mean 'bureau'?",
    ),
    "circle": (
        replace(
            GOOD,
            organisations=(
                *TREE,
                OrganisationEntry("a", "A", "A", parent="b"),
                OrganisationEntry("b", "B", "B", parent="a"),
            ),
        ),
        "organisations[3].parent",
        "break the circle",
    ),
    "organisation twice": (replace(GOOD, organisations=(*TREE, TREE[1])), "organisations[3].id", "stands twice"),
}


def test_a_good_enrolment_has_no_problem() -> None:
    assert check_enrolment(GOOD) == []
    assert len(CASES) == 17


@pytest.mark.parametrize("case", CASES)
def test_each_problem_is_found_with_its_place(case: str) -> None:
    wrong, place, advice = CASES[case]
    first = check_enrolment(wrong)[0]
    assert first.place == place
    assert advice in first.message


def test_a_refused_enrolment_changes_nothing(tmp_path: Path) -> None:
    registry = ready_registry(tmp_path).service
    wrong = replace(with_site(periods=("8-9", *GOOD.sites[1].periods[1:])), organisations=TREE[:2])
    before = (registry.sites(SYSTEM), registry.rooms(SYSTEM, NO_1), registry.organisations(SYSTEM))
    with pytest.raises(ConfigError) as error:
        registry.enrol(SYSTEM, wrong)
    assert "sites[1].periods[0]" in str(error.value)
    assert "sites[2].organisation" in str(error.value), "every problem is told at once"
    assert (registry.sites(SYSTEM), registry.rooms(SYSTEM, NO_1), registry.organisations(SYSTEM)) == before
