"""The weekly timetable laid over real days: which lessons fall into a span of time. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import UTC, date, datetime, time, timedelta
from operator import attrgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from campus.errors import ConfigError
from campus.ids import SiteId
from controller.registry.model import Lesson

_DAY = timedelta(days=1)


class Period(NamedTuple):
    """Minutes after local midnight: [start, end)."""

    start_minute: int
    end_minute: int


class WeeklyLesson(NamedTuple):
    """A lesson that comes every week; weekday 0 is Monday, `period` is a key of the site's periods."""

    room: str
    weekday: int
    period: int
    subject: str


def parse_period(text: str) -> Period:
    """Read ``HH:MM-HH:MM``; `ConfigError` when it is anything else or does not end after it begins.

    >>> parse_period("08:00-08:40")
    Period(start_minute=480, end_minute=520)
    """
    try:
        start, end = _two_times(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is not a period: write it as '08:00-08:40'") from error
    if end <= start:
        raise ConfigError(f"{text!r} ends before it begins: write it as '08:00-08:40'")
    return Period(start, end)


def lessons_between(
    site: SiteId,
    week: Sequence[WeeklyLesson],
    periods: dict[int, Period],
    holidays: Set[date],
    zone: ZoneInfo,
    start: int,
    end: int,
) -> list[Lesson]:
    """Lessons that overlap [start, end) in milliseconds, by start, then room; none on holidays."""
    by_weekday: dict[int, list[WeeklyLesson]] = defaultdict(list)
    for lesson in week:
        by_weekday[lesson.weekday].append(lesson)
    found: list[Lesson] = []
    for day in _local_days(start, end, zone):
        if day not in holidays:
            planned = _lessons_of(site, day, by_weekday[day.weekday()], periods, zone)
            found += [lesson for lesson in planned if lesson.start < end and lesson.end > start]
    # Two sorts by one attribute are several times faster than one by pairs, which the garbage collector stops to look at.
    found.sort(key=attrgetter("room"))
    found.sort(key=attrgetter("start"))
    return found


def _lessons_of(
    site: SiteId, day: date, today: Iterable[WeeklyLesson], periods: dict[int, Period], zone: ZoneInfo
) -> Iterator[Lesson]:
    spans = {
        number: (_instant(day, period.start_minute, zone), _instant(day, period.end_minute, zone))
        for number, period in periods.items()
    }
    for lesson in today:
        if lesson.period in spans:
            begins, ends = spans[lesson.period]
            yield Lesson(site, lesson.room, begins, ends, lesson.subject)


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


def _two_times(text: str) -> tuple[int, int]:
    first, second = text.split("-")
    return _minute(first), _minute(second)


def _minute(text: str) -> int:
    moment = datetime.strptime(text.strip(), "%H:%M")  # noqa: DTZ007 - a time of day, the date is thrown away
    return moment.hour * 60 + moment.minute
