"""What alerting needs of its neighbours."""

from collections.abc import Collection, Mapping, Sequence, Set
from typing import NamedTuple, Protocol

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind, Severity
from controller.alerts.model import Rule
from controller.calendar.model import Hours
from controller.identity.scope import Scope
from controller.registry.model import PortUse


class Registry(Protocol):
    """The registry as the rule binder sees it; called in the thread that judges and in the one that ticks."""

    def kind_of(self, site: SiteId, device: DeviceId) -> DeviceKind:
        """What it is for; from memory."""

    def port_uses(
        self, scope: Scope, sites: Collection[SiteId], kinds: Collection[DeviceKind] = ()
    ) -> Sequence[PortUse]:
        """Where the ports of the devices of some sites lead; of all kinds unless some are named."""

    def changes_after(self, revision: int) -> tuple[int, Sequence[tuple[SiteId, DeviceId]]]:
        """The revision now, and the devices told of since an earlier one; from memory."""


class Calendar(Protocol):
    """When rules that are bound to hours rest, and which days are alike; asked about once a minute, by any thread."""

    def closed_sites(self, scope: Scope, hours: Hours, at: int) -> Set[SiteId]:
        """Schools in which such hours are told, and are not at `at` (UTC ms)."""

    def earlier(self, scope: Scope, sites: Collection[SiteId], at: int, weeks: int) -> Mapping[SiteId, tuple[int, ...]]:
        """By school: the instants of days alike in the weeks before at the same time of day; none on a holiday."""


class Hushed(NamedTuple):
    """The window that covers something: its id, since when and until when, what it says of itself."""

    silence: int
    since: int
    until: int
    text: str
    text_zh: str


class Quiet(Protocol):
    """What is silenced, as it stands; the same object for as long as nothing changes."""

    def covering(self, site: SiteId, device: DeviceId, rule: Rule, severity: Severity) -> Hushed | None:
        """The window that covers an alert; from memory."""

    @property
    def sites(self) -> Set[SiteId]:
        """Where anything is silenced."""

    def takes_open(self, silence: int) -> bool:
        """Whether a window takes in what was open before it began."""


class Silences(Protocol):
    """Silences and maintenance windows, asked in the thread that ticks."""

    def in_force(self, now: int) -> Quiet:
        """What is silenced at `now`; mostly from memory."""
