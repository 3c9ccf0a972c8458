"""What is usual at an hour: which days are alike as the calendar tells, and what is made of their hours."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from campus.ids import SiteId
from controller.alerts.judging.derived.learning import Lacking, median_of_known, usual_of_hour
from controller.alerts.judging.derived.usual import HOUR_MS, Usual
from controller.calendar.model import DayKind, Hours, Mark, Term
from controller.calendar.school import SchoolCalendar
from controller.identity.scope import Scope
from tests.fakes.memory_store import MemoryStore
from tests.support.district import NO_1, NO_2
from tests.support.samples import Feed

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 10, 26)
WEEK = timedelta(days=7)
HOLIDAY = date(2026, 10, 19)
MADE_UP = date(2026, 10, 24)
"""A Saturday on which the timetable of the Monday is taught."""
CALENDAR = SchoolCalendar(
    NO_1,
    ZONE,
    marks={
        HOLIDAY: Mark(HOLIDAY, DayKind.HOLIDAY),
        MADE_UP: Mark(MADE_UP, DayKind.MAKE_UP, follows=0),
        date(2026, 10, 17): Mark(date(2026, 10, 17), DayKind.MAKE_UP),
    },
)


class ToldCalendar:
    """What the test tells of one school; nothing is told of the others."""

    def closed_sites(self, _scope: Scope, _hours: Hours, _at: int) -> frozenset[SiteId]:
        return frozenset()

    def earlier(
        self, _scope: Scope, sites: Collection[SiteId], at: int, weeks: int
    ) -> Mapping[SiteId, tuple[int, ...]]:
        day = CALENDAR.day_at(at)
        since_midnight = at - CALENDAR.bounds_of(day)[0]
        alike = tuple(CALENDAR.bounds_of(each)[0] + since_midnight for each in CALENDAR.days_alike(day, weeks))
        return {NO_1: alike} if NO_1 in sites else {}


def at(day: date, hour: int, minute: int = 0) -> int:
    return round(datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE).timestamp() * 1000)


@pytest.mark.parametrize(
    ("day", "alike"),
    [
        (MONDAY, [MADE_UP, MONDAY - 2 * WEEK]),
        (MADE_UP, [MONDAY - 2 * WEEK]),
        (HOLIDAY, []),
        (date(2026, 10, 17), []),
        (date(2026, 10, 31), [date(2026, 10, 10)]),
        (date(2026, 10, 28), [date(2026, 10, 21), date(2026, 10, 14), date(2026, 10, 7)]),
    ],
)
def test_which_days_are_alike(day: date, alike: list[date]) -> None:
    weeks = 2 if day == MADE_UP else 3
    found = CALENDAR.days_alike(day, weeks)
    assert [each for each in found if each > date(2026, 10, 6)] == alike


def test_vacation_is_like_vacation_alone() -> None:
    school = SchoolCalendar(NO_1, ZONE, terms=[Term(MONDAY, date(2027, 1, 20))])
    assert school.days_alike(MONDAY + WEEK, 2) == [MONDAY]
    assert school.days_alike(MONDAY - WEEK, 2) == [MONDAY - 2 * WEEK, MONDAY - 3 * WEEK]


def test_what_is_usual_is_asked_of_the_calendar_of_each_school() -> None:
    feed = Feed(MemoryStore())
    for site in (NO_1, NO_2):
        for day, value in ((MADE_UP, 50.0), (HOLIDAY, 1.0), (MONDAY - 2 * WEEK, 40.0)):
            for minute in (0, 30):
                feed.say(site, "nvr", "cpu_percent", value + minute / 30, at=at(day, 10, minute))
    names = feed.store.series_columns()
    lacking = Lacking(np.array([0, 1], np.int32), np.array([7, 5], np.int32), np.array([2, 2], np.int32))
    hour = at(MONDAY, 10) // HOUR_MS
    found: dict[int, tuple[float, float]] = {}
    for each in usual_of_hour(feed.store, ToldCalendar(), names, lacking, hour):
        found.update(zip(each.number.tolist(), zip(each.usual, each.deviation, strict=True), strict=True))
    assert found[7] == pytest.approx((45.5, 1.4826 * 5)), "the made-up day and the Monday before the holiday"
    assert found[5] == pytest.approx((21.0, 1.4826 * 19.5)), "nobody told this school's days: the last two Mondays"


def test_too_few_weeks_are_not_enough() -> None:
    feed = Feed(MemoryStore())
    feed.say(NO_2, "nvr", "cpu_percent", 40.0, at=at(MONDAY - WEEK, 10))
    one = np.array([0], np.int32)
    names, hour = feed.store.series_columns(), at(MONDAY, 10) // HOUR_MS
    (enough,) = usual_of_hour(feed.store, None, names, Lacking(one, one, np.array([2], np.int32)), hour)
    (few,) = usual_of_hour(feed.store, None, names, Lacking(one, one, np.array([3], np.int32)), hour)
    assert enough.usual.tolist() == [40.0]
    assert np.isnan(few.usual).all()


def test_an_hour_is_looked_up_once_and_only_two_are_kept() -> None:
    usual, one = Usual(), np.array([1.0])
    (number,) = usual.add(one * 4, one)
    some = np.array([number], np.int32)
    for hour in (100, 101, 102):
        assert usual.lacks(hour).all()
        usual.put(some, hour, one * hour, one)
        assert not usual.lacks(hour).any()
    scores = [usual.make(some, np.array([hour * HOUR_MS]), np.array([108.0]))[0][0] for hour in (101, 102)]
    assert scores == [7 / 4, 6 / 4]
    assert np.isnan(usual.make(some, np.array([100 * HOUR_MS]), np.array([108.0]))[0]).all()


def test_the_median_of_what_is_known() -> None:
    table = np.array([[5.0, np.nan, 1.0, 3.0], [np.nan, 2.0, np.nan, 4.0]])
    assert median_of_known(table).tolist() == [3.0, 3.0]
