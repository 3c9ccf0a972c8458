"""When a pattern holds, laid over real days. Pure.

A local time that a change of clocks skips counts as the instant the clocks jump to; of one that comes twice, a span
begins at the first and ends at the second.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from controller.calendar.model import DayKind, Hours
from controller.silences.model import Days, Pattern
from controller.silences.port import SchoolDays

Span = tuple[int, int]
"""[start, end) in UTC milliseconds."""
_DAY: Final = timedelta(days=1)
_DAY_MS: Final = 86_400_000
_DAY_MINUTES: Final = 1_440
_KINDS: Final = {
    Days.HOLIDAYS: frozenset({DayKind.HOLIDAY, DayKind.VACATION}),
    Days.EXAMS: frozenset({DayKind.EXAM}),
}


def spans(pattern: Pattern, calendar: SchoolDays, start: int, end: int) -> list[Span]:
    """When the pattern holds within [start, end), ascending, apart from one another."""
    if end <= start:
        return []
    if pattern.is_once:
        return [(start, end)]
    found = joined(_days(pattern, calendar, start, end))
    if pattern.days is Days.OUTSIDE_SCHOOL:
        if not calendar.knows(Hours.SCHOOL):
            return []
        found = list(_without(found, calendar.spans(Hours.SCHOOL, start - 2 * _DAY_MS, end + _DAY_MS)))
    return [(max(start, begins), min(end, ends)) for begins, ends in found if begins < end and ends > start]


def holds(pattern: Pattern, calendar: SchoolDays, at: int) -> bool:
    """Whether it holds at an instant (UTC ms)."""
    return bool(spans(pattern, calendar, at, at + 1))


def _days(pattern: Pattern, calendar: SchoolDays, start: int, end: int) -> Iterator[Span]:
    """The hours of each day it is about, from the day before: its hours may run over midnight."""
    kinds = _KINDS.get(pattern.days)
    day, last = calendar.day_at(start) - _DAY, calendar.day_at(end)
    while day <= last:
        is_meant = not pattern.weekdays or day.weekday() in pattern.weekdays
        if is_meant and (kinds is None or calendar.kind_of(day) in kinds):
            opens, closes = pattern.hours or (0, _DAY_MINUTES)
            over = closes + _DAY_MINUTES if closes <= opens else closes
            begins, ends = _instant(day, opens, calendar, fold=0), _instant(day, over, calendar, fold=1)
            if begins < ends:
                yield begins, ends
        day += _DAY


def joined(found: Iterable[Span]) -> list[Span]:
    """The same time as spans that are ascending and apart from one another.

    >>> joined([(5, 9), (0, 2), (8, 12)])
    [(0, 2), (5, 12)]
    """
    whole: list[Span] = []
    for begins, ends in sorted(found):
        if whole and begins <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(whole[-1][1], ends))
        else:
            whole.append((begins, ends))
    return whole


def _without(some: Iterable[Span], others: Iterable[Span]) -> Iterator[Span]:
    """What of ascending spans lies in none of other ascending spans."""
    gaps = list(others)
    for begins, ends in some:
        at = begins
        for opens, closes in gaps:
            if closes <= at or opens >= ends:
                continue
            if opens > at:
                yield at, opens
            at = max(at, closes)
        if at < ends:
            yield at, ends


def _instant(day: date, minute: int, calendar: SchoolDays, *, fold: int) -> int:
    days, minutes = divmod(minute, _DAY_MINUTES)
    local = datetime.combine(day + days * _DAY, time(minutes // 60, minutes % 60, fold=fold), calendar.zone)
    return round(local.astimezone(UTC).timestamp() * 1000)
