"""The public holidays and make-up working days of China, as the State Council announces them each November. Pure."""

from functools import cache

from chinese_calendar import Holiday
from chinese_calendar.constants import holidays, workdays

from controller.calendar.model import DayKind, Mark


def national_days(year: int) -> list[Mark]:
    """Of one year, by day; empty when the year's announcement is not in the library.

    >>> [each.kind.value for each in national_days(2026) if str(each.day) in ("2026-10-01", "2026-10-10")]
    ['holiday', 'make_up']
    """
    told = [(DayKind.HOLIDAY, day, name) for day, name in holidays.items() if day.year == year]
    told += [(DayKind.MAKE_UP, day, name) for day, name in workdays.items() if day.year == year]
    return sorted(Mark(day, kind, _names().get(name, name)) for kind, day, name in told)


@cache
def _names() -> dict[str, str]:
    """The library's English names in Chinese."""
    return {each.value: each.chinese for each in Holiday}
