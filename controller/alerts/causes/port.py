"""What the search for causes needs of its neighbours. Asked in the thread that ticks."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind
from controller.alerts.causes.model import Reading, Way
from controller.alerts.model import Rule
from controller.calendar.model import Lesson
from controller.identity.scope import Scope
from controller.registry.model import Agent, Device, Link, Room, Site
from controller.topology.model import SiteTopology


class Rules(Protocol):
    """The rulebook in force."""

    def rule(self, rule_id: str, site: SiteId | None = None) -> Rule:
        """One rule, as it holds at a school if one is named; `NotFound` when it has been removed."""


class Topology(Protocol):
    """How devices hang together."""

    def site(self, scope: Scope, site: SiteId) -> SiteTopology:
        """The network of a site, mostly from memory."""

    def parents(self, scope: Scope, site: SiteId) -> dict[DeviceId, tuple[DeviceId, ...]]:
        """By device those over which it reaches the metro network."""


class Registry(Protocol):
    """Who there is."""

    def sites(self, scope: Scope) -> Sequence[Site]:
        """All of them."""

    def rooms(self, scope: Scope, site: SiteId) -> Sequence[Room]:
        """The rooms of a site; `NotFound` for one there is not (any more)."""

    def devices(self, scope: Scope, site: SiteId | None = None) -> Sequence[Device]:
        """The devices of a site."""

    def devices_of(
        self, scope: Scope, keys: Collection[tuple[SiteId, DeviceId]]
    ) -> Mapping[tuple[SiteId, DeviceId], Device]:
        """Some devices."""

    def links(self, scope: Scope, site: SiteId | None = None) -> Sequence[Link]:
        """The schools' links into the metro network."""

    def agents(self, scope: Scope) -> Sequence[Agent]:
        """Agents, and when each was heard; from memory."""


class Calendar(Protocol):
    """What is taught when."""

    def lessons(self, scope: Scope, site: SiteId, start: int, end: int) -> Sequence[Lesson]:
        """Planned lessons that overlap [start, end)."""


class SiteView(Protocol):
    """One site as its judge sees it. Readings are the newest there are."""

    def ways(self, device: DeviceId) -> Sequence[Way]:
        """All ways of a device to the metro network, the shortest first; empty where none is known."""

    def beyond(self, device: DeviceId, port: str) -> Sequence[DeviceId]:
        """Who hangs at the other end of a port."""

    def far_end(self, device: DeviceId, port: str) -> tuple[DeviceId, str] | None:
        """The other end of a port's cable, where it is a port that is known."""

    def reading(self, device: DeviceId, metric: str, instance: str = "") -> Reading:
        """The newest value; `NOTHING` where there is none."""

    def last_bad_at(self, way: Way, since: int) -> int:
        """When last since then a way's parent did not answer, or its ports were down; 0: not once."""

    def kind(self, device: DeviceId) -> DeviceKind:
        """What it is for."""

    def name(self, device: DeviceId) -> str:
        """What people call it."""

    def floor(self, device: DeviceId) -> int | None:
        """The floor it stands on; None where nobody said, and for what stands with the network's own equipment."""

    def on_floor(self, floor: int) -> Sequence[DeviceId]:
        """All devices that stand there."""

    def is_fed_by(self, ups: DeviceId, device: DeviceId) -> bool:
        """Whether a device goes dark where a UPS has no mains: that of its floor, or the only one of the school."""

    def named(self, text: str) -> DeviceId | None:
        """The device somebody calls by this name or id."""

    @property
    def network(self) -> Sequence[DeviceId]:
        """Its switches and gateways."""

    @property
    def agent_heard_at(self) -> int:
        """When the school's agent was last heard."""
