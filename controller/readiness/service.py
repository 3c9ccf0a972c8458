"""The sweep before lessons: once each school morning the rooms that would fail, as one alert for a school.

It is a verdict like any other: told to whoever is on duty, taken back when every room is ready or the first lesson is over.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from campus.errors import Transient
from campus.ids import MetricId, SiteId
from controller.alerts.model import AlertKey, AlertState, Verdict
from controller.calendar.model import parse_minute
from controller.identity.scope import SYSTEM, NotFound, Scope
from controller.readiness.judging import School, rooms_today
from controller.readiness.model import ReadinessSettings, Sweep
from controller.readiness.port import AlertBook, Alerts, Calendar, Overview, Registry, Telemetry, Topology
from controller.readiness.words import verdict_words

RULE: Final = "rooms-not-ready"
SCHOOLS_AT_ONCE: Final = 40
"""Of one round: a school takes some tens of milliseconds, and others want the database too."""
MOST_ALERTS: Final = 2_000
LOOKED_AGAIN_MS: Final = 60_000
LESSON_MS: Final = 45 * 60_000
_POWER: Final = MetricId("power_state")


class ReadinessService:
    """`tend` is called by one thread, the others by any."""

    def __init__(
        self,
        registry: Registry,
        calendar: Calendar,
        overview: Overview,
        telemetry: Telemetry,
        topology: Topology,
        alerts: Alerts,
        book: AlertBook,
        clock: Callable[[], int],
        zone: ZoneInfo,
        settings: ReadinessSettings,
    ) -> None:
        self._registry = registry
        self._calendar = calendar
        self._overview = overview
        self._telemetry = telemetry
        self._topology = topology
        self._alerts = alerts
        self._book = book
        self._clock = clock
        self._zone = zone
        self._minute = parse_minute(settings.at) if settings.at else None
        self._swept: dict[SiteId, date] = {}
        self._open: dict[SiteId, int] = {}
        """When schools with an open alert are looked at again."""

    def sweep(self, scope: Scope, site: SiteId) -> Sweep:
        """How the rooms of a school with lessons today are now; `NotFound` for one that is not the caller's."""
        now = self._clock()
        overview = self._overview.site(scope, site)
        calendar = self._calendar.school(scope, site)
        heard = {each.device: each.measured_at for each in self._telemetry.latest_of_metric(scope, _POWER, site)}
        faults = []
        for alert in self._alerts.alerts(scope, state=AlertState.OPEN, site=site, limit=MOST_ALERTS):
            try:
                faults.append((alert, self._alerts.rule(alert.rule, site)))
            except NotFound:
                continue  # nobody judges it any more
        school = School(
            calendar,
            overview.rooms,
            faults,
            self._topology.parents(scope, site),
            heard,
            {each.device.id: each.device.name for room in overview.rooms for each in room.devices},
        )
        is_cut_off = overview.summary.is_cut_off
        return Sweep(site, calendar.day_at(now), now, tuple(rooms_today(school, now)), is_cut_off)

    def tend(self, now: int) -> None:
        """Some times a minute: look at the schools whose time has come, and again at those that were not ready."""
        if self._minute is None:
            return
        for site in self._due(now)[:SCHOOLS_AT_ONCE]:
            self._look(site, now)

    def _due(self, now: int) -> list[SiteId]:
        local = datetime.fromtimestamp(now / 1000, self._zone)
        today = local.date()
        if local.hour * 60 + local.minute < (self._minute or 0):
            return [site for site, at in self._open.items() if now >= at]
        sites = [site.id for site in self._registry.sites(SYSTEM)]
        return [site for site in sites if self._swept.get(site) != today or now >= self._open.get(site, now + 1)]

    def _look(self, site: SiteId, now: int) -> None:
        try:
            sweep = self.sweep(SYSTEM, site)
        except (NotFound, Transient):
            return  # removed meanwhile, or asked again in the next round
        is_before = sweep.rooms and now < sweep.first_at + LESSON_MS
        self._swept[site] = sweep.day
        key = AlertKey(RULE, site, "", "")
        if is_before and sweep.is_cut_off:  # nobody knows: what was told stands, and it is looked at again
            self._open[site] = now + LOOKED_AGAIN_MS
        elif is_before and sweep.unready:
            self._open[site] = now + LOOKED_AGAIN_MS
            self._book.note_verdicts([Verdict(key, now, now, *verdict_words(sweep, self._zone))])
        elif self._open.pop(site, 0) or key in self._book.judged_elsewhere():
            self._book.note_verdicts([Verdict(key, now, now, "", "", is_over=True)])
