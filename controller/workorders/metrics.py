"""How fast faults are noticed, taken and repaired: medians and tails by school, kind of device and vendor. Pure.

To notice: from the fault, as far as it was measured, to its order, by the clock on the wall, for faults keep no hours. To
take and to repair: in the school's hours, without what rested (`promise`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from math import ceil
from typing import NamedTuple

from controller.workorders.model import Order, OrderState
from controller.workorders.promise import Clocks


class By(StrEnum):
    """What is compared."""

    SITE = "site"
    KIND = "kind"
    VENDOR = "vendor"
    SOURCE = "source"


class Spread(NamedTuple):
    """Of some durations in ms; None where there are none."""

    median_ms: int | None
    p90_ms: int | None


class Performance(NamedTuple):
    """Of the orders opened in a time, all or those of one group."""

    group: str
    orders: int
    open: int
    notice: Spread
    response: Spread
    repair: Spread
    repaired: int
    """Done, whoever says so; cancelled ones are no repairs."""
    verified: int
    """Of the repaired: proved by telemetry."""
    first_time: int
    """Of the repaired: by one visit at most, and never reopened."""
    reopened: int
    """Orders that were opened again at least once."""
    broken: int
    """Orders with a promise of ours that was broken."""

    @property
    def first_time_share(self) -> float | None:
        """First-time-fix rate; None while nothing was repaired."""
        return self.first_time / self.repaired if self.repaired else None


def performance(
    orders: Sequence[Order], clocks: Mapping[int, Clocks], group_of: Callable[[Order], str]
) -> list[Performance]:
    """By group, the one with the most orders first, then by name."""
    groups: dict[str, list[Order]] = defaultdict(list)
    for order in orders:
        groups[group_of(order)].append(order)
    found = [_of(name, some, clocks) for name, some in groups.items()]
    return sorted(found, key=lambda each: (-each.orders, each.group))


def total(orders: Sequence[Order], clocks: Mapping[int, Clocks]) -> Performance:
    """Of all together."""
    return _of("", orders, clocks)


def spread(durations: Iterable[int]) -> Spread:
    """Median and 90th percentile, each of them one of the durations (nearest rank).

    >>> spread([60, 10, 20, 30, 40]), spread([])
    (Spread(median_ms=30, p90_ms=60), Spread(median_ms=None, p90_ms=None))
    """
    ordered = sorted(durations)
    if not ordered:
        return Spread(None, None)
    return Spread(ordered[ceil(0.5 * len(ordered)) - 1], ordered[ceil(0.9 * len(ordered)) - 1])


def _of(name: str, orders: Sequence[Order], clocks: Mapping[int, Clocks]) -> Performance:
    counted = [each for each in orders if each.state is not OrderState.CANCELLED]
    repaired = [each for each in counted if each.done_at]
    timed = [(each, clocks[each.id]) for each in counted if each.id in clocks]
    return Performance(
        group=name,
        orders=len(orders),
        open=sum(not each.state.is_over for each in orders),
        notice=spread(each.opened_at - each.fault_at for each in counted if each.alert or each.causes),
        response=spread(told.response.used_ms for each, told in timed if each.responded_at),
        repair=spread(told.repair.used_ms for each, told in timed if each.done_at),
        repaired=len(repaired),
        verified=sum(each.state is OrderState.VERIFIED for each in repaired),
        first_time=sum(each.visits <= 1 and not each.reopened for each in repaired),
        reopened=sum(each.reopened > 0 for each in counted),
        broken=sum(told.response.is_broken or told.repair.is_broken for _, told in timed),
    )
