"""What happened, for whoever asks: the points of a span of time that the caller sees."""

from collections.abc import Callable, Sequence
from typing import Final

from campus.ids import SiteId
from campus.influx import ALERT_MEASUREMENT, MAINTENANCE_MEASUREMENT
from controller.alerts.model import Alert
from controller.happenings.model import Happening
from controller.happenings.port import Alerts, Causes, Registry, Silences
from controller.happenings.telling import Said, Where, of_alert, of_silences
from controller.identity.scope import SYSTEM, NotFound, Scope
from controller.influxql.port import Happening as PlainHappening

MOST: Final = 20_000
"""Alerts of one answer; of more the newest."""


class HappeningService:
    """Thread-safe; keeps nothing. What the caller does not see is left out; what covers the whole district everybody sees."""

    def __init__(
        self, alerts: Alerts, causes: Causes, silences: Silences, registry: Registry, clock: Callable[[], int]
    ) -> None:
        self._alerts = alerts
        self._causes = causes
        self._silences = silences
        self._registry = registry
        self._clock = clock

    def points(self, scope: Scope, measurement: str, start: int, end: int) -> list[Happening]:
        """Points of `campanile_alert` or `campanile_maintenance` that lie in [start, end) (UTC ms), oldest first.

        There are no others. What has not begun yet is not among them. An alert that stands ends now.
        """
        if measurement == ALERT_MEASUREMENT:
            told = self._alerts.told_during(scope, start, min(end, self._clock() + 1), MOST)
            return self.of_alerts([each for each in told if each.opened_at >= start])
        if measurement == MAINTENANCE_MEASUREMENT:
            return list(of_silences(self._silences.begun(scope, start, min(end, self._clock() + 1))))
        return []

    def happenings(self, scope: Scope, measurement: str, start: int, end: int) -> list[PlainHappening]:
        """As `points`, for queries."""
        found = self.points(scope, measurement, start, end)
        return [PlainHappening(each.key.at, dict(each.key.tags), each.fields) for each in found]

    def of_alerts(self, alerts: Sequence[Alert]) -> list[Happening]:
        """The points of some alerts, in their order; asks for all their places at once."""
        now = self._clock()
        devices = self._registry.devices_of(SYSTEM, {(each.site, each.device) for each in alerts if each.device})
        sites = {each.id: each for each in self._registry.sites(SYSTEM)} if alerts else {}
        return [
            of_alert(
                each,
                self._said(each),
                Where(
                    sites.get(each.site),
                    devices.get((each.site, each.device)),
                    self._registry.kind_of(each.site, each.device),
                ),
                now,
            )
            for each in alerts
        ]

    def _said(self, alert: Alert) -> Said:
        """As pages call it: by what broke, where that is known; else as its rule is."""
        concluded = self._causes.headline(alert)
        if concluded is not None:
            return Said(concluded.en, concluded.zh)
        try:
            rule = self._alerts.rule(alert.rule, SiteId(alert.site))
        except NotFound:
            return Said(alert.rule, alert.rule)
        return Said(rule.title_en, rule.title_zh)
