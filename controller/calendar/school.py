"""The calendar of one school, laid over real days in its time zone. Pure: told once, then asked."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from operator import attrgetter
from typing import Final
from zoneinfo import ZoneInfo

from campus.ids import SiteId
from controller.calendar.model import DayKind, Hours, Lesson, Mark, Period, Term, WeeklyLesson

Span = tuple[int, int]
"""[start, end) in UTC milliseconds."""
_DAY: Final = timedelta(days=1)
_WORKING_WEEKDAYS: Final = frozenset(range(5))


@dataclass(frozen=True)
class SchoolCalendar:
    """What is told of a school. Nothing told of terms: all year is term. A day's mark goes before its weekday and term."""

    site: SiteId
    zone: ZoneInfo
    periods: Mapping[int, Period] = field(default_factory=dict)
    """By the number lessons name them by."""
    meals: Sequence[Period] = ()
    week: Sequence[WeeklyLesson] = ()
    marks: Mapping[date, Mark] = field(default_factory=dict)
    terms: Sequence[Term] = ()

    def kind_of(self, day: date) -> DayKind:
        """What a local day is."""
        mark = self.marks.get(day)
        if mark is not None:
            return mark.kind
        if self.terms and not any(term.first_day <= day <= term.last_day for term in self.terms):
            return DayKind.VACATION
        is_taught = day.weekday() in _WORKING_WEEKDAYS or day.weekday() in self._by_weekday
        return DayKind.SCHOOL if is_taught else DayKind.WEEKEND

    def day_at(self, at: int) -> date:
        """The local day of an instant (UTC ms)."""
        return datetime.fromtimestamp(at / 1000, self.zone).date()

    def days_alike(self, day: date, weeks: int) -> list[date]:
        """The days of the `weeks` before that have the same weekday and are as much term, latest first; none for a holiday.

        A make-up day counts as the weekday it follows; one that follows none, and an exam at a weekend, is like no other.
        """
        likeness = self._likeness(day)
        before = [day - _DAY * number for number in range(1, 7 * weeks + 1)]
        return [each for each in before if likeness is not None and self._likeness(each) == likeness]

    def _likeness(self, day: date) -> tuple[int, bool] | None:
        """Weekday, and whether it is vacation."""
        kind = self.kind_of(day)
        if kind is DayKind.HOLIDAY or (kind is DayKind.EXAM and day.weekday() not in _WORKING_WEEKDAYS):
            return None
        if kind is DayKind.MAKE_UP:
            follows = self.marks[day].follows
            return None if follows is None else (follows, False)
        return day.weekday(), kind is DayKind.VACATION

    def bounds_of(self, day: date) -> Span:
        """When a local day begins and ends."""
        return _instant(day, 0, self.zone), _instant(day + _DAY, 0, self.zone)

    def instant(self, day: date, minute: int) -> int:
        """A time of a local day, in minutes after midnight, as UTC ms."""
        return _instant(day, minute, self.zone)

    def knows(self, hours: Hours) -> bool:
        """Whether anybody told when these hours are."""
        told = {Hours.SCHOOL: self.periods, Hours.LESSONS: self.periods and self.week, Hours.MEALS: self.meals}
        return bool(told[hours])

    def is_within(self, hours: Hours, at: int) -> bool:
        """Whether an instant (UTC ms) lies in such hours; never where nobody told them."""
        return bool(self.spans(hours, at, at + 1))

    def spans(self, hours: Hours, start: int, end: int) -> list[Span]:
        """Such hours within [start, end), ascending, apart from one another."""
        found: list[Span] = []
        for day in _local_days(start, end, self.zone):
            for period in sorted(self._periods_of(hours, day)):
                begins, ends = (
                    max(start, _instant(day, period.start_minute, self.zone)),
                    min(end, self._end(day, period)),
                )
                if found and begins <= found[-1][1]:
                    found[-1] = (found[-1][0], max(found[-1][1], ends))
                elif begins < ends:
                    found.append((begins, ends))
        return found

    def school_ms(self, start: int, end: int) -> int:
        """How much of [start, end) is school hours, in ms: what a promise in school hours is measured by."""
        return sum(ends - begins for begins, ends in self.spans(Hours.SCHOOL, start, end))

    def lessons(self, start: int, end: int) -> list[Lesson]:
        """Planned lessons that overlap [start, end) in ms, by start, then room."""
        found: list[Lesson] = []
        for day in _local_days(start, end, self.zone):
            planned = self._lessons_on(day)
            found += [lesson for lesson in planned if lesson.start < end and lesson.end > start]
        # Two sorts by one attribute are several times faster than one by pairs, which the garbage collector stops to look at.
        found.sort(key=attrgetter("room"))
        found.sort(key=attrgetter("start"))
        return found

    @cached_property
    def _by_weekday(self) -> dict[int, list[WeeklyLesson]]:
        found: dict[int, list[WeeklyLesson]] = defaultdict(list)
        for lesson in self.week:
            found[lesson.weekday].append(lesson)
        return dict(found)

    def _taught_on(self, day: date) -> list[WeeklyLesson]:
        """The lessons of the timetable that a day has."""
        if not self.kind_of(day).is_school_day:
            return []
        mark = self.marks.get(day)
        weekday = day.weekday() if mark is None or mark.follows is None else mark.follows
        return self._by_weekday.get(weekday, [])

    def _lessons_on(self, day: date) -> Iterator[Lesson]:
        spans = {
            number: (_instant(day, period.start_minute, self.zone), self._end(day, period))
            for number, period in self.periods.items()
        }
        for lesson in self._taught_on(day):
            if lesson.period in spans:
                begins, ends = spans[lesson.period]
                yield Lesson(self.site, lesson.room, begins, ends, lesson.subject)

    def _periods_of(self, hours: Hours, day: date) -> Iterable[Period]:
        if not self.kind_of(day).is_school_day:
            return []
        if hours is Hours.MEALS:
            return self.meals
        if hours is Hours.LESSONS:
            return {self.periods[lesson.period] for lesson in self._taught_on(day) if lesson.period in self.periods}
        if not self.periods:
            return []
        bells = self.periods.values()
        return [Period(min(each.start_minute for each in bells), max(each.end_minute for each in bells))]

    def _end(self, day: date, period: Period) -> int:
        return _instant(day, period.end_minute, self.zone)


def _local_days(start: int, end: int, zone: ZoneInfo) -> Iterator[date]:
    if end <= start:
        return
    day = datetime.fromtimestamp(start / 1000, zone).date()
    last = datetime.fromtimestamp(end / 1000, zone).date()
    while day <= last:
        yield day
        day += _DAY


def _instant(day: date, minute: int, zone: ZoneInfo) -> int:
    local = datetime.combine(day, time(minute // 60, minute % 60), zone)
    return round(local.astimezone(UTC).timestamp() * 1000)
