"""Gauges: measures by the minute and by the hour, and as of any instant of the past of which the store can tell."""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import Final

import numpy as np

from campus.ids import DeviceId, MetricId, SiteId
from controller.figure import Figure
from controller.gauges import kitchens, measuring
from controller.gauges.boards import LastUse, hours_of_schools
from controller.gauges.centre import Centre
from controller.gauges.model import BOARD_USE, LINK_IN_P95, SCHOOL_DEVICES, WHOLE, rows_of
from controller.gauges.places import Atlas, Places
from controller.gauges.port import Alerts, Capacity, Keeper, Registry, Utilisation
from controller.gauges.schools import schools
from controller.gauges.services import services
from controller.gauges.sight import Past, Present
from controller.identity.scope import SYSTEM
from controller.ingest.model import Made
from controller.localtime import DAY_MS, HOUR_MS
from controller.store.port import DistrictSeries, Level, SampleStore

MINUTE_MS: Final = 60_000
SETTLE_MS: Final = 5 * MINUTE_MS
"""An hour is reported so long after its end: what agents sent in its last minutes has come by then."""
PERCENTILE_DAYS: Final = 7
INSTANTS_AT_ONCE: Final = 240
HOURS_AT_ONCE: Final = 168
MOST_ALERTS: Final = 100_000
LONGEST_PAST_MS: Final = 35 * DAY_MS
_REACHABLE: Final = MetricId("reachable")
_SPOKEN: Final = MetricId("agent_spool_age_s")
"""What an agent says of itself every minute. Long after, this and what it says of its gateway tell when it was heard."""


