"""Who is on duty by the calendar: weekdays, public holidays, make-up days, vacations."""

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from campus.ids import SiteId
from controller.calendar.model import DayKind, Mark, Term
from controller.calendar.service import CalendarService
from controller.calendar.sheet import Sheet
from controller.identity.scope import SYSTEM
from controller.telling.model import Duty, Person, Reach
from controller.telling.rota import KEEP_MS, Rota
from tests.support.district import DAY_MS, HOUR_MS, MONDAY, NO_1, TIMEZONE, ready_registry

THURSDAY, SATURDAY = 3, 5
"""Days of the week of `MONDAY`; the Thursday is a public holiday."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
OFFICE = Duty(WEEKDAYS, "07:00-18:00")
HOLIDAYS = Duty(("holidays",), "09:00-17:00")
NIGHTS = Duty(("wed",), "22:00-06:00")


@pytest.fixture
def calendar(tmp_path: Path) -> CalendarService:
    return ready_registry(tmp_path).calendar


@pytest.fixture
def rota(calendar: CalendarService) -> Rota:
    return Rota(calendar, ZoneInfo(TIMEZONE))


def person(*duty: Duty, place: str = NO_1) -> Person:
    return Person("li", "Li", (Reach("mail", "li@example.org"),), place=place, duty=duty)


def at(day: int, hour: int) -> int:
    return MONDAY + day * DAY_MS + hour * HOUR_MS


def test_a_weekdays_duty_rests_on_a_public_holiday(rota: Rota) -> None:
    assert rota.is_on_duty(person(OFFICE), at(0, 10))
    assert not rota.is_on_duty(person(OFFICE), at(THURSDAY, 10))
    assert not rota.is_on_duty(person(OFFICE), at(SATURDAY, 10))


def test_the_holiday_rota_holds_then_and_only_then(rota: Rota) -> None:
    assert rota.is_on_duty(person(HOLIDAYS), at(THURSDAY, 10))
    assert not rota.is_on_duty(person(HOLIDAYS), at(THURSDAY, 18))
    assert not rota.is_on_duty(person(HOLIDAYS), at(0, 10))


def test_a_night_that_began_on_a_school_day_runs_into_the_holiday(rota: Rota) -> None:
    assert rota.is_on_duty(person(NIGHTS), at(THURSDAY, 5))
    assert not rota.is_on_duty(person(NIGHTS), at(THURSDAY, 23))


@pytest.mark.parametrize(("follows", "who"), [(0, "mon"), (3, "thu"), (None, "fri")])
def test_a_make_up_day_has_the_duty_of_the_weekday_it_follows(
    calendar: CalendarService, rota: Rota, follows: int | None, who: str
) -> None:
    saturday = date(2026, 9, 12)
    calendar.mark_days(SYSTEM, [Mark(saturday, DayKind.MAKE_UP, follows=follows)])
    assert rota.is_on_duty(person(Duty((who,))), at(SATURDAY, 10))
    assert rota.is_on_duty(person(Duty(("school_days",))), at(SATURDAY, 10))
    assert not rota.is_on_duty(person(Duty(("sat",))), at(SATURDAY, 10))


def test_school_days_and_vacations_follow_the_terms_of_the_school(calendar: CalendarService, rota: Rota) -> None:
    calendar.take_sheet(SYSTEM, Sheet(terms=(Term(date(2026, 9, 9), date(2027, 1, 20)),)), SiteId(NO_1))
    school, vacation = person(Duty(("school_days",))), person(Duty(("vacations",)))
    assert (rota.is_on_duty(school, at(0, 10)), rota.is_on_duty(vacation, at(0, 10))) == (False, True)
    assert (rota.is_on_duty(school, at(2, 10)), rota.is_on_duty(vacation, at(2, 10))) == (True, False)
    assert rota.is_on_duty(person(Duty(("school_days",)), place="north-town"), at(0, 10))  # the district has no terms


def test_without_duty_one_is_always_on_duty(rota: Rota) -> None:
    assert rota.is_on_duty(person(), at(THURSDAY, 3))
    assert rota.week(person(), at(0, 0)) == [(0, 7 * 1440)]


def test_the_week_is_drawn_as_it_is(rota: Rota) -> None:
    week = rota.week(person(OFFICE, HOLIDAYS), at(SATURDAY, 10))
    assert week == [(day * 1440 + 420, day * 1440 + 1080) for day in (0, 1, 2)] + [
        (3 * 1440 + 540, 3 * 1440 + 1020),
        (4 * 1440 + 420, 4 * 1440 + 1080),
    ]


def test_a_changed_calendar_is_heeded_within_minutes(calendar: CalendarService, rota: Rota) -> None:
    now = at(0, 10)
    assert rota.is_on_duty(person(OFFICE), now)
    calendar.mark_days(SYSTEM, [Mark(date(2026, 9, 7), DayKind.HOLIDAY)])
    assert not rota.is_on_duty(person(OFFICE), now + KEEP_MS)
