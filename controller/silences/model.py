"""Nouns of silences: what one covers, when it is in force, who asked for it and why. No framework, no I/O."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind, Severity
from controller.alerts.model import Alert
from controller.calendar.model import Period
from controller.identity.scope import Role

HOUR_MS: Final = 3_600_000
LONGEST_MS: Final = {
    Role.TECHNICIAN: 24 * HOUR_MS,
    Role.OPERATOR: 400 * 24 * HOUR_MS,
    Role.ADMINISTRATOR: 400 * 24 * HOUR_MS,
}
"""How far from now `until` may lie, by role; who is not here may not silence anything."""
MAX_REASON_CHARS: Final = 200
MAX_STANDING: Final = 500
"""Windows that are not over yet: nobody oversees more, and each costs at every alert."""
_NO_SITE: Final = SiteId("")
_NO_DEVICE: Final = DeviceId("")
_RANK: Final = {severity: place for place, severity in enumerate(Severity)}


class Kind(StrEnum):
    """What a window says of what it covers."""

    SILENCE = "silence"
    """Do not tell of it."""
    MAINTENANCE = "maintenance"
    """It is expected to be down, and what depends on it too."""


class Days(StrEnum):
    """Which days of each school's own calendar."""

    EVERY = "every"
    HOLIDAYS = "holidays"
    """Public holidays and vacations."""
    OUTSIDE_SCHOOL = "outside_school"
    """All the time but the school hours of school days; never where nobody told the bells."""
    EXAMS = "exams"


class Pattern(NamedTuple):
    """When a window comes again. Weekday 0 is Monday, none stands for all; `hours` that end before they begin run over midnight.

    A span over midnight belongs to the day it begins on.
    """

    days: Days = Days.EVERY
    weekdays: tuple[int, ...] = ()
    hours: Period | None = None

    @property
    def is_once(self) -> bool:
        """Whether it is one stretch of time."""
        return self == (Days.EVERY, (), None)

    @property
    def asks_calendar(self) -> bool:
        """Whether it differs from school to school."""
        return self.days is not Days.EVERY


ONCE: Final = Pattern()
"""All the time."""


class Subject(NamedTuple):
    """What an alert is about, as far as a selector asks. `device` and `room` may be empty."""

    site: SiteId
    device: DeviceId
    kind: DeviceKind
    room: str
    rule: str
    severity: Severity
    is_danger: bool = False
    """Of gas or smoke: a matter of life."""


@dataclass(frozen=True)
class Selector:
    """What a window covers: everything that meets each part that is given. All empty: the whole district.

    `organisation` is a node of the tree and stands for the schools under it; `room` and `device` are of `site`. `severity`
    is the worst that is covered.
    """

    organisation: str = ""
    site: SiteId = _NO_SITE
    kind: DeviceKind | None = None
    device: DeviceId = _NO_DEVICE
    room: str = ""
    rule: str = ""
    severity: Severity | None = None

    def matches(self, subject: Subject) -> bool:
        """Whether it covers something of one of its schools; where that lies in the tree is not asked here."""
        return (
            self.covers_device(subject.site, subject.device, subject.kind, subject.room)
            and self.rule in ("", subject.rule)
            and (self.severity is None or _RANK[subject.severity] >= _RANK[self.severity])
        )

    def covers_device(self, site: SiteId, device: DeviceId, kind: DeviceKind, room: str) -> bool:
        """The same, of a device alone.

        >>> Selector(kind=DeviceKind.BOARD).covers_device(SiteId("no-1"), DeviceId("b-1"), DeviceKind.BOARD, "r101")
        True
        """
        return (
            self.site in ("", site)
            and self.device in ("", device)
            and self.room in ("", room)
            and self.kind in (None, kind)
        )


@dataclass(frozen=True)
class Draft:
    """A window as somebody asks for it: in force within [starts_at, until) (UTC ms) whenever its pattern says so."""

    kind: Kind
    selector: Selector
    starts_at: int
    until: int
    reason: str
    pattern: Pattern = ONCE
    takes_open: bool = True
    """What is open already when it begins is taken in too."""
    covers_danger: bool = False
    """Gas and smoke too; somebody has said so in so many words."""


