"""What was promised: targets by severity and kind, service contracts, and the settings of work orders. Pure nouns."""

from datetime import date
from enum import StrEnum
from typing import Final

import msgspec

from campus.ids import SiteId
from campus.samples import DeviceKind, Severity

MAX_WORD_CHARS: Final = 120
CONTRACT_MONTHS: Final = 60
"""How long a service contract of a district usually runs."""


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By when somebody must have taken an order, and have repaired it, in school hours. Empty lists: of all."""

    response_h: float
    repair_h: float
    severities: tuple[Severity, ...] = ()
    kinds: tuple[DeviceKind, ...] = ()

    def is_for(self, severity: Severity, kind: DeviceKind) -> bool:
        """Whether it holds for an order."""
        return (not self.severities or severity in self.severities) and (not self.kinds or kind in self.kinds)


_TARGETS: Final = (
    Target(1, 4, (Severity.CRITICAL,)),
    Target(4, 16, (Severity.MAJOR,)),
    Target(8, 40),
)
"""A school day has about eight hours."""


class WorkOrderSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`targets`: the first that is for an order holds; what none is for has the usual one.

    An order that is done is verified when its device has been healthy for `verify_min`; it reopens when the fault comes back
    within `reopen_days`; one whose fault telemetry never saw is closed when nobody tells of it again for `quiet_days`.
    """

    targets: tuple[Target, ...] = ()
    verify_min: float = 15.0
    reopen_days: float = 7.0
    quiet_days: float = 3.0

    def target(self, severity: Severity, kind: DeviceKind) -> Target:
        """What holds for an order."""
        return next(each for each in (*self.targets, *_TARGETS) if each.is_for(severity, kind))

    def problems(self) -> list[tuple[str, str]]:
        """Keys with impossible values, and what to write instead."""
        found = [
            ("targets", f"response_h {each.response_h:g} and repair_h {each.repair_h:g} must be above 0")
            for each in self.targets
            if not (0 < each.response_h <= 10_000 and 0 < each.repair_h <= 10_000)
        ]
        for name, value, most in (
            ("verify_min", self.verify_min, 1_440),
            ("reopen_days", self.reopen_days, 365),
            ("quiet_days", self.quiet_days, 365),
        ):
            if not 0 < value <= most:
                found.append((name, f"{value:g} must be above 0 and at most {most}"))
        return found


class Away(StrEnum):
    """What a clock does while nobody here can go on."""

    RESTS = "rests"
    RUNS = "runs"


class Contract(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A service contract: who repairs what until when, and by when. Empty lists: everything, everywhere.

    `response_h` and `repair_h` count from the hand-off, in school hours. `while_part` and `while_vendor` say what the
    school's own clock does meanwhile. `models` are beginnings of model names.
    """

    id: int
    vendor: str
    title: str
    starts_on: date
    ends_on: date
    response_h: float = 8.0
    repair_h: float = 24.0
    contact: str = ""
    phone: str = ""
    sites: tuple[SiteId, ...] = ()
    kinds: tuple[DeviceKind, ...] = ()
    models: tuple[str, ...] = ()
    while_part: Away = Away.RESTS
    while_vendor: Away = Away.RESTS
    ended_at: int = 0
    """When it was taken out of the book before its time (UTC ms, 0 = it was not)."""

    def covers(self, site: SiteId, kind: DeviceKind, model: str, day: date) -> bool:
        """Whether it is in force for such a device on a day."""
        is_now = not self.ended_at and self.starts_on <= day <= self.ends_on
        is_here = not self.sites or site in self.sites
        is_kind = not self.kinds or kind in self.kinds
        is_model = not self.models or any(model.lower().startswith(each.lower()) for each in self.models)
        return is_now and is_here and is_kind and is_model

    def problems(self) -> list[str]:
        """What is wrong with it, in words; none when it may be kept."""
        found = []
        if not 0 < len(self.vendor.strip()) <= MAX_WORD_CHARS or not 0 < len(self.title.strip()) <= MAX_WORD_CHARS:
            found.append(f"vendor and title want 1 to {MAX_WORD_CHARS} characters")
        if len(self.contact) > MAX_WORD_CHARS or len(self.phone) > 63:
            found.append("the contact or the telephone number is too long")
        if self.ends_on < self.starts_on:
            found.append("it ends before it begins")
        if not (0 < self.response_h <= 10_000 and 0 < self.repair_h <= 10_000):
            found.append("response and repair want hours above 0")
        if len(self.sites) > 2_000 or len(self.models) > 100 or any(len(each) > MAX_WORD_CHARS for each in self.models):
            found.append("the list of schools or models is too long")
        return found


NO_CONTRACT: Final = Contract(0, "", "", date.min, date.max)
"""The terms where there is none."""


def sixty_months_after(day: date) -> date:
    """The last day of a contract that begins on `day` and runs the usual time.

    >>> sixty_months_after(date(2024, 2, 29)), sixty_months_after(date(2026, 9, 1))
    (datetime.date(2029, 2, 27), datetime.date(2031, 8, 31))
    """
    last = min(day.day, 28)
    end = date(day.year + CONTRACT_MONTHS // 12, day.month, last)
    return date.fromordinal(end.toordinal() - 1)
