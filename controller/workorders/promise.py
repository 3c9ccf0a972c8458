"""The clocks of an order, in school hours: what is promised, what of it is used up, when it is over. Pure.

Where nobody told a school's bells, its school days count from 08:00 to 17:00.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final

import msgspec

from controller.calendar.model import Hours
from controller.workorders.model import Order, WaitFor
from controller.workorders.port import SchoolHours
from controller.workorders.terms import Away, Contract, Target

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000
USUAL_HOURS: Final = (time(8), time(17))
LOOK_AHEAD_MS: Final = 200 * DAY_MS
"""No holidays last longer: a promise that does not end within them is said to end then."""
STEP_MS: Final = 14 * DAY_MS
Span = tuple[int, int]


class Clock(msgspec.Struct, frozen=True):
    """One promise. `due_at` (UTC ms) is when it breaks if nobody does anything; 0 while it rests or when it is over."""

    target_ms: int
    used_ms: int
    due_at: int = 0
    is_over: bool = False
    """What was promised has been done, in time or not."""
    is_resting: bool = False

    @property
    def left_ms(self) -> int:
        """School time that is left; below 0 when the promise is broken."""
        return self.target_ms - self.used_ms

    @property
    def is_broken(self) -> bool:
        """Whether it took, or has taken, longer than promised."""
        return self.used_ms > self.target_ms


class Clocks(msgspec.Struct, frozen=True):
    """Ours to the school, and the vendor's to us from the hand-off on."""

    response: Clock
    repair: Clock
    vendor_response: Clock | None = None
    vendor_repair: Clock | None = None

    @property
    def is_overdue(self) -> bool:
        """Whether a promise is broken that is not fulfilled yet."""
        return any(each is not None and each.is_broken and not each.is_over for each in self._all)

    @property
    def _all(self) -> tuple[Clock | None, ...]:
        return self.response, self.repair, self.vendor_response, self.vendor_repair


def clocks_of(order: Order, target: Target, contract: Contract, hours: SchoolHours, now: int) -> Clocks:
    """How the promises for an order stand; `contract` is that of the vendor it was handed to, else `NO_CONTRACT`."""
    rests = [(each.start_at, each.end_at or now) for each in order.waits if _rests(each.why, contract)]
    is_resting = any(_rests(each.why, contract) and not each.end_at for each in order.waits)
    taken_at, ended_at = order.responded_at or order.closed_at, order.done_at or order.closed_at
    response = _clock(hours, order.opened_at, taken_at, target.response_h, (), now)
    repair = _clock(hours, order.opened_at, ended_at, target.repair_h, rests, now, is_resting=is_resting)
    if not order.handed_at:
        return Clocks(response, repair)
    came_at = next(
        (
            each.end_at
            for each in order.waits
            if each.why is WaitFor.VENDOR and each.start_at >= order.handed_at and each.end_at
        ),
        ended_at,
    )
    return Clocks(
        response,
        repair,
        _clock(hours, order.handed_at, came_at, contract.response_h, (), now),
        _clock(hours, order.handed_at, ended_at, contract.repair_h, (), now),
    )


def school_time(hours: SchoolHours, start: int, end: int) -> int:
    """How much of [start, end) is school time, in ms."""
    return sum(ends - begins for begins, ends in working_spans(hours, start, end))


def working_spans(hours: SchoolHours, start: int, end: int) -> Sequence[Span]:
    """School time within [start, end), ascending, apart from one another."""
    if end <= start:
        return ()
    if hours.knows(Hours.SCHOOL):
        return hours.spans(Hours.SCHOOL, start, end)
    return list(_usual_spans(hours, start, end))


def _usual_spans(hours: SchoolHours, start: int, end: int) -> Iterator[Span]:
    day = datetime.fromtimestamp(start / 1000, hours.zone).date()
    last = datetime.fromtimestamp(end / 1000, hours.zone).date()
    while day <= last:
        if hours.kind_of(day).is_school_day:
            begins, ends = (
                round(datetime.combine(day, each, hours.zone).astimezone(UTC).timestamp() * 1000)
                for each in USUAL_HOURS
            )
            if max(start, begins) < min(end, ends):
                yield max(start, begins), min(end, ends)
        day += timedelta(days=1)


def _rests(why: WaitFor, contract: Contract) -> bool:
    if why is WaitFor.PROOF:
        return True
    return (contract.while_part if why is WaitFor.PART else contract.while_vendor) is Away.RESTS


def _clock(
    hours: SchoolHours,
    start: int,
    end: int,
    target_h: float,
    rests: Sequence[Span],
    now: int,
    *,
    is_resting: bool = False,
) -> Clock:
    target_ms = round(target_h * HOUR_MS)
    until = end or now
    used = school_time(hours, start, until)
    used -= sum(school_time(hours, max(start, begins), min(until, ends)) for begins, ends in rests)
    if end or is_resting:
        return Clock(target_ms, used, is_over=bool(end), is_resting=is_resting and not end)
    return Clock(target_ms, used, due_at=_due_at(hours, now, target_ms - used))


def _due_at(hours: SchoolHours, now: int, left_ms: int) -> int:
    """When `left_ms` of school time from now on will be over; now when they are already."""
    if left_ms <= 0:
        return now
    for start in range(now, now + LOOK_AHEAD_MS, STEP_MS):
        for begins, ends in working_spans(hours, start, start + STEP_MS):
            if ends - begins >= left_ms:
                return begins + left_ms
            left_ms -= ends - begins
    return now + LOOK_AHEAD_MS
