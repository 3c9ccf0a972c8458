"""What alerting needs of its neighbours."""

from collections.abc import Collection, Sequence, Set
from typing import Protocol

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind
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
    """When rules that are bound to hours rest; asked about once a minute, in the thread that ticks."""

    def closed_sites(self, scope: Scope, hours: Hours, at: int) -> Set[SiteId]:
        """Schools in which such hours are told, and are not at `at` (UTC ms)."""
