"""What is told of a calendar as a sheet of rows (CSV): read with every bad row named by its line, and written. Pure.

The columns are those of `COLUMNS`; `what` says what a row is, and which of the others it uses:

    what,from,to,weekday,period,room,name
    term,2026-09-01,2027-01-22,,,,Autumn term
    holiday,2026-10-01,2026-10-07,,,,National Day
    make_up,2026-10-10,,2,,,as on Wednesday
    exam,2026-11-12,2026-11-13,,,,Mid-term
    period,08:00,08:40,,1,,
    meal,11:30,12:30,,,,
    lesson,,,0,1,r101,maths
"""

import csv
import io
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, TypeVar

from campus.document import nearest
from campus.errors import ConfigError
from controller.calendar.model import MARKS, DayKind, Mark, Period, Term, WeeklyLesson, parse_period

COLUMNS: Final = ("what", "from", "to", "weekday", "period", "room", "name")
MAX_ROWS: Final = 50_000
MAX_DAYS: Final = 400
"""Of one row: no holiday is longer."""
MAX_MARKS: Final = 10_000
"""Of one file: some school years of days each named."""
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2999
MAX_NAME_CHARS: Final = 100
_SHOWN: Final = 10
_MARKS: Final = {kind.value: kind for kind in MARKS}


@dataclass(frozen=True)
class Sheet:
    """What was told, kind by kind; an empty one was not told."""

    terms: tuple[Term, ...] = ()
    marks: tuple[Mark, ...] = ()
    periods: Mapping[int, Period] = field(default_factory=dict)
    meals: tuple[Period, ...] = ()
    lessons: tuple[WeeklyLesson, ...] = ()


Row = Mapping[str, str]
Key = TypeVar("Key")
Value = TypeVar("Value")


class _Reader:
    """Takes row after row; a later word on the same thing is a mistake."""

    def __init__(self) -> None:
        self.terms: dict[date, Term] = {}
        self.marks: dict[date, Mark] = {}
        self.periods: dict[int, Period] = {}
        self.meals: dict[int, Period] = {}
        self.lessons: dict[tuple[str, int, int], WeeklyLesson] = {}

    def take(self, row: Row) -> None:
        """`ConfigError` says what is wrong with it."""
        what = row["what"].lower()
        if what not in _READ:
            raise ConfigError(f"{what!r} is none of {', '.join(_READ)}.{nearest(what, list(_READ))}")
        _READ[what](self, row)

    def term(self, row: Row) -> None:
        first, last = _days(row)
        _new(self.terms, first, Term(first, last, _name(row)), f"a term that begins on {first}")

    def mark(self, row: Row) -> None:
        kind = _MARKS[row["what"].lower()]
        first, last = _days(row)
        if (last - first).days > MAX_DAYS:
            raise ConfigError(f"{first} to {last} is longer than {MAX_DAYS} days")
        follows = _weekday(row) if row["weekday"] and kind is DayKind.MAKE_UP else None
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            _new(self.marks, day, Mark(day, kind, _name(row), follows), str(day))

    def period(self, row: Row) -> None:
        number = _number(row["period"], "period")
        _new(self.periods, number, parse_period(f"{row['from']}-{row['to']}"), f"period {number}")

    def meal(self, row: Row) -> None:
        meal = parse_period(f"{row['from']}-{row['to']}")
        _new(self.meals, meal.start_minute, meal, f"a meal at {row['from']}")

    def lesson(self, row: Row) -> None:
        if not row["room"]:
            raise ConfigError("a lesson needs a room")
        each = WeeklyLesson(row["room"], _weekday(row), _number(row["period"], "period"), _name(row))
        _new(self.lessons, each[:3], each, "a lesson of this room in this period")


_READ: Final[dict[str, Callable[[_Reader, Row], None]]] = {
    "term": _Reader.term,
    **dict.fromkeys(_MARKS, _Reader.mark),
    "period": _Reader.period,
    "meal": _Reader.meal,
    "lesson": _Reader.lesson,
}


