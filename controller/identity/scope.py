"""A caller's scope: a subtree of bureau / district / school, and a role. Every service call takes one.

The decision is made here and nowhere else: services ask `Scope.sees` or `Scope.require`, and list only what
`Scope.visible` lets through.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from campus.errors import CampusError
from campus.ids import SiteId


class Role(IntEnum):
    """Each role may do what the ones before it may."""

    VIEWER = 1
    TECHNICIAN = 2
    OPERATOR = 3
    ADMINISTRATOR = 4


class Denied(CampusError):  # noqa: N818 - reads as what happened
    """The caller may not; the message never tells whether the thing exists."""


@dataclass(frozen=True)
class Scope:
    """Who asks. `sites` None means the whole district tree this controller holds."""

    user: str
    role: Role
    sites: frozenset[SiteId] | None = None

    def sees(self, site: SiteId) -> bool:
        """Whether anything of `site` may be shown."""
        return self.sites is None or site in self.sites

    def visible(self, sites: Iterable[SiteId]) -> list[SiteId]:
        """Those of `sites` the caller may see, in their order."""
        return [site for site in sites if self.sees(site)]

    def require(self, site: SiteId, role: Role = Role.VIEWER) -> None:
        """Raise `Denied` unless the caller sees `site` and has at least `role`."""
        if not self.sees(site) or self.role < role:
            raise Denied("not found, or not yours to see or change")

    def require_role(self, role: Role) -> None:
        """Raise `Denied` unless the caller has at least `role` over the whole tree."""
        if self.sites is not None or self.role < role:
            raise Denied("this concerns the whole district and needs a wider role")


SYSTEM = Scope(user="system", role=Role.ADMINISTRATOR)
"""The controller itself: ingest, engines, timers. Never given to a request."""
