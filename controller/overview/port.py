"""What the overview needs of its neighbours: the registry's lists, the open alerts, the newest values."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from campus.ids import DeviceId, MetricId, SiteId
from campus.samples import DeviceKind, Severity
from controller.alerts.model import Alert, AlertState, Rule
from controller.identity.scope import Scope
from controller.ingest.model import DeliveryState
from controller.registry.model import Agent, Device, Link, Room, Site
from controller.store.port import DistrictSeries, Latest
from controller.telemetry.model import DevicesNow, LatestOfMetric


class Registry(Protocol):
    """What the caller sees of the district."""

    def sites(self, scope: Scope) -> Sequence[Site]:
        """Sites, the centre among them."""

    def rooms(self, scope: Scope, site: SiteId) -> Sequence[Room]:
        """Rooms of a site, in the order to show them; raises `NotFound`."""

    def devices(
        self, scope: Scope, site: SiteId | None = None, kind: DeviceKind | None = None, room: str | None = None
    ) -> Sequence[Device]:
        """Devices that match."""

    def device_ids(self, scope: Scope, site: SiteId) -> Sequence[DeviceId]:
        """Ids of a site's devices, in no particular order; from memory."""

    def device_kinds(self, scope: Scope, site: SiteId) -> Mapping[DeviceId, DeviceKind]:
        """As `device_ids`, with the kind of each."""

    def links(self, scope: Scope, site: SiteId | None = None) -> Sequence[Link]:
        """Uplinks, of one site or of all the caller sees."""

    def agents(self, scope: Scope) -> Sequence[Agent]:
        """Enrolled agents."""


class Alerts(Protocol):
    """The alert service."""

    def alerts(
        self,
        scope: Scope,
        *,
        state: AlertState | None = None,
        site: SiteId | None = None,
        device: DeviceId | None = None,
        severity: Severity | None = None,
        limit: int = 200,
    ) -> Sequence[Alert]:
        """Alerts that match, newest first."""

    def rule(self, rule_id: str, site: SiteId | None = None) -> Rule:
        """The rule of an alert; raises `NotFound`."""


class Telemetry(Protocol):
    """The telemetry service."""

    def latest_of_metric(self, scope: Scope, metric: MetricId, site: SiteId | None = None) -> Sequence[LatestOfMetric]:
        """The newest number of one metric wherever it is measured."""

    def latest_of(self, scope: Scope, names: Sequence[DistrictSeries]) -> Latest:
        """The newest number of each series named, in their order; 0 and NaN for those without any."""

    def devices_now(self, scope: Scope, site: SiteId | None = None) -> DevicesNow:
        """When each device was last measured, and whether it answers."""


class Reception(Protocol):
    """Ingest, as far as it knows agents one by one."""

    def state(self, now: int) -> DeliveryState:
        """How frames come in; from memory."""
