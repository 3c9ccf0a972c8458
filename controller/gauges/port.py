"""What gauges ask of others: what is enrolled, what stands, what reports say; and where the rows go."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind, Severity
from controller.alerts.model import Alert
from controller.capacity.model import LinkPercentiles
from controller.identity.scope import Scope
from controller.ingest.model import Made
from controller.registry.model import Agent, Link, Site
from controller.utilisation.model import HourUse


class Registry(Protocol):
    """Whom there are figures of."""

    def sites(self, scope: Scope) -> Sequence[Site]:
        """Sites, the centre first."""

    def links(self, scope: Scope, site: SiteId | None = None) -> Sequence[Link]:
        """Uplinks; `capacity_bps` 0 where only the port's speed is known."""

    def agents(self, scope: Scope) -> Sequence[Agent]:
        """Enrolled agents, and when they were heard; from memory."""

    def device_kinds(self, scope: Scope, site: SiteId) -> Mapping[DeviceId, DeviceKind]:
        """Devices of a site; from memory."""


class Alerts(Protocol):
    """The alert service."""

    def standing_counts(self, scope: Scope) -> Mapping[tuple[SiteId, Severity], int]:
        """How many open alerts stand for themselves."""

    def told_during(self, scope: Scope, start: int, end: int, limit: int = 200) -> Sequence[Alert]:
        """Alerts that were open at some time of [start, end) and are hidden behind nothing, oldest first."""


class Capacity(Protocol):
    """The capacity service."""

    def percentiles(self, scope: Scope, ends: Sequence[int], length_ms: int) -> Sequence[LinkPercentiles]:
        """The 95th percentile of every uplink over `length_ms` before each of `ends`."""


class Utilisation(Protocol):
    """The utilisation service."""

    def board_hours(self, scope: Scope, start: int, end: int) -> Sequence[HourUse]:
        """Every board and hour of [start, end) with lesson time that is known, by hour."""


class Keeper(Protocol):
    """Ingest, the one writer of the store."""

    def keep(self, made: Made) -> None:
        """Have rows stored soon; does not wait for it."""
