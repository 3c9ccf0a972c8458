"""What silences ask of others."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Protocol
from zoneinfo import ZoneInfo

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind
from controller.alerts.model import Alert, AlertState, Rule
from controller.calendar.model import DayKind, Hours
from controller.identity.scope import Scope
from controller.registry.model import Device, Organisation, Room, Site


class SchoolDays(Protocol):
    """The calendar of one school."""

    @property
    def zone(self) -> ZoneInfo:
        """Its local time."""

    def kind_of(self, day: date) -> DayKind:
        """What a local day is."""

    def day_at(self, at: int) -> date:
        """The local day of an instant (UTC ms)."""

    def knows(self, hours: Hours) -> bool:
        """Whether anybody told when these hours are."""

    def spans(self, hours: Hours, start: int, end: int) -> Sequence[tuple[int, int]]:
        """Such hours within [start, end) in UTC ms, ascending, apart from one another."""


class Calendar(Protocol):
    """The calendar service."""

    def schools(self, scope: Scope, sites: Collection[SiteId], at: int) -> Mapping[SiteId, SchoolDays]:
        """The calendars of some schools; mostly from memory."""


class Registry(Protocol):
    """The registry as silences see it; `kind_of` and `room_of` from memory."""

    def organisations(self, scope: Scope) -> Sequence[Organisation]:
        """The tree."""

    def sites(self, scope: Scope) -> Sequence[Site]:
        """Where it ends."""

    def rooms(self, scope: Scope, site: SiteId) -> Sequence[Room]:
        """The rooms of a school."""

    def devices(self, scope: Scope, site: SiteId | None = None, kind: DeviceKind | None = None) -> Sequence[Device]:
        """Devices that match."""

    def kind_of(self, site: SiteId, device: DeviceId) -> DeviceKind:
        """What a device is for."""

    def room_of(self, site: SiteId, device: DeviceId) -> str:
        """Where it stands; empty when nobody knows."""


class Topology(Protocol):
    """What hangs on what."""

    def parents(self, scope: Scope, site: SiteId) -> Mapping[DeviceId, Sequence[DeviceId]]:
        """By device those over which it is reached: while one of them works it is not cut off."""


class Alerts(Protocol):
    """The alert service as silences see it."""

    def alerts(self, scope: Scope, *, state: AlertState | None = None, limit: int = 200) -> Sequence[Alert]:
        """The newest alerts in a state."""

    def opened_since(self, scope: Scope, since: int, limit: int = 200) -> Sequence[Alert]:
        """The newest alerts that opened since an instant."""

    def rule(self, rule_id: str, site: SiteId | None = None) -> Rule:
        """A rule, as it holds at a school if one is named; `NotFound` when there is none."""

    def silenced_counts(self, scope: Scope, silences: Collection[int]) -> Mapping[int, int]:
        """How many alerts each of some silences has hidden."""

    def silenced_by(self, scope: Scope, silence_id: int, limit: int = 200) -> Sequence[Alert]:
        """Which ones, newest first."""
