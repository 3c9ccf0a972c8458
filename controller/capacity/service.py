"""How full each school's uplink is, over a period. Reads 5-minute roll-ups; writes nothing."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from campus.ids import DeviceId, Instance, MetricId, SiteId
from controller.capacity.model import DirectionUse, LinkPercentiles, LinkUse
from controller.capacity.port import Registry
from controller.capacity.rules import FIVE_MINUTES_MS, busy_hour, coverage, days_above, nearest_rank
from controller.identity.scope import Scope
from controller.registry.model import Link
from controller.store.port import DistrictSeries, Level, SampleStore, Values, Window

INBOUND: Final = MetricId("if_in_bps")
"""Seen from the school's gateway, what comes in on the uplink goes towards the school."""
OUTBOUND: Final = MetricId("if_out_bps")
STATE: Final = MetricId("if_oper_state")
SPEED: Final = MetricId("if_speed_bps")
FRESH_MS: Final = 5 * 60_000
"""A number older than this does not say how it is now."""
_WINDOW_BUCKETS: Final = 100_000
"""As many links as have about so many averages are read at a time: fetching more keeps the interpreter, and so a commit
waiting, for more than some milliseconds."""

_PartKey = tuple[SiteId, DeviceId, Instance]


class CapacityService:
    """Thread-safe; keeps nothing. What the caller does not see is `NotFound`."""

    line: Final = 0.7
    """The share of the capacity above which a link wants a bigger one."""

    def __init__(
        self,
        store: SampleStore,
        registry: Registry,
        timezone: str,
        clock: Callable[[], int],
        give_way: Callable[[], None] = lambda: None,
    ) -> None:
        """`give_way` is called between pieces of some milliseconds: it may wait until what is more urgent is done."""
        self._give_way = give_way
        self._store = store
        self._registry = registry
        self._zone = ZoneInfo(timezone)
        self._clock = clock

    def links_use(self, scope: Scope, start: int, end: int) -> list[LinkUse]:
        """Every uplink the caller sees over [start, end) in UTC ms, in the registry's order; the future is left out."""
        return self._uses(self._registry.links(scope), start, end)

    def link_use(self, scope: Scope, site: SiteId, start: int, end: int) -> list[LinkUse]:
        """As `links_use`, for one school; most have one uplink."""
        scope.require(site)
        return self._uses([link for link in self._registry.links(scope) if link.site == site], start, end)

    def percentiles(self, scope: Scope, ends: Sequence[int], length_ms: int) -> list[LinkPercentiles]:
        """`DirectionUse.p95_bps` of every uplink the caller sees over `length_ms` before each of `ends` (ascending, UTC ms)."""
        links = self._registry.links(scope)
        parts = [(link.site, link.device, Instance(link.instance)) for link in links]
        directions = self._numbers(INBOUND, parts), self._numbers(OUTBOUND, parts)
        spans = [(end - length_ms, min(end, self._clock())) for end in ends]
        start, until = (spans[0][0], spans[-1][1]) if spans else (0, 0)
        together, found = _together(start, until), []
        for first in range(0, len(links), together):
            some = slice(first, first + together)
            self._give_way()
            window = self._window([each.get(part) for part in parts[some] for each in directions], start, until)
            for link, part in zip(links[some], parts[some], strict=True):
                found.append(
                    LinkPercentiles(link, *(_percentiles(window, each.get(part), spans) for each in directions))
                )
        return found

    def _uses(self, links: Sequence[Link], start: int, end: int) -> list[LinkUse]:
        now = self._clock()
        until = max(min(end, now), start)
        parts = [(link.site, link.device, Instance(link.instance)) for link in links]
        inbound, outbound = self._numbers(INBOUND, parts), self._numbers(OUTBOUND, parts)
        states = self._latest(self._numbers(STATE, parts), now - FRESH_MS)
        speeds = self._latest(self._numbers(SPEED, parts), 0)
        rates = self._latest(inbound, now - FRESH_MS), self._latest(outbound, now - FRESH_MS)
        uses = []
        together = _together(start, until)
        for first in range(0, len(links), together):
            some = slice(first, first + together)
            self._give_way()
            window = self._window(
                [each.get(part) for part in parts[some] for each in (inbound, outbound)], start, until
            )
            for link, part in zip(links[some], parts[some], strict=True):
                known = link if link.capacity_bps > 0 else replace(link, capacity_bps=speeds.get(part, 0.0))
                period = _Period(window, start, until, self.line * known.capacity_bps, self._zone)
                uses.append(
                    LinkUse(
                        link=known,
                        site=link.site,
                        start=start,
                        end=end,
                        inbound=period.direction(inbound.get(part), rates[0].get(part, math.nan)),
                        outbound=period.direction(outbound.get(part), rates[1].get(part, math.nan)),
                        is_up=_is_up(states.get(part)),
                    )
                )
        return uses

    def _window(self, numbers: Sequence[int | None], start: int, until: int) -> Window | None:
        """Averages of some series, None where there are none."""
        ids = np.array(sorted({number for number in numbers if number is not None}), dtype=np.int32)
        return self._store.window(ids, start, until, Level.FIVE_MINUTES) if len(ids) and until > start else None

    def _numbers(self, metric: MetricId, parts: Sequence[_PartKey]) -> dict[_PartKey, int]:
        """Series id of `metric` of each part that has one."""
        ids = self._store.ids_of([DistrictSeries(site, device, metric, part) for site, device, part in parts])
        return {part: number for part, number in zip(parts, ids.tolist(), strict=True) if number >= 0}

    def _latest(self, numbers: dict[_PartKey, int], since: int) -> dict[_PartKey, float]:
        """Newest value of each part's series, those measured before `since` left out."""
        latest = self._store.latest(np.fromiter(numbers.values(), dtype=np.int32, count=len(numbers)))
        rows = zip(numbers, latest.measured_at.tolist(), latest.value.tolist(), strict=True)
        return {part: value for part, at, value in rows if at > 0 and at >= since}


