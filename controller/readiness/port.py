"""What readiness needs of its neighbours."""

from collections.abc import Mapping, Sequence, Set
from typing import Protocol

from campus.ids import DeviceId, MetricId, SiteId
from controller.alerts.model import Alert, AlertKey, AlertState, Rule, Verdict
from controller.calendar.school import SchoolCalendar
from controller.identity.scope import Scope
from controller.overview.model import SiteOverview
from controller.registry.model import Site
from controller.telemetry.model import LatestOfMetric


class Registry(Protocol):
    """Who there is."""

    def sites(self, scope: Scope) -> Sequence[Site]:
        """Those the caller sees."""


class Calendar(Protocol):
    """When rooms have lessons."""

    def school(self, scope: Scope, site: SiteId | None = None) -> SchoolCalendar:
        """One school's."""


class Telemetry(Protocol):
    """What was last heard."""

    def latest_of_metric(self, scope: Scope, metric: MetricId, site: SiteId | None = None) -> Sequence[LatestOfMetric]:
        """The newest number of one metric wherever it is measured."""


class Topology(Protocol):
    """What hangs on what."""

    def parents(self, scope: Scope, site: SiteId) -> Mapping[DeviceId, tuple[DeviceId, ...]]:
        """By device those over which it reaches the metro network; while one works it is not cut off."""


class Alerts(Protocol):
    """What is open."""

    def alerts(
        self, scope: Scope, *, state: AlertState | None = None, site: SiteId | None = None, limit: int = 200
    ) -> Sequence[Alert]:
        """Alerts, newest first."""

    def rule(self, rule_id: str, site: SiteId | None = None) -> Rule:
        """Its rule, as it holds at its school; `NotFound` when it was removed."""


class Overview(Protocol):
    """How a school is now."""

    def site(self, scope: Scope, site: SiteId) -> SiteOverview:
        """Its rooms with their devices; `NotFound` for one that is not the caller's."""


class AlertBook(Protocol):
    """Where a sweep becomes an alert."""

    def note_verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """Open or clear; what is so already changes nothing."""

    def judged_elsewhere(self) -> Set[AlertKey]:
        """What is open of rules that other rooms judge."""
