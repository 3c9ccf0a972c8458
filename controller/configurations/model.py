"""Nouns of configurations: a version, how two differ, and the times in which changes are expected. No framework, no I/O."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from campus.ids import DeviceId, SiteId

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_MIN: Final = 1440


class Version(msgspec.Struct, frozen=True):
    """One version of a device's configuration, from when it was first seen to when it was last. Instants in UTC ms.

    Within its device `taken_at` names it. `added` and `removed` count lines against the version before it.
    """

    site: SiteId
    device: DeviceId
    taken_at: int
    last_seen_at: int
    digest: str
    """SHA-256 of the text, in hexadecimal."""
    size_bytes: int
    lines: int
    added: int = 0
    removed: int = 0
    changed_at: int = 0
    """When the device told of the change; 0 where it told nothing."""
    changed_by: str = ""
    is_outside: bool = False
    """Whether it was made while no change is expected."""


class Kind(StrEnum):
    """What became of a line."""

    SAME = "same"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


class Piece(NamedTuple):
    """A part of a line; `is_changed` where the other side has another text there."""

    text: str
    is_changed: bool = False


@dataclass(frozen=True)
class Row:
    """One row of a comparison: numbers and pieces of both sides; 0 and empty where a side has no such line."""

    kind: Kind
    before_number: int = 0
    after_number: int = 0
    before: tuple[Piece, ...] = ()
    after: tuple[Piece, ...] = ()


@dataclass(frozen=True)
class Hunk:
    """Rows that stand together. `folded` unchanged lines were left out before it; `section` is the block it lies in."""

    rows: tuple[Row, ...]
    folded: int = 0
    section: str = ""


@dataclass(frozen=True)
class Difference:
    """All hunks in order. `folded` unchanged lines follow the last one."""

    hunks: tuple[Hunk, ...]
    added: int
    removed: int
    folded: int = 0


class ChangeWindow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A time in which changes are expected: days of the week, and local times of day (``18:00``); `until` may pass midnight."""

    from_: str = msgspec.field(name="from")
    until: str
    weekdays: tuple[str, ...] = WEEKDAYS


@dataclass(frozen=True)
class ChangeWindows:
    """All windows of a district, by its own clock. Without any, changes are expected at all times."""

    windows: tuple[ChangeWindow, ...]
    zone: ZoneInfo

    def are_missed(self, start: int, end: int) -> bool:
        """Whether a change made at some moment from `start` to `end` (UTC ms) certainly fell in no window.

        A change that was found by reading may be as old as the reading before: it is given the benefit of the doubt.
        """
        if not self.windows or end - start >= 7 * _DAY_MIN * 60_000:
            return False
        first = datetime.fromtimestamp(start / 1000, UTC).astimezone(self.zone)
        midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
        return not any(
            opens <= end and start < closes
            for day in range(-1, 9)
            for opens, closes in self._of_day(midnight + timedelta(days=day))
        )

    def _of_day(self, midnight: datetime) -> Iterable[tuple[int, int]]:
        for window in self.windows:
            if WEEKDAYS[midnight.weekday()] in window.weekdays:
                opens, closes = minutes_of(window.from_), minutes_of(window.until)
                length = (closes - opens) % _DAY_MIN or _DAY_MIN
                begin = round((midnight + timedelta(minutes=opens)).timestamp() * 1000)
                yield begin, begin + length * 60_000


def minutes_of(time_of_day: str) -> int:
    """Minutes after midnight of ``HH:MM``; `ValueError` for anything else.

    >>> minutes_of("18:30")
    1110
    """
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", time_of_day)
    if found is None:
        raise ValueError(f"{time_of_day!r} is no time of day: write it as '18:00'")
    return 60 * int(found[1]) + int(found[2])


def window_problem(window: ChangeWindow) -> str:
    """What is wrong with a window, for the person who wrote it; empty when nothing is."""
    try:
        minutes_of(window.from_), minutes_of(window.until)
    except ValueError as error:
        return str(error)
    strange = [day for day in window.weekdays if day not in WEEKDAYS]
    if strange or not window.weekdays:
        return f"{strange[0] if strange else 'nothing'!r} is no weekday: use {', '.join(WEEKDAYS)}"
    return ""
