"""What the console shows of numbers, instants and ports: `controller.wording` has the numbers, the others are here.

Pure. Every function takes the language where words are involved; an instant that never was becomes an en dash.
"""

import re
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from controller.wording import (
    NOTHING,
    Language,
    bits_per_second,
    duration,
    number,
    quantity,
    share,
    size,
    unit_name,
)

__all__ = [
    "NOTHING",
    "ago",
    "bits_per_second",
    "duration",
    "local",
    "moment",
    "number",
    "quantity",
    "share",
    "short_moment",
    "short_port",
    "size",
    "unit_name",
]
_SHORT: Final = {"gigabitethernet": "GE", "xgigabitethernet": "XGE", "tengigabitethernet": "XGE", "fastethernet": "FE"}
_LONG: Final = re.compile(r"((?:x|ten-?)?gigabitethernet|fastethernet)(?= ?[0-9])", re.IGNORECASE)

_SPACE = "\N{NO-BREAK SPACE}"
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400


def ago(at: int, now: int, language: Language) -> str:
    """How long ago an instant (ms) was, in its largest unit; a dash for 0, which means never.

    >>> ago(1_000, 200_000, Language.EN).replace("\\xa0", " ")
    '3 min ago'
    """
    if at <= 0:
        return NOTHING
    seconds = max(0, (now - at) // 1_000)
    if seconds < 5:
        return "刚刚" if language is Language.ZH else "just now"
    for length, english, chinese in (
        (_DAY_S, "d", "天"),
        (_HOUR_S, "h", "小时"),
        (_MINUTE_S, "min", "分钟"),
        (1, "s", "秒"),
    ):
        if seconds >= length:
            count = seconds // length
            return f"{count}{chinese}前" if language is Language.ZH else f"{count}{_SPACE}{english} ago"
    return NOTHING


def local(at: int, zone: ZoneInfo) -> datetime:
    """An instant (ms) as wall-clock time of the district."""
    return datetime.fromtimestamp(at / 1_000, UTC).astimezone(zone)


def moment(at: int, zone: ZoneInfo, language: Language) -> str:
    """The exact instant, to the second, as the locale writes it.

    >>> moment(1_790_000_000_000, ZoneInfo("Asia/Shanghai"), Language.EN)
    '21 Sep 2026, 22:13:20'
    """
    if at <= 0:
        return NOTHING
    pattern = "y年M月d日 HH:mm:ss" if language is Language.ZH else "d MMM y, HH:mm:ss"
    return format_datetime(local(at, zone), pattern, locale="zh_CN" if language is Language.ZH else "en")


def short_moment(at: int, now: int, zone: ZoneInfo, language: Language) -> str:
    """The instant as briefly as it stays clear: the time today, the day and time before."""
    if at <= 0:
        return NOTHING
    when, today = local(at, zone), local(now, zone)
    if when.date() == today.date():
        return when.strftime("%H:%M")
    year = "" if when.year == today.year else "y年" if language is Language.ZH else " y"
    pattern = f"{year}M月d日 HH:mm" if language is Language.ZH else f"d MMM{year} HH:mm"
    return format_datetime(when, pattern, locale="zh_CN" if language is Language.ZH else "en")


def short_port(name: str) -> str:
    """A port's name with the words shortened that everybody knows.

    >>> short_port("XGigabitEthernet0/0/25"), short_port("Ten-GigabitEthernet1/0/25"), short_port("Gi0/3")
    ('XGE0/0/25', 'XGE1/0/25', 'Gi0/3')
    """
    found = _LONG.match(name)
    return _SHORT[found[1].lower().replace("-", "")] + name[found.end() :].lstrip() if found else name
