"""Nouns of capacity."""

from dataclasses import dataclass
from typing import NamedTuple

from campus.ids import SiteId
from controller.registry.model import Link
from controller.store.port import Values


@dataclass(frozen=True)
class DirectionUse:
    """One direction of a link over a period. Rates in bit/s, NaN where nothing was measured.

    `p95_bps`: nearest-rank 95th percentile of 5-minute averages (the usual transit billing measure: the smallest average
    that at least 95 % of them do not exceed). `busy_hour_bps`: highest clock-hour mean. `days_above`: local days whose own
    95th percentile is above `CapacityService.line` of the capacity.
    """

    now_bps: float
    busy_hour_bps: float
    busy_hour_at: int
    p95_bps: float
    days_above: int
    coverage: float
    """Share of the period's 5-minute averages that exist, 0 to 1."""


class LinkPercentiles(NamedTuple):
    """The 95th percentile of each direction of a link, bit/s, for several spans of time; NaN where nothing was measured."""

    link: Link
    inbound: Values
    outbound: Values


@dataclass(frozen=True)
class LinkUse:
    """A link's use over [start, end)."""

    link: Link
    site: SiteId
    start: int
    end: int
    inbound: DirectionUse
    outbound: DirectionUse
    is_up: bool | None
    """None when unknown."""
