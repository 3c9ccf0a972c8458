"""What happenings ask of others, and of the board where they are posted."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind
from controller.alerts.model import Alert, Rule, StandingAlert
from controller.happenings.model import Happening, Key
from controller.identity.scope import Scope
from controller.registry.model import Device, Site
from controller.silences.model import Begun


class Alerts(Protocol):
    """The alert service."""

    def told_during(self, scope: Scope, start: int, end: int, limit: int = 200) -> Sequence[Alert]:
        """Alerts that were open at some time of [start, end) and are hidden behind nothing, oldest first."""

    def by_ids(self, scope: Scope, alert_ids: Collection[int]) -> Sequence[Alert]:
        """Some alerts, whatever hides them."""

    def standing(self, scope: Scope) -> Mapping[int, StandingAlert]:
        """The open ones that stand for themselves, by id; asked every few seconds."""

    def rule(self, rule_id: str, site: SiteId | None = None) -> Rule:
        """The rule of an alert; `NotFound` when it was removed."""


class Headline(Protocol):
    """What an alert is called by what broke."""

    @property
    def en(self) -> str:
        """English."""

    @property
    def zh(self) -> str:
        """Chinese."""


class Causes(Protocol):
    """What is known of root causes."""

    def headline(self, alert: Alert) -> Headline | None:
        """None: it is called as its rule is."""


class Registry(Protocol):
    """Names of places."""

    def sites(self, scope: Scope) -> Sequence[Site]:
        """Sites."""

    def devices_of(
        self, scope: Scope, keys: Collection[tuple[SiteId, DeviceId]]
    ) -> Mapping[tuple[SiteId, DeviceId], Device]:
        """Some devices."""

    def kind_of(self, site: SiteId, device: DeviceId) -> DeviceKind:
        """What a device is for; from memory."""


class Silences(Protocol):
    """The silence service."""

    def begun(self, scope: Scope, start: int, end: int) -> Sequence[Begun]:
        """Each time a window came into force within [start, end)."""

    def in_force(self, now: int) -> object:
        """What is silenced: the same object until that changes; mostly from memory."""


class Board(Protocol):
    """Where happenings are posted. Every method raises `Transient` while it is away; called by one thread."""

    @property
    def refused(self) -> int:
        """Batches of which it did not, and never will, take all."""

    def posted(self, since: int) -> Sequence[Happening]:
        """What stands on it that began at or after `since` (UTC ms)."""

    def post(self, happenings: Sequence[Happening]) -> None:
        """Put them there, durably, each in the place of one with the same key."""

    def remove(self, keys: Iterable[Key]) -> None:
        """Take them away; harmless for what does not stand there."""

    def close(self) -> None:
        """Let go of it."""