@dataclass(frozen=True)
class _Period:
    window: Window | None
    start: int
    end: int
    line_bps: float
    zone: ZoneInfo

    def direction(self, series: int | None, now_bps: float) -> DirectionUse:
        if series is None or self.window is None:
            return DirectionUse(now_bps, math.nan, 0, math.nan, 0, 0.0)
        first, after = np.searchsorted(self.window.series, [series, series + 1])
        at, mean = self.window.at[first:after], self.window.mean[first:after]
        busy = busy_hour(at, mean, self.zone)
        return DirectionUse(
            now_bps=now_bps,
            busy_hour_bps=busy.bps,
            busy_hour_at=busy.at,
            p95_bps=nearest_rank(mean, 95),
            days_above=days_above(at, mean, self.line_bps, self.zone),
            coverage=coverage(at, self.start, self.end),
        )


def _together(start: int, until: int) -> int:
    """How many links are read at a time, both directions of each."""
    return max(1, _WINDOW_BUCKETS * FIVE_MINUTES_MS // (2 * max(until - start, FIVE_MINUTES_MS)))


def _percentiles(window: Window | None, series: int | None, spans: Sequence[tuple[int, int]]) -> Values:
    if series is None or window is None:
        return np.full(len(spans), math.nan)
    first, after = np.searchsorted(window.series, [series, series + 1])
    at, mean = window.at[first:after], window.mean[first:after]
    return np.array([nearest_rank(mean[slice(*np.searchsorted(at, span))], 95) for span in spans])


def _is_up(state: float | None) -> bool | None:
    """From ifOperStatus (RFC 2863): up, down and lowerLayerDown tell; the others do not."""
    return {1.0: True, 2.0: False, 7.0: False}.get(state) if state is not None else None
