"""Which alerts there should be, from the verdicts that stand: one for a service, one for a network, one for a school. Pure."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from campus.ids import DeviceId, SiteId
from controller.alerts.model import AlertKey
from controller.applications.model import Cause, Condition, LineTrouble, ServiceName
from controller.applications.standing import Standing
from controller.applications.words import NameOf, Words, expiring, reason, with_services

SERVICE_FAILED: Final = "service-failed"
SERVICE_SLOW: Final = "service-slow"
METRO: Final = "services-metro"
SCHOOL: Final = "services-school"
CERTIFICATE: Final = "certificate-expiring"
RULES: Final = frozenset({SERVICE_FAILED, SERVICE_SLOW, METRO, SCHOOL, CERTIFICATE})
"""Those this room judges; other rooms judge others."""
Episodes = Mapping[str, Mapping[SiteId, bool]]
"""By service, where it has failed without a lasting break until now, and whether that is long enough to be told."""


@dataclass(frozen=True)
class Alarm:
    """Why an alert should be open, and since when it is so."""

    since: int
    words: Words


@dataclass(frozen=True)
class District:
    """What is needed to address an alert: where those of the whole district stand, who speaks for a site, and names."""

    home: SiteId
    agent_of: Callable[[SiteId], DeviceId]
    name_of: NameOf
    service_name: Callable[[str], ServiceName]

    def key(self, rule: str, site: SiteId, instance: str) -> AlertKey:
        """An alert of the agent of a site."""
        return AlertKey(rule, site, self.agent_of(site), instance)


def alarms(
    standings: Mapping[str, Standing], episodes: Episodes, is_open: Collection[AlertKey], district: District
) -> dict[AlertKey, Alarm]:
    """What should be open. A school's alert begins once its episode is long enough, and ends with it."""
    found: dict[AlertKey, Alarm] = {}
    folded: dict[AlertKey, list[str]] = defaultdict(list)
    for service, standing in standings.items():
        verdict = standing.verdict
        if verdict.cause is Cause.SERVICE:
            rule = SERVICE_FAILED if verdict.trouble is Condition.FAILED else SERVICE_SLOW
            key = district.key(rule, district.home, service)
            found[key] = Alarm(standing.since, reason(verdict, district.name_of))
        elif verdict.trouble is not Condition.FAILED:
            continue
        elif verdict.cause is Cause.METRO_NETWORK:
            folded[district.key(METRO, district.home, verdict.shared[:100])].append(service)
        elif verdict.cause is Cause.SCHOOL:
            # One whose line is down has an alert of its own, which says more.
            alone = {each.site for each in verdict.bad if each.line is LineTrouble.NONE}
            for site, is_long in episodes.get(service, {}).items():
                key = district.key(SCHOOL, site, "")
                if (site in alone and is_long) or key in is_open:
                    folded[key].append(service)
    for key, services in folded.items():
        first = standings[services[0]]
        names = [district.service_name(each) for each in sorted(services)]
        words = with_services(reason(first.verdict, district.name_of), names)
        found[key] = Alarm(min(standings[each].since for each in services), words)
    return found


def certificate_alarms(
    days_left: Mapping[str, float], limit_days: float, district: District, now: int
) -> dict[AlertKey, Alarm]:
    """Certificates that expire soon, by service; one that has expired already makes its service fail, and is left out."""
    return {
        district.key(CERTIFICATE, district.home, service): Alarm(now, expiring(days))
        for service, days in days_left.items()
        if 0 <= days <= limit_days
    }