class GaugeService:
    """Constructed inert. `tend` belongs to one thread; `rows_between` to whoever holds the store meanwhile."""

    def __init__(
        self,
        store: SampleStore,
        registry: Registry,
        alerts: Alerts,
        capacity: Capacity,
        utilisation: Utilisation,
        keeper: Keeper,
        figures: Callable[[], Iterable[Figure]],
    ) -> None:
        """`figures` are those of `/metrics`."""
        self._store = store
        self._registry = registry
        self._alerts = alerts
        self._capacity = capacity
        self._utilisation = utilisation
        self._keeper = keeper
        self._atlas = Atlas(store, registry)
        self._centre = Centre(figures)
        self._last_use: LastUse | None = None
        self._minute = 0
        self._hour = 0
        self._made = 0
        self._cpu_s = 0.0

    def tend(self, now: int) -> None:
        """A few times a minute: measure when a minute has begun that was not measured, and report an hour that is over.

        What was missed meanwhile stays missing. `Transient` when the store or the database is away.
        """
        started_s = time.thread_time()
        minute, hour = now - now % MINUTE_MS, (now - SETTLE_MS) // HOUR_MS * HOUR_MS
        if self._minute == 0:  # a restart within the same minute must not say it twice
            self._minute = self._newest(SCHOOL_DEVICES)
            self._hour = max(self._newest(LINK_IN_P95), self._newest(BOARD_USE) + HOUR_MS)
        # A clock that was set back does not silence them until it has come as far again.
        self._minute, self._hour = min(self._minute, minute), min(self._hour, hour)
        if minute > self._minute:
            self._keep(self._minute_rows(minute, now))
            self._minute = minute
        if hour > self._hour:
            if self._last_use is None:
                last_use = LastUse()
                last_use.remember(self._store, hour - HOUR_MS)
                self._last_use = last_use  # not before: the store may have been away
            for made in self._hour_rows(range(hour, hour + 1, HOUR_MS), self._atlas.places(now), self._last_use):
                self._keep(made)
            self._hour = hour
        self._cpu_s += time.thread_time() - started_s

    def rows_between(self, start: int, end: int, step_ms: int = MINUTE_MS) -> Iterator[Made]:
        """What `tend` would have made of the past: of start, start + `step_ms` ..., before `end` (UTC ms), and of the hours that
        end there, piece by piece; without the controller's own series, which nobody knows any more."""
        instants = np.arange(start, end, step_ms, dtype=np.int64)
        places = self._atlas.places(start)
        agents = self._registry.agents(SYSTEM)
        speaking = [DistrictSeries(each.site, DeviceId(each.id), _SPOKEN, WHOLE) for each in agents]
        speaking += [DistrictSeries(each.site, each.device, _REACHABLE, WHOLE) for each in places.links]
        for first in range(0, len(instants), INSTANTS_AT_ONCE):
            some = instants[first : first + INSTANTS_AT_ONCE]
            sight = Past(self._store, some)
            told = self._alerts.told_during(SYSTEM, int(some[0]), int(some[-1]) + 1, MOST_ALERTS)
            tables = [
                measuring.alerts_then(places, told, some),
                *measuring.devices(places, self._store, sight),
                measuring.silent_then(places, self._store, sight, speaking),
                measuring.boards_in_use(places, self._store, sight),
                *schools(places, self._store, sight),
                *services(places, self._store, sight),
                *measuring.links(places, self._store, sight),
            ]
            yield rows_of(tables, some)
        last_use = LastUse()
        last_use.remember(self._store, -(-start // HOUR_MS) * HOUR_MS - HOUR_MS)
        for first in range(-(-start // HOUR_MS) * HOUR_MS, end, HOURS_AT_ONCE * HOUR_MS):
            ends = range(first, min(first + HOURS_AT_ONCE * HOUR_MS, end), HOUR_MS)
            yield from self._hour_rows(ends, places, last_use)

    def past_begins(self, now: int) -> int:
        """Where `rows_between` may begin: raw samples tell of what was since then, and these series do not; or `now`."""
        heard = self._store.find_ids(metric=_REACHABLE)
        days = (
            self._store.window(heard, now - LONGEST_PAST_MS, now, Level.DAY).at if len(heard) else np.empty(0, np.int64)
        )
        begins = int(days.min(initial=now))
        return max(begins, self._newest(SCHOOL_DEVICES) + 1)

    def figures(self) -> list[Figure]:
        """What `/metrics` says of it."""
        return [
            Figure("gauges_samples_total", "Samples the controller made of what it knows itself", self._made),
            Figure("gauges_cpu_seconds_total", "Processor time that took", self._cpu_s),
        ]

    def _minute_rows(self, minute: int, now: int) -> Made:
        places, sight = self._atlas.places(now), Present(self._store, now)
        heard_at: dict[SiteId, int] = {}
        for agent in self._registry.agents(SYSTEM):
            heard_at[agent.site] = max(heard_at.get(agent.site, 0), agent.last_frame_at)
        tables = [
            measuring.alerts(places, self._alerts.standing_counts(SYSTEM)),
            *measuring.devices(places, self._store, sight),
            measuring.silent(places, heard_at, now),
            measuring.boards_in_use(places, self._store, sight),
            *schools(places, self._store, sight),
            *services(places, self._store, sight),
            *measuring.links(places, self._store, sight),
            self._centre.table(places.centre),
        ]
        return rows_of(tables, np.array([minute], np.int64))

    def _hour_rows(self, hours: range, places: Places, last_use: LastUse) -> Iterator[Made]:
        """The week up to each hour, at its end; and what was within the hour before it, at its beginning, as roll-ups have it."""
        if not hours:
            return
        uses, ends = self._capacity.percentiles(SYSTEM, hours, PERCENTILE_DAYS * DAY_MS), np.array(hours, np.int64)
        yield rows_of(measuring.links_p95(uses, ends), ends)
        boards = self._utilisation.board_hours(SYSTEM, hours[0] - HOUR_MS, hours[-1])
        yield measuring.boards_use(boards)
        begins = ends - HOUR_MS
        yield rows_of([*hours_of_schools(boards, begins), *kitchens.hours(places, self._store, begins)], begins)
        by_hour = {at: list(of_it) for at, of_it in groupby(boards, key=attrgetter("at"))}
        for at in begins.tolist():
            last_use.hear(by_hour.get(at, []))
            yield rows_of(last_use.tables(at), np.array([at], np.int64))

    def _newest(self, metric: MetricId) -> int:
        """When any series of a metric was measured last."""
        return int(self._store.latest(self._store.find_ids(metric=metric)).measured_at.max(initial=0))

    def _keep(self, made: Made) -> None:
        if len(made.series):
            self._made += len(made.series)
            self._keeper.keep(made)
