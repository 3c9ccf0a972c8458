"""What telemetry needs of the registry."""

from typing import Protocol

from campus.ids import DeviceId, SiteId
from controller.identity.scope import Scope
from controller.registry.model import Device


class Registry(Protocol):
    """Sync and thread-safe."""

    def device(self, scope: Scope, site: SiteId, device: DeviceId) -> Device:
        """The device; raises the registry's own error when there is none the caller may see."""
