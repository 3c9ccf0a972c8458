"""What the calendar needs of the registry."""

from typing import Protocol

from campus.ids import SiteId
from controller.identity.scope import Scope
from controller.registry.model import Room, Site


class Registry(Protocol):
    """Who there is."""

    def site(self, scope: Scope, site: SiteId) -> Site:
        """One site, or `NotFound`."""

    def rooms(self, scope: Scope, site: SiteId) -> list[Room]:
        """Its rooms."""
