"""The timetable laid over real days, in any time zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from campus.ids import SiteId
from controller.registry.calendar import Period, WeeklyLesson, lessons_between

SITE = SiteId("no-1")
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "UTC", "Pacific/Apia")
_WEEK = [WeeklyLesson("r1", weekday, period, "") for weekday in range(7) for period in (1, 2)]
_PERIODS = {1: Period(8 * 60, 8 * 60 + 40), 2: Period(14 * 60, 14 * 60 + 40)}


@given(
    zone=st.sampled_from(ZONES),
    start=st.integers(1_700_000_000_000, 1_800_000_000_000),
    span=st.integers(0, 12 * 86_400_000),
    holidays=st.sets(st.dates(date(2023, 11, 1), date(2027, 2, 1)), max_size=5),
)
def test_lessons_stand_at_the_local_time_of_their_period(zone: str, start: int, span: int, holidays: set[date]) -> None:
    local = ZoneInfo(zone)
    found = lessons_between(SITE, _WEEK, _PERIODS, holidays, local, start, start + span)
    for lesson in found:
        begins = datetime.fromtimestamp(lesson.start / 1000, local)
        assert (begins.hour, begins.minute) in {(8, 0), (14, 0)}
        assert begins.date() not in holidays
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
)
def test_two_spans_side_by_side_hold_what_the_whole_holds(zone: str, day: date, days: int, cut: float) -> None:
    begin = round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
    end = begin + round(timedelta(days=days).total_seconds() * 1000)
    middle = begin + int((end - begin) * cut)

    def lessons(start: int, stop: int) -> set[int]:
        return {each.start for each in lessons_between(SITE, _WEEK, _PERIODS, set(), ZoneInfo(zone), start, stop)}

    assert lessons(begin, middle) | lessons(middle, end) == lessons(begin, end)


def test_a_week_of_two_periods_a_day_has_fourteen_lessons() -> None:
    monday = round(datetime(2026, 9, 7, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1000)
    found = lessons_between(SITE, _WEEK, _PERIODS, set(), ZoneInfo("Asia/Shanghai"), monday, monday + 7 * 86_400_000)
    assert len(found) == 14
