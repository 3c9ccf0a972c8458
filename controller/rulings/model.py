"""Nouns of rulings: places, what a place decided about a rule, and what holds there. No framework, no I/O."""

from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from typing import NamedTuple

import msgspec

from campus.errors import CampusError
from campus.ids import DeviceId, SiteId
from campus.samples import Severity
from controller.alerts.model import Rule
from controller.calendar.model import Hours


class NotAllowed(CampusError):
    """The decision is looser than the level above allows (`looser`: in what), or says nothing that could be done."""

    def __init__(self, message: str, looser: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.looser = looser


class PlaceKind(StrEnum):
    """What a place is in the tree."""

    ORGANISATION = "organisation"
    SCHOOL = "school"


class Place(NamedTuple):
    """An organisation or a school: who decides something, and for which part of the tree."""

    kind: PlaceKind
    id: str

    @classmethod
    def school(cls, site: SiteId) -> "Place":
        """The place of a school, or of the district centre."""
        return cls(PlaceKind.SCHOOL, str(site))

    @classmethod
    def organisation(cls, organisation: str) -> "Place":
        """The place of an organisation."""
        return cls(PlaceKind.ORGANISATION, organisation)

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        """The place a text names, None for any other text.

        >>> Place.parse("school:no-1-primary").id, Place.parse("moon")
        ('no-1-primary', None)
        """
        kind, _, name = text.partition(":")
        return cls(PlaceKind(kind), name) if name and kind in set(PlaceKind) else None

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.id}"


class Tier(StrEnum):
    """How high a place stands."""

    BUREAU = "bureau"
    """The top of the tree."""
    DISTRICT = "district"
    SCHOOL = "school"


class When(StrEnum):
    """When a rule holds: at all times, or in hours of the school's calendar only."""

    ALWAYS = "always"
    SCHOOL = Hours.SCHOOL.value
    LESSONS = Hours.LESSONS.value
    MEALS = Hours.MEALS.value

    @property
    def only(self) -> Hours | None:
        """As `Rule.only` says it."""
        return None if self is When.ALWAYS else Hours(self.value)


class Adjustment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a place wants of a rule otherwise than the level above has it; None: as above.

    The numbers are those of the rule's condition, in its units. With a `level` alone the clear level keeps its distance.
    """

    is_off: bool | None = None
    severity: Severity | None = None
    when: When | None = None
    level: float | None = None
    clear_level: float | None = None
    member_level: float | None = None
    after_s: float | None = None
    deviations: float | None = None
    least: float | None = None
    hold_s: float | None = None
    clear_hold_s: float | None = None

    @property
    def numbers(self) -> dict[str, float]:
        """The numbers that are wanted, by their name in the condition."""
        wanted = ((name, getattr(self, name)) for name in NUMBERS)
        return {name: value for name, value in wanted if value is not None}


NUMBERS = ("level", "clear_level", "member_level", "after_s", "deviations", "least", "hold_s", "clear_hold_s")
"""The fields of an `Adjustment` that are numbers of a condition."""


class Kind(StrEnum):
    """What was decided."""

    CHANGED = "changed"
    """The place wants the rule otherwise than the level above."""
    REVERTED = "reverted"
    """It takes that back, and has the rule as the level above."""
    OWN = "own"
    """It adds a rule of its own, or puts it in place of what its rule was."""
    OWN_REMOVED = "own_removed"
    EXCEPTION = "exception"
    """A level above lets the place have the rule otherwise until some day, looser than else allowed."""
    EXCEPTION_ENDED = "exception_ended"
    """Before its day."""


class Ruling(msgspec.Struct, frozen=True):
    """One decision, written down for ever. Instants in UTC ms."""

    number: int
    """Counts the decisions of its place, from 1; 0 while it is not written down."""
    at: int
    user: str
    place: Place
    """Where it holds; in an exception not who decided."""
    rule: str
    kind: Kind
    adjustment: Adjustment | None = None
    """Of `CHANGED` and `EXCEPTION`."""
    own: Rule | None = None
    """Of `OWN`."""
    reason: str = ""
    until: int = 0
    """Of an exception."""
    authority: Place | None = None
    """In whose name an exception was granted, or ended."""
    ends: int = 0
    """The exception that was ended early, by its number."""

    def is_active(self, now: int) -> bool:
        """Whether an exception has not run out."""
        return self.at <= now < self.until


class Step(NamedTuple):
    """What one decision made of a rule, on the way from the top to a school."""

    ruling: Ruling
    rule: Rule | None
    """As it holds from here on down; None: switched off."""
    looser: tuple[str, ...] = ()
    """In what it wants less than a level above demands by now: there the level above stands. Names as in `Adjustment`."""


class Effect(NamedTuple):
    """How a rule stands at a place. `rule` None: switched off there. `known` is how it would be, were it on."""

    rule: Rule | None
    known: Rule
    steps: tuple[Step, ...] = ()


class Standpoint(NamedTuple):
    """A place a caller may look from."""

    place: Place
    tier: Tier
    may_decide: bool


class Trial(NamedTuple):
    """One rule at some schools, as it holds and as somebody thinks of having it; None: not at all."""

    before: dict[SiteId, Rule | None]
    after: dict[SiteId, Rule | None]


class Times(NamedTuple):
    """How often something would have come: alerts, and about how many messages of them to one person."""

    alerts: int = 0
    messages: int = 0

    def plus(self, other: "Times") -> "Times":
        """Both together."""
        return Times(self.alerts + other.alerts, self.messages + other.messages)


class Fate(StrEnum):
    """What would have become of an alert."""

    BOTH = "both"
    """It comes either way."""
    NEW = "new"
    """The changed rule alone finds it."""
    GONE = "gone"
    """The present one alone does."""


class Instance(NamedTuple):
    """One alert that would have been, in UTC ms; `cleared_at` 0: to the end of what was looked at."""

    fate: Fate
    site: SiteId
    device: DeviceId
    part: str
    opened_at: int
    cleared_at: int
    value: float


class SchoolOutlook(NamedTuple):
    """One school: how often by the present rule and by the changed one, and until when it was looked at (UTC ms)."""

    site: SiteId
    before: Times
    after: Times
    until: int


class DayOutlook(NamedTuple):
    """One local day, by its start in UTC ms: alerts that open on it."""

    day: int
    before: int
    after: int


@dataclass(frozen=True)
class Outlook:
    """What a changed rule would have sent in [start, end), beside the present one. Schools most concerned first."""

    start: int
    end: int
    schools: tuple[SchoolOutlook, ...]
    days: tuple[DayOutlook, ...]
    instances: tuple[Instance, ...]
    """The newest first, at most some hundreds; `instances_omitted` more are only counted."""
    instances_omitted: int
    series: int
    samples: int

    @property
    def before(self) -> Times:
        """By the present rule."""
        return reduce(Times.plus, (school.before for school in self.schools), Times())

    @property
    def after(self) -> Times:
        """By the changed one."""
        return reduce(Times.plus, (school.after for school in self.schools), Times())

    @property
    def unfinished(self) -> tuple[SchoolOutlook, ...]:
        """The schools that were not looked at to the end, for want of time."""
        return tuple(school for school in self.schools if school.until < self.end)
