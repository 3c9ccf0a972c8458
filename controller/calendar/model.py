"""Nouns of the calendar: kinds of days, hours, periods, lessons, terms. No framework, no I/O."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from campus.errors import ConfigError
from campus.ids import SiteId


class DayKind(StrEnum):
    """What a day is for a school."""

    SCHOOL = "school"
    MAKE_UP = "make_up"
    """A day off by its weekday on which school is made up for a holiday."""
    EXAM = "exam"
    """A school day with examinations, whatever its weekday."""
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    VACATION = "vacation"
    """Outside every term."""

    @property
    def is_school_day(self) -> bool:
        """Whether pupils are there."""
        return self in {DayKind.SCHOOL, DayKind.MAKE_UP, DayKind.EXAM}


MARKS = (DayKind.HOLIDAY, DayKind.MAKE_UP, DayKind.EXAM)
"""The kinds a person tells of single days; the others follow from weekday and term."""


class Hours(StrEnum):
    """Parts of school days that a rule may be bound to."""

    SCHOOL = "school_hours"
    """From the first bell of a school day to its last."""
    LESSONS = "lessons"
    """While any room has a lesson."""
    MEALS = "meal_hours"


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


class Mark(NamedTuple):
    """What somebody told of one day; `kind` is one of `MARKS`. `follows`: the weekday whose timetable a make-up day has."""

    day: date
    kind: DayKind
    name: str = ""
    follows: int | None = None


class Term(NamedTuple):
    """A term, both days included."""

    first_day: date
    last_day: date
    name: str = ""


@dataclass(frozen=True)
class Lesson:
    """One planned lesson of a room: [start, end) in UTC milliseconds."""

    site: SiteId
    room: str
    start: int
    end: int
    subject: str = ""


def parse_period(text: str) -> Period:
    """Read ``HH:MM-HH:MM``; `ConfigError` when it is anything else or does not end after it begins.

    >>> parse_period("08:00-08:40")
    Period(start_minute=480, end_minute=520)
    """
    try:
        start, end = (parse_minute(part) for part in text.split("-"))
    except ValueError as error:
        raise ConfigError(f"{text!r} is not a period: write it as '08:00-08:40'") from error
    if end <= start:
        raise ConfigError(f"{text!r} ends before it begins: write it as '08:00-08:40'")
    return Period(start, end)


def parse_minute(text: str) -> int:
    """Read ``HH:MM`` as minutes after midnight; `ValueError` for anything else."""
    moment = datetime.strptime(text.strip(), "%H:%M")  # noqa: DTZ007 - a time of day, the date is thrown away
    return moment.hour * 60 + moment.minute
