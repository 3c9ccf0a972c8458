"""The calendar's use cases: the one door for whoever asks when a school is a school.

Thread-safe. What the caller does not see is `NotFound`. Days and terms are told of the whole district or of one school:
where both say something of a day the school's word stands, and a school with terms of its own has those alone.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from threading import Lock
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import delete
from sqlmodel import Session, SQLModel, col, select

from campus.errors import ConfigError
from campus.ids import SiteId
from controller.calendar.ical import Place, Read, read_ical, rooms_by_word
from controller.calendar.model import DayKind, Hours, Lesson, Mark, Period, Term, WeeklyLesson
from controller.calendar.national import national_days
from controller.calendar.port import Registry
from controller.calendar.school import SchoolCalendar
from controller.calendar.sheet import Sheet, check_names, read_sheet
from controller.calendar.tables import DISTRICT, DayMarkRow, LessonRow, MealRow, PeriodRow, TermRow
from controller.identity.scope import Role, Scope
from controller.registry.database import reading, writing

KEEP_MS: Final = 300_000
"""Whose hours are when is read anew this often: what another process told is heeded so much later."""


class CalendarService:
    """Reads and changes calendars. Tables must have been migrated before the first call."""

    def __init__(self, engine: sa.Engine, registry: Registry, timezone: str = "Asia/Shanghai") -> None:
        self._engine = engine
        self._registry = registry
        self._zone = ZoneInfo(timezone)
        self._lock = Lock()
        self._bells: list[SchoolCalendar] = []
        self._bells_until = 0

    def school(self, scope: Scope, site: SiteId | None = None) -> SchoolCalendar:
        """Everything told of a school; without one, the days and terms of the district."""
        if site is None:
            site = SiteId(DISTRICT)
        else:
            self._registry.site(scope, site)
        with reading(self._engine) as session:
            week = [
                WeeklyLesson(row.room, row.weekday, row.period, row.subject)
                for row in session.exec(select(LessonRow).where(col(LessonRow.site) == site))
            ]
            return self._read(session, {site: week}, site)[0]

    def sheet(self, scope: Scope, site: SiteId | None = None) -> Sheet:
        """What was told of this school itself, or of the district: what an export holds."""
        told = self.school(scope, site)
        with reading(self._engine) as session:
            marks = _marks(session).get(site or DISTRICT, {})
            terms = _terms(session).get(site or DISTRICT, [])
        return Sheet(tuple(terms), tuple(marks.values()), dict(told.periods), tuple(told.meals), tuple(told.week))

    def lessons(self, scope: Scope, site: SiteId, start: int, end: int) -> list[Lesson]:
        """Planned lessons that overlap [start, end) in ms, by start, then room."""
        return self.school(scope, site).lessons(start, end)

    def closed_sites(self, scope: Scope, hours: Hours, at: int) -> frozenset[SiteId]:
        """Schools in which such hours are told, and are not now. Mostly from memory, no older than `KEEP_MS`."""
        return frozenset(
            each.site
            for each in self._read_bells(at)
            if scope.sees(each.site) and each.knows(hours) and not each.is_within(hours, at)
        )

    def schools(self, scope: Scope, sites: Collection[SiteId], at: int) -> dict[SiteId, SchoolCalendar]:
        """As `school`, of those of some schools that the caller sees, without rooms and subjects.

        Mostly from memory, no older than `KEEP_MS`.
        """
        known = {each.site: each for each in self._read_bells(at)}
        district = known.get(SiteId(DISTRICT), SchoolCalendar(SiteId(DISTRICT), self._zone))
        return {site: known.get(site) or replace(district, site=site) for site in scope.visible(sites)}

    def earlier(self, scope: Scope, sites: Collection[SiteId], at: int, weeks: int) -> dict[SiteId, tuple[int, ...]]:
        """By school: the instants of earlier days alike (`SchoolCalendar.days_alike`) at the same time of day, latest first."""
        found: dict[SiteId, tuple[int, ...]] = {}
        for site, school in self.schools(scope, sites, at).items():
            day = school.day_at(at)
            since_midnight = at - school.bounds_of(day)[0]
            alike = school.days_alike(day, weeks)
            found[site] = tuple(school.bounds_of(each)[0] + since_midnight for each in alike)
        return found

    def mark_days(self, scope: Scope, marks: Sequence[Mark], site: SiteId | None = None) -> None:
        """Say of days what they are, in place of what was said before."""
        self._require(scope, site)
        with writing(self._engine) as session:
            for mark in marks:
                session.merge(_mark_row(site or DISTRICT, mark))
        self._forget()

    def unmark_day(self, scope: Scope, day: date, site: SiteId | None = None) -> None:
        """Take back what was said of a day; harmless when nothing was."""
        self._require(scope, site)
        with writing(self._engine) as session:
            session.execute(
                delete(DayMarkRow).where(col(DayMarkRow.site) == (site or DISTRICT), col(DayMarkRow.day) == day)
            )
        self._forget()

    def forget_term(self, scope: Scope, first_day: date, site: SiteId | None = None) -> None:
        """Take back the term that begins on a day; harmless when there is none."""
        self._require(scope, site)
        with writing(self._engine) as session:
            session.execute(
                delete(TermRow).where(col(TermRow.site) == (site or DISTRICT), col(TermRow.first_day) == first_day)
            )
        self._forget()

    def may_change(self, scope: Scope, site: SiteId | None = None) -> bool:
        """Whether the caller may say what days are, of a school or of the whole district."""
        return scope.role >= Role.OPERATOR and (scope.sites is None or (site is not None and scope.sees(site)))

    def national_years(self, now: int) -> list[int]:
        """Of this year and the next, those whose public holidays are known."""
        year = datetime.fromtimestamp(now / 1000, self._zone).year
        return [each for each in (year, year + 1) if national_days(each)]

    def mark_national_days(self, scope: Scope, year: int) -> int:
        """Take over China's public holidays and make-up days of a year, but for days something was said of; how many.

        `ConfigError` when the year's are not known.
        """
        self._require(scope, None)
        told = national_days(year)
        if not told:
            raise ConfigError(f"the public holidays of {year} are not known to this version: import them from a file")
        with writing(self._engine) as session:
            said = _marks(session).get(DISTRICT, {})
            found = [mark for mark in told if mark.day not in said]
            session.add_all(_mark_row(DISTRICT, mark) for mark in found)
        self._forget()
        return len(found)

    def read_file(self, scope: Scope, name: str, content: bytes, site: SiteId | None = None) -> Read:
        """What a CSV or iCalendar file (by its name's end: ``.ics``) says of this school, or of the district; takes nothing.

        Needs who may take it, for a large file is much work. `ConfigError` names what is wrong with it.
        """
        self._require(scope, site)
        told = self.school(scope, site)
        if name.lower().endswith(".ics"):
            rooms = self._registry.rooms(scope, site) if site is not None else ()
            words = rooms_by_word([(room.id, room.name_en, room.name_zh) for room in rooms])
            return read_ical(name, content, Place(words, told.periods, self._zone))
        try:
            return Read(read_sheet(name, content.decode("utf-8")), ())
        except UnicodeDecodeError as error:
            raise ConfigError(f"{name}: cannot be read as UTF-8 text: save it as CSV UTF-8") from error

    def take_sheet(self, scope: Scope, told: Sheet, site: SiteId | None = None) -> None:
        """Put a sheet in place, whole or not at all.

        Its days and terms stand in place of what was told of those days; its bells, its meals and its lessons, where it has
        any, replace all that were told before.

        `ConfigError` when it names rooms the school does not have, or gives the district what only a school has.
        """
        self._require(scope, site)
        if site is None and (told.periods or told.meals or told.lessons):
            raise ConfigError("bells, meals and lessons are a school's: say which one")
        if site is not None:
            periods = told.periods or self.school(scope, site).periods
            check_names(told, {room.id for room in self._registry.rooms(scope, site)}, set(periods))
        with writing(self._engine) as session:
            _put(session, site or DISTRICT, told)
        self._forget()

    def _require(self, scope: Scope, site: SiteId | None) -> None:
        if site is None:
            scope.require_role(Role.OPERATOR)
        else:
            scope.require(site, Role.OPERATOR)
            self._registry.site(scope, site)

    def _forget(self) -> None:
        with self._lock:
            self._bells_until = 0

    def _read_bells(self, now: int) -> list[SchoolCalendar]:
        with self._lock:
            if not self._bells_until - KEEP_MS <= now < self._bells_until:
                with reading(self._engine) as session:
                    self._bells = self._read(session, _taught(session))
                self._bells_until = now + KEEP_MS
            return self._bells

    def _read(
        self, session: Session, weeks: Mapping[str, Sequence[WeeklyLesson]], site: str | None = None
    ) -> list[SchoolCalendar]:
        """The calendar of a site, or of all that anything is told of and of the district, with the lessons given."""
        marks, terms = _marks(session), _terms(session)
        periods: dict[str, dict[int, Period]] = defaultdict(dict)
        meals: dict[str, list[Period]] = defaultdict(list)
        for bell in session.exec(select(PeriodRow).where(_among(PeriodRow, site))):
            periods[bell.site][bell.number] = Period(bell.start_minute, bell.end_minute)
        for meal in session.exec(select(MealRow).where(_among(MealRow, site))):
            meals[meal.site].append(Period(meal.start_minute, meal.end_minute))
        sites = sorted({*periods, *meals, *marks, *terms}) if site is None else [site]
        return [
            SchoolCalendar(
                SiteId(each),
                self._zone,
                periods.get(each, {}),
                sorted(meals.get(each, [])),
                weeks.get(each, []),
                marks.get(DISTRICT, {}) | marks.get(each, {}),
                terms.get(each) or terms.get(DISTRICT, []),
            )
            for each in sites
        ]


def replace_timetable(
    session: Session, site: str, periods: Mapping[int, Period], lessons: Collection[WeeklyLesson]
) -> None:
    """Put an enrolled school's bells and lessons in place of what was told before, within a caller's transaction."""
    for table in (PeriodRow, LessonRow):
        session.execute(delete(table).where(_site_of(table) == site))
    _insert(session, [PeriodRow(site=site, number=number, **each._asdict()) for number, each in periods.items()])
    _insert(session, [LessonRow(site=site, **each._asdict()) for each in lessons])


def replace_enrolled_holidays(session: Session, days: Iterable[date]) -> None:
    """Put an enrolment's holidays in place of those of the last one; what people said of a day stands."""
    session.execute(delete(DayMarkRow).where(col(DayMarkRow.site) == DISTRICT, col(DayMarkRow.is_enrolled)))
    said = set(session.scalars(sa.select(col(DayMarkRow.day)).where(col(DayMarkRow.site) == DISTRICT)))
    session.add_all(
        DayMarkRow(site=DISTRICT, day=day, kind=DayKind.HOLIDAY, is_enrolled=True) for day in sorted(set(days) - said)
    )


def _put(session: Session, site: str, told: Sheet) -> None:
    for mark in told.marks:
        session.merge(_mark_row(site, mark))
    for term in told.terms:
        overlaps = col(TermRow.first_day) <= term.last_day, col(TermRow.last_day) >= term.first_day
        session.execute(delete(TermRow).where(col(TermRow.site) == site, *overlaps))
        session.add(TermRow(site=site, **term._asdict()))
    rows: tuple[list[PeriodRow] | list[MealRow] | list[LessonRow], ...] = (
        [PeriodRow(site=site, number=n, **each._asdict()) for n, each in told.periods.items()],
        [MealRow(site=site, **each._asdict()) for each in told.meals],
        [LessonRow(site=site, **each._asdict()) for each in told.lessons],
    )
    for some in rows:
        if some:
            session.execute(delete(type(some[0])).where(_site_of(type(some[0])) == site))
            _insert(session, some)


def _insert(session: Session, rows: Sequence[SQLModel]) -> None:
    """Rows of one table in one statement: a district has a hundred thousand lessons."""
    if rows:
        session.execute(sa.insert(type(rows[0])), [row.model_dump() for row in rows])


def _taught(session: Session) -> dict[str, list[WeeklyLesson]]:
    """Which periods of which weekdays any room of a school has a lesson in, of all schools."""
    found: dict[str, list[WeeklyLesson]] = defaultdict(list)
    for site, weekday, period in session.execute(
        sa.select(col(LessonRow.site), col(LessonRow.weekday), col(LessonRow.period)).distinct()
    ):
        found[site].append(WeeklyLesson("", weekday, period, ""))
    return found


def _marks(session: Session) -> dict[str, dict[date, Mark]]:
    found: dict[str, dict[date, Mark]] = defaultdict(dict)
    for row in session.exec(select(DayMarkRow).order_by(col(DayMarkRow.day))):
        found[row.site][row.day] = Mark(row.day, DayKind(row.kind), row.name, row.follows)
    return found


def _terms(session: Session) -> dict[str, list[Term]]:
    found: dict[str, list[Term]] = defaultdict(list)
    for row in session.exec(select(TermRow).order_by(col(TermRow.first_day))):
        found[row.site].append(Term(row.first_day, row.last_day, row.name))
    return found


def _mark_row(site: str, mark: Mark) -> DayMarkRow:
    return DayMarkRow(site=site, day=mark.day, kind=mark.kind, name=mark.name, follows=mark.follows)


def _among(table: type[SQLModel], site: str | None) -> sa.ColumnElement[bool]:
    return sa.true() if site is None else _site_of(table) == site


def _site_of(table: Any) -> Any:
    return table.site
