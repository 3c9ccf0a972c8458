"""Bells, lessons and days without them."""

from dataclasses import dataclass
from datetime import date, timedelta

from simulator.district.dice import dice
from simulator.district.names import Stage

_MORNING_PRIMARY = ("08:10-08:50", "09:00-09:40", "10:10-10:50", "11:00-11:40")
_MORNING_MIDDLE = ("07:50-08:35", "08:45-09:30", "10:00-10:45", "10:55-11:40")
_MORNING_HIGH = ("07:40-08:25", "08:35-09:20", "09:50-10:35", "10:45-11:30")
_AFTERNOON_HIGH = ("13:40-14:25", "14:35-15:20", "15:35-16:20", "16:30-17:15")
PERIODS: dict[Stage, tuple[str, ...]] = {
    Stage.PRIMARY: (*_MORNING_PRIMARY, "13:50-14:30", "14:40-15:20", "15:35-16:15"),
    Stage.MIDDLE: (*_MORNING_MIDDLE, "13:45-14:30", "14:40-15:25", "15:40-16:25", "16:35-17:20"),
    Stage.HIGH: (*_MORNING_HIGH, *_AFTERNOON_HIGH, "18:30-19:30", "19:45-20:45"),
}
_OFF = (((1, 1), (1, 1)), ((1, 25), (2, 20)), ((4, 5), (4, 5)), ((5, 1), (5, 5)), ((7, 5), (8, 31)), ((10, 1), (10, 7)))
"""First and last days off: New Year, winter vacation, Qingming, Labour Day, summer vacation, National Day."""
SUBJECTS = ("语文", "数学", "英语", "科学", "音乐", "美术", "历史", "地理")
"""As a school's own timetable has them: names, shown as they are in either language."""
WEEKDAYS = 5


@dataclass(frozen=True)
class SimLesson:
    """A weekly lesson: weekday 0 is Monday, period counts from 0."""

    room: str
    weekday: int
    period: int
    subject: str


def lessons_of(seed: int, site: str, stage: Stage, classrooms: list[str], special_rooms: list[str]) -> list[SimLesson]:
    """A week. A class stays in its room but for some lessons elsewhere; special rooms are taken now and then."""
    found: list[SimLesson] = []
    for room in classrooms + special_rooms:
        share = 0.86 if room in classrooms else 0.35
        chance = dice(seed, site, "lessons", room)
        found += [
            SimLesson(room, weekday, period, chance.choice(SUBJECTS))
            for weekday in range(WEEKDAYS)
            for period in range(len(PERIODS[stage]))
            if chance.random() < share
        ]
    return found


def minutes_of(period: str) -> tuple[int, int]:
    """Minutes after midnight at which a period begins and ends.

    >>> minutes_of("08:10-08:50")
    (490, 530)
    """
    start, _, end = period.partition("-")
    return _minute(start), _minute(end)


def holidays(around: int) -> tuple[date, ...]:
    """Days without lessons in the school years of `around` and its neighbours: the national ones and the vacations' core."""
    days: set[date] = set()
    for year in (around - 1, around, around + 1):
        for first, last in _OFF:
            days |= set(_span(date(year, *first), date(year, *last)))
    return tuple(sorted(days))


def _span(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def _minute(clock: str) -> int:
    hour, _, minute = clock.partition(":")
    return int(hour) * 60 + int(minute)