def read_sheet(name: str, text: str) -> Sheet:
    """Read a CSV file's text; one `ConfigError` names the bad rows by line, and then none is to be taken."""
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    reader, problems = _Reader(), list[str]()
    try:
        head = [cell.strip().lower() for cell in next(lines, [])]
        if "what" not in head or set(head) - set(COLUMNS):
            raise ConfigError(f"{name}:1: the first line must name the columns: {','.join(COLUMNS)}")
        for cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            row = dict.fromkeys(COLUMNS, "") | dict(zip(head, (cell.strip() for cell in cells), strict=False))
            try:
                reader.take(row)
            except ConfigError as error:
                problems.append(f"{name}:{lines.line_num}: {error}")
            if lines.line_num > MAX_ROWS or len(reader.marks) > MAX_MARKS:
                raise ConfigError(f"{name}: more than {MAX_ROWS} lines, or {MAX_MARKS} days")
    except csv.Error as error:
        raise ConfigError(f"{name}:{lines.line_num}: not a CSV file: {error}") from error
    _refuse(problems)
    return Sheet(
        tuple(reader.terms.values()),
        tuple(reader.marks.values()),
        reader.periods,
        tuple(reader.meals.values()),
        tuple(reader.lessons.values()),
    )


def check_names(told: Sheet, rooms: Collection[str], periods: Collection[int]) -> None:
    """`ConfigError` when lessons name rooms or periods the school does not have."""
    strange_rooms = sorted({lesson.room for lesson in told.lessons} - set(rooms))
    strange_periods = sorted({lesson.period for lesson in told.lessons} - set(periods))
    _refuse(
        [f"the school has no room {room!r}.{nearest(room, sorted(rooms))}" for room in strange_rooms]
        + [f"the school has no period {n}: tell its bells first, or in the same file" for n in strange_periods]
    )


def sheet_rows(told: Sheet) -> Iterator[tuple[str, ...]]:
    """The rows under `COLUMNS` that `read_sheet` reads back as the same."""
    for term in told.terms:
        yield "term", str(term.first_day), str(term.last_day), "", "", "", term.name
    for mark in told.marks:
        follows = "" if mark.follows is None else str(mark.follows)
        yield mark.kind.value, str(mark.day), "", follows, "", "", mark.name
    for number, bell in sorted(told.periods.items()):
        yield "period", _clock(bell.start_minute), _clock(bell.end_minute), "", str(number), "", ""
    for meal in told.meals:
        yield "meal", _clock(meal.start_minute), _clock(meal.end_minute), "", "", "", ""
    for lesson in told.lessons:
        yield "lesson", "", "", str(lesson.weekday), str(lesson.period), lesson.room, lesson.subject


def _refuse(problems: list[str]) -> None:
    if problems:
        more = f"\n(and {len(problems) - _SHOWN} more)" if len(problems) > _SHOWN else ""
        raise ConfigError("\n".join(problems[:_SHOWN]) + more)


def _new(held: dict[Key, Value], key: Key, value: Value, what: str) -> None:
    if key in held:
        raise ConfigError(f"{what} stands in the file already: keep one of them")
    held[key] = value


def _days(row: Row) -> tuple[date, date]:
    first = _day(row["from"])
    last = _day(row["to"]) if row["to"] else first
    if last < first:
        raise ConfigError(f"{last} is before {first}")
    return first, last


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is not a day: write it as 2026-10-01") from error
    return plausible(day)


def plausible(day: date) -> date:
    """The same; `ConfigError` for one that no calendar of a school speaks of.

    >>> plausible(date(2026, 10, 1))
    datetime.date(2026, 10, 1)
    """
    if not FIRST_YEAR < day.year < LAST_YEAR:
        raise ConfigError(f"no school has a calendar of the year {day.year}")
    return day


def _number(text: str, column: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 3 and int(text)):
        raise ConfigError(f"{column} {text!r} is not a number from 1 to 99")
    return int(text)


def _weekday(row: Row) -> int:
    text = row["weekday"]
    if text not in set("0123456"):
        raise ConfigError(f"weekday {text!r} is none: 0 is Monday, 6 is Sunday")
    return int(text)


def _name(row: Row) -> str:
    return row["name"][:MAX_NAME_CHARS]


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
