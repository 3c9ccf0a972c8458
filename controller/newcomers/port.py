"""What newcomers need of the registry."""

from collections.abc import Sequence
from typing import Protocol

from campus.ids import DeviceId, SiteId
from controller.identity.scope import Scope
from controller.registry.model import Device


class Registry(Protocol):
    """The registry; called from any thread."""

    def devices(self, scope: Scope, site: SiteId | None = None) -> Sequence[Device]:
        """Devices of a site, by id; `NotFound` for a site that is not the caller's."""

    def changes_after(self, revision: int) -> tuple[int, Sequence[tuple[SiteId, DeviceId]]]:
        """The revision now, and the devices told of since an earlier one; from memory."""
