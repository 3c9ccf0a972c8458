"""Nouns of utilisation."""

from dataclasses import dataclass
from typing import NamedTuple

from campus.ids import DeviceId, SiteId


@dataclass(frozen=True)
class BoardUse:
    """One board over a period, in hours. `used_h` counts lesson time with evidence of use only; see `rules.py` for evidence."""

    site: SiteId
    device: DeviceId
    room: str
    lesson_h: float
    used_h: float
    on_h: float
    """Powered on in any hour, lesson or not."""
    known_h: float
    """Lesson hours for which the board's state is known; use is only claimed of these."""

    @property
    def share(self) -> float | None:
        """Used share of known lesson hours, 0 to 1; None when nothing is known."""
        return self.used_h / self.known_h if self.known_h > 0 else None

    @property
    def never_used(self) -> bool:
        """Known for the whole period and never once used in a lesson."""
        return self.known_h > 0 and self.used_h == 0


class HourUse(NamedTuple):
    """The used share of a board's known lesson time within the hour that begins at `at` (UTC ms), 0 to 1."""

    site: SiteId
    device: DeviceId
    at: int
    share: float


@dataclass(frozen=True)
class SiteUse:
    """All boards of a site, summed."""

    site: SiteId
    boards: int
    never_used: int
    lesson_h: float
    used_h: float
    known_h: float

    @property
    def share(self) -> float | None:
        """Used share of known lesson hours, 0 to 1; None when nothing is known."""
        return self.used_h / self.known_h if self.known_h > 0 else None


@dataclass(frozen=True)
class RoomHeat:
    """Mean used share of a room's boards by local hour, 24 of them; None where there was no lesson or nothing is known."""

    room: str
    shares: tuple[float | None, ...]


@dataclass(frozen=True)
class HeatCell:
    """Mean used share of one weekday (0 = Monday) and local hour; None when no lesson or nothing known."""

    weekday: int
    hour: int
    share: float | None
