"""The calendar of the district or of a school: what its days are, when its bells ring, and telling it otherwise."""

from calendar import Calendar
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final, NamedTuple

from fastapi import APIRouter, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from campus.errors import ConfigError
from campus.ids import SiteId
from controller.calendar.model import MARKS, DayKind, Lesson, Mark, Period, Term
from controller.calendar.school import SchoolCalendar
from controller.calendar.sheet import COLUMNS, FIRST_YEAR, LAST_YEAR, MAX_NAME_CHARS, Sheet, sheet_rows
from controller.console.console import Console
from controller.console.csv_file import csv_response
from controller.console.page import Page, address
from controller.identity.dependency import CallerScope
from controller.identity.scope import Scope

MONTHS: Final = 12
MAX_FILE_BYTES: Final = 8 << 20
LEFT_OUT_SHOWN: Final = 20
LONGEST_DAYS: Final = 400
BAD_DAY: Final = "calendar.bad_day"
BAD_TERM: Final = "calendar.bad_term"
_MONDAY_FIRST: Final = Calendar(firstweekday=0)


class Cell(NamedTuple):
    """One day of a month; `name` is what was told of it."""

    day: date
    kind: DayKind
    name: str
    is_inside: bool
    """Of the month it stands under, not a neighbour's that fills the week."""


class Month(NamedTuple):
    """A month in weeks of seven days, Monday first."""

    first: date
    weeks: list[list[Cell]]


class Plan(NamedTuple):
    """The lessons of one day: periods as columns, rooms as rows."""

    periods: list[tuple[int, Period]]
    rooms: list[tuple[str, list[str]]]


def calendar_router(console: Console) -> APIRouter:
    """``/calendar``, its file, and what can be told of it."""
    router = APIRouter()

    @router.get("/calendar")
    def calendar(request: Request, scope: CallerScope, site: str = "", start: str = "", day: str = "") -> Response:
        """Twelve months from `start` (``2026-09``), one of their days in full."""
        return _shown(console, request, scope, site, start, day)

    @router.get("/calendar.csv")
    def calendar_csv(scope: CallerScope, site: str = "") -> Response:
        """What was told, as `campanile controller calendar import` and the page read it back."""
        told = console.services.calendar.sheet(scope, SiteId(site) if site else None)
        return csv_response(f"calendar-{site or 'district'}.csv", COLUMNS, list(sheet_rows(told)))

    _take_changes(router, console)
    return router


def _take_changes(router: APIRouter, console: Console) -> None:
    """What can be told of the calendar."""

    @router.post("/calendar/day")
    def mark(
        request: Request,
        scope: CallerScope,
        site: str = Form(""),
        day: str = Form(),
        until: str = Form(""),
        kind: str = Form(""),
        name: str = Form(""),
        follows: str = Form(""),
    ) -> Response:
        """Say what a day is, or the days until another; without a kind what was said of it is taken back."""
        days = _days(day, until)
        if not days:
            return _shown(console, request, scope, site, day=day, problem=BAD_DAY)
        if kind in set(MARKS):
            marks = [_mark(each, DayKind(kind), name, follows) for each in days]
            console.services.calendar.mark_days(scope, marks, _site(site))
        else:
            for each in days:
                console.services.calendar.unmark_day(scope, each, _site(site))
        return _back(site, days[0])

    @router.post("/calendar/term")
    def term(
        request: Request,
        scope: CallerScope,
        site: str = Form(""),
        first: str = Form(),
        last: str = Form(""),
        name: str = Form(""),
    ) -> Response:
        """Say when a term is; without a last day the one that begins then is taken back."""
        begins, ends = _day(first), _day(last)
        if begins is None or (last and (ends is None or ends <= begins)):
            return _shown(console, request, scope, site, day=first, problem=BAD_TERM)
        if ends is None:
            console.services.calendar.forget_term(scope, begins, _site(site))
        else:
            told = Term(begins, ends, name.strip()[:MAX_NAME_CHARS])
            console.services.calendar.take_sheet(scope, Sheet(terms=(told,)), _site(site))
        return _back(site, begins)

    @router.post("/calendar/national")
    def national(request: Request, scope: CallerScope, year: int = Form()) -> Response:
        """Take over the public holidays of a year."""
        try:
            console.services.calendar.mark_national_days(scope, year)
        except ConfigError as error:
            return _shown(console, request, scope, "", problem=str(error))
        return _back("", date(year, 1, 1))

    @router.post("/calendar/import")
    def take_file(
        request: Request, scope: CallerScope, file: UploadFile, site: str = Form(""), only_check: str = Form("")
    ) -> Response:
        """Take what a CSV or iCalendar file says, whole or not at all; or only say what it would be."""
        content = file.file.read(MAX_FILE_BYTES + 1)
        try:
            answer = _answer(console, scope, site, file.filename or "", content, is_only_checked=bool(only_check))
        except ConfigError as error:
            return _shown(console, request, scope, site, problem=str(error))
        return _shown(console, request, scope, site, answer=answer)


class FileAnswer(NamedTuple):
    """What a file held, and what of it meant nothing."""

    name: str
    is_only_checked: bool
    counts: Mapping[str, int]
    """Rows by what they are."""
    left_out: tuple[str, ...]
    more_left_out: int


