"""What work orders need of their neighbours. Every method may be called from any thread."""

from collections.abc import Collection, Mapping, Sequence, Set
from datetime import date, tzinfo
from typing import Protocol

from campus.ids import DeviceId, SiteId
from controller.alerts.model import Alert, AlertKey, AlertState, Rule, StandingAlert, Verdict
from controller.calendar.model import DayKind, Hours
from controller.identity.scope import Scope
from controller.registry.model import Device, Room, Site
from controller.telemetry.model import DevicesNow, LatestValue


class Alerts(Protocol):
    """The alert room as work orders see it."""

    def alert(self, scope: Scope, alert_id: int) -> Alert:
        """One alert with its trail; `NotFound` when it is not the caller's."""

    def alerts(
        self,
        scope: Scope,
        *,
        state: AlertState | None = None,
        site: SiteId | None = None,
        device: DeviceId | None = None,
        limit: int = 200,
    ) -> Sequence[Alert]:
        """Alerts that match every argument given, newest first, without their trails."""

    def acknowledge(self, scope: Scope, alert_id: int) -> Alert:
        """Say that somebody takes care of it."""

    def by_ids(self, scope: Scope, alert_ids: Collection[int]) -> Sequence[Alert]:
        """Those of some alerts that the caller sees."""

    def standing(self, scope: Scope) -> Mapping[int, StandingAlert]:
        """The open alerts that stand for themselves, by id."""


class Rules(Protocol):
    """What the rules of alerts say."""

    def rule(self, rule_id: str, site: SiteId | None = None) -> Rule:
        """One rule, as it holds at a school; `NotFound` when it was removed."""


class AlertRoom(Alerts, Rules, Protocol):
    """Both: one service does them."""


class Verdicts(Protocol):
    """Where it is told that an order is overdue."""

    def note_verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """Take what was judged; what is open already, or over already, changes nothing."""

    def judged_elsewhere(self) -> Set[AlertKey]:
        """Open alerts that rooms such as this one judge."""


class Registry(Protocol):
    """Who and what there is."""

    def site(self, scope: Scope, site: SiteId) -> Site:
        """One site, or `NotFound`."""

    def sites(self, scope: Scope) -> Sequence[Site]:
        """Those the caller sees."""

    def rooms(self, scope: Scope, site: SiteId) -> Sequence[Room]:
        """The rooms of a site."""

    def devices(self, scope: Scope, site: SiteId) -> Sequence[Device]:
        """Its devices, by id."""

    def device(self, scope: Scope, site: SiteId, device: DeviceId) -> Device:
        """One device, or `NotFound`."""


class SchoolHours(Protocol):
    """The calendar of one school."""

    @property
    def zone(self) -> tzinfo:
        """By which its days run."""

    def knows(self, hours: Hours) -> bool:
        """Whether anybody told when these hours are."""

    def kind_of(self, day: date) -> DayKind:
        """What a local day is."""

    def spans(self, hours: Hours, start: int, end: int) -> Sequence[tuple[int, int]]:
        """Such hours within [start, end) in UTC ms, ascending, apart from one another."""


class Calendar(Protocol):
    """When a school is a school: promises are kept in its hours."""

    def school(self, scope: Scope, site: SiteId) -> SchoolHours:
        """Everything told of it."""


class Telemetry(Protocol):
    """What was measured last."""

    def latest(self, scope: Scope, site: SiteId, device: DeviceId) -> Sequence[LatestValue]:
        """The newest number of each series of a device."""

    def devices_now(self, scope: Scope, site: SiteId) -> DevicesNow:
        """When each device of a site was last measured, and whether it answers."""
