"""The calendar's door over a real database: district and school, who may, what an enrolment leaves alone."""

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from msgspec.structs import replace

from campus.errors import ConfigError
from controller.calendar.model import DayKind, Hours, Mark, Period, Term, WeeklyLesson
from controller.calendar.sheet import Sheet
from controller.identity.scope import SYSTEM, Denied, NotFound, Role, Scope
from controller.registry.database import create_engine, sqlite_url
from controller.registry.schema import alembic_config, migrate
from tests.support.district import (
    DAY_MS,
    DISTRICT_SCOPE,
    HOUR_MS,
    MONDAY,
    NO_1,
    NO_1_SCOPE,
    NO_2,
    NO_2_VIEWER,
    NOW,
    ReadyRegistry,
    enrolment,
    ready_registry,
)

NO_1_OPERATOR = Scope("operator-1", Role.OPERATOR, frozenset({NO_1}))
TUESDAY = date(2026, 9, 8)
THURSDAY = date(2026, 9, 10)


@pytest.fixture
def ready(tmp_path: Path) -> ReadyRegistry:
    return ready_registry(tmp_path)


def test_lessons_follow_the_timetable_and_skip_holidays(ready: ReadyRegistry) -> None:
    monday = ready.calendar.lessons(NO_1_SCOPE, NO_1, MONDAY, MONDAY + DAY_MS)
    assert len(monday) == 8
    assert (monday[0].start - MONDAY, monday[0].end - MONDAY) == (8 * HOUR_MS, 8 * HOUR_MS + 2_400_000)
    week = ready.calendar.lessons(NO_1_SCOPE, NO_1, MONDAY, MONDAY + 7 * DAY_MS)
    assert len(week) == 4 * 8, "five school days, one of them a holiday"
    with pytest.raises(NotFound):
        ready.calendar.lessons(NO_1_SCOPE, NO_2, MONDAY, NOW)


def test_a_schools_word_goes_before_the_districts(ready: ReadyRegistry) -> None:
    ready.calendar.mark_days(DISTRICT_SCOPE, [Mark(TUESDAY, DayKind.HOLIDAY, "typhoon")])
    ready.calendar.mark_days(NO_1_OPERATOR, [Mark(TUESDAY, DayKind.EXAM)], NO_1)
    assert ready.calendar.school(SYSTEM, NO_1).kind_of(TUESDAY) is DayKind.EXAM
    assert ready.calendar.school(SYSTEM, NO_2).kind_of(TUESDAY) is DayKind.HOLIDAY
    ready.calendar.unmark_day(NO_1_OPERATOR, TUESDAY, NO_1)
    assert ready.calendar.school(SYSTEM, NO_1).kind_of(TUESDAY) is DayKind.HOLIDAY
    own = Sheet(terms=(Term(date(2026, 9, 9), date(2027, 1, 20)),))
    ready.calendar.take_sheet(NO_1_OPERATOR, own, NO_1)
    assert ready.calendar.school(SYSTEM, NO_1).kind_of(date(2026, 9, 7)) is DayKind.VACATION
    assert ready.calendar.school(SYSTEM, NO_2).kind_of(date(2026, 9, 7)) is DayKind.SCHOOL
    assert ready.calendar.sheet(SYSTEM, NO_1).terms == own.terms
    assert ready.calendar.sheet(SYSTEM, NO_2).marks == (), "what the district said stands in the district's sheet"


def test_who_may(ready: ReadyRegistry) -> None:
    day = [Mark(TUESDAY, DayKind.HOLIDAY)]
    for scope, site, refused in (
        (NO_1_OPERATOR, None, Denied),
        (NO_1_OPERATOR, NO_2, NotFound),
        (NO_1_SCOPE, NO_1, Denied),
        (NO_2_VIEWER, NO_2, Denied),
    ):
        with pytest.raises(refused):
            ready.calendar.mark_days(scope, day, site)
        with pytest.raises(refused):
            ready.calendar.unmark_day(scope, THURSDAY, site)
        with pytest.raises(refused):
            ready.calendar.take_sheet(scope, Sheet(marks=tuple(day)), site)
        with pytest.raises(refused):  # reading a large file is much work, and for nobody who may not take it
            ready.calendar.read_file(scope, "a.csv", b"what,from\nholiday,2026-10-01\n", site)
    with pytest.raises(Denied):
        ready.calendar.mark_national_days(NO_1_OPERATOR, 2026)


