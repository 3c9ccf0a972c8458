"""Application services for people and for the alerts: what each is like now, whose fault it is, and how it was.

For a caller who sees the whole district the verdict that stands is told; for one who sees less, what follows from the
sites that they see: nothing of other schools shows through.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from threading import Lock
from typing import Final, NamedTuple

import numpy as np

from campus.ids import DeviceId, Instance, MetricId, SiteId
from controller.alerts.model import AlertKey
from controller.alerts.model import Verdict as AlertVerdict
from controller.applications.alarms import RULES, Alarm, District, alarms, certificate_alarms
from controller.applications.evidence import RESPONSE, STATE, Lines, condition_of, observers_of, read_evidence
from controller.applications.history import history_of
from controller.applications.model import (
    ApplicationSettings,
    Condition,
    Observation,
    ServiceHistory,
    ServiceName,
    ServiceNow,
    Verdict,
    nearest_rank,
)
from controller.applications.port import AlertBook, Registry
from controller.applications.standing import Standing, settled
from controller.applications.verdict import judge
from controller.applications.words import reason
from controller.figure import Figure, labelled
from controller.identity.scope import SYSTEM, NotFound, Scope
from controller.registry.model import Site
from controller.store.port import Level, SampleStore, Window

FORGOTTEN_AFTER_MS: Final = 7 * 86_400_000
"""A service that nobody has looked at for so long is not shown any more."""
LONGEST_HISTORY_MS: Final = 7 * 86_400_000
MAX_SERVICES: Final = 200
TELL_AGAIN_MS: Final = 60_000
_STEPS_MS: Final = (300_000, 3_600_000)


class Episode(NamedTuple):
    """A service has failed at a site from `began_at` on, and was last seen failing at `bad_at` (UTC ms)."""

    began_at: int
    bad_at: int


class ApplicationService:
    """Thread-safe; `tend` is called by one thread. What the caller does not see is `NotFound`."""

    def __init__(
        self,
        store: SampleStore,
        registry: Registry,
        alerts: AlertBook,
        clock: Callable[[], int],
        settings: ApplicationSettings = ApplicationSettings(),  # noqa: B008 - frozen
        give_way: Callable[[], None] = lambda: None,
    ) -> None:
        """`give_way` is called between pieces of some milliseconds: it may wait until what is more urgent is done."""
        self._store = store
        self._registry = registry
        self._alerts = alerts
        self._clock = clock
        self._settings = settings
        self._give_way = give_way
        self._lines = Lines(store, registry)
        self._judging = Lock()
        """Guards the lines and the standings."""
        self._standings: dict[str, Standing] = {}
        self._episodes: dict[str, dict[SiteId, Episode]] = {}
        self._began_at = 0
        self._left_out = 0
        self._raised: set[AlertKey] = set()
        """Told since the start, and not over yet."""
        self._told_at: dict[AlertKey, int] = {}
        """What is not open yet and was told lately: it may still wait to be written."""

    # For people.

    def services(self, scope: Scope) -> list[ServiceNow]:
        """Every service that anybody the caller sees has looked at lately, the worst first, then by id."""
        now = self._clock()
        evidence = bounded(read_evidence(self._store, scope, now - FORGOTTEN_AFTER_MS))
        sites = {site.id: site for site in self._registry.sites(scope)}
        found = [self._now(scope, service, each, sites, now) for service, each in sorted(evidence.items())]
        return sorted(found, key=lambda each: -each.verdict.trouble)

    def service(self, scope: Scope, service: str) -> ServiceNow:
        """One service; `NotFound` when nobody the caller sees looks at it."""
        for each in self.services(scope):
            if each.id == service:
                return each
        raise NotFound

    def history(self, scope: Scope, service: str, start: int, end: int) -> ServiceHistory:
        """How it was over [start, end) in UTC ms, at most a week of it; empty where nobody the caller sees looked."""
        first = max(start, end - LONGEST_HISTORY_MS)
        step_ms = _STEPS_MS[0] if end - first <= 2 * 86_400_000 else _STEPS_MS[1]
        responses, states = (self._window(scope, metric, service, first, end, step_ms) for metric in (RESPONSE, STATE))
        return history_of(responses, states, first, end, step_ms)

    def search(self, scope: Scope, text: str, limit: int = 8) -> list[ServiceNow]:
        """Services by id or name, at most `limit`; none for a blank text."""
        wanted = text.strip().lower()
        if not wanted:
            return []
        found = [
            each
            for each in self.services(scope)
            if any(wanted in word.lower() for word in (each.id, each.name_en, each.name_zh))
        ]
        return found[:limit]

    def name_of(self, service: str) -> ServiceName:
        """What people call it; its id where nobody gave it a name."""
        return self._settings.names.get(service) or ServiceName(service, service)

    # For the alerts.

    def tend(self, now: int) -> None:
        """Judge everything anew, and tell the alerts what began and what is over. Called every few seconds.

        `Transient` when store or registry are away: nothing has been told then.
        """
        self._began_at = self._began_at or now
        sites = {site.id: site for site in self._registry.sites(SYSTEM)}
        known = read_evidence(self._store, SYSTEM, now - FORGOTTEN_AFTER_MS)
        evidence = bounded(known)
        self._left_out = len(known) - len(evidence)
        with self._judging:
            fresh = {service: self._judged(each, sites, now) for service, each in evidence.items()}
            self._standings = {service: self._settled(service, each, now) for service, each in fresh.items()}
            self._note_episodes(fresh, now)
            standings = dict(self._standings)
        district = self._district(sites, evidence)
        if district is None:
            return
        is_open = {key for key in self._alerts.judged_elsewhere() if key.rule in RULES}
        wanted = alarms(standings, self._lasting(now), is_open, district)
        days = {service: left for service, each in evidence.items() if (left := self._days_left(each, now)) is not None}
        wanted |= certificate_alarms(days, self._settings.certificate_days, district, now)
        self._tell(wanted, is_open, now)

    def figures(self) -> list[Figure]:
        """How many services there are, by whose fault it is."""
        with self._judging:
            causes = [standing.verdict.cause.value for standing in self._standings.values()]
        return [
            Figure("application_services", "Application services watched", len(causes)),
            Figure("application_services_left_out", "Services beyond the most that are judged", self._left_out),
            *labelled("application_service_verdicts", "Application services by verdict", "cause", Counter(causes)),
        ]

    def _tell(self, wanted: Mapping[AlertKey, Alarm], is_open: Collection[AlertKey], now: int) -> None:
        self._told_at = {key: at for key, at in self._told_at.items() if key in wanted and now - at < TELL_AGAIN_MS}
        new = {key: alarm for key, alarm in wanted.items() if key not in is_open and key not in self._told_at}
        self._told_at.update(dict.fromkeys(new, now))
        told = [AlertVerdict(key, now, alarm.since, *alarm.words) for key, alarm in new.items()]
        self._raised |= new.keys()
        # After a start nobody may have looked yet: what was open before is not over before everybody had the time to.
        is_settled = now - self._began_at >= _ms(self._settings.fresh_s)
        over = [key for key in is_open if key not in wanted and (is_settled or key in self._raised)]
        told += [AlertVerdict(key, now, now, "", "", is_over=True) for key in over]
        self._raised.difference_update(over)
        self._alerts.note_verdicts(told)

    def _judged(self, seen: Sequence[Observation], sites: Mapping[SiteId, Site], now: int) -> Verdict:
        self._give_way()
        since = now - _ms(self._settings.fresh_s)
        fresh = [each for each in seen if each.measured_at >= since]
        bad = {each.site for each in fresh if condition_of(each.state) is not Condition.GOOD}
        troubles = self._lines.troubles(bad, since, now) if bad else {}
        behind = self._lines.behind(now) if len(bad) > 1 else {}
        return judge(observers_of(fresh, sites, troubles, behind))

    def _settled(self, service: str, fresh: Verdict, now: int) -> Standing:
        hold_ms, clear_ms = _ms(self._settings.hold_s), _ms(self._settings.clear_hold_s)
        return settled(self._standings.get(service), fresh, now, hold_ms, clear_ms)

    def _note_episodes(self, fresh: Mapping[str, Verdict], now: int) -> None:
        clear_ms = _ms(self._settings.clear_hold_s)
        for service, verdict in fresh.items():
            episodes = self._episodes.setdefault(service, {})
            for each in verdict.bad if verdict.trouble is Condition.FAILED else ():
                began_at = episodes[each.site].began_at if each.site in episodes else now
                episodes[each.site] = Episode(began_at, now)
            self._episodes[service] = {site: each for site, each in episodes.items() if now - each.bad_at < clear_ms}

    def _lasting(self, now: int) -> dict[str, dict[SiteId, bool]]:
        hold_ms = _ms(self._settings.hold_s)
        return {
            service: {site: now - each.began_at >= hold_ms for site, each in episodes.items()}
            for service, episodes in self._episodes.items()
        }

    def _district(self, sites: Mapping[SiteId, Site], evidence: Mapping[str, Sequence[Observation]]) -> District | None:
        """Where the district's alerts stand: at the centre, or where there is none, at the first site that looks."""
        agents: dict[SiteId, DeviceId] = {}
        for each in self._registry.agents(SYSTEM):
            agents.setdefault(each.site, DeviceId(each.id))
        looking = sorted({one.site for each in evidence.values() for one in each})
        homes = [site for site in sorted(sites) if sites[site].is_centre and site in agents] + looking
        if not homes:
            return None

        def name_of(site: SiteId) -> tuple[str, str]:
            known = sites.get(site)
            return (known.name_en, known.name_zh) if known else (site, site)

        return District(homes[0], lambda site: agents.get(site, DeviceId(site)), name_of, self.name_of)

    # What both need.

    def _now(
        self, scope: Scope, service: str, seen: Sequence[Observation], sites: Mapping[SiteId, Site], now: int
    ) -> ServiceNow:
        with self._judging:
            standing = self._standings.get(service) if scope.sites is None else None
            verdict = standing.verdict if standing else self._judged(seen, sites, now)

        def name_of(site: SiteId) -> tuple[str, str]:
            return (sites[site].name_en, sites[site].name_zh) if site in sites else (site, site)

        fresh = [each for each in seen if now - each.measured_at <= _ms(self._settings.fresh_s)]
        times = [each.response_ms for each in fresh if each.response_ms is not None]
        english, chinese = reason(verdict, name_of)
        return ServiceNow(
            id=service,
            name=self.name_of(service),
            verdict=verdict,
            since=standing.since if standing else 0,
            reason_en=english,
            reason_zh=chinese,
            seen=_best_of_site(seen, fresh),
            p50_ms=nearest_rank(times, 0.5),
            p95_ms=nearest_rank(times, 0.95),
            tls_days_left=self._days_left(seen, now),
        )

    def _days_left(self, seen: Sequence[Observation], now: int) -> float | None:
        """The least that anybody saw of the certificate: lately, or where nobody looks any more, before that."""
        known = [each for each in seen if each.tls_days_left is not None]
        since = now - _ms(self._settings.fresh_s)
        fresh = [each for each in known if each.measured_at >= since]
        return min((each.tls_days_left for each in fresh or known if each.tls_days_left is not None), default=None)

    def _window(
        self, scope: Scope, metric: MetricId, service: str, start: int, end: int, step_ms: int
    ) -> Window | None:
        self._give_way()
        sites = [None] if scope.sites is None else sorted(scope.sites)
        found = [self._store.find_ids(site, metric=metric, instance=Instance(service)) for site in sites]
        ids = np.concatenate([np.empty(0, np.int32), *found])
        level = Level.FIVE_MINUTES if step_ms == _STEPS_MS[0] else Level.HOUR
        return self._store.window(ids, start, end, level) if len(ids) and end > start else None


def bounded(evidence: Mapping[str, list[Observation]]) -> dict[str, list[Observation]]:
    """At most `MAX_SERVICES` of them, those that most agents look at: one agent cannot crowd the others out."""
    by_looks = sorted(evidence, key=lambda service: (-len(evidence[service]), service))
    return {service: evidence[service] for service in by_looks[:MAX_SERVICES]}


def _best_of_site(seen: Sequence[Observation], fresh: Sequence[Observation]) -> tuple[Observation, ...]:
    """One observation of each site: the best of those made lately, else the newest."""
    best: dict[SiteId, Observation] = {}
    for each in sorted(seen, key=lambda one: one.measured_at):
        best[each.site] = each
    for each in sorted(fresh, key=lambda one: (-condition_of(one.state), one.measured_at)):
        best[each.site] = each
    return tuple(best[site] for site in sorted(best))


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