@dataclass(frozen=True)
class Window:
    """A draft that was saved, by whom and when (UTC ms); `ended_at` 0: nobody has ended it early."""

    id: int
    draft: Draft
    made_by: str
    made_at: int
    ended_at: int = 0
    ended_by: str = ""

    @property
    def until(self) -> int:
        """When it is over."""
        return min(self.ended_at or self.draft.until, self.draft.until)

    def covers(self, subject: Subject) -> bool:
        """Whether it covers something of its schools while it is in force; what is a matter of life only if it says so."""
        return (self.draft.covers_danger or not subject.is_danger) and self.draft.selector.matches(subject)

    @property
    def takes_down(self) -> bool:
        """Whether it is maintenance of devices as a whole, not of some of their faults."""
        selector = self.draft.selector
        return self.draft.kind is Kind.MAINTENANCE and not selector.rule and selector.severity is None

    @property
    def takes_down_a_part(self) -> bool:
        """Whether it does, of some devices of a school: what hangs on them is down too."""
        selector = self.draft.selector
        return self.takes_down and bool(selector.device or selector.room or selector.kind)


class Standing(StrEnum):
    """Where a window stands."""

    NOW = "now"
    COMING = "coming"
    """It has begun or will, and is not in force at this moment."""
    PAST = "past"


@dataclass(frozen=True)
class Shown:
    """A window as its readers see it. `sites` are the schools of theirs it covers; `hid` counts alerts of those."""

    window: Window
    standing: Standing
    sites: tuple[SiteId, ...]
    hid: int
    next_at: int = 0
    """When it comes into force again, 0 when not within a week; of one in force when that ends."""
    may_change: bool = False
    """Whether the reader may extend or end it."""


class Begun(NamedTuple):
    """One time of being in force, [begins_at, ends_at) (UTC ms); `site` None: everywhere, of a window of the whole district."""

    window: Window
    site: SiteId | None
    begins_at: int
    ends_at: int


@dataclass(frozen=True)
class Preview:
    """What a draft would do: how many devices it covers, which open alerts, and how many of the last 30 days."""

    sites: int
    devices: int
    open_alerts: tuple[Alert, ...]
    of_30_days: int
    danger: int
    """Of the open alerts and those of 30 days, how many are a matter of life; they count only where the draft says so."""
    unknown_hours: int = 0
    """Schools where it can never be in force, because nobody told the bells."""


class Problem(StrEnum):
    """What is wrong with a draft."""

    NO_REASON = "no_reason"
    ENDS_BEFORE = "ends_before"
    TOO_LONG = "too_long"
    NO_PLACE = "no_place"
    """There is no such place, or it is not the caller's."""
    NEEDS_SITE = "needs_site"
    NO_DEVICE = "no_device"
    NO_RULE = "no_rule"
    EMPTY_HOURS = "empty_hours"
    TOO_MANY = "too_many"


def problems_of(draft: Draft, role: Role, now: int) -> list[Problem]:
    """What is wrong with a draft by itself; where it points the service knows.

    >>> problems_of(Draft(Kind.SILENCE, Selector(), 0, 10, " "), Role.OPERATOR, 0)
    [<Problem.NO_REASON: 'no_reason'>]
    """
    found = []
    hours = draft.pattern.hours
    if not draft.reason.strip():
        found.append(Problem.NO_REASON)
    if draft.until <= max(now, draft.starts_at):
        found.append(Problem.ENDS_BEFORE)
    elif draft.until > now + LONGEST_MS.get(role, 0):
        found.append(Problem.TOO_LONG)
    if (draft.selector.device or draft.selector.room) and not draft.selector.site:
        found.append(Problem.NEEDS_SITE)
    if hours is not None and hours.start_minute == hours.end_minute:
        found.append(Problem.EMPTY_HOURS)
    return found
