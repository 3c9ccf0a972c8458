"""Who is on duty and when it is quiet, by the calendar of the place a person is for. Hours are those of the district's clock.

Days have words: a weekday (not on public holidays; a make-up day counts as the weekday whose lessons it has),
``school_days``, ``holidays`` (public ones) and ``vacations`` (outside every term).
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from typing import Final
from zoneinfo import ZoneInfo

from campus.ids import SiteId
from controller.calendar.model import DayKind
from controller.identity.scope import SYSTEM, NotFound
from controller.telling.model import WEEKDAYS, Duty, Person
from controller.telling.port import Calendar, Days

_DAY_MIN: Final = 1440
_DAY: Final = timedelta(days=1)
KEEP_MS: Final = 300_000
"""A calendar is read anew this often."""
_OF_DAYS: Final[Mapping[str, Callable[[DayKind], bool]]] = {
    "school_days": lambda kind: kind.is_school_day,
    "holidays": lambda kind: kind is DayKind.HOLIDAY,
    "vacations": lambda kind: kind is DayKind.VACATION,
}
DAY_WORDS: Final = (*WEEKDAYS, *_OF_DAYS)


class Rota:
    """Thread-safe. Remembers calendars for `KEEP_MS`."""

    def __init__(self, calendar: Calendar, zone: ZoneInfo) -> None:
        self._calendar = calendar
        self._zone = zone
        self._lock = Lock()
        self._known: dict[str, tuple[Days, int]] = {}

    def is_on_duty(self, person: Person, at: int) -> bool:
        """Whether a person's rota has this instant (UTC ms); always without one."""
        if not person.duty:
            return True
        local = _local(at, self._zone)
        minute = local.hour * 60 + local.minute
        spans = spans_of_day(person.duty, local.date(), self.days(person.place, at))
        return any(start <= minute < end for start, end in spans)

    def is_quiet(self, person: Person, at: int) -> bool:
        """Whether only what is critical may reach a person now."""
        if not person.quiet:
            return False
        start, end = span_of(person.quiet)
        local = _local(at, self._zone)
        minute = local.hour * 60 + local.minute
        return start <= minute < end or start <= minute + _DAY_MIN < end

    def next_digest(self, times: Iterable[str], after: int) -> int:
        """The first of some times of day later than an instant."""
        midnight = _local(after, self._zone).replace(hour=0, minute=0, second=0, microsecond=0)
        found = []
        for days in (0, 1, 2):
            day = midnight + timedelta(days=days)
            for text in times:
                minutes = minutes_of(text)
                found.append(round(day.replace(hour=minutes // 60, minute=minutes % 60).timestamp() * 1000))
        return min(each for each in found if each > after)

    def week(self, person: Person, at: int) -> list[tuple[int, int]]:
        """When a person is on duty in the week of an instant: minutes since its Monday began, [start, end)."""
        if not person.duty:
            return [(0, 7 * _DAY_MIN)]
        today = _local(at, self._zone).date()
        monday = today - today.weekday() * _DAY
        days = self.days(person.place, at)
        return [
            (number * _DAY_MIN + start, number * _DAY_MIN + end)
            for number in range(7)
            for start, end in spans_of_day(person.duty, monday + number * _DAY, days)
        ]

    def days(self, place: str, now: int) -> Days:
        """The calendar of a school, else of the district."""
        with self._lock:
            known, read_at = self._known.get(place, (None, 0))
            if known is None or not read_at <= now < read_at + KEEP_MS:
                known = self._read(place)
                self._known[place] = (known, now)
            return known

    def _read(self, place: str) -> Days:
        if place:
            try:
                return self._calendar.school(SYSTEM, SiteId(place))
            except NotFound:
                pass  # an organisation: it has the days of the district
        return self._calendar.school(SYSTEM)


def minutes_of(text: str) -> int:
    """Minutes since midnight of ``HH:MM``, ``24:00`` included; `ValueError` says what is wrong with it.

    >>> minutes_of("07:30")
    450
    """
    hour, colon, minute = text.partition(":")
    well_formed = colon and len(hour) == len(minute) == 2 and (hour + minute).isascii() and (hour + minute).isdigit()
    found = int(hour) * 60 + int(minute) if well_formed else -1
    if not 0 <= found <= _DAY_MIN or (well_formed and int(minute) > 59):
        raise ValueError(f"{text!r} is no time of day: write it as '07:30'")
    return found


def span_of(text: str) -> tuple[int, int]:
    """Minutes of ``HH:MM-HH:MM``; the end is past 1440 where it runs over midnight. `ValueError` as above.

    >>> span_of("22:00-06:00")
    (1320, 1800)
    """
    first, dash, last = text.partition("-")
    if not dash:
        raise ValueError(f"{text!r} is no span of time: write it as '07:30-18:00'")
    start, end = minutes_of(first.strip()), minutes_of(last.strip())
    if start == end:
        raise ValueError(f"{text!r} is no span of time: it ends where it begins. For the whole day write '00:00-24:00'")
    return start, end if end > start else end + _DAY_MIN


def spans_of_day(duties: Iterable[Duty], day: date, days: Days) -> list[tuple[int, int]]:
    """Minutes [start, end) of one day in which somebody is on duty, what began the day before included."""
    found = []
    for duty in duties:
        start, end = span_of(duty.hours)
        if _has(duty, day, days):
            found.append((start, min(end, _DAY_MIN)))
        if end > _DAY_MIN and _has(duty, day - _DAY, days):
            found.append((0, end - _DAY_MIN))
    return sorted(found)


def _has(duty: Duty, day: date, days: Days) -> bool:
    kind = days.kind_of(day)
    if any(word in duty.days and holds(kind) for word, holds in _OF_DAYS.items()):
        return True
    if kind is DayKind.HOLIDAY:
        return False
    mark = days.marks.get(day)
    if kind is not DayKind.MAKE_UP or mark is None:
        return WEEKDAYS[day.weekday()] in duty.days
    if mark.follows is not None:
        return WEEKDAYS[mark.follows] in duty.days
    return any(weekday in duty.days for weekday in WEEKDAYS[:5])  # nobody told which weekday: a working day like any


def _local(at: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(zone)