def test_the_national_days_leave_alone_what_people_said(ready: ReadyRegistry) -> None:
    ready.calendar.mark_days(DISTRICT_SCOPE, [Mark(date(2026, 10, 10), DayKind.MAKE_UP, "as on Wednesday", 2)])
    taken = ready.calendar.mark_national_days(DISTRICT_SCOPE, 2026)
    assert taken > 30
    assert ready.calendar.mark_national_days(DISTRICT_SCOPE, 2026) == 0
    school = ready.calendar.school(SYSTEM, NO_1)
    assert school.kind_of(date(2026, 10, 1)) is DayKind.HOLIDAY
    assert school.kind_of(date(2026, 9, 20)) is DayKind.MAKE_UP
    assert school.marks[date(2026, 10, 10)].follows == 2
    assert school.marks[date(2026, 10, 1)].name == "国庆节"


def test_a_sheet_replaces_bells_and_lessons_and_leaves_other_days_alone(ready: ReadyRegistry) -> None:
    lesson = WeeklyLesson("r101", 5, 1, "choir")
    ready.calendar.take_sheet(NO_1_OPERATOR, Sheet(periods={1: Period(540, 600)}, lessons=(lesson,)), NO_1)
    ready.calendar.take_sheet(NO_1_OPERATOR, Sheet(meals=(Period(690, 750),)), NO_1)
    told = ready.calendar.sheet(SYSTEM, NO_1)
    assert (dict(told.periods), told.lessons, told.meals) == ({1: Period(540, 600)}, (lesson,), (Period(690, 750),))
    assert ready.calendar.sheet(SYSTEM).marks == (Mark(THURSDAY, DayKind.HOLIDAY),)
    with pytest.raises(ConfigError, match="no room 'r999'"):
        ready.calendar.take_sheet(NO_1_OPERATOR, Sheet(lessons=(WeeklyLesson("r999", 0, 1, ""),)), NO_1)
    with pytest.raises(ConfigError, match="say which one"):
        ready.calendar.take_sheet(DISTRICT_SCOPE, Sheet(meals=(Period(690, 750),)))
    assert ready.calendar.sheet(SYSTEM, NO_1) == told


def test_the_next_terms_join_the_last_ones_and_replace_what_they_overlap(ready: ReadyRegistry) -> None:
    autumn, spring = Term(date(2026, 9, 1), date(2027, 1, 20)), Term(date(2027, 2, 22), date(2027, 7, 2))
    for term in (autumn, spring, spring._replace(first_day=date(2027, 3, 1))):
        ready.calendar.take_sheet(DISTRICT_SCOPE, Sheet(terms=(term,)))
    assert ready.calendar.sheet(SYSTEM).terms == (autumn, spring._replace(first_day=date(2027, 3, 1)))


def test_schools_are_closed_at_night_where_their_bells_are_known(ready: ReadyRegistry) -> None:
    assert ready.calendar.closed_sites(SYSTEM, Hours.SCHOOL, MONDAY) == {NO_1, NO_2}, "the centre has no bells"
    assert ready.calendar.closed_sites(NO_1_SCOPE, Hours.SCHOOL, MONDAY) == {NO_1}
    assert ready.calendar.closed_sites(SYSTEM, Hours.SCHOOL, NOW) == set()
    assert ready.calendar.closed_sites(SYSTEM, Hours.LESSONS, NOW + HOUR_MS) == {NO_1, NO_2}
    assert ready.calendar.closed_sites(SYSTEM, Hours.MEALS, MONDAY) == set(), "nobody told the meals"
    ready.calendar.mark_days(NO_1_OPERATOR, [Mark(date(2026, 9, 7), DayKind.HOLIDAY)], NO_1)
    assert ready.calendar.closed_sites(SYSTEM, Hours.SCHOOL, NOW) == {NO_1}, "heeded at once"


def test_another_enrolment_replaces_its_own_holidays_only(ready: ReadyRegistry) -> None:
    ready.calendar.mark_days(DISTRICT_SCOPE, [Mark(TUESDAY, DayKind.HOLIDAY, "typhoon")])
    ready.service.enrol(SYSTEM, replace(enrolment(), holidays=(date(2026, 9, 9), TUESDAY)))
    assert ready.calendar.sheet(SYSTEM).marks == (
        Mark(TUESDAY, DayKind.HOLIDAY, "typhoon"),
        Mark(date(2026, 9, 9), DayKind.HOLIDAY),
    )


def test_holidays_of_an_older_database_become_days_of_the_enrolment(tmp_path: Path) -> None:
    engine = create_engine(sqlite_url(tmp_path / "old.db"))
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0006")
        connection.execute(sa.text("INSERT INTO holiday (day) VALUES ('2026-10-01')"))
    migrate(engine)
    with engine.begin() as connection:
        rows = connection.execute(sa.text("SELECT site, day, kind, name, follows, is_enrolled FROM day_mark")).all()
    assert [tuple(row) for row in rows] == [("", "2026-10-01", "holiday", "", None, 1)]
    engine.dispose()
