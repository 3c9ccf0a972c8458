"""What alerting needs of its neighbours."""

from collections.abc import Sequence
from typing import Protocol

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind
from controller.identity.scope import Scope
from controller.registry.model import Device


class Registry(Protocol):
    """The registry as the rule binder sees it; called in the ingest thread."""

    def kind_of(self, site: SiteId, device: DeviceId) -> DeviceKind:
        """What it is for; from memory."""

    def device(self, scope: Scope, site: SiteId, device: DeviceId) -> Device:
        """The device with its facts; raises `NotFound`."""

    def devices(
        self, scope: Scope, site: SiteId | None = None, kind: DeviceKind | None = None, room: str | None = None
    ) -> Sequence[Device]:
        """Devices that match, with their facts."""
