"""Nouns of readiness: rooms, what speaks against them, and a sweep of a school. No framework, no I/O."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import msgspec

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind
from controller.registry.model import Room

LESSON_KINDS: Final = frozenset({DeviceKind.BOARD, DeviceKind.PROJECTOR})
"""What a lesson stops without. They are dark before the first bell: that alone speaks against nothing."""
MOST_NAMED: Final = 8
"""Rooms an alert names; it counts the rest."""


class ReadinessSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`at` (``HH:MM``, local): when the rooms of the day are looked at; empty: nobody is told, the page still answers."""

    at: str = "07:30"


class Why(StrEnum):
    """What speaks against a room."""

    FAULT = "fault"
    """An alert is open for a device in it."""
    NO_WAY = "no_way"
    """What connects one of its devices does not answer."""
    ABSENT = "absent"
    """A device was not heard during the whole of the room's last lesson, nor since."""
    NEVER_HEARD = "never_heard"


@dataclass(frozen=True)
class Doubt:
    """One thing that speaks against a room. `text` is the alert's title, or the name of what does not answer; else empty."""

    why: Why
    device: DeviceId
    name: str
    text_en: str = ""
    text_zh: str = ""
    alert: int = 0
    last_heard_at: int = 0


@dataclass(frozen=True)
class RoomToday:
    """A room with lessons today: when the first begins (UTC ms), what it is, and what speaks against it."""

    room: Room
    first_at: int
    subject: str
    doubts: tuple[Doubt, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.doubts


@dataclass(frozen=True)
class Sweep:
    """The rooms of a school with lessons on a day, as they are at `at` (UTC ms); those that would fail first."""

    site: SiteId
    day: date
    at: int
    rooms: tuple[RoomToday, ...]
    is_cut_off: bool = False
    """Nothing is heard of the school: nobody knows of its rooms."""

    @property
    def unready(self) -> list[RoomToday]:
        """Those that would fail."""
        return [room for room in self.rooms if not room.is_ready]

    @property
    def first_at(self) -> int:
        """When the first lesson of the day begins; 0 without any."""
        return min((room.first_at for room in self.rooms), default=0)
