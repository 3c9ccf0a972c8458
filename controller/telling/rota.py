"""Who is on duty and when it is quiet. Pure; hours are those of the district's clock."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from controller.telling.model import WEEKDAYS, Duty, Person

_DAY_MIN = 1440


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


def is_on_duty(person: Person, at: int, zone: ZoneInfo) -> bool:
    """Whether a person's rota has this instant; always without one."""
    return not person.duty or any(_is_within(duty.days, duty.hours, at, zone) for duty in person.duty)


def is_quiet(person: Person, at: int, zone: ZoneInfo) -> bool:
    """Whether only what is critical may reach a person now."""
    return bool(person.quiet) and _is_within(WEEKDAYS, person.quiet, at, zone)


def next_digest(times: Iterable[str], after: int, zone: ZoneInfo) -> int:
    """The first of some times of day later than an instant."""
    local = _local(after, zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    for days in (0, 1, 2):
        day = midnight + timedelta(days=days)
        for text in times:
            minutes = minutes_of(text)
            found.append(round(day.replace(hour=minutes // 60, minute=minutes % 60).timestamp() * 1000))
    return min(each for each in found if each > after)


def spans_of_day(duties: Iterable[Duty], weekday: int) -> list[tuple[int, int]]:
    """Minutes [start, end) of one weekday in which somebody is on duty, what began the day before included."""
    found = []
    for duty in duties:
        start, end = span_of(duty.hours)
        if WEEKDAYS[weekday] in duty.days:
            found.append((start, min(end, _DAY_MIN)))
        if end > _DAY_MIN and WEEKDAYS[weekday - 1] in duty.days:
            found.append((0, end - _DAY_MIN))
    return sorted(found)


def _is_within(days: Iterable[str], hours: str, at: int, zone: ZoneInfo) -> bool:
    local = _local(at, zone)
    minute = local.hour * 60 + local.minute
    spans = spans_of_day([Duty(tuple(days), hours)], local.weekday())
    return any(start <= minute < end for start, end in spans)


def _local(at: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(zone)
