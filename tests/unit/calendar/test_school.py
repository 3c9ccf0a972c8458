"""The calendar of a school laid over real days, in any time zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.ids import SiteId
from controller.calendar.model import DayKind, Hours, Mark, Period, Term, WeeklyLesson
from controller.calendar.school import SchoolCalendar

SITE = SiteId("no-1")
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "UTC", "Pacific/Apia")
SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY_MS = 86_400_000
_WEEK = [WeeklyLesson("r1", weekday, period, "") for weekday in range(7) for period in (1, 2)]
_PERIODS = {1: Period(8 * 60, 8 * 60 + 40), 2: Period(14 * 60, 14 * 60 + 40)}
SCHOOL_HOURS_MS = (6 * 60 + 40) * 60_000
MONDAY = date(2026, 9, 7)
WEEKDAYS = [WeeklyLesson("r1", weekday, 1, f"subject-{weekday}") for weekday in range(5)]

marks = st.dictionaries(
    st.dates(date(2023, 11, 1), date(2027, 2, 1)),
    st.sampled_from([DayKind.HOLIDAY, DayKind.MAKE_UP, DayKind.EXAM]),
    max_size=20,
).map(lambda days: {day: Mark(day, kind) for day, kind in days.items()})


def midnight(day: date, zone: ZoneInfo = SHANGHAI) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)


def marked(*told: Mark, terms: tuple[Term, ...] = ()) -> SchoolCalendar:
    days = {mark.day: mark for mark in told}
    return SchoolCalendar(SITE, SHANGHAI, _PERIODS, (Period(690, 750),), WEEKDAYS, days, terms)


def subjects(school: SchoolCalendar, day: date) -> list[str]:
    return [lesson.subject for lesson in school.lessons(midnight(day), midnight(day) + DAY_MS)]


@given(
    zone=st.sampled_from(ZONES),
    start=st.integers(1_700_000_000_000, 1_800_000_000_000),
    span=st.integers(0, 12 * DAY_MS),
    told=marks,
)
def test_lessons_stand_at_the_local_time_of_their_period(
    zone: str, start: int, span: int, told: dict[date, Mark]
) -> None:
    local = ZoneInfo(zone)
    found = SchoolCalendar(SITE, local, _PERIODS, week=_WEEK, marks=told).lessons(start, start + span)
    for lesson in found:
        begins = datetime.fromtimestamp(lesson.start / 1000, local)
        assert (begins.hour, begins.minute) in {(8, 0), (14, 0)}
        assert begins.date() not in told or told[begins.date()].kind is not DayKind.HOLIDAY
        assert lesson.end - lesson.start == 40 * 60_000
        assert lesson.start < start + span
        assert lesson.end > start
    assert found == sorted(found, key=lambda lesson: lesson.start)
    assert len({lesson.start for lesson in found}) == len(found)


@given(
    zone=st.sampled_from(ZONES),
    day=st.dates(date(2024, 1, 8), date(2027, 1, 1)),
    days=st.integers(1, 20),
    cut=st.floats(0, 1),
    told=marks,
)
def test_two_spans_side_by_side_hold_what_the_whole_holds(
    zone: str, day: date, days: int, cut: float, told: dict[date, Mark]
) -> None:
    begin = midnight(day, ZoneInfo("UTC"))
    end = begin + days * DAY_MS
    middle = begin + int((end - begin) * cut)
    school = SchoolCalendar(SITE, ZoneInfo(zone), _PERIODS, week=_WEEK, marks=told)

    def lessons(start: int, stop: int) -> set[int]:
        return {each.start for each in school.lessons(start, stop)}

    assert lessons(begin, middle) | lessons(middle, end) == lessons(begin, end)
    assert school.school_ms(begin, middle) + school.school_ms(middle, end) == school.school_ms(begin, end)
    for hours in Hours:
        for first, after in school.spans(hours, begin, end):
            assert begin <= first < after <= end
            assert school.is_within(hours, first)
            assert school.is_within(hours, after - 1)


@given(zone=st.sampled_from(ZONES), day=st.dates(date(2024, 1, 8), date(2027, 1, 1)), told=marks)
def test_a_day_has_its_school_hours_or_none(zone: str, day: date, told: dict[date, Mark]) -> None:
    school = SchoolCalendar(SITE, ZoneInfo(zone), _PERIODS, week=WEEKDAYS, marks=told)
    noon = round(datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)).timestamp() * 1000)
    begin, end = noon - 4 * 3_600_000, noon + 4 * 3_600_000
    is_school_day = school.kind_of(day).is_school_day
    assert school.school_ms(begin, end) == (SCHOOL_HOURS_MS if is_school_day else 0)
    if day in told:
        assert is_school_day is (told[day].kind is not DayKind.HOLIDAY)
    else:
        assert is_school_day is (day.weekday() < 5)


def test_a_week_of_two_periods_a_day_has_fourteen_lessons() -> None:
    school = SchoolCalendar(SITE, SHANGHAI, _PERIODS, week=_WEEK)
    assert len(school.lessons(midnight(MONDAY), midnight(MONDAY) + 7 * DAY_MS)) == 14


def test_a_made_up_saturday_is_a_school_day_with_the_lessons_of_the_day_it_makes_up() -> None:
    saturday = MONDAY + timedelta(days=5)
    assert marked().kind_of(saturday) is DayKind.WEEKEND
    school = marked(Mark(saturday, DayKind.MAKE_UP, "", follows=3))
    assert school.kind_of(saturday).is_school_day
    assert subjects(school, saturday) == ["subject-3"]
    assert school.school_ms(midnight(saturday), midnight(saturday) + DAY_MS) == SCHOOL_HOURS_MS
    assert subjects(marked(Mark(saturday, DayKind.MAKE_UP)), saturday) == [], "nobody said which lessons"


def test_a_holiday_has_nothing() -> None:
    school = marked(Mark(MONDAY, DayKind.HOLIDAY))
    assert subjects(school, MONDAY) == []
    for hours in Hours:
        assert school.spans(hours, midnight(MONDAY), midnight(MONDAY) + DAY_MS) == []


def test_outside_the_terms_is_vacation() -> None:
    school = marked(
        Mark(date(2026, 9, 5), DayKind.MAKE_UP),
        terms=(Term(MONDAY, date(2027, 1, 20)), Term(date(2027, 2, 22), date(2027, 7, 2))),
    )
    assert school.kind_of(date(2026, 9, 4)) is DayKind.VACATION
    assert school.kind_of(date(2026, 9, 5)) is DayKind.MAKE_UP, "what is said of a day goes before the terms"
    assert school.kind_of(MONDAY) is DayKind.SCHOOL
    assert school.kind_of(date(2027, 2, 1)) is DayKind.VACATION
    assert subjects(school, date(2027, 2, 1)) == []


@pytest.mark.parametrize(
    ("clock", "inside"),
    [("07:59", ""), ("08:00", "sl"), ("08:40", "s"), ("11:29", "s"), ("11:30", "sm"), ("12:30", "s"), ("14:40", "")],
)
def test_hours_of_a_school_day(clock: str, inside: str) -> None:
    at = round(datetime.fromisoformat(f"2026-09-07T{clock}:00+08:00").astimezone(UTC).timestamp() * 1000)
    found = {hours for hours in Hours if marked().is_within(hours, at)}
    assert found == {{"s": Hours.SCHOOL, "l": Hours.LESSONS, "m": Hours.MEALS}[letter] for letter in inside}


def test_hours_nobody_told_are_not_known() -> None:
    silent = SchoolCalendar(SITE, SHANGHAI)
    assert not any(silent.knows(hours) for hours in Hours)
    assert all(marked().knows(hours) for hours in Hours)
    assert silent.spans(Hours.SCHOOL, midnight(MONDAY), midnight(MONDAY) + DAY_MS) == []
