"""Calendars and timetables as iCalendar files (RFC 5545), as phones, offices and timetable programs write them. Pure.

A whole day is a holiday, a make-up day or an examination by what its event says of itself; a time of day at a place is a
lesson, every week, of the room of that id or name, in the period that rings then. What is none of these is named and left
out, for such files hold birthdays too.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from icalendar import Calendar

from campus.errors import ConfigError
from controller.calendar.model import DayKind, Mark, Period, WeeklyLesson
from controller.calendar.sheet import MAX_DAYS, MAX_MARKS, MAX_NAME_CHARS, Sheet, plausible

MAX_EVENTS: Final = 50_000
MAX_BYTES: Final = 8 << 20
NEAREST_BELL_MIN: Final = 10
"""A lesson belongs to the period that begins within so many minutes of it."""
_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_APPLE: Final = {"WORK-HOLIDAY": DayKind.HOLIDAY, "ALTERNATE-WORKDAY": DayKind.MAKE_UP}
_KINDS: Final = (
    (DayKind.EXAM, re.compile(r"考试|期中|期末|中考|高考|\bexams?\b|\bexaminations?\b", re.IGNORECASE)),
    (DayKind.MAKE_UP, re.compile(r"[（(]班[)）]|补班|补课|调休上班|上班|\bmake-?up\b|\bworking day\b", re.IGNORECASE)),
    (DayKind.HOLIDAY, re.compile(r"[（(]休[)）]|放假|假期|\bholidays?\b|\bday off\b", re.IGNORECASE)),
)
"""Tried in this order. A feast is no holiday by its name alone: Teachers' Day is a school day."""


@dataclass(frozen=True)
class Place:
    """What a school calls things, to read its lessons by: room ids by id and names, and when its periods ring."""

    rooms: Mapping[str, str]
    periods: Mapping[int, Period]
    zone: ZoneInfo


@dataclass(frozen=True)
class Read:
    """What a file says. `left_out`: events that mean nothing here, in words, once each."""

    sheet: Sheet
    left_out: tuple[str, ...]


def read_ical(name: str, content: bytes, place: Place) -> Read:
    """Read a file; `ConfigError` when it is no iCalendar at all, or larger than any school's."""
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{name}: larger than {MAX_BYTES >> 20} MB: export one school, one term")
    try:
        events = [each for calendar in Calendar.from_ical(content, multiple=True) for each in calendar.walk("VEVENT")]
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ConfigError(f"{name}: not an iCalendar file: {str(error)[:200]}") from error
    marks: dict[date, Mark] = {}
    lessons: dict[tuple[str, int, int], WeeklyLesson] = {}
    left_out: dict[str, None] = {}
    if len(events) > MAX_EVENTS:
        raise ConfigError(f"{name}: more than {MAX_EVENTS} events: export one school, one term")
    for event in events:
        try:
            for found in _read(event, place):
                if isinstance(found, Mark):
                    marks[found.day] = found
                else:
                    lessons[found[:3]] = found
        except ConfigError as error:
            left_out[str(error)] = None
        if len(marks) > MAX_MARKS:
            raise ConfigError(f"{name}: more than {MAX_MARKS} days: export one school, some years")
    sheet = Sheet(marks=tuple(sorted(marks.values())), lessons=tuple(sorted(lessons.values())))
    return Read(sheet, tuple(left_out))


def rooms_by_word(rooms: Collection[tuple[str, str, str]]) -> dict[str, str]:
    """Room ids by whatever a timetable may call them, from (id, English name, Chinese name); in lower case.

    >>> rooms_by_word([("r101", "Room 101", "101 教室")])["101 教室"]
    'r101'
    """
    return {word.strip().lower(): names[0] for names in rooms for word in reversed(names) if word.strip()}


def _read(event: Any, place: Place) -> Iterator[Mark | WeeklyLesson]:
    """What one event means; `ConfigError` in words for one that means nothing here."""
    title = str(event.get("SUMMARY", "")).strip()[:MAX_NAME_CHARS]
    start, end = _instant(event, "DTSTART"), _instant(event, "DTEND")
    if start is None:
        raise ConfigError(f"{title!r} does not say when it is")
    plausible(start)
    if not isinstance(start, datetime):
        yield from _marks(event, title, start, end)
    else:
        yield from _lessons(event, title, _local(start, place.zone), place)


def _marks(event: Any, title: str, first: date, end: date | datetime | None) -> Iterator[Mark]:
    kind = _kind_of(event, title)
    if kind is None:
        raise ConfigError(f"{title!r} on {first} is neither a holiday nor a make-up or exam day")
    if event.get("RRULE") is not None:
        raise ConfigError(f"{title!r} on {first} is repeated: name its days of each year")
    if end is not None:
        plausible(end)
    is_day = end is not None and not isinstance(end, datetime)
    last = end - timedelta(days=1) if is_day and end is not None and end > first else first  # DTEND is the day after
    if (last - first).days > MAX_DAYS:
        raise ConfigError(f"{title!r} is longer than {MAX_DAYS} days")
    for number in range((last - first).days + 1):
        yield Mark(first + timedelta(days=number), kind, title)


def _lessons(event: Any, title: str, start: datetime, place: Place) -> Iterator[WeeklyLesson]:
    called = str(event.get("LOCATION", "")).strip()
    room = place.rooms.get(called.lower())
    if room is None:
        raise ConfigError(
            f"{title!r} is in {called!r}, which is no room of the school" if called else f"{title!r} has no room"
        )
    minute = start.hour * 60 + start.minute
    period = min(place.periods, key=lambda each: abs(place.periods[each].start_minute - minute), default=None)
    if period is None or abs(place.periods[period].start_minute - minute) > NEAREST_BELL_MIN:
        raise ConfigError(f"no bell rings near {start:%H:%M}, when {title!r} begins: tell the school's periods first")
    for weekday in _weekdays(event, title, start):
        yield WeeklyLesson(room, weekday, period, title)


def _weekdays(event: Any, title: str, start: datetime) -> Collection[int]:
    rule = event.get("RRULE")
    if rule is None:
        return (start.weekday(),)  # one event for each week: they all say the same
    every = {str(part).upper() for part in rule.get("FREQ", ())}
    if every != {"WEEKLY"}:
        raise ConfigError(f"{title!r} is not repeated weekly: a timetable has lessons that come every week")
    days = [str(part).upper()[-2:] for part in rule.get("BYDAY", ())]
    return sorted({_DAYS.index(day) for day in days if day in _DAYS}) or (start.weekday(),)


def _kind_of(event: Any, title: str) -> DayKind | None:
    apple = _APPLE.get(str(event.get("X-APPLE-SPECIAL-DAY", "")).upper())
    if apple is not None:
        return apple
    said = event.get("CATEGORIES")
    words = " ".join(str(each) for each in said.cats) if said is not None and hasattr(said, "cats") else ""
    return next((kind for kind, pattern in _KINDS if pattern.search(f"{words} {title}")), None)


def _instant(event: Any, key: str) -> date | datetime | None:
    told = getattr(event.get(key), "dt", None)
    return told if isinstance(told, date) else None


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    """In the school's zone; one without a zone is told in it."""
    return at.astimezone(zone) if at.tzinfo is not None else at.replace(tzinfo=zone)
