"""When a pattern holds, against a clock on the wall that is read minute by minute."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.ids import SiteId
from controller.calendar.model import DayKind, Mark, Period, Term
from controller.calendar.school import SchoolCalendar
from controller.silences.model import ONCE, Days, Pattern
from controller.silences.recurrence import holds, spans
from tests.support.district import DAY_MS, HOUR_MS, MONDAY

MINUTE_MS = 60_000
SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
SCHOOL = SchoolCalendar(
    SiteId("no-1"),
    SHANGHAI,
    periods={1: Period(480, 520), 2: Period(840, 880)},
    marks={
        date(2026, 9, 9): Mark(date(2026, 9, 9), DayKind.EXAM),
        date(2026, 9, 10): Mark(date(2026, 9, 10), DayKind.HOLIDAY),
        date(2026, 9, 12): Mark(date(2026, 9, 12), DayKind.MAKE_UP, follows=3),
    },
    terms=[Term(date(2026, 9, 1), date(2027, 1, 20))],
)
WEEKDAYS = st.lists(st.integers(0, 6), max_size=4, unique=True).map(tuple)
HOURS = st.none() | st.builds(Period, st.integers(0, 1439), st.integers(0, 1440)).filter(lambda p: p[0] != p[1])


def at(day: int, hour: float, calendar_day: int = MONDAY) -> int:
    return calendar_day + day * DAY_MS + round(hour * HOUR_MS)


def on_the_wall(pattern: Pattern, moment: int, zone: ZoneInfo) -> bool:
    """What somebody says who looks at a clock and a calendar."""
    local = datetime.fromtimestamp(moment / 1000, UTC).astimezone(zone)
    minute = local.hour * 60 + local.minute
    begins, ends = pattern.hours or (0, 1440)
    days = pattern.weekdays or range(7)
    if begins < ends:
        return local.weekday() in days and begins <= minute < ends
    yesterday = (local - timedelta(days=1)).weekday()
    return (local.weekday() in days and minute >= begins) or (yesterday in days and minute < ends)


@given(weekdays=WEEKDAYS, hours=HOURS, moment=st.integers(MONDAY, MONDAY + 9 * DAY_MS))
def test_weekdays_and_hours_are_what_the_clock_on_the_wall_says(
    weekdays: tuple[int, ...], hours: Period | None, moment: int
) -> None:
    pattern = Pattern(weekdays=weekdays, hours=hours)
    assert holds(pattern, SCHOOL, moment) == on_the_wall(pattern, moment, SHANGHAI)


@given(
    weekdays=WEEKDAYS,
    hours=HOURS,
    minute=st.integers(0, 3 * 1440),
    change=st.sampled_from([datetime(2026, 3, 28, tzinfo=BERLIN), datetime(2026, 10, 24, tzinfo=BERLIN)]),
)
def test_where_clocks_are_changed_nothing_is_missed(
    weekdays: tuple[int, ...], hours: Period | None, minute: int, change: datetime
) -> None:
    """An hour that comes twice may be covered twice; on other days it is exact."""
    pattern, calendar = Pattern(weekdays=weekdays, hours=hours), SchoolCalendar(SiteId("x"), BERLIN)
    moment = round(change.timestamp() * 1000) + minute * MINUTE_MS
    says, found = on_the_wall(pattern, moment, BERLIN), holds(pattern, calendar, moment)
    local = datetime.fromtimestamp(moment / 1000, UTC).astimezone(BERLIN)
    if local.hour in (1, 2, 3) and local.weekday() == 6:
        assert found or not says
    else:
        assert found == says


@given(
    days=st.sampled_from(list(Days)),
    weekdays=WEEKDAYS,
    hours=HOURS,
    start=st.integers(MONDAY - 3 * DAY_MS, MONDAY + 7 * DAY_MS),
    length=st.integers(1, 6 * DAY_MS),
    probe=st.floats(0, 1, exclude_max=True),
)
def test_spans_are_apart_ascending_and_say_the_same_as_a_single_instant(
    days: Days, weekdays: tuple[int, ...], hours: Period | None, start: int, length: int, probe: float
) -> None:
    pattern = Pattern(days, weekdays, hours)
    found = spans(pattern, SCHOOL, start, start + length)
    edges = [edge for span in found for edge in span]
    assert edges == sorted(set(edges))
    assert all(start <= edge <= start + length for edge in edges)
    moment = start + int(probe * length)
    assert holds(pattern, SCHOOL, moment) == any(begins <= moment < ends for begins, ends in found)


@pytest.mark.parametrize(
    ("days", "moment", "is_held"),
    [
        (Days.HOLIDAYS, at(3, 12), True),  # Thursday is a holiday
        (Days.HOLIDAYS, at(4, 0), False),
        (Days.HOLIDAYS, at(3, 0), True),
        (Days.HOLIDAYS, at(6, 12), False),  # a Sunday is none
        (Days.HOLIDAYS, at(-30, 12), True),  # the summer vacation
        (Days.EXAMS, at(2, 23.99), True),
        (Days.EXAMS, at(3, 0), False),
        (Days.OUTSIDE_SCHOOL, at(0, 7.99), True),
        (Days.OUTSIDE_SCHOOL, at(0, 8), False),
        (Days.OUTSIDE_SCHOOL, at(0, 12), False),  # school hours run from the first bell to the last
        (Days.OUTSIDE_SCHOOL, at(0, 14 + 2 / 3), True),
        (Days.OUTSIDE_SCHOOL, at(5, 9), False),  # lessons made up on a Saturday
        (Days.OUTSIDE_SCHOOL, at(6, 9), True),
    ],
)
def test_the_school_calendar_is_asked(days: Days, moment: int, is_held: bool) -> None:
    assert holds(Pattern(days), SCHOOL, moment) == is_held


def test_without_bells_it_is_never_outside_of_school() -> None:
    assert not holds(Pattern(Days.OUTSIDE_SCHOOL), SchoolCalendar(SiteId("x"), SHANGHAI), MONDAY)


def test_a_night_belongs_to_the_day_it_begins_on() -> None:
    monday_night = Pattern(weekdays=(0,), hours=Period(22 * 60, 6 * 60))
    assert spans(monday_night, SCHOOL, at(-7, 12), at(6, 12)) == [
        (at(-7, 22), at(-6, 6)),
        (at(0, 22), at(1, 6)),
    ]


def test_once_is_all_the_time() -> None:
    assert spans(ONCE, SCHOOL, 5, 9) == [(5, 9)]
    assert spans(ONCE, SCHOOL, 9, 9) == []