def _answer(
    console: Console, scope: Scope, site: str, name: str, content: bytes, *, is_only_checked: bool
) -> FileAnswer:
    """Read a file and take what it says, unless it is only to be checked; `ConfigError` when something is wrong with it."""
    told = console.services.calendar
    read = told.read_file(scope, name, content, _site(site))
    if not is_only_checked:
        told.take_sheet(scope, read.sheet, _site(site))
    left_out = read.left_out[:LEFT_OUT_SHOWN]
    counts = Counter(row[0] for row in sheet_rows(read.sheet))
    return FileAnswer(name, is_only_checked, counts, left_out, len(read.left_out) - len(left_out))


def _shown(
    console: Console,
    request: Request,
    scope: Scope,
    site: str,
    start: str = "",
    day: str = "",
    *,
    problem: str = "",
    answer: FileAnswer | None = None,
) -> Response:
    """The page; `problem` is the key of a sentence, or one that a file's reader said."""
    page = console.page(request, scope, site)
    place = page.place.id if page.place else None
    told = console.services.calendar
    school = told.school(scope, place)
    today = school.day_at(page.now)
    chosen = _day(day) or today
    first = _month(start) or _year_of(school, chosen)
    return console.render(
        page,
        "calendar.html",
        status=422 if problem else 200,
        task="settings",
        school=school,
        own=told.sheet(scope, place),
        months=[_month_of(school, each) for each in _months(first)],
        earlier=_moved(first, -MONTHS),
        later=_moved(first, MONTHS),
        today=today,
        chosen=chosen,
        chosen_kind=school.kind_of(chosen),
        mark=school.marks.get(chosen),
        kinds=MARKS,
        plan=_plan(console, page, scope, school, chosen),
        next_years=told.national_years(page.now),
        may_change=told.may_change(scope, place),
        problem=page.t(problem) if problem in {BAD_DAY, BAD_TERM} else problem,
        answer=answer,
        clock=lambda minute: f"{minute // 60:02}:{minute % 60:02}",
    )


def _month_of(school: SchoolCalendar, first: date) -> Month:
    weeks = _MONDAY_FIRST.monthdatescalendar(first.year, first.month)
    return Month(first, [[_cell(school, day, first) for day in week] for week in weeks])


def _cell(school: SchoolCalendar, day: date, first: date) -> Cell:
    mark = school.marks.get(day)
    return Cell(day, school.kind_of(day), mark.name if mark else "", day.month == first.month)


def _plan(console: Console, page: Page, scope: Scope, school: SchoolCalendar, day: date) -> Plan | None:
    """The lessons of a day, None where there are none."""
    lessons = school.lessons(*school.bounds_of(day)) if page.place else []
    if not lessons or page.place is None:
        return None
    names = {room.id: page.name(room) for room in console.services.registry.rooms(scope, page.place.id)}
    periods = sorted(school.periods.items(), key=lambda each: each[1])
    starts = {school.instant(day, period.start_minute): place for place, (_, period) in enumerate(periods)}
    rows: dict[str, list[str]] = {}
    for lesson in lessons:
        row = rows.setdefault(lesson.room, [""] * len(periods))
        row[starts[lesson.start]] = _subject(page, lesson)
    return Plan(periods, sorted((names.get(room, room), row) for room, row in rows.items()))


def _subject(page: Page, lesson: Lesson) -> str:
    return lesson.subject or page.t("calendar.lesson")


def _year_of(school: SchoolCalendar, day: date) -> date:
    """Where a school year that holds a day begins: with its first term, else in September."""
    starts = [term.first_day for term in school.terms if term.first_day <= day]
    year = day.year if day.month >= 9 else day.year - 1
    september = date(year, 9, 1)
    return min([september, *(each.replace(day=1) for each in starts if each > september - timedelta(days=62))])


def _months(first: date) -> list[date]:
    return [_moved(first, number) for number in range(MONTHS)]


def _moved(first: date, months: int) -> date:
    number = first.year * 12 + first.month - 1 + months
    return date(min(max(number // 12, 1900), 2999), number % 12 + 1, 1)


def _month(text: str) -> date | None:
    return _day(f"{text}-01")


def _day(text: str) -> date | None:
    """A day within reason; None for anything else."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if FIRST_YEAR < found.year < LAST_YEAR else None


def _days(day: str, until: str) -> list[date]:
    """From a day to another, both included; empty when that is not a span of days."""
    first, last = _day(day), _day(until or day)
    if first is None or last is None or not first <= last <= first + timedelta(days=LONGEST_DAYS):
        return []
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _mark(day: date, kind: DayKind, name: str, follows: str) -> Mark:
    weekday = int(follows) if kind is DayKind.MAKE_UP and follows in set("0123456") else None
    return Mark(day, kind, name.strip()[:MAX_NAME_CHARS], weekday)


def _site(site: str) -> SiteId | None:
    return SiteId(site) if site else None


def _back(site: str, day: date) -> Response:
    return RedirectResponse(address("/calendar", {"site": site, "day": day}), status_code=303)
